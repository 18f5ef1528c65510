"""A manifest may hold anything anywhere: no policy stops on it, and both engines say the same."""

import copy
import io
from dataclasses import replace

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from conformance import assets
from conformance.policy import facts, opa, policies, sources
from conformance.policy.engine import Question, Regorus, Selection
from conformance.policy.judge import Judge
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest

CORPUS = policies.load()
KNOWN = {"nodes": [{"nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3", "nvidia.com/gpu.count": "8"}, {"a": "b"}],
         "kserve": {"deployment_mode": "Knative", "knative_features": {"nodeselector": "enabled"}}, "metrics": ["vllm:x"]}
# Every policy for a kind, whatever words it needs.
EVERY = Selection(Corpus(library={}, policies={one.id: replace(one, mentions=(), facts=())
                                               for one in CORPUS.policies.values()}), ())
VALUES = [None, 0, 1, -1, 5, 2.0, 2.5, 1e30, True, "", "x", "8", "8Gi", [], [None], [[]], [{}], ["x"], [5],
          {}, {"x": None}, {"x": "y"}, {"x": 5}, {"x": {}}]


def examples() -> list[list[dict]]:
    files = [*assets.folder("policies").glob("*/*/*/*.yaml"), *(assets.folder("fixtures") / "good-manifests").rglob("*.yaml")]
    found = ([part.data for part in sources.manifests(str(file), io.BytesIO()) if isinstance(part, Manifest)]
             for file in sorted(files) if not file.name.endswith(facts.SUFFIX))
    return [objects for objects in found if objects]


EXAMPLES = examples()
ENGINE = Regorus(CORPUS, facts.data(KNOWN))


def places(data, path=()):
    inner = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    for step, value in inner:
        if (*path, step) not in (("apiVersion",), ("kind",)):
            yield (*path, step)
            yield from places(value, (*path, step))


@st.composite
def spoilt(draw) -> list[dict]:
    """Draw the objects of one or two files, wrong at a few places, some of them twice."""
    objects = [*draw(st.sampled_from(EXAMPLES)), *draw(st.one_of(st.just([]), st.sampled_from(EXAMPLES)))]
    objects = copy.deepcopy(objects + [one for one in objects if draw(st.integers(0, 3)) == 0])
    for one in objects:
        for _ in range(draw(st.integers(0, 3))):
            path = draw(st.sampled_from([*places(one)] or [()]))
            around = one
            for step in path[:-1]:
                around = around[step]
            if path:
                around[path[-1]] = copy.deepcopy(draw(st.sampled_from([*VALUES, [around[path[-1]]]])))
    return objects


def questions(objects):
    manifests = [sources.Manifest(document=None, prefix=(), data=one) for one in objects]
    return [*(Question(EVERY.policies(one.kind, "")[0], one.kind, {"object": one.data}) for one in manifests),
            Question(EVERY.across, "", {"objects": objects})]


def written(findings):
    return sorted((found.policy, found.index, [str(step) for step in found.path], found.message) for found in findings)


# Drawn anew it would find something else each time, and fail a change that has nothing to do with it.
STEADY = settings(derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))


@given(spoilt())
@settings(STEADY, max_examples=400)
def test_no_policy_stops(objects):
    stopped = [said for answer in ENGINE.ask(questions(objects)) for said in answer if said.stopped]
    assert not stopped, stopped


@given(spoilt())
@settings(STEADY, max_examples=100)
def test_an_audit_says_where_each_finding_is(objects):
    import json

    text = "---\n".join(json.dumps(one) + "\n" for one in objects)
    judge = Judge(CORPUS, ENGINE, KNOWN)
    judge.file(sources.manifests_in(text, "f.yaml"))
    audit = judge.audit()
    assert audit.problems == ()
    lines = text.splitlines()
    assert all(0 < found.line <= len(lines) and found.column >= 1 for found in audit.findings)


def test_both_engines_say_the_same_of_it(opa_program):
    with opa.started(CORPUS, facts.data(KNOWN)) as server:
        @given(spoilt())
        @settings(STEADY, max_examples=100)
        def same(objects):
            asked = questions(objects)
            assert [written(said) for said in ENGINE.ask(asked)] == [written(said) for said in server.ask(asked)]

        same()
