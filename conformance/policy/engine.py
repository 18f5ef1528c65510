"""The seam to what runs Rego: a corpus goes in, then objects, then raw findings come out.

For each kind of object one driver module is generated, which asks just the policies that look at that kind: one
evaluation per object, however many policies there are.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

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
ACROSS = "across"
_DRIVER = "seatrial.driver"


@dataclass(frozen=True, slots=True)
class Raw:
    """What a rule said: nothing but a place and a message."""

    policy: str
    path: tuple[str | int, ...]
    message: str
    index: int
    """Which of the objects it is about, where a rule saw all of them."""
    fix: Mapping[str, Any] | None


class Engine(Protocol):
    """Runs policies in Rego."""

    name: str

    def one(self, kind: str, data: Mapping[str, Any]) -> Sequence[Raw]:
        """Return what the policies for a kind (`group/Kind`) say of one object, in a fixed order."""

    def all(self, objects: Sequence[Mapping[str, Any]]) -> Sequence[Raw]:
        """Return what the policies say that look at all objects together, in a fixed order."""


def drivers(corpus: Corpus) -> dict[str, str]:
    """Return the name (`k0`, `across`...) and Rego of each driver module; `driver_of` names the one for a kind."""
    modules = {name: _driver(name, [policy for policy in corpus.policies.values()
                                    if not policy.across and _looks_at(policy, kind)])
               for kind, name in driver_of(corpus).items()}
    return {**modules, ACROSS: _driver(ACROSS, [policy for policy in corpus.policies.values() if policy.across])}


def driver_of(corpus: Corpus) -> dict[str, str]:
    """Return the driver's name for every kind that a policy looks at; the kind `*` stands for all others."""
    kinds = sorted({kind for policy in corpus.policies.values() for kind in policy.kinds} - {PODS, ANY})
    return {kind: f"k{number}" for number, kind in enumerate(dict.fromkeys([ANY, *POD_KINDS, *kinds]))}


def needed_across(corpus: Corpus) -> frozenset[str]:
    """Return the kinds of objects that the policies need that look at all of them together."""
    kinds = {kind for policy in corpus.policies.values() if policy.across for kind in policy.kinds}
    return frozenset(kinds - {PODS}) | (frozenset(POD_KINDS) if PODS in kinds else frozenset())


def raw(said: Mapping[str, Any]) -> Raw:
    """Return one entry of a driver's answer as what it is."""
    finding = said["finding"]
    return Raw(policy=said["policy"], path=tuple(finding["path"]), message=finding["message"],
               index=finding.get("object", 0), fix=finding.get("fix"))


class Regorus:
    """Microsoft's Rego interpreter, in this process."""

    name = "regorus"

    def __init__(self, corpus: Corpus, data: Mapping[str, Any]) -> None:
        """Load the policies; `data` is what rules see as `data`, for example `facts` and `gpus`."""
        import regorus  # noqa: PLC0415 -- a native module: loaded by who uses it

        self._engine = regorus.Engine()
        for name, source in modules(corpus).items():
            self._engine.add_policy(name, source)
        self._engine.add_data_json(json.dumps(data))
        self._driver_of = driver_of(corpus)
        self._across = any(policy.across for policy in corpus.policies.values())

    def one(self, kind: str, data: Mapping[str, Any]) -> Sequence[Raw]:
        """Return what the policies for a kind say of one object."""
        return self._ask(self._driver_of.get(kind, self._driver_of[ANY]), {"object": data})

    def all(self, objects: Sequence[Mapping[str, Any]]) -> Sequence[Raw]:
        """Return what the policies say that look at all objects together."""
        return self._ask(ACROSS, {"objects": objects}) if self._across else ()

    def _ask(self, driver: str, about: Mapping[str, Any]) -> Sequence[Raw]:
        self._engine.set_input_json(json.dumps(about))
        answer = self._engine.eval_rule_as_json(f"data.{_DRIVER}.{driver}.findings")
        return [raw(said) for said in json.loads(answer)]


def modules(corpus: Corpus) -> dict[str, str]:
    """Return the name and Rego of all that an engine loads."""
    return {**corpus.library, **{f"{policy.id}/rule.rego": policy.source for policy in corpus.policies.values()},
            **{f"driver/{name}.rego": source for name, source in drivers(corpus).items()}}


def _looks_at(policy: Policy, kind: str) -> bool:
    return kind in policy.kinds or ANY in policy.kinds or (PODS in policy.kinds and kind in POD_KINDS)


def _driver(name: str, policies: Sequence[Policy]) -> str:
    rules = [f'findings contains {{"policy": "{policy.id}", "finding": finding}} if '
             f'some finding in data.policies.{policy.category}["{policy.id.partition("/")[2]}"].findings'
             for policy in policies]
    # Without a rule there would be no set, and an engine would have to say that it is undefined.
    return "\n".join([f"package {_DRIVER}.{name}", *rules, "findings contains nothing if some nothing in []"])
