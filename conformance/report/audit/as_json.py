"""An audit as JSON; `audit.schema.json` beside this file says what is in it."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from conformance.model.finding import Audit, Finding, Policy, Waiver
from conformance.report.audit.summary import counts, version

SCHEMA = Path(__file__).with_name("audit.schema.json")
FORMAT = 1
"""Goes up when a field changes its meaning or goes away."""


def render(audit: Audit, policies: Mapping[str, Policy]) -> str:  # noqa: ARG001 -- all forms are called alike
    """Return the audit as JSON, in letters of ASCII: it survives any stream."""
    return json.dumps({
        "seatrial": version(),
        "version": FORMAT,
        "findings": [_finding(finding) for finding in audit.findings],
        "problems": [{"file": problem.file, "line": problem.line, "column": problem.column,
                      "message": problem.message, "way_out": problem.way_out} for problem in audit.problems],
        "undecided": [{"policy": policy, "facts": list(facts)} for policy, facts in audit.undecided.items()],
        "waived": [{"finding": _finding(finding), "waiver": _waiver(waiver)} for finding, waiver in audit.waived],
        "expired": [_waiver(waiver) for waiver in audit.expired],
        "unused": [_waiver(waiver) for waiver in audit.unused],
        "counts": counts(audit),
    }, indent=2) + "\n"


def _finding(finding: Finding) -> dict[str, Any]:
    return {"policy": finding.policy, "severity": finding.severity.label, "class": finding.policy_class.value,
            "file": finding.file, "line": finding.line, "column": finding.column, "object": finding.object,
            "path": list(finding.path), "message": finding.message, "remedy": finding.remedy,
            "fingerprint": finding.fingerprint, "fixable": finding.fix is not None}


def _waiver(waiver: Waiver) -> dict[str, str]:
    return {"policy": waiver.policy, "object": waiver.object, "reason": waiver.reason, "owner": waiver.owner,
            "until": waiver.until.isoformat(), "where": waiver.where}
