"""What is shown of a source line: the reported part alone, and nothing that could be a secret.

A line in flow style holds much that a finding is not about, in JSON on one line whole Secrets. So the reported key and
its scalar are cut out of the line; where a secret is written, whichever policy points there, the key alone is shown.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.masking import MASK, masked
from conformance.model.finding import Audit, Finding

Lines = Callable[[str], Sequence[str]]
"""Returns the lines of a file, none when it cannot be read."""

MAX_LETTERS = 160
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what counts as a line's end in YAML
_KEY = re.compile(r"""(?: "(?:[^"\\]|\\.)*"\s*: | '(?:[^']|'')*'\s*: | [^\s"'\[\]{},]+?\s*:(?=\s|$) )\s*""", re.VERBOSE)
_SCALAR = re.compile(r"""  "(?:[^"\\]|\\.)*"? | '(?:[^']|'')*'? | [^,\[\]{}]*?(?=\s+\#|\s*[,\[\]{}]|\s*$)""",
                     re.VERBOSE)


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
    file, source = None, ()  # type: tuple[str | None, Sequence[str]]
    for finding in audit.findings:
        if finding.file != file:
            file, source = finding.file, lines(finding.file)
        line = source[finding.line - 1] if 0 < finding.line <= len(source) else ""
        yield finding, _excerpt(line, finding) if finding.column <= len(line) else None


def _excerpt(line: str, finding: Finding) -> Excerpt:
    before, rest = line[:finding.column - 1], line[finding.column - 1:]
    if before.strip(" \t-"):
        before = "... "  # nothing is left of a tab's width, nor of wide letters
    before = before.replace("\t", "    ")
    key = _KEY.match(rest)
    text = (key[0] if key else "") + _value(rest[key.end():] if key else rest, hidden=finding.hidden)
    return Excerpt(finding.line, _clean(before + _cropped(masked(text.rstrip()))), len(before))


def _value(text: str, *, hidden: bool) -> str:
    if text[:1] in ("{", "["):
        return "{...}" if text[0] == "{" else "[...]"
    scalar = _SCALAR.match(text)
    value = scalar[0] if scalar else ""
    if hidden:
        return MASK if text and not text.startswith("#") else ""
    after = text[len(value):].strip().lstrip(",")
    return value if not after or after.startswith("#") else f"{value} ..."


def _cropped(text: str) -> str:
    return text if len(text) <= MAX_LETTERS else f"{text[:MAX_LETTERS]}..."


def _clean(text: str) -> str:
    return "".join(letter if letter.isprintable() else " " for letter in text)
