"""The negative control of the gang behaviours: they fail, on a real cluster, where the default scheduler places pods."""

import os
from dataclasses import replace

import pytest

from conformance import Unmet, assets
from conformance.catalog import behaviours, components, declared
from conformance.clusters import local
from conformance.components.pods import pod_template
from conformance.folder import read
from conformance.platform import Platform
from conformance.suites.scheduling import test_gang as gangs

NAME = f"no-gangs-{os.getpid()}"


def plain_job(workload, team, name):
    """A Job that nobody but the default scheduler looks at."""
    return [{"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": name, "namespace": team.namespace},
             "spec": {"parallelism": workload.pods, "completions": workload.pods, "backoffLimit": 0,
                      "template": pod_template(name, workload)}}]


NO_SCHEDULER_OF_ITS_OWN = replace(components()["volcano"], name="default-scheduler", dress=plain_job, faults=())


@pytest.fixture(scope="module")
def folder():
    return read.load(assets.folder("reference-manifests") / "gang-training")


@pytest.fixture(scope="module")
def team(folder):
    """A team that was promised gangs and as many GPUs as there are."""
    promised = next(one for one in folder.promises.teams if one.starts_as_gang)
    return replace(promised, guaranteed_gpus=32, may_borrow_gpus=0)


@pytest.fixture(scope="module")
def cluster(team):
    """Four nodes with 8 GPUs each, and nothing installed."""
    found = local.up(NAME, real_nodes=1, profile="four-h100", say=lambda text: None)
    try:
        found.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": team.namespace}})
        yield found
    finally:
        local.down(NAME)


@pytest.fixture
def platform(cluster, folder, team):
    gang = next(one for one in behaviours() if one.id == "scheduling/gang::a_gang_that_fits_starts_whole")
    with Platform.open(cluster, folder, behaviour=gang, component=NO_SCHEDULER_OF_ITS_OWN, team=team) as opened:
        yield opened


@pytest.mark.parametrize("behaviour", [
    gangs.test_a_gang_that_does_not_fit_holds_no_accelerator,
    gangs.test_two_gangs_that_each_need_more_than_half_do_not_block_each_other,
    gangs.test_a_gang_waits_until_there_is_room_for_all_of_it,
], ids=lambda behaviour: behaviour.__name__.removeprefix("test_"))
def test_half_gangs_of_the_default_scheduler_are_caught(platform, team, behaviour):
    with pytest.raises(Unmet) as failure:
        behaviour(platform, team)
    # With the word by which the kill matrix knows such a failure, not with one of a step on the way there.
    assert {catch.word for catch in declared(behaviour).catches if catch.word in failure.value.cause}


def test_a_gang_that_fits_starts_there_too(platform, team):
    """So it is the gangs that fail above, not everything."""
    gangs.test_a_gang_that_fits_starts_whole(platform, team)
