import queue
import threading
import time
from collections import Counter

import pytest

from conformance.errors import SeatrialError
from conformance.kube import timeline
from conformance.kube.timeline import Timeline
from conformance.waiting import Observable, Unmet, eventually, throughout


class InMemory:
    """An API server that says what a test makes it say."""

    def __init__(self, *objects, blind_to=()):
        self.objects = {obj["metadata"]["uid"]: obj for obj in objects}
        self.queues = []
        self.blind_to = blind_to
        self.warnings = []
        self.lock = threading.Lock()

    def list(self, kind, namespace=None, labels=""):
        return [obj for obj in self.objects.values() if self._is(obj, kind, namespace)]

    def watch(self, kind, namespace=None, labels="", *, stop):
        mine = queue.SimpleQueue()
        with self.lock:
            for obj in self.list(kind, namespace):
                if obj["metadata"]["uid"] not in self.blind_to:
                    mine.put(("ADDED", obj))
            self.queues.append((kind, namespace, mine))
        while not stop.is_set():
            try:
                event = mine.get(timeout=0.02)
            except queue.Empty:
                continue
            if isinstance(event, Exception):
                raise event
            if event is None:
                return
            yield event

    def events(self, namespace, *, warnings_only=False):
        return self.warnings

    def tell(self, what, obj):
        with self.lock:
            self.objects[obj["metadata"]["uid"]] = obj
            if what == "DELETED":
                del self.objects[obj["metadata"]["uid"]]
            for kind, namespace, mine in self.queues:
                if self._is(obj, kind, namespace):
                    mine.put((what, obj))

    def end(self, event):
        for _, _, mine in self.queues:
            mine.put(event)

    def _is(self, obj, kind, namespace):
        return obj["kind"] == kind.rpartition("/")[2] and namespace in (None, obj["metadata"]["namespace"])


def pod(name, phase="Pending", node=None, gpus=8, labels=None, namespace="team-a", **status):
    container = {"resources": {"limits": {"nvidia.com/gpu": str(gpus)}}}
    return {"kind": "Pod", "metadata": {"name": name, "uid": name, "namespace": namespace,
                                        "labels": labels or {"job": "j"}},
            "spec": {"containers": [container]} | ({"nodeName": node} if node else {}),
            "status": {"phase": phase, **status}}


def going(obj):
    return obj | {"metadata": obj["metadata"] | {"deletionTimestamp": "2026-01-01T00:00:00Z"}}


def test_what_was_there_before_is_seen_when_it_opens():
    with Timeline(InMemory(pod("a"), pod("b", "Running", "n1")), "team-a") as recorded:
        assert recorded.pods({}, timeline.phases).now == Counter(Pending=1, Running=1)


def test_a_watch_that_misses_what_is_there_does_not_open(monkeypatch):
    monkeypatch.setattr(timeline, "OPEN_WITHIN_S", 0.1)
    with pytest.raises(Unmet, match="objects that the watch of v1/Pod has not seen"), \
            Timeline(InMemory(pod("a"), blind_to=["a"]), "team-a"):
        pass


def test_pods_are_chosen_by_labels_or_by_a_predicate():
    api = InMemory(pod("a"), pod("b", labels={"job": "k"}), pod("c", namespace="team-b"))
    with Timeline(api, "team-a") as recorded:
        assert recorded.pods({}, timeline.count).now == 2
        assert recorded.pods({"job": "k"}, timeline.count).now == 1
        assert recorded.pods(lambda obj: obj["metadata"]["name"] == "a", timeline.count).now == 1
    with Timeline(api) as everywhere:
        assert everywhere.pods({}, timeline.count).now == 3


def test_a_pod_whose_labels_no_longer_match_leaves():
    api = InMemory(pod("a"))
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({"job": "j"}, timeline.count)
        api.tell("MODIFIED", pod("a", labels={"job": "other"}))
        assert eventually(seen, becomes=0, within=5) == 0


def test_every_change_of_value_is_kept_with_its_time():
    api = InMemory(pod("a"), pod("b"))
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.gpus_held)
        since = time.monotonic()
        for event in (("MODIFIED", pod("a", "Pending", "n1")), ("MODIFIED", pod("a", "Running", "n1")),
                      ("MODIFIED", pod("b", "Running", "n1")), ("MODIFIED", pod("a", "Succeeded", "n1")),
                      ("DELETED", pod("b", "Running", "n1"))):
            api.tell(*event)
        eventually(seen, becomes=16, within=5)
        eventually(lambda: seen.now, becomes=0, within=5)
        times, values = zip(*seen.history(since), strict=True)
        assert values == (0, 8, 16, 8, 0)
        assert times[0] == since
        assert list(times) == sorted(times)


def test_history_starts_with_the_value_that_held_then():
    api = InMemory()
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.count)
        api.tell("ADDED", pod("a"))
        eventually(seen, becomes=1, within=5)
        later = time.monotonic()
        api.tell("ADDED", pod("b"))
        eventually(seen, becomes=2, within=5)
        assert [value for _, value in seen.history(later)] == [1, 2]
        assert [value for _, value in seen.history(time.monotonic())] == [2]


def test_half_a_gang_that_comes_and_goes_is_caught():
    api = InMemory(pod("a"), pod("b"))
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.bound, what="bound pods of gang j")
        assert isinstance(seen, Observable)

        def bind_and_free():
            api.tell("MODIFIED", pod("a", "Pending", "n1"))
            api.tell("MODIFIED", pod("a"))

        blink = threading.Timer(0.05, bind_and_free)
        blink.start()
        with pytest.raises(Unmet) as failure:
            throughout(seen, stays=0, during=5)
        blink.join()
    assert failure.value.cause.startswith("bound pods of gang j: expected to stay 0 for 5 s; after ")
    assert failure.value.cause.endswith("saw 1")


def test_an_observable_wakes_at_the_change_and_not_later():
    api = InMemory(pod("a"))
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.phases)
        late = threading.Timer(0.05, lambda: api.tell("MODIFIED", pod("a", "Running", "n1")))
        late.start()
        seen.await_change(time.monotonic(), 1, timeout_s=30)
        assert seen.now == Counter(Running=1)


def test_the_story_has_the_pods_and_the_last_warnings():
    unschedulable = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable",
                     "message": "0/16 nodes are available"}
    api = InMemory(pod("a", conditions=[unschedulable]), pod("b", "Running", "n1"))
    api.warnings = [{"involvedObject": {"kind": "Pod", "name": f"p{n}"}, "reason": "FailedScheduling",
                     "message": "no\nroom"} for n in range(9)]
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.count)
        assert seen.now == 2
        story = seen.story()
    assert story[:2] == ["a  Pending  Unschedulable: 0/16 nodes are available", "b  Running  on n1"]
    assert story[2:4] == ["last warnings:", r"  Pod p4: FailedScheduling: no\nroom"]
    assert len(story) == 8


def test_a_warning_that_comes_again_stands_once_where_it_was_said_last():
    api = InMemory(pod("a"))
    said = ["no room", "no quota", "no room", "no quota", "no quota"]
    api.warnings = [{"involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Pending", "message": message}
                    for message in said]
    with Timeline(api, "team-a") as recorded:
        story = recorded.pods({}, timeline.count).story()
    assert story[-3:] == ["last warnings:", "  Pod p: Pending: no room", "  Pod p: Pending: no quota"]


@pytest.mark.parametrize(("event", "cause"), [(RuntimeError("connection reset"), "connection reset"),
                                              (None, "it ended by itself")])
def test_a_broken_watch_is_an_error_wherever_it_is_read(event, cause):
    api = InMemory(pod("a"))
    with Timeline(api, "team-a") as recorded:
        seen = recorded.pods({}, timeline.count)
        threading.Timer(0.05, lambda: api.end(event)).start()
        with pytest.raises(SeatrialError, match=f"the watch of v1/Pod in team-a broke: {cause}"):
            throughout(seen, stays=1, during=20)
        with pytest.raises(SeatrialError, match="broke"):
            _ = recorded.pods({}, timeline.count).now


def test_its_threads_end_with_it():
    before = threading.active_count()
    with Timeline(InMemory(), "team-a", "team-b", kinds=["v1/Pod", "v1/Event"]):
        assert threading.active_count() == before + 4
    assert threading.active_count() == before


def test_a_thread_that_stays_is_named(monkeypatch):
    monkeypatch.setattr(timeline, "CLOSE_WITHIN_S", 0.05)
    released = threading.Event()

    class Stuck(InMemory):
        def watch(self, kind, namespace=None, labels="", *, stop):
            released.wait()
            yield from ()

    with pytest.raises(SeatrialError, match="watch of v1/Pod in team-a: did not end within"), \
            Timeline(Stuck(), "team-a"):
        pass
    released.set()


def test_a_kind_that_is_not_watched_cannot_be_looked_at():
    with Timeline(InMemory(), "team-a") as recorded, \
            pytest.raises(SeatrialError, match="v1/Event is not watched"):
        recorded.objects("v1/Event", {}, timeline.count)


def test_a_pod_on_its_way_out_holds_its_gpus():
    pods = [pod("a", "Running", "n1"), going(pod("b", "Running", "n2")), pod("c", "Failed", "n3"), pod("d")]
    assert timeline.phases(pods) == Counter(Running=1, Terminating=1, Failed=1, Pending=1)
    assert timeline.bound(pods) == 2
    assert timeline.gpus_held(pods) == 16
    assert timeline.nodes(pods) == {"n1", "n2"}
    assert timeline.domains({"n1": "rack-a", "n2": "rack-a"})(pods) == {"rack-a"}
    assert timeline.domains({"n1": "rack-a"})(pods) == {"rack-a", "unknown (n2)"}
    assert timeline.gpus_of({"spec": {"containers": [{"resources": {"requests": {"cpu": "1"}}}]}}) == 0
