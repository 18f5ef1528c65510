"""A node that does not become Ready is told with what the API server and the kubelet last said of it."""

import pytest

from conformance.clusters import local
from conformance.clusters.local.spec import ClusterSpec

NOT_READY = {"metadata": {"name": "node-1"}, "status": {"conditions": [
    {"type": "MemoryPressure", "status": "False", "message": "enough"},
    {"type": "Ready", "status": "False", "message": "container runtime network not ready"}]}}
READY = {"metadata": {"name": "node-1"}, "status": {"conditions": [{"type": "Ready", "status": "True"}]}}


class Api:
    def __init__(self, node):
        self.node = node

    def read(self, kind, name):
        return self.node


@pytest.fixture
def nodes(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    return ClusterSpec(name="slow", number=0).nodes


@pytest.mark.parametrize(("node", "told"), [
    (NOT_READY, ["node-1: Ready is False: container runtime network not ready"]),
    (None, ["node-1: its kubelet made no Node"]),
    (READY, []),
])
def test_the_condition_is_told_or_that_there_is_no_node(nodes, node, told):
    assert local._why_not_ready(Api(node), nodes) == told


def test_the_kubelets_last_lines_follow(nodes):
    log = nodes[0].folder / "log" / "kubelet.log"
    log.parent.mkdir(parents=True)
    log.write_text("".join(f"line {n}\n" for n in range(9)))
    assert local._why_not_ready(Api(NOT_READY), nodes)[1:] == ["line 4", "line 5", "line 6", "line 7", "line 8"]
