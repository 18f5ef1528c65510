"""The report as JSON; `report.schema.json` beside this file says what is in it."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

from conformance.model.outcome import Outcome
from conformance.model.report import Report
from conformance.report.roll_up import by_platform, by_requirement, sentence, word
from conformance.report.rows import plain

SCHEMA = Path(__file__).with_name("report.schema.json")


def as_json(report: Report) -> dict[str, Any]:
    """Return the report as JSON types."""
    found: dict[str, Any] = json.loads(json.dumps(asdict(report)))
    return found | {
        "duration_s": round(report.duration_s, 3),
        "summary": sentence(report),
        "requirements": _words(by_requirement(report)),
        "requirements_by_platform": {platform: _words(found) for platform, found in by_platform(report).items()},
        "results": [plain(result) for result in report.results],
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
    """Write `report.json` into a folder, all of it or nothing, and return its path."""
    path = folder / "report.json"
    part = path.with_suffix(".json.part")
    part.write_text(json.dumps(as_json(report), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    part.replace(path)
    return path
