"""What looks at all objects together takes as long as there are objects, and not as long as there are pairs of them."""

import copy
import io
import time

import pytest

from conformance import assets
from conformance.policy import facts, policies
from conformance.policy.engine import Question, Regorus
from conformance.policy.policies import Corpus
from conformance.policy.sources import Manifest, manifests

FOLDER, CORPUS = assets.folder("policies"), policies.load()
ACROSS = [policy for policy in CORPUS.policies.values() if policy.across]
OBJECTS, TIMES = 100, 4
MOST_RATIO = 8
"""Four times as many objects take four times as long where time is linear, and sixteen times where it is quadratic."""
SLACK_S = 0.1
"""Of CPU time: what a busy machine's caches may cost."""


def examples(policy):
    return sorted(file for file in (FOLDER / policy.id / "denied").glob("*.yaml")
                  if not file.name.endswith(facts.SUFFIX))


CASES = [pytest.param(policy, file, id=f"{policy.id}/{file.stem}") for policy in ACROSS for file in examples(policy)]


def copies(objects, number, *, of_one_name):
    """Return so many objects: the given ones, and copies of other or of the same names that refer to what they do."""
    found = []
    for index in range(number):
        made = copy.deepcopy(objects[index % len(objects)])
        round_ = index // len(objects)
        metadata = made.setdefault("metadata", {})
        metadata["annotations"] = {**(metadata.get("annotations") or {}), "copy": str(round_)}  # no two are equal
        if round_ and not of_one_name:
            metadata["name"] = f"{metadata.get('name')}-{round_}"
        found.append(made)
    return found


def cpu_s(engine, policy, objects):
    question = Question((policy.id,), "", {"objects": objects})
    took = []
    for _ in range(2):
        start = time.process_time()
        (found,) = engine.ask([question])
        took.append(time.process_time() - start)
    assert not [said.message for said in found if said.stopped]
    return min(took)


@pytest.mark.parametrize("of_one_name", [False, True], ids=["names of their own", "one name"])
@pytest.mark.parametrize(("policy", "file"), CASES)
def test_time_grows_no_faster_than_the_input(policy, file, of_one_name):
    objects = [part.data for part in manifests(str(file), io.BytesIO()) if isinstance(part, Manifest)]
    known = facts.beside(file)
    engine = Regorus(Corpus(policies={policy.id: policy}, library=CORPUS.library, added=frozenset()), facts.data(known))
    few, many = (copies(objects, number, of_one_name=of_one_name) for number in (OBJECTS, OBJECTS * TIMES))
    assert cpu_s(engine, policy, many) < MOST_RATIO * cpu_s(engine, policy, few) + SLACK_S


@pytest.mark.parametrize(("policy", "file"), CASES)
def test_a_message_stays_short_whatever_there_is(policy, file):
    objects = [part.data for part in manifests(str(file), io.BytesIO()) if isinstance(part, Manifest)]
    known = facts.beside(file)
    engine = Regorus(Corpus(policies={policy.id: policy}, library=CORPUS.library, added=frozenset()), facts.data(known))
    (found,) = engine.ask([Question((policy.id,), "", {"objects": copies(objects, 300, of_one_name=False)})])
    assert max((len(said.message) for said in found), default=0) < 500
