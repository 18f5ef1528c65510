"""The examples of a policy: what its `denied/` and `allowed/` say, held against what its rule finds."""

import io
import re
from collections.abc import Iterator
from pathlib import Path

from conformance.model.finding import Finding
from conformance.policy import facts
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.policy.policies import Corpus
from conformance.policy.sources import manifests

DENIED, ALLOWED = "denied", "allowed"
_MARK = re.compile(r"#\s*denied:\s*(.+?)\s*$")


def of(folder: Path, verdict: str) -> list[Path]:
    """Return the examples in a policy's folder that are `DENIED` or `ALLOWED`."""
    return sorted(file for file in (folder / verdict).glob("*.yaml") if not file.name.endswith(facts.SUFFIX))


def wrong(corpus: Corpus, folder: Path, policy: str) -> Iterator[str]:
    """Say of each example in `folder`, which is that of `policy`, what the rule makes otherwise of it; and which lack.

    Raises SeatrialError, UsageError when an example or the facts beside it cannot be read.
    """
    for verdict in (DENIED, ALLOWED):
        examples = of(folder, verdict)
        if not examples:
            yield f"{folder / verdict}: has no example"
        for file in examples:
            yield from (_denied if verdict == DENIED else _allowed)(file, _found(corpus, file, policy))


def _found(corpus: Corpus, file: Path, policy: str) -> list[Finding] | str:
    known = facts.beside(file)
    judge = Judge(corpus, Regorus(corpus, facts.data(known)), known)
    judge.file(manifests(str(file), io.BytesIO()))
    audit = judge.audit()
    if audit.problems or not audit.objects:
        return str(audit.problems[0]) if audit.problems else f"{file}: holds no Kubernetes object"
    return [finding for finding in audit.findings if finding.policy == policy]


def _denied(file: Path, found: list[Finding] | str) -> Iterator[str]:
    if isinstance(found, str):
        yield found
        return
    marked = {number: mark[1] for number, line in enumerate(file.read_text(encoding="utf-8").splitlines(), 1)
              if (mark := _MARK.search(line))}
    if not marked:
        yield f"{file}: no line says `# denied: ` and what is found there"
    for number in sorted(marked.keys() - {finding.line for finding in found}):
        yield f"{file}:{number}: nothing is found, though it is marked: {marked[number]}"
    for finding in found:
        if finding.line not in marked:
            yield f"{file}:{finding.line}: is found, and not marked: {finding.message}"
        elif marked[finding.line] not in finding.message:
            yield f"{file}:{finding.line}: is marked {marked[finding.line]!r}, and found is: {finding.message}"


def _allowed(file: Path, found: list[Finding] | str) -> Iterator[str]:
    if isinstance(found, str):
        yield found
        return
    for finding in found:
        yield f"{file}:{finding.line}: is allowed, and found all the same: {finding.message}"
