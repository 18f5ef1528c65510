"""The JSON lines that the pytest process writes as it goes, and the command reads.

One object per line; `row` says what it is: `progress` (text), `plan` (count), `ground` (cluster, platform,
uncovered_limits, confirmed_by), `result`, `kill`, `trouble` (an error outside of any test; text).
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from conformance.masking import masked_texts
from conformance.model.report import Kill, Result
from conformance.report.run.plain import Row, plain


def result_row(result: Result) -> dict[str, Any]:
    """Return a result as a row; outcome and fidelity are the words used in reports."""
    return {"row": "result", **plain(result)}


def kill_row(kill: Kill) -> dict[str, Any]:
    """Return a cell of the kill matrix as a row."""
    return {"row": "kill", **plain(kill)}


class Writer:
    """Appends rows to a file, each whole and at once; None writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def write(self, row: Row) -> None:
        """Append one row, secrets masked."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(masked_texts(row)) + "\n")


class Reader:
    """Reads a file that another process appends to."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._position = 0

    def new(self) -> Iterator[dict[str, Any]]:
        """Yield the rows that came since the last call; half a line is left for the next one."""
        if not self._path.exists():
            return
        with self._path.open("rb") as file:
            file.seek(self._position)
            for line in file:
                if not line.endswith(b"\n"):
                    return
                self._position += len(line)
                yield json.loads(line)
