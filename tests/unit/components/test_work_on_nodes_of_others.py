"""Work for nodes that are not ours: pods are what the owner wants, and every object is one that we may remove again."""

import pytest

from conformance import catalog
from conformance.clusters.existing import rights
from conformance.model.promise import Team
from conformance.model.workload import Placement, Workload

COMPONENTS = catalog.components()
TEAM = {"kueue": "kueue", "volcano": "volcano"}
WHERE = Placement(node_selector=(("pool", "gpu"), ("zone", "a")), priority_class="lowest", image="mirror/busybox:1",
                  ends_after_s=600)


def dressed(name, **changes):
    team = Team(name="red", namespace="trial-red", queue="gpus", component=TEAM.get(name, "kueue"))
    return COMPONENTS[name].dress(Workload(**{"pods": 2, "gpus_per_pod": 1, **changes}), team, "work")


def pods(value):
    """Every pod spec in an object."""
    if isinstance(value, dict):
        if "containers" in value:
            yield value
        for inner in value.values():
            yield from pods(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from pods(inner)


@pytest.mark.parametrize("name", COMPONENTS)
def test_pods_are_placed_as_the_owner_wants(name):
    found = [pod for obj in dressed(name, placement=WHERE) for pod in pods(obj)]
    assert found
    for pod in found:
        assert pod["nodeSelector"] == {"pool": "gpu", "zone": "a"}
        assert pod["priorityClassName"] == "lowest"
        assert pod["activeDeadlineSeconds"] == 600
        assert {container["image"] for container in pod["containers"]} == {"mirror/busybox:1"}
        assert {"key": "nvidia.com/gpu", "operator": "Exists"} in pod["tolerations"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_where_nothing_is_said_any_node_will_do(name):
    for obj in dressed(name, placement=Placement()):
        for pod in pods(obj):
            assert "nodeSelector" not in pod
            assert "priorityClassName" not in pod


def resources(kind):
    return {f"{kind.lower()}s", f"{kind.lower()}es"}


@pytest.mark.parametrize("name", COMPONENTS)
def test_what_a_component_makes_is_what_the_shipped_rights_name_and_a_sweep_finds(name):
    made = {*rights.made()}
    for obj in dressed(name, placement=WHERE, priority=10, priority_class="trial-priority-10"):
        group = obj["apiVersion"].rpartition("/")[0]
        assert made & {(group, resource) for resource in resources(obj["kind"])}, obj["kind"]


@pytest.mark.parametrize("name", COMPONENTS)
def test_a_priority_is_an_object_of_the_kind_that_the_component_says(name):
    classes = [obj for obj in dressed(name, placement=WHERE, priority=10, priority_class="trial-priority-10")
               if obj["kind"].endswith("PriorityClass")]
    kinds = {f"{obj['apiVersion']}/{obj['kind']}" for obj in classes}
    assert kinds == ({COMPONENTS[name].priority_kind} - {""})
    assert {obj["metadata"]["name"] for obj in classes} <= {"trial-priority-10"}
