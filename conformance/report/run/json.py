"""The report as JSON; `report.schema.json` beside this file says what is in it."""

import json
from collections.abc import Mapping
from dataclasses import asdict, fields
from functools import cache
from pathlib import Path
from typing import Any

from conformance.errors import UsageError
from conformance.model.outcome import Outcome
from conformance.model.report import REPORT_VERSION, Pair, Report
from conformance.report.run.plain import kill_of, plain, result_of
from conformance.report.run.roll_up import by_platform, by_requirement, sentence, word
from conformance.requirements import asked

SCHEMA = Path(__file__).with_name("report.schema.json")
FILE = "report.json"
_OURS = f"give the {FILE} that seatrial run wrote, or the folder that it is in"


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON types."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(report)))
    return found | {
        "duration_s": round(report.duration_s, 3),
        "summary": sentence(report),
        "requirements": _words(by_requirement(report)),
        "requirements_by_platform": {platform: _words(found) for platform, found in by_platform(report).items()},
        "answers": {requirement: [asdict(one) for one in asked(requirement, report.cluster.get("kubernetes", ""))]
                    for requirement in by_requirement(report)},
        "results": [plain(result) for result in report.results],
        "unseen_pairs": [asdict(pair) for pair in report.unseen_pairs],
        "kill_matrix": [plain(kill) for kill in report.kill_matrix],
    }


def _words(rolled: Mapping[str, Outcome | None]) -> dict[str, str]:
    return {requirement: word(outcome) for requirement, outcome in rolled.items()}


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of the report."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def write(report: Report, folder: Path) -> Path:
    """Write the report into a folder, all of it or nothing, and return its path."""
    path = folder / FILE
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path


def read(path: Path) -> Report:
    """Return the report in a file, or in a folder's report.json.

    Raises UsageError for what cannot be read, is no report, or was written in another version of the format.
    """
    file = path / FILE if path.is_dir() else path
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}", _OURS) from None
    except (ValueError, RecursionError) as error:
        raise UsageError(f"{file}: is not JSON: {error}", _OURS) from None
    if not isinstance(document, dict) or not {"version", "seatrial", "results"} <= document.keys():
        raise UsageError(f"{file}: is no report of a run", _OURS)
    if document["version"] != REPORT_VERSION:
        raise UsageError(f"{file}: is a report of version {document['version']}, this Seatrial reads {REPORT_VERSION}",
                         f"use the Seatrial that wrote it: {document['seatrial']}")
    _check(document, file)
    names = {field.name for field in fields(Report)}
    found: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value
                             for name, value in document.items() if name in names}
    return Report(**found | {"results": tuple(map(result_of, document["results"])),
                             "unseen_pairs": tuple(Pair(**pair) for pair in document["unseen_pairs"]),
                             "kill_matrix": tuple(map(kill_of, document["kill_matrix"]))})


def _check(document: Mapping[str, Any], file: Path) -> None:
    from jsonschema import Draft202012Validator  # noqa: PLC0415 -- slow, and a run does not read reports
    from jsonschema.exceptions import best_match  # noqa: PLC0415

    error = best_match(Draft202012Validator(schema()).iter_errors(document))
    if error is not None:
        raise UsageError(f"{file}: is damaged: {error.json_path}: {error.message[:200]}", _OURS)
