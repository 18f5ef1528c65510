"""A refusal says who said no: the schema, a CEL rule, a webhook or a quota."""

import pytest

from conformance.kube.api import Refused, is_true, parse

# Texts as kube-apiserver 1.35.4 gives them.
TEXTS = [
    (403, 'admission webhook "vclusterqueue.kb.io" denied the request: spec.resourceGroups[0].flavors[0]: Invalid '
          'value: "4": must be nil when cohort is empty', "webhook vclusterqueue.kb.io"),
    (422, 'ClusterQueue.kueue.x-k8s.io "a" is invalid: spec: Invalid value: borrowingLimit must be nil when cohort is '
          'empty', "CEL"),
    (422, 'ClusterQueue.kueue.x-k8s.io "a" is invalid: spec.preemption.reclaimWithinCohort: Unsupported value: "Some": '
          'supported values: "Never", "Any"', "schema"),
    (400, 'strict decoding error: unknown field "spec.cohort"', "schema"),
    (403, 'pods "a" is forbidden: exceeded quota: gpus, requested: 1, used: 8, limited: 8', "quota"),
    (409, 'pods "a" already exists', "server"),
]


@pytest.mark.parametrize(("status", "text", "by"), TEXTS, ids=[by.replace(" ", "-") for _, _, by in TEXTS])
def test_a_refusal_names_who_said_no(status, text, by):
    refusal = Refused("ClusterQueue a", status, text)
    assert refusal.by == by
    assert str(refusal) == f"ClusterQueue a was refused by {by} ({status}): {text}"


def test_a_condition_of_an_older_generation_does_not_count():
    def obj(seen):
        return {"metadata": {"generation": 2},
                "status": {"conditions": [{"type": "Ready", "status": "True", "observedGeneration": seen}]}}

    assert is_true(obj(2), "Ready")
    assert not is_true(obj(1), "Ready")
    assert not is_true({"metadata": {}, "status": {"conditions": None}}, "Ready")


def test_lists_are_taken_apart_and_empty_documents_left_out():
    text = "---\nkind: A\n---\n---\nkind: List\nitems: [{kind: B}, {kind: C}]\n"
    assert [obj["kind"] for obj in parse(text, "x")] == ["A", "B", "C"]
