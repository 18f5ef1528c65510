"""Holds manifests against policies: joins what a rule said with the place, the severity and the remedy."""

import hashlib
import json
from collections.abc import Iterable, Sequence
from typing import Any

from conformance.errors import UsageError
from conformance.model.finding import Audit, Finding, Fix, Policy, Problem, Step, Waiver
from conformance.policy import waivers
from conformance.policy.engine import Engine, Question, Raw, Selection
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, PassedOver


class Judge:
    """Judges one input, manifest by manifest, in memory that findings alone make grow."""

    def __init__(self, corpus: Corpus, engine: Engine, facts: Iterable[str] = ()) -> None:
        """`facts` names the facts of the cluster that are known; policies that need others stay undecided."""
        self._corpus, self._engine, self._facts = corpus, engine, frozenset(facts)
        self._selection = Selection(corpus, self._facts)
        self._kept: list[Manifest] = []
        self._waiting: list[tuple[Manifest, Question]] = []
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
        self._ask()
        if self._kept and self._selection.across:
            together = Question(self._selection.across, "", {"objects": [manifest.data for manifest in self._kept]})
            for said in self._engine.ask([together])[0]:
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
        if kind in self._selection.needed_across:
            self._kept.append(manifest)
        chosen, lacking = self._selection.policies(kind, json.dumps(manifest.data))
        for policy in lacking:
            self._undecided[policy.id] = self._missing(policy)
        if chosen:
            self._waiting.append((manifest, Question(chosen, kind, {"object": manifest.data})))
            if len(self._waiting) >= self._engine.at_once:
                self._ask()

    def _ask(self) -> None:
        waiting, self._waiting = self._waiting, []
        answers = self._engine.ask([question for _, question in waiting]) if waiting else ()
        for (manifest, _), answer in zip(waiting, answers, strict=True):
            for said in answer:
                self._found(said, manifest)

    def _missing(self, policy: Policy) -> tuple[str, ...]:
        return tuple(fact for fact in policy.facts if fact not in self._facts)

    def _found(self, said: Raw, manifest: Manifest) -> None:
        policy = self._corpus.policies[said.policy]
        line, column = manifest.place(said.path)
        if said.stopped:
            self._problems.append(Problem(file=manifest.file, line=line, column=column, message=f"{manifest.name}: "
                                          f"policy {policy.id} stopped: {said.message}"))
            return
        if missing := self._missing(policy):  # looked at together with others, where it is not known before
            self._undecided[policy.id] = missing
            return
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
