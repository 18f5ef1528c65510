"""Tally: a product that nobody knows. It shares GPUs out by objects of kind Share, all of them in one pool."""

from conformance.components.tally import live, queues

from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.role import Role


def install(api, spec, load_images):
    api.apply({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "tally", "namespace": "tally-system"}})


def detect(api):
    found = api.read("apps/v1/Deployment", "tally", "tally-system")
    return found and found["spec"]["version"]


def dress(workload, team, name):
    return [{"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": team.namespace}}]


COMPONENT = Component(
    name="tally", version="v7.0.0", roles=frozenset({Role.QUEUE}), provides=frozenset({Feature.QUOTA, Feature.BORROWING}), install=install,
    detect=detect, dress=dress, queues=queues, live=live, reads=(("tally.example.com", "Share"),),
    watches=("tally.example.com/v1/Share",))
