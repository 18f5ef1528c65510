"""The policy on MIG layouts adds up slices; real placement, which it leaves out, would say the same of every layout."""

import itertools
import json
import random

import pytest

from conformance.gpu import models
from conformance.gpu.mig import fits
from conformance.policy import facts, policies
from conformance.policy.engine import Question, Regorus

POLICY = "mig/instances-fit-on-the-gpu"
SAMPLE = 200
GPUS = {name: models.model(name).mig for name in models.names() if models.model(name).mig}
LEFT_OPEN = {"1g.24gb", "1g.24gb+me", "1g.35gb", "1g.35gb+me", "1g.47gb", "2g.24gb", "2g.47gb"}
"""Profiles that other GPUs have too, with limits that we have no table of."""


def layouts(mig):
    """Every choice of instances, one more of each than the GPU takes included; never one that is empty."""
    limits = [range(profile.max_instances + 2) for profile in mig.profiles]
    return [{profile.name: count for profile, count in zip(mig.profiles, counts, strict=True) if count}
            for counts in itertools.product(*limits) if 0 < sum(counts) <= mig.memory_slices]


def fits_somewhere(layout):
    for mig in GPUS.values():
        by_name = {profile.name: profile for profile in mig.profiles}
        if layout.keys() <= by_name.keys() and fits(mig, [by_name[name] for name in layout for _ in range(layout[name])]):
            return True
    return False


@pytest.fixture(scope="module")
def engine():
    return Regorus(policies.load().only([POLICY]), facts.data({}))


@pytest.mark.parametrize("gpu", GPUS)
def test_slices_add_up_as_instances_are_placed(gpu, engine):
    chosen = [layout for layout in layouts(GPUS[gpu]) if not layout.keys() & LEFT_OPEN]
    chosen = random.Random(31).sample(chosen, min(SAMPLE, len(chosen)))
    config = {"version": "v1", "mig-configs": {
        f"layout-{number}": [{"devices": "all", "mig-enabled": True, "mig-devices": layout}]
        for number, layout in enumerate(chosen)}}
    of_node = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "layouts"},
               "data": {"config.yaml": json.dumps(config)}}
    (said,) = engine.ask([Question(("mig/instances-fit-on-the-gpu",), "ConfigMap", {"object": of_node})])
    denied = {word for raw in said for word in raw.message.split() if word.startswith("layout-")}
    assert denied == {f"layout-{number}" for number, layout in enumerate(chosen) if not fits_somewhere(layout)}
    assert denied
    assert len(denied) < len(chosen)
