"""A Lease says who is at work; only the server's clock counts."""

import datetime
import threading

import pytest

from conformance.clusters.existing import lock as locks
from conformance.clusters.existing.lock import Lock, await_free
from conformance.errors import SeatrialError
from conformance.kube.api import Api
from conformance.waiting import eventually

HOME = "mine-system"


@pytest.fixture
def api(pretend_cluster):
    return Api.open(pretend_cluster.kubeconfig)


def lease(cluster):
    return cluster.read(locks.LEASE, locks.NAME, HOME)


def held_since(cluster, seconds, holder="ann on host, process 1, run a"):
    renewed = datetime.datetime.now(datetime.UTC) - datetime.timedelta(seconds=seconds)
    cluster.add(locks.LEASE, locks.NAME, HOME, spec={"holderIdentity": holder, "leaseDurationSeconds": 30,
                                                     "renewTime": f"{renewed:%Y-%m-%dT%H:%M:%S.%fZ}"})


def test_the_second_run_says_who_the_first_is(api, pretend_cluster):
    first, second = Lock(api, HOME, "one"), Lock(api, HOME, "two")
    first.take()
    with pytest.raises(SeatrialError) as refused:
        second.take()
    assert f"{first.holder} holds Lease mine-system/seatrial" in refused.value.message
    assert "take another --allow-changes PREFIX" in refused.value.way_out
    first.release()
    assert lease(pretend_cluster) is None
    second.take()
    second.release()


def test_a_run_that_is_dead_does_not_hold_the_lease_for_ever(api, pretend_cluster):
    held_since(pretend_cluster, 31)
    mine = Lock(api, HOME, "two")
    mine.take()
    assert lease(pretend_cluster)["spec"]["holderIdentity"] == mine.holder
    mine.release()


def test_a_run_that_lives_holds_it(api, pretend_cluster):
    held_since(pretend_cluster, 20)
    with pytest.raises(SeatrialError, match="ann on host, process 1, run a holds Lease") as refused:
        Lock(api, HOME, "two").take()
    assert "the Lease is free in 1" in refused.value.way_out or "the Lease is free in 9" in refused.value.way_out


def test_a_clock_of_ours_that_is_wrong_does_not_matter(api, pretend_cluster, monkeypatch):
    held_since(pretend_cluster, 20)

    class Tomorrow(datetime.datetime):
        @classmethod
        def now(cls, tz=None):
            return super().now(tz) + datetime.timedelta(days=1)

    monkeypatch.setattr("conformance.kube.api.datetime", Tomorrow)
    monkeypatch.setattr(locks, "datetime", Tomorrow)
    with pytest.raises(SeatrialError, match="holds Lease"):
        Lock(api, HOME, "two").take()


def test_of_two_who_find_a_dead_holder_one_is_first(api, pretend_cluster, monkeypatch):
    held_since(pretend_cluster, 31)
    first, second = Lock(api, HOME, "one"), Lock(api, HOME, "two")
    read = Lock._read

    def slow(self):
        found = read(self)
        if self is second and found is not None and found["spec"]["holderIdentity"].startswith("ann"):
            first.take()
        return found

    monkeypatch.setattr(Lock, "_read", slow)
    with pytest.raises(SeatrialError, match="holds Lease"):
        second.take()
    assert lease(pretend_cluster)["spec"]["holderIdentity"] == first.holder
    first.release()


def test_it_is_renewed_and_whoever_loses_it_hears_of_it(api, pretend_cluster, monkeypatch):
    monkeypatch.setattr(locks, "RENEWED_EVERY_S", 0.05)
    mine = Lock(api, HOME, "one")
    mine.take()
    version = lease(pretend_cluster)["metadata"]["resourceVersion"]
    eventually(lambda: lease(pretend_cluster)["metadata"]["resourceVersion"] != version, becomes=True, within=10)
    held_since(pretend_cluster, 0, "bob on host, process 2, run b")
    eventually(lambda: mine.lost, becomes="mine-system/seatrial is held by bob on host, process 2, run b now: this run was "
                                          "taken for dead", within=10)
    mine.release()
    assert lease(pretend_cluster)["spec"]["holderIdentity"].startswith("bob")
    assert not [thread for thread in threading.enumerate() if thread.name == "renews our Lease"]


def test_whatever_goes_wrong_with_a_renewal_is_told_and_tried_again(api, pretend_cluster, monkeypatch):
    """Somebody spoils the Lease, so that it cannot even be read: not an error that anybody foresaw."""
    monkeypatch.setattr(locks, "RENEWED_EVERY_S", 0.05)
    mine = Lock(api, HOME, "one")
    mine.take()
    assert mine.lost == ""
    sound = lease(pretend_cluster)["spec"]
    pretend_cluster.add(locks.LEASE, locks.NAME, HOME, spec=None)
    eventually(lambda: mine.lost, becomes="Lease mine-system/seatrial could not be renewed: AttributeError: 'NoneType' object "
                                          "has no attribute 'get'", within=10)
    pretend_cluster.add(locks.LEASE, locks.NAME, HOME, spec=sound)
    eventually(lambda: mine.lost, becomes="", within=10)
    mine.release()


def test_a_lease_that_ran_out_is_lost_also_while_its_renewal_waits_for_an_answer(api, pretend_cluster, monkeypatch):
    """The API server has no time, and is asked again and again: meanwhile another run may take the Lease."""
    monkeypatch.setattr(locks, "RENEWED_EVERY_S", 0.05)
    monkeypatch.setattr(locks, "LASTS_S", 0.5)
    mine, goes_on = Lock(api, HOME, "one"), threading.Event()
    mine.take()
    read = Lock._read
    monkeypatch.setattr(Lock, "_read", lambda self: goes_on.wait(20) and read(self))
    eventually(lambda: mine.lost, becomes=lambda why: why.startswith(
        "Lease mine-system/seatrial lasts 0.5 s and was not renewed for "), within=10)
    goes_on.set()
    eventually(lambda: mine.lost, becomes="", within=10)
    mine.release()


def test_a_lease_that_nobody_renews_is_waited_for(api, pretend_cluster):
    await_free(api, HOME)
    held_since(pretend_cluster, 28)
    await_free(api, HOME)


def test_a_lease_that_is_renewed_meanwhile_is_told(api, pretend_cluster):
    held_since(pretend_cluster, 10)
    renewal = threading.Timer(0.5, held_since, (pretend_cluster, 0))
    renewal.start()
    with pytest.raises(SeatrialError, match="ann on host, process 1, run a holds Lease"):
        await_free(api, HOME)
    renewal.join()
