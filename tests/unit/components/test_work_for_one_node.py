"""Work that is for one node lands there and nowhere else, whoever runs it."""

import pytest

from conformance import catalog
from conformance.components.pods import pod_template
from conformance.model.promise import Team
from conformance.model.workload import Placement, Workload

COMPONENTS = catalog.components()


@pytest.mark.parametrize(("more", "selector"), [
    ({"on_real_node": True}, {"kubernetes.io/hostname": "a"}),
    ({"placement": Placement(node_selector=(("pool", "gpu"),))}, {"pool": "gpu", "kubernetes.io/hostname": "a"}),
])
def test_its_pods_ask_for_that_node(more, selector):
    template = pod_template("work", Workload(pods=1, gpus_per_pod=1, node="a", **more))
    assert template["spec"]["nodeSelector"] == selector


@pytest.mark.parametrize("name", COMPONENTS)
def test_every_component_hands_it_on(name):
    team = Team(name="red", namespace="red", queue="gpus", component=name)
    assert "'kubernetes.io/hostname': 'a'" in str(COMPONENTS[name].dress(
        Workload(pods=2, gpus_per_pod=1, on_real_node=True, node="a"), team, "work"))
