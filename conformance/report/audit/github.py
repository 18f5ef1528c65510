"""An audit as GitHub's workflow commands: annotations beside the lines of a pull request."""

from collections.abc import Mapping

from conformance.model.finding import Audit, Policy, Severity
from conformance.report.audit.summary import FACTS_WAY_OUT, relative, sentence, waiver
from conformance.report.letters import clean

LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "notice"}


def render(audit: Audit, policies: Mapping[str, Policy]) -> str:  # noqa: ARG001 -- all forms are called alike
    """Return one command for each finding, the worst first: GitHub shows the first ten of each level in a step."""
    rows = [_command(LEVELS[finding.severity], f"{finding.object}: {finding.message}\ninstead: {finding.remedy}",
                     file=relative(finding.file), line=finding.line, col=finding.column, title=finding.policy)
            for finding in sorted(audit.findings, key=lambda one: -one.severity)]
    rows += [_command("error", "\nway out: ".join(filter(None, (problem.message, problem.way_out))),
                      file=relative(problem.file), line=problem.line, col=problem.column, title="could not be judged")
             for problem in audit.problems]
    rows += [_command("notice", f"needs {', '.join(facts)} ({FACTS_WAY_OUT})", title=f"undecided: {policy}")
             for policy, facts in audit.undecided.items()]
    rows += [_command("error", waiver(one), title="expired waiver") for one in audit.expired]
    rows += [_command("warning", waiver(one), title="a waiver covers nothing") for one in audit.unused]
    return "\n".join([*rows, sentence(audit)]) + "\n"


def _command(level: str, message: str, **where: str | int) -> str:
    said = ",".join(f"{name}={_property(str(value))}" for name, value in where.items() if value)
    return f"::{level} {said}::{_data(message)}"


def _data(text: str) -> str:
    lines = (clean(line) for line in text.replace("%", "%25").split("\n"))
    return "%0A".join(lines)


def _property(text: str) -> str:
    return clean(text.replace("%", "%25").replace("\n", "%0A").replace("\r", "%0D")
                 .replace(":", "%3A").replace(",", "%2C"))
