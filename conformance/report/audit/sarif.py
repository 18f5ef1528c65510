"""An audit as SARIF 2.1.0, for code scanning."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from conformance.model.finding import Audit, Finding, Policy, Problem, Severity, Waiver
from conformance.report.audit.summary import CLASSES, FACTS_WAY_OUT, relative, version

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
FINGERPRINT = "seatrial/v1"


def render(audit: Audit, policies: Mapping[str, Policy]) -> str:
    """Return the audit as a SARIF log with one run."""
    spoken = {*(finding.policy for finding in _all(audit)), *audit.undecided}
    rules = [policy for policy in policies.values() if policy.id in spoken]
    index = {policy.id: number for number, policy in enumerate(rules)}
    notes = [*(_problem(problem) for problem in audit.problems),
             *(_undecided(policy, facts) for policy, facts in audit.undecided.items())]
    return json.dumps({
        "$schema": SCHEMA, "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {"name": "seatrial", "version": version(), "rules": [_rule(rule) for rule in rules]}},
            "columnKind": "unicodeCodePoints",
            "invocations": [{"executionSuccessful": not audit.problems, "toolExecutionNotifications": notes}],
            "results": [*(_result(finding, index) for finding in audit.findings),
                        *(_waived(finding, waiver, index) for finding, waiver in audit.waived)],
        }],
    }, indent=2) + "\n"


def _all(audit: Audit) -> Iterable[Finding]:
    return [*audit.findings, *(finding for finding, _ in audit.waived)]


def _rule(policy: Policy) -> dict[str, Any]:
    refused = f"\n\nIt is refused with: {policy.upstream}" if policy.upstream else ""
    sources = "\n".join(f"- {source}" for source in policy.sources)
    text = f"{policy.title}.\n\nInstead: {policy.remedy}{refused}\n\nSource:\n{sources}"
    return {"id": policy.id, "name": policy.title, "shortDescription": {"text": policy.title},
            "fullDescription": {"text": f"{policy.title}: {CLASSES[policy.policy_class]}."}, "help": {"text": text},
            "defaultConfiguration": {"level": LEVELS[policy.severity]},
            "properties": {"tags": [policy.category, policy.policy_class.value]}}


def _result(finding: Finding, index: Mapping[str, int]) -> dict[str, Any]:
    rule = {"ruleIndex": index[finding.policy]} if finding.policy in index else {}
    return {"ruleId": finding.policy, **rule, "level": LEVELS[finding.severity],
            "message": {"text": f"{finding.object}: {finding.message}. Instead: {finding.remedy}"},
            "locations": [{"physicalLocation": _place(finding.file, finding.line, finding.column),
                           "logicalLocations": [{"fullyQualifiedName": finding.object, "kind": "resource"}]}],
            "partialFingerprints": {FINGERPRINT: finding.fingerprint}}


def _waived(finding: Finding, waiver: Waiver, index: Mapping[str, int]) -> dict[str, Any]:
    said = f"{waiver.reason} ({waiver.owner}, until {waiver.until})"
    return {**_result(finding, index), "suppressions": [{"kind": "external", "justification": said}]}


def _problem(problem: Problem) -> dict[str, Any]:
    way_out = f" (way out: {problem.way_out})" if problem.way_out else ""
    return {"level": "error", "message": {"text": f"{problem.message}{way_out}"},
            "locations": [{"physicalLocation": _place(problem.file, problem.line, problem.column)}]}


def _undecided(policy: str, facts: Iterable[str]) -> dict[str, Any]:
    return {"level": "note", "associatedRule": {"id": policy},
            "message": {"text": f"{policy} is undecided: it needs {', '.join(facts)} ({FACTS_WAY_OUT})"}}


def _place(file: str, line: int, column: int) -> dict[str, Any]:
    region = {"startLine": line, **({"startColumn": column} if column else {})}
    return {"artifactLocation": uri(file), **({"region": region} if line else {})}


def uri(file: str) -> dict[str, str]:
    """Return a file's location: relative to the working folder, absolute when it lies outside of it."""
    path = quote(os.fsencode(relative(file)))
    return {"uri": f"file://{path}"} if path.startswith("/") else {"uri": path, "uriBaseId": "%SRCROOT%"}
