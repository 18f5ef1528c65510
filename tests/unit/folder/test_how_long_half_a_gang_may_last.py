import pytest

from conformance import assets
from conformance.errors import UsageError
from conformance.folder import promises, read
from conformance.model import quantity


def gang_team(folder):
    return next(team for team in promises.promised(folder).teams if team.starts_as_gang)


def lasts_s(path):
    folder = read.load(path)
    team = gang_team(folder)
    return promises.queues_of(team).half_gang_lasts_s(team, folder)


@pytest.mark.parametrize(("profile", "seconds"), [
    ("gang-training", 0),  # Volcano binds all or none
    ("team-queues", 0),  # Kueue places every pod before it admits any
])
def test_it_never_starts_where_pods_are_placed_together(profile, seconds):
    assert lasts_s(assets.folder("reference-manifests") / profile) == seconds


def test_it_never_starts_where_a_topology_places_pods_that_kueue_also_waits_for(broken):
    path = broken("team-queues", ("platform.yaml", "      integrations:\n",
                                  "      waitForPodsReady: {timeout: 30s}\n      integrations:\n"))
    assert lasts_s(path) == 0


def test_it_lasts_as_long_as_kueue_waits_for_pods(broken):
    written = "        timeout: 15s\n"
    assert lasts_s(broken("pytorch-training", ("platform.yaml", written, "        timeout: 1m30s\n"))) == 90


def test_it_lasts_kueues_own_time_where_none_is_written(broken):
    assert lasts_s(broken("pytorch-training", ("platform.yaml", "        timeout: 15s\n", ""))) == 300


def test_a_wrong_time_is_named(broken):
    path = broken("pytorch-training", ("platform.yaml", "        timeout: 15s\n", "        timeout: soon\n"))
    with pytest.raises(UsageError, match="pytorch-training: waitForPodsReady: timeout: 'soon' is not a duration"):
        lasts_s(path)


@pytest.mark.parametrize(("written", "seconds"), [("30s", 30), ("1m30s", 90), ("1h", 3600), ("500ms", 0.5), ("1.5m", 90)])
def test_a_duration_has_the_seconds_that_go_gives_it(written, seconds):
    assert quantity.seconds(written) == seconds


@pytest.mark.parametrize("written", ["", "30", "s", "30 s", "1d", "-3s", "30s!"])
def test_what_go_refuses_is_no_duration(written):
    with pytest.raises(ValueError, match="duration"):
        quantity.seconds(written)
