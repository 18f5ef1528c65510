"""What is shown of a source line: the reported part alone, and nothing that could be a secret.

A line in flow style holds much that a finding is not about, in JSON on one line whole Secrets. So the reported key and
its scalar are cut out of the line; of a Secret, of what a policy on secrets points at, and of a variable's value the
key alone is shown.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.model.finding import Audit, Finding

Lines = Callable[[str], Sequence[str]]
"""Returns the lines of a file, none when it cannot be read."""

MASK = "***"
MAX_LETTERS = 160
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what counts as a line's end in YAML
_KEY = re.compile(r"""(?: "(?:[^"\\]|\\.)*"\s*: | '(?:[^']|'')*'\s*: | [^\s"'\[\]{},]+?\s*:(?=\s|$) )\s*""", re.VERBOSE)
_SCALAR = re.compile(r"""  "(?:[^"\\]|\\.)*"? | '(?:[^']|'')*'? | [^,\[\]{}]*?(?=\s+\#|\s*[,\[\]{}]|\s*$)""",
                     re.VERBOSE)
_CREDENTIAL = re.compile(r"((?:key|token|password|secret)=)[^\s\"',]+", re.IGNORECASE)
_NAME = re.compile(r"name:\s+[\w.-]+(?=\s|$)")


@dataclass(frozen=True)
class Excerpt:
    """One line of source, fit to be shown."""

    line: int
    """Counted from 1."""
    text: str
    indent: int
    """How many cells of a terminal stand before the reported place."""


def read_lines(file: str) -> Sequence[str]:
    """Return the lines of a file on disk."""
    try:
        return _BREAK.split(Path(file).read_bytes().decode("utf-8-sig", errors="replace"))
    except (OSError, ValueError):  # standard input has gone by; a name may be no path at all
        return ()


def excerpts(audit: Audit, lines: Lines) -> Iterator[tuple[Finding, Excerpt | None]]:
    """Yield each finding with its source line; None where that cannot be read any more."""
    secret = _secret_places([*audit.findings, *(finding for finding, _ in audit.waived)])
    file, source = None, ()  # type: tuple[str | None, Sequence[str]]
    for finding in audit.findings:
        if finding.file != file:
            file, source = finding.file, lines(finding.file)
        line = source[finding.line - 1] if 0 < finding.line <= len(source) else ""
        masked = (finding.file, finding.line) in secret
        yield finding, _excerpt(line, finding, masked=masked) if finding.column <= len(line) else None


def _secret_places(findings: Iterable[Finding]) -> set[tuple[str, int]]:
    return {(finding.file, finding.line) for finding in findings if _of_secret(finding)
            or finding.policy.startswith("secrets/") or ("env" in finding.path and finding.path[-1] == "value")}


def _of_secret(finding: Finding) -> bool:
    return finding.object.startswith("Secret ")


def _excerpt(line: str, finding: Finding, *, masked: bool) -> Excerpt:
    before, rest = line[:finding.column - 1], line[finding.column - 1:]
    if before.strip(" \t-"):
        before = "... "  # nothing is left of a tab's width, nor of wide letters
    before = before.replace("\t", "    ")
    name = _NAME.match(rest)
    key = _KEY.match(rest)
    if masked and name and not _of_secret(finding):
        text = name[0]
    else:
        text = (key[0] if key else "") + _value(rest[key.end():] if key else rest, masked=masked)
    return Excerpt(finding.line, _clean(before + _cropped(text.rstrip())), len(before))


def _value(text: str, *, masked: bool) -> str:
    if text[:1] in ("{", "["):
        return "{...}" if text[0] == "{" else "[...]"
    scalar = _SCALAR.match(text)
    value = _CREDENTIAL.sub(rf"\1{MASK}", scalar[0]) if scalar else ""
    if masked:
        return MASK if text and not text.startswith("#") else ""
    after = text[len(scalar[0]) if scalar else 0:].strip().lstrip(",")
    return value if not after or after.startswith("#") else f"{value} ..."


def _cropped(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}..."


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
