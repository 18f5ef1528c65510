"""The seam to what runs Rego: a corpus goes in, then questions, then raw findings come out."""

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Protocol

from conformance.errors import SeatrialError
from conformance.model.finding import Policy
from conformance.policy.policies import PODS, Corpus

POD_KINDS = (
    "Pod", "PodTemplate", "ReplicationController", "apps/Deployment", "apps/StatefulSet", "apps/DaemonSet",
    "apps/ReplicaSet", "batch/Job", "batch/CronJob", "batch.volcano.sh/Job", "kubeflow.org/PyTorchJob",
    "kubeflow.org/TFJob", "kubeflow.org/MPIJob", "kubeflow.org/XGBoostJob", "kubeflow.org/JAXJob",
    "jobset.x-k8s.io/JobSet", "leaderworkerset.x-k8s.io/LeaderWorkerSet", "serving.kserve.io/InferenceService",
    "serving.kserve.io/LLMInferenceService", "serving.kserve.io/ServingRuntime",
    "serving.kserve.io/ClusterServingRuntime", "serving.knative.dev/Service", "ray.io/RayCluster", "ray.io/RayJob",
    "ray.io/RayService", "argoproj.io/Rollout", "trainer.kubeflow.org/TrainingRuntime",
    "trainer.kubeflow.org/ClusterTrainingRuntime",
)
"""Kinds in which `lib.workload` finds pod templates."""
ANY = "*"
_DRIVER = "seatrial.driver"
_SAID = "seatrial_said"
"""A function that each policy is given: for a rule of another package regorus looks through all modules each time."""
_VALUE = re.compile(r"\.?\s*(?:\bGot `|\b(?:Array|Bool|Null|Number|Object|Set|String)\(|$).*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Question:
    """What an engine is asked: some policies, about one object or about several together."""

    policies: tuple[str, ...]
    """Their ids."""
    kind: str
    """`group/Kind` of the object; empty: they are about several."""
    about: Mapping[str, Any]
    """What rules see as `input`: `{"object": ...}` or `{"objects": [...]}`."""


@dataclass(frozen=True, slots=True)
class Raw:
    """What a rule said: nothing but a place and a message."""

    policy: str
    path: tuple[str | int, ...]
    message: str
    index: int = 0
    """Which of the objects it is about, where a rule saw all of them."""
    fix: Mapping[str, Any] | None = None
    stopped: bool = False
    """The rule could not be run on this; `message` says why."""


class Engine(Protocol):
    """Runs policies in Rego."""

    name: str
    at_once: int
    """How many questions it had best be asked in one call."""

    def ask(self, questions: Sequence[Question]) -> Sequence[Sequence[Raw]]:
        """Return the answer to each question, in a fixed order. Raises SeatrialError when it cannot answer at all."""


class Selection:
    """Which policies have anything to say of an object: most need a word in it that most objects have not."""

    def __init__(self, corpus: Corpus, facts: Iterable[str]) -> None:
        """`facts` names the facts of the cluster that are known."""
        self._known = frozenset(facts)
        self._single = [policy for policy in corpus.policies.values() if not policy.across]
        self._by_kind: dict[str, list[Policy]] = {}
        self._words: dict[str, set[tuple[str, ...]]] = {}
        across = [policy for policy in corpus.policies.values() if policy.across]
        self.across = tuple(policy.id for policy in across)
        """Ids of the policies that look at all objects together."""
        kinds = {kind for policy in across for kind in policy.kinds}
        self.needed_across = frozenset(kinds - {PODS}) | (frozenset(POD_KINDS) if PODS in kinds else frozenset())
        """Kinds of the objects that these look at."""

    def policies(self, kind: str, text: str) -> tuple[tuple[str, ...], tuple[Policy, ...]]:
        """Return the ids of the policies to ask about an object, and those that lack a fact for it.

        `kind` is `group/Kind`, `text` the object as JSON.
        """
        if kind not in self._by_kind:
            self._by_kind[kind] = [policy for policy in self._single if _looks_at(policy, kind)]
            self._words[kind] = {policy.mentions for policy in self._by_kind[kind]}
        # Many policies name the same words.
        mentioned = {words: not words or any(word in text for word in words) for words in self._words[kind]}
        concerned = [policy for policy in self._by_kind[kind] if mentioned[policy.mentions]]
        return (tuple(policy.id for policy in concerned if self._known.issuperset(policy.facts)),
                tuple(policy for policy in concerned if not self._known.issuperset(policy.facts)))


def raw(said: Mapping[str, Any]) -> Raw:
    """Return one entry of an engine's answer as what it is."""
    finding = said["finding"]
    return Raw(policy=said["policy"], path=tuple(finding["path"]), message=finding["message"],
               index=finding.get("object", 0), fix=finding.get("fix"))


class Regorus:
    """Microsoft's Rego interpreter, in this process.

    Each kind of object has an engine with the policies that look at it and no others: with the number of its modules
    every look-up takes longer.
    """

    name = "regorus"
    at_once = 1

    def __init__(self, corpus: Corpus, data: Mapping[str, Any]) -> None:
        """Load what policies share; `data` is what rules see as `data`, for example `facts` and `gpus`.

        Raises SeatrialError, with file and line, for a rule that is no Rego.
        """
        # Where Rust programs are told to show backtraces, it would make one of each error inside: a fifth of its time.
        os.environ.setdefault("RUST_LIB_BACKTRACE", "0")
        import regorus  # noqa: PLC0415 -- a native module: loaded by who uses it

        self._corpus = corpus
        self._by_kind: dict[str, Any] = {}
        self._engines: dict[tuple[str, ...], Any] = {}
        self._library = regorus.Engine()
        with _loading():
            for name, source in corpus.library.items():
                self._library.add_policy(name, source)
            self._library.add_data_json(json.dumps(data))
        if corpus.added:  # told at once, whatever there is to judge
            self._loaded([policy for policy in corpus.policies.values() if policy.id in corpus.added])

    def ask(self, questions: Sequence[Question]) -> Sequence[Sequence[Raw]]:
        """Return the answer to each question."""
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Sequence[Raw]:
        engine = self._by_kind.get(question.kind) or self._engine(question.kind)
        try:
            return self._evaluate(engine, question)
        except RuntimeError as error:
            # OPA calls undefined what stops this engine, for example `some x in null`: the others still have a say.
            if len(question.policies) == 1:
                return [Raw(policy=question.policies[0], path=(), message=_cause(error), stopped=True)]
            alone = (replace(question, policies=(policy,)) for policy in question.policies)
            return [said for one in alone for said in self._answer(one)]

    def _engine(self, kind: str) -> Any:
        asked = [policy for policy in self._corpus.policies.values()
                 if policy.across == (kind == "") and (policy.across or _looks_at(policy, kind))]
        key = tuple(policy.id for policy in asked)
        if key not in self._engines:
            self._engines[key] = self._loaded(asked)
        self._by_kind[kind] = self._engines[key]
        return self._by_kind[kind]

    def _loaded(self, policies: Sequence[Policy]) -> Any:
        engine = self._library.clone()
        with _loading():
            for policy in policies:
                engine.add_policy(f"{policy.id}/rule.rego", f"{policy.source}\n{_SAID}(_) := findings")
            engine.add_policy("driver.rego", _driver(policies))
            self._evaluate(engine, Question((), "", {}))  # only now are the rules looked at together
        return engine

    def _evaluate(self, engine: Any, question: Question) -> Sequence[Raw]:
        engine.set_input_json(json.dumps({**question.about, "ask": dict.fromkeys(question.policies, True)}))
        return [raw(said) for said in json.loads(engine.eval_rule_as_json(f"data.{_DRIVER}.findings"))]


@contextmanager
def _loading() -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        raise SeatrialError(f"a rule is no Rego: {_cause(error)}") from None


def _looks_at(policy: Policy, kind: str) -> bool:
    return kind in policy.kinds or ANY in policy.kinds or (PODS in policy.kinds and kind in POD_KINDS)


def _driver(policies: Sequence[Policy]) -> str:
    # Each is named: to look a package up by a variable, regorus would evaluate all of them.
    said = [f'[{{"policy": "{policy.id}", "finding": finding}} | input.ask["{policy.id}"]; '
            f'some finding in data.policies.{policy.category}["{policy.id.partition("/")[2]}"].{_SAID}(null)]'
            for policy in policies]
    return "\n".join([f"package {_DRIVER}", "findings := {found | some said in [", ",\n".join([*said, "[]"]),
                      "]; some found in said}"])


def _cause(error: RuntimeError) -> str:
    """Return what regorus says in one line: file, line, and what is wrong; no value, it may be a secret."""
    said = str(error).partition("Stack backtrace")[0]
    place = re.search(r"--> (\S+)", said)
    wrong = re.search(r"error: (.*)", said)
    return ": ".join(filter(None, (place and place[1], _VALUE.sub("", wrong[1] if wrong else " ".join(said.split())))))
