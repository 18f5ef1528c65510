"""An audit for a person at a terminal: file by file, line by line, the counts last."""

from collections.abc import Iterator, Mapping

from conformance.model.finding import Audit, Finding, Policy, PolicyClass, Severity
from conformance.report.audit.excerpt import Excerpt, Lines, excerpts, read_lines
from conformance.report.audit.summary import FACTS_WAY_OUT, facts_needed, sentence, waiver
from conformance.report.letters import clean

_COLOURS = {Severity.ERROR: "1;31", Severity.WARNING: "33", Severity.INFO: "36"}
_BOLD, _DIM, _GREEN = "1", "2", "32"


def render(audit: Audit, policies: Mapping[str, Policy], *, colour: bool = False, lines: Lines = read_lines) -> str:
    """Return the audit as text; `lines` returns the lines of a file."""
    paint = _Paint(colour)
    blocks = ["\n".join(_finding(finding, excerpt, policies.get(finding.policy), paint))
              for finding, excerpt in excerpts(audit, lines)]
    blocks += ["\n".join([paint(_BOLD, title), *rows]) for title, rows in _apart(audit, policies) if rows]
    worst = max((finding.severity for finding in audit.findings), default=None)
    bad = audit.problems or audit.expired
    style = _COLOURS[Severity.ERROR] if bad else _GREEN if worst is None else _COLOURS[worst]
    return "\n\n".join([*blocks, paint(style, sentence(audit))]) + "\n"


class _Paint:
    def __init__(self, on: bool) -> None:
        self._on = on

    def __call__(self, style: str, text: str) -> str:
        return f"\x1b[{style}m{text}\x1b[0m" if self._on else text


def _finding(finding: Finding, excerpt: Excerpt | None, policy: Policy | None, paint: _Paint) -> Iterator[str]:
    place = clean(f"{finding.file}:{finding.line}:{finding.column}")
    style = _COLOURS[finding.severity]
    yield f"{paint(_BOLD, place)} {paint(style, finding.severity.label)} {finding.policy}"
    yield f"  {clean(finding.object)}: {clean(finding.message)}"
    if excerpt is not None:
        number = str(excerpt.line)
        yield f"  {paint(_DIM, f'{number} |')} {excerpt.text}"
        yield f"  {paint(_DIM, ' ' * len(number) + ' |')} {' ' * excerpt.indent}{paint(style, '^')}"
    if policy is not None and policy.policy_class is PolicyClass.REJECTED:
        yield f"  refused with: {clean(policy.upstream)}"
    yield f"  instead: {clean(finding.remedy)}" + (" (--fix does it)" if finding.fix is not None else "")


def _apart(audit: Audit, policies: Mapping[str, Policy]) -> Iterator[tuple[str, list[str]]]:
    yield "Could not be judged:", [
        f"  {row}" for problem in audit.problems for row in
        [clean(str(problem)), *([f"  way out: {clean(problem.way_out)}"] if problem.way_out else [])]]
    yield "Undecided, for want of facts about the cluster:", [
        *(f"  {policy} needs {', '.join(needed)}" + (f" ({policies[policy].title})" if policy in policies else "")
          for policy, needed in audit.undecided.items()),
        *([f"  {FACTS_WAY_OUT} ({', '.join(facts_needed(audit))})"] if audit.undecided else [])]
    yield "Expired waivers:", [f"  {clean(waiver(one))}" for one in audit.expired]
    yield "Waivers that cover nothing:", [f"  {clean(waiver(one))}" for one in audit.unused]
