"""The report as JSON; `report.schema.json` beside this file says what is in it."""

import json
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from conformance.model.report import Report
from conformance.report.roll_up import by_requirement, sentence, word
from conformance.report.rows import plain

SCHEMA = Path(__file__).with_name("report.schema.json")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON types."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(report)))
    return found | {
        "duration_s": round(report.duration_s, 3),
        "summary": sentence(report),
        "requirements": {name: word(outcome) for name, outcome in by_requirement(report).items()},
        "results": [plain(result) for result in report.results],
        "kill_matrix": [plain(kill) for kill in report.kill_matrix],
    }


@cache
def schema() -> dict[str, Any]:
    """Return the JSON schema of the report."""
    found: dict[str, Any] = json.loads(SCHEMA.read_text(encoding="utf-8"))
    return found


def write(report: Report, folder: Path) -> Path:
    """Write `report.json` into a folder, all of it or nothing, and return its path."""
    path = folder / "report.json"
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path
