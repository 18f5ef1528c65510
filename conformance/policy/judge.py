"""Holds manifests against policies: joins what a rule said with the place, the severity and the remedy."""

import hashlib
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, BinaryIO

from conformance import masking
from conformance.errors import UsageError
from conformance.model.finding import Audit, Finding, Fix, Policy, Problem, Step, Waiver
from conformance.policy import sources, waivers
from conformance.policy.answers import Answers, Asked
from conformance.policy.engine import Engine, Question, Raw, Selection
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, PassedOver, Source


@dataclass(frozen=True, slots=True)
class Kept:
    """An object that is looked at again, together with all others: its data alone, for places take much memory."""

    text: str
    """The object as JSON."""
    file: str
    number: int
    """Which of the file's objects it is, counted from 0."""
    manifest: Manifest | None = None
    """The object with its places, where they cannot be read again."""


@dataclass(slots=True)
class Heard:
    """What is known of a part of the input, before its objects are looked at together with those of other parts."""

    findings: list[Finding] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)
    undecided: dict[str, tuple[str, ...]] = field(default_factory=dict)
    waivers: list[Waiver] = field(default_factory=list)
    """What the objects' own annotations waive."""
    kept: list[Kept] = field(default_factory=list)
    objects: int = 0
    files: int = 0
    passed_over: int = 0

    def __iadd__(self, later: "Heard") -> "Heard":
        """Add what was heard of the part that follows."""
        self.findings += later.findings
        self.problems += later.problems
        self.undecided |= later.undecided
        self.waivers += later.waivers
        self.kept += later.kept
        self.objects += later.objects
        self.files += later.files
        self.passed_over += later.passed_over
        return self


class Judge:
    """Judges one input, manifest by manifest, in memory that findings and the objects' bare data make grow."""

    def __init__(self, corpus: Corpus, engine: Engine, facts: Iterable[str] = (),
                 answers: Answers | None = None) -> None:
        """`facts` names the facts of the cluster that are known; policies that need others stay undecided.

        `answers` are those of another judge with the same corpus, engine and facts.
        """
        self._corpus, self._engine, self._facts = corpus, engine, frozenset(facts)
        self._selection = Selection(corpus, self._facts)
        self._waiting: list[tuple[Manifest, Asked]] = []
        self._answers = answers or Answers(corpus)
        self._secrets: tuple[Manifest | None, masking.Secrets] = None, masking.Secrets({})
        """Of the object that something was found in last."""
        self._heard = Heard()

    def files(self, files: Iterable[Source | Problem], stdin: BinaryIO) -> None:
        """Judge files, one after the other."""
        for file in files:
            if isinstance(file, Problem):
                self.problem(file)
            else:
                # What is rendered or comes by a pipe need not be the same the next time.
                self.file(sources.manifests(file, stdin), again=isinstance(file, str) and file != sources.STDIN)

    def file(self, parts: Iterable[Manifest | PassedOver | Problem], *, again: bool = False) -> None:
        """Judge what one file holds. `again`: `sources.manifests` can read it once more."""
        self._heard.files += 1
        number = 0
        for part in parts:
            if isinstance(part, Problem):
                self.problem(part)
            elif isinstance(part, PassedOver):
                self._heard.passed_over += 1
            else:
                self._one(part, number, again=again)
                number += 1

    def problem(self, problem: Problem) -> None:
        """Take note of a part of the input that could not be read."""
        self._heard.problems.append(replace(problem, message=masking.masked(problem.message),
                                            way_out=masking.masked(problem.way_out)))

    def heard(self) -> Heard:
        """Return what another judge needs to go on from here."""
        self._ask()
        return self._heard

    def add(self, heard: Heard) -> None:
        """Go on from what another judge heard of the next files."""
        self._ask()
        self._heard += heard

    @property
    def waivers(self) -> Sequence[Waiver]:
        """What the objects' own annotations waive."""
        return self._heard.waivers

    def audit(self) -> Audit:
        """Judge the objects together and return all that was found, in the order of files and lines."""
        self._ask()
        self._together()
        heard = self._heard
        return Audit(findings=tuple(sorted(heard.findings, key=_order)), problems=tuple(heard.problems),
                     objects=heard.objects, files=heard.files, passed_over=heard.passed_over,
                     undecided=dict(sorted(heard.undecided.items())))

    def _one(self, manifest: Manifest, number: int, *, again: bool) -> None:
        heard = self._heard
        heard.objects += 1
        kind, text = manifest.kind, json.dumps(manifest.data)
        if waivers.ANNOTATION in text:
            self._waived(manifest)
        if kind in self._selection.needed_across:
            heard.kept.append(Kept(text, manifest.file, number, None if again else manifest))
        chosen, lacking = self._selection.policies(kind, text)
        for policy in lacking:
            heard.undecided[policy.id] = self._missing(policy)
        for asked in self._answers.asked(kind, manifest.data, chosen):
            answer = asked.answer()
            if answer is None:
                self._waiting.append((manifest, asked))
            for said in answer or ():
                self._found(said, manifest)
        if len(self._waiting) >= self._engine.at_once:
            self._ask()

    def _waived(self, manifest: Manifest) -> None:
        try:
            self._heard.waivers += waivers.on_object(manifest.data, manifest.name, manifest.stretch,
                                                     self._corpus.policies)
        except UsageError as error:
            line, column = manifest.place(("metadata", "annotations"))
            self.problem(Problem(file=manifest.file, line=line, column=column, message=error.message,
                                 way_out=error.way_out))

    def _ask(self) -> None:
        waiting, self._waiting = self._waiting, []
        answers = self._engine.ask([asked.question() for _, asked in waiting]) if waiting else ()
        for (manifest, asked), answer in zip(waiting, answers, strict=True):
            asked.learn(answer)
            for said in answer:
                self._found(said, manifest)

    def _together(self) -> None:
        kept = self._heard.kept
        if not kept or not self._selection.across:
            return
        objects = json.loads(f"[{','.join(one.text for one in kept)}]")
        answer = self._engine.ask([Question(self._selection.across, "", {"objects": objects})])[0]
        by_object: dict[int, list[Raw]] = {}
        for said in answer:
            if said.stopped:  # it is about all of them
                self.problem(Problem(file=kept[0].file, message=f"policy {said.policy} stopped on the {len(kept)} "
                                     f"objects together: {said.message}"))
            else:
                by_object.setdefault(said.index, []).append(said)
        for index, manifest in self._read_again(sorted(by_object)):
            for said in by_object[index]:
                self._found(said, manifest)

    def _read_again(self, indexes: Iterable[int]) -> Iterator[tuple[int, Manifest]]:
        """Yield some of the kept objects with their places; each file is read once."""
        by_file: dict[str, dict[int, int]] = {}
        for index in indexes:
            kept = self._heard.kept[index]
            if kept.manifest is not None:
                yield index, kept.manifest
            else:
                by_file.setdefault(kept.file, {})[kept.number] = index
        for file, wanted in by_file.items():
            found = (part for part in sources.manifests(file, io.BytesIO()) if isinstance(part, Manifest))
            for number, manifest in enumerate(found):
                if number in wanted and json.dumps(manifest.data) == self._heard.kept[wanted[number]].text:
                    yield wanted.pop(number), manifest
            if wanted:
                self.problem(Problem(file=file, message="has changed while it was judged", way_out="run it again"))

    def _missing(self, policy: Policy) -> tuple[str, ...]:
        return tuple(fact for fact in policy.facts if fact not in self._facts)

    def _found(self, said: Raw, manifest: Manifest) -> None:
        policy = self._corpus.policies[said.policy]
        line, column = manifest.place(said.path)
        if said.stopped:
            self.problem(Problem(file=manifest.file, line=line, column=column, message=f"{manifest.name}: policy "
                                 f"{policy.id} stopped: {said.message}"))
            return
        if missing := self._missing(policy):  # looked at together with others, where it is not known before
            self._heard.undecided[policy.id] = missing
            return
        if self._secrets[0] is not manifest:
            self._secrets = manifest, masking.Secrets(manifest.data)
        secrets = self._secrets[1]
        self._heard.findings.append(Finding(
            policy=policy.id, severity=policy.severity, policy_class=policy.policy_class, file=manifest.file,
            line=line, column=column, object=masking.masked(manifest.name), path=masking.masked_texts(said.path),
            message=secrets.masked(said.message), remedy=policy.remedy,
            fingerprint=_fingerprint(policy.id, manifest, said.path), fix=_fix(said),
            hidden=secrets.hides(manifest.first(said.path))))


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
