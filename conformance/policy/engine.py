"""The seam to what runs Rego: a corpus goes in, then questions, then raw findings come out."""

import json
import re
from collections.abc import Iterable, Mapping, Sequence
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
        concerned = [policy for policy in self._by_kind[kind]
                     if not policy.mentions or any(word in text for word in policy.mentions)]
        return (tuple(policy.id for policy in concerned if self._known.issuperset(policy.facts)),
                tuple(policy for policy in concerned if not self._known.issuperset(policy.facts)))


def raw(said: Mapping[str, Any]) -> Raw:
    """Return one entry of an engine's answer as what it is."""
    finding = said["finding"]
    return Raw(policy=said["policy"], path=tuple(finding["path"]), message=finding["message"],
               index=finding.get("object", 0), fix=finding.get("fix"))


class Regorus:
    """Microsoft's Rego interpreter, in this process."""

    name = "regorus"
    at_once = 1

    def __init__(self, corpus: Corpus, data: Mapping[str, Any]) -> None:
        """Load the policies; `data` is what rules see as `data`, for example `facts` and `gpus`.

        Raises SeatrialError, with file and line, for a rule that is no Rego.
        """
        import regorus  # noqa: PLC0415 -- a native module: loaded by who uses it

        self._engine = regorus.Engine()
        self._drivers = _drivers(corpus)
        try:
            for name, source in modules(corpus).items():
                self._engine.add_policy(name, source)
            self._engine.add_data_json(json.dumps(data))
            self._evaluate(Question((), "", {}))  # only now are the rules looked at together
        except RuntimeError as error:
            raise SeatrialError(f"a rule is no Rego: {_cause(error)}") from None

    def ask(self, questions: Sequence[Question]) -> Sequence[Sequence[Raw]]:
        """Return the answer to each question."""
        return [self._answer(question) for question in questions]

    def _answer(self, question: Question) -> Sequence[Raw]:
        try:
            return self._evaluate(question)
        except RuntimeError as error:
            # OPA calls undefined what stops this engine, for example `some x in null`: the others still have a say.
            if len(question.policies) == 1:
                return [Raw(policy=question.policies[0], path=(), message=_cause(error), stopped=True)]
            alone = (replace(question, policies=(policy,)) for policy in question.policies)
            return [said for one in alone for said in self._answer(one)]

    def _evaluate(self, question: Question) -> Sequence[Raw]:
        self._engine.set_input_json(json.dumps({**question.about, "ask": dict.fromkeys(question.policies, True)}))
        driver = self._drivers.get(question.kind, self._drivers[ANY])
        return [raw(said) for said in json.loads(self._engine.eval_rule_as_json(f"data.{_DRIVER}.{driver}.findings"))]


def modules(corpus: Corpus) -> dict[str, str]:
    """Return the name and Rego of all that the engine loads: libraries, rules, and a driver for each kind."""
    drivers = {name: _driver(name, _asked(corpus, kind)) for kind, name in _drivers(corpus).items()}
    return {**corpus.library, **{f"{policy.id}/rule.rego": policy.source for policy in corpus.policies.values()},
            **{f"driver/{name}.rego": source for name, source in drivers.items()}}


def _looks_at(policy: Policy, kind: str) -> bool:
    return kind in policy.kinds or ANY in policy.kinds or (PODS in policy.kinds and kind in POD_KINDS)


def _drivers(corpus: Corpus) -> dict[str, str]:
    """Return the name of the driver for each kind; `*` stands for all others, nothing for several objects."""
    kinds = sorted({kind for policy in corpus.policies.values() for kind in policy.kinds} - {PODS, ANY})
    return {kind: f"k{number}" for number, kind in enumerate(dict.fromkeys(["", ANY, *POD_KINDS, *kinds]))}


def _asked(corpus: Corpus, kind: str) -> list[Policy]:
    return [policy for policy in corpus.policies.values()
            if policy.across == (kind == "") and (policy.across or _looks_at(policy, kind))]


def _driver(name: str, policies: Sequence[Policy]) -> str:
    # Each is named: to look a package up by a variable, regorus would evaluate all of them.
    rules = [f'findings contains {{"policy": "{policy.id}", "finding": finding}} if {{ input.ask["{policy.id}"]; '
             f'some finding in data.policies.{policy.category}["{policy.id.partition("/")[2]}"].findings }}'
             for policy in policies]
    # Without a rule there would be no set, and the engine would have to say that it is undefined.
    return "\n".join([f"package {_DRIVER}.{name}", *rules, "findings contains nothing if some nothing in []"])


def _cause(error: RuntimeError) -> str:
    """Return what regorus says in one line: file, line, and what is wrong; no value, it may be a secret."""
    said = str(error).partition("Stack backtrace")[0]
    place = re.search(r"--> (\S+)", said)
    wrong = re.search(r"error: (.*)", said)
    return ": ".join(filter(None, (place and place[1], _VALUE.sub("", wrong[1] if wrong else " ".join(said.split())))))
