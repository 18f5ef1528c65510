"""The JSON lines that the pytest process writes as it goes, and the command reads.

One object per line; `row` says what it is: `progress` (text), `plan` (count), `ground` (cluster, platform,
uncovered_limits, confirmed_by), `result`, `kill`, `trouble` (an error outside of any test; text).
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Result

Row = Mapping[str, Any]


def result_row(result: Result) -> dict[str, Any]:
    """Return a result as a row; outcome and fidelity are the words used in reports."""
    return {"row": "result", **plain(result)}


def kill_row(kill: Kill) -> dict[str, Any]:
    """Return a cell of the kill matrix as a row."""
    return {"row": "kill", **plain(kill)}


def plain(thing: Result | Kill) -> dict[str, Any]:
    """Return a dataclass of the report as JSON types."""
    found = asdict(thing) | {"outcome": thing.outcome.label}
    if isinstance(thing, Result):
        found |= {"fidelity": thing.fidelity.label, "duration_s": round(thing.duration_s, 3)}
    return found


def result_of(row: Row) -> Result:
    """Return the result that a row holds."""
    found = _known(Result, row) | {"outcome": outcome_of(row["outcome"]), "fidelity": fidelity_of(row["fidelity"])}
    return Result(**found)


def kill_of(row: Row) -> Kill:
    """Return the cell of the kill matrix that a row holds."""
    return Kill(**_known(Kill, row) | {"outcome": outcome_of(row["outcome"])})


def _known(kind: type[Result | Kill], row: Row) -> dict[str, Any]:
    # A newer Seatrial may have written fields that this one does not know.
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in row.items() if name in names}


def outcome_of(label: str) -> Outcome:
    """Return the outcome of a word such as `passed`."""
    return Outcome[label.upper()]


def fidelity_of(label: str) -> Fidelity:
    """Return the fidelity of a word such as `control-plane`."""
    return Fidelity[label.upper().replace("-", "_")]


class Writer:
    """Appends rows to a file, each whole and at once; None writes nothing."""

    def __init__(self, path: Path | None) -> None:
        self._path = path

    def write(self, row: Row) -> None:
        """Append one row."""
        if self._path is not None:
            with self._path.open("a", encoding="utf-8") as file:
                file.write(json.dumps(row) + "\n")


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
