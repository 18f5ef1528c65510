"""What all forms say in the same words: the counts, the places, the names."""

import os
import re
from collections.abc import Iterable
from importlib.metadata import version as version_of

from conformance.model.finding import Audit, Finding, PolicyClass, Severity, Waiver

FACTS_WAY_OUT = "give them: --facts FILE, or --facts cluster"
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
CLASSES = {PolicyClass.REJECTED: "the API server refuses it", PolicyClass.REGRETTED: "accepted, and goes wrong",
           PolicyClass.ADVICE: "works, and costs more than it should"}


def counts(audit: Audit) -> dict[str, int]:
    """Return how much of everything there is, by the names that the JSON form uses."""
    found = dict.fromkeys((severity.label for severity in reversed(Severity)), 0)
    for finding in audit.findings:
        found[finding.severity.label] += 1
    return found | {"problems": len(audit.problems), "undecided": len(audit.undecided), "waived": len(audit.waived),
                    "expired": len(audit.expired), "unused": len(audit.unused), "known": audit.known,
                    "stale": audit.stale, "files": audit.files, "objects": audit.objects,
                    "passed_over": audit.passed_over}


def sentence(audit: Audit) -> str:
    """Return the counts as one line."""
    found = counts(audit)
    severities = [_many(found[severity.label], severity.label) for severity in reversed(Severity)
                  if found[severity.label] or severity is Severity.ERROR]
    judged = ", ".join(severities) if audit.findings else "nothing found"
    rest = [_many(found["problems"], "problem"), _many(found["undecided"], "undecided policy", "undecided policies"),
            f"{found['waived']} waived", _many(found["expired"], "expired waiver"),
            _many(found["unused"], "unused waiver"), f"{found['known']} known by the baseline",
            _many(found["stale"], "stale entry of the baseline", "stale entries of the baseline"),
            _many(found["passed_over"], "document passed over", "documents passed over")]
    told = [text for text in rest if not text.startswith("0 ")]
    line = f"{judged} in {_many(audit.objects, 'object')} of {_many(audit.files, 'file')}"
    return "; ".join([line, ", ".join(told)] if told else [line])


def waiver(of: Waiver) -> str:
    """Return a waiver for people."""
    return f"{of.policy} for {of.object}, until {of.until}, {of.owner}: {of.reason} ({of.where})"


def namespace(finding: Finding) -> str:
    """Return the namespace of a finding's object, empty when it has none."""
    name = finding.object.partition(" ")[2]
    return name.partition("/")[0] if "/" in name else ""


def relative(file: str) -> str:
    """Return a file's path from the working folder on, with slashes; one outside of it stays absolute."""
    if file.startswith("<"):
        return file
    path = os.path.relpath(file)
    return (os.path.abspath(file) if path.startswith("..") else path).replace(os.sep, "/")


def xml(text: str) -> str:
    """Return a text without the letters that XML and HTML cannot hold."""
    return NOT_XML.sub("\ufffd", text)


def version() -> str:
    """Return the version of Seatrial."""
    return version_of("seatrial")


def facts_needed(audit: Audit) -> list[str]:
    """Return the facts for want of which policies are undecided."""
    return sorted(_all(audit.undecided.values()))


def _all(several: Iterable[Iterable[str]]) -> set[str]:
    return {one for some in several for one in some}


def _many(number: int, one: str, many: str = "") -> str:
    return f"{number} {one}" if number == 1 or one == "info" else f"{number} {many or one + 's'}"
