"""Holds manifests against policies: joins what a rule said with the place, the severity and the remedy."""

import hashlib
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.errors import UsageError
from conformance.model.finding import Audit, Finding, Fix, Problem, Step, Waiver
from conformance.policy import waivers
from conformance.policy.engine import Engine, Raw, needed_across
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, PassedOver


class Judge:
    """Judges one input, manifest by manifest, in memory that findings alone make grow."""

    def __init__(self, corpus: Corpus, engine: Engine, facts: Iterable[str] = ()) -> None:
        """`facts` names the facts of the cluster that are known; policies that need others stay undecided."""
        self._corpus, self._engine, self._facts = corpus, engine, frozenset(facts)
        self._needed = needed_across(corpus)
        self._kept: list[Manifest] = []
        self._findings: list[Finding] = []
        self._problems: list[Problem] = []
        self._undecided: dict[str, tuple[str, ...]] = {}
        self.waivers: list[Waiver] = []
        """What the objects' own annotations waive."""
        self._objects = self._files = self._passed_over = 0

    def file(self, parts: Iterable[Manifest | PassedOver | Problem]) -> None:
        """Judge what one file holds."""
        self._files += 1
        for part in parts:
            if isinstance(part, Problem):
                self._problems.append(part)
            elif isinstance(part, PassedOver):
                self._passed_over += 1
            else:
                self._one(part)

    def problem(self, problem: Problem) -> None:
        """Take note of a part of the input that could not be read."""
        self._problems.append(problem)

    def audit(self) -> Audit:
        """Judge the objects together and return all that was found, in the order of files and lines."""
        if self._kept:
            for said in self._engine.all([manifest.data for manifest in self._kept]):
                self._found(said, self._kept[said.index])
        return Audit(findings=tuple(sorted(self._findings, key=_order)), problems=tuple(self._problems),
                     objects=self._objects, files=self._files, passed_over=self._passed_over,
                     undecided=dict(sorted(self._undecided.items())))

    def _one(self, manifest: Manifest) -> None:
        self._objects += 1
        try:
            self.waivers += waivers.on_object(manifest.data, manifest.name, manifest.file, self._corpus.policies)
        except UsageError as error:
            line, column = manifest.place(("metadata", "annotations"))
            self._problems.append(Problem(file=manifest.file, line=line, column=column, message=error.message,
                                          way_out=error.way_out))
        kind = manifest.kind
        if kind in self._needed:
            self._kept.append(manifest)
        for said in self._engine.one(kind, manifest.data):
            self._found(said, manifest)

    def _found(self, said: Raw, manifest: Manifest) -> None:
        policy = self._corpus.policies[said.policy]
        missing = tuple(fact for fact in policy.facts if fact not in self._facts)
        if missing:
            self._undecided[policy.id] = missing
            return
        line, column = manifest.place(said.path)
        self._findings.append(Finding(
            policy=policy.id, severity=policy.severity, policy_class=policy.policy_class, file=manifest.file,
            line=line, column=column, object=manifest.name, path=said.path, message=said.message,
            remedy=policy.remedy, fingerprint=_fingerprint(policy.id, manifest, said.path), fix=_fix(said)))


def _fix(said: Raw) -> Fix | None:
    if said.fix is None:
        return None
    return Fix(path=tuple(said.fix["path"]), value=said.fix.get("value"), remove=said.fix.get("remove", False))


def _fingerprint(policy: str, manifest: Manifest, path: tuple[Step, ...]) -> str:
    words = [policy, manifest.kind, manifest.name, *_semantic(manifest.data, path)]
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]


def _semantic(data: Any, path: Sequence[Step]) -> list[str]:
    """Return a path in which names stand for the indexes of lists: an entry that moves is still the same one."""
    words = []
    for step in path:
        try:
            data = data[step]
        except (KeyError, IndexError, TypeError):
            data = None
        name = data.get("name") if isinstance(step, int) and isinstance(data, dict) else None
        words.append(name if isinstance(name, str) else str(step))
    return words


def _order(finding: Finding) -> tuple[str, int, int, str, str]:
    return finding.file, finding.line, finding.column, finding.policy, finding.message
