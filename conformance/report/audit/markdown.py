"""An audit as Markdown, for the summary of a job or a comment."""

from collections.abc import Iterator, Mapping

from conformance.model.finding import Audit, Finding, Policy
from conformance.report.audit.summary import FACTS_WAY_OUT, facts_needed, sentence, waiver
from conformance.report.letters import in_markdown

MAX_LETTERS = 900_000
"""GitHub takes no job summary above 1 MiB."""


def render(audit: Audit, policies: Mapping[str, Policy]) -> str:  # noqa: ARG001 -- all forms are called alike
    """Return the audit as a table, the worst first; what would make it too long is counted instead."""
    parts = ["## Seatrial audit", in_markdown(sentence(audit)) + "."]
    if audit.findings:
        parts.append("\n".join(_table(audit)))
    for title, rows in (
            ("Could not be judged", [in_markdown(str(problem)) for problem in audit.problems]),
            (f"Undecided ({FACTS_WAY_OUT}: {', '.join(facts_needed(audit))})",
             [in_markdown(f"{policy} needs {', '.join(facts)}") for policy, facts in audit.undecided.items()]),
            ("Expired waivers", [in_markdown(waiver(one)) for one in audit.expired]),
            ("Waivers that cover nothing", [in_markdown(waiver(one)) for one in audit.unused])):
        if rows:
            parts.append("\n".join([f"### {title}", "", *(f"- {row}" for row in rows)]))
    return "\n\n".join(parts) + "\n"


def _table(audit: Audit) -> Iterator[str]:
    yield "| Severity | Where | Policy | What | Instead |"
    yield "|---|---|---|---|---|"
    letters = 0
    ordered = sorted(audit.findings, key=lambda finding: -finding.severity)
    for number, finding in enumerate(ordered):
        row = _row(finding)
        letters += len(row.encode(errors="replace"))
        if letters > MAX_LETTERS:
            yield f"\n{len(ordered) - number} more findings do not fit: see another form of the audit."
            return
        yield row


def _row(finding: Finding) -> str:
    cells = (finding.severity.label, f"{finding.file}:{finding.line}:{finding.column}", finding.policy,
             f"{finding.object}: {finding.message}", finding.remedy)
    return f"| {' | '.join(in_markdown(cell) for cell in cells)} |"
