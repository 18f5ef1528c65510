"""A write is done once, whatever becomes of its answer: lost, late, cut in the middle, or that there is no time."""

import json
import threading
import time
from types import SimpleNamespace

import pytest

from conformance.errors import SeatrialError
from conformance.kube import api as objects
from conformance.kube.api import Api, Forbidden, Overloaded, Refused, Unreachable
from conformance.waiting import Stop

LEASE, POD, REVIEW = "coordination.k8s.io/v1/Lease", "v1/Pod", "v1/ConfigMap"
ETCD = "etcdserver: request timed out"
HOOK = 'failed calling webhook "a.kb.io": failed to call webhook: Post "https://a.b.svc:443/x": context deadline exceeded'
DENIED = 'admission webhook "a.kb.io" denied the request: too many of them'
OTHERS = "Operation cannot be fulfilled on resourcequotas \"q\": the object has been modified; please apply your changes to " \
         "the latest version and try again"
ENDINGS = {
    "lost": ("lost",), "late": ("late",), "cut": ("cut",), "500 of etcd": (500, {}, ETCD), "502": (502,), "503": (503,),
    "503, later": (503, {"Retry-After": "0"}), "504": (504,), "500 of a slow webhook": (500, {}, HOOK),
    "429": (429,), "429, later": (429, {"Retry-After": "0"}), "409 of a quota": (409, {}, OTHERS)}
NEVER_DONE = ("500 of a slow webhook", "429", "429, later", "409 of a quota")
PLAYS = {f"{name}, {'done' if done else 'not done'}": (ending[0], done, *ending[1:]) for name, ending in ENDINGS.items()
         for done in (True, False) if not (done and name in NEVER_DONE)}


@pytest.fixture
def ground(pretend_cluster, going_astray, monkeypatch):
    """A pretended API server, whose answers go astray on the way to `api`."""
    monkeypatch.setattr(objects, "ANSWERS_WITHIN_S", 0.3)
    monkeypatch.setattr(objects, "AGAIN_S", 5)

    def forward(method, url, headers, body):
        status, answer = pretend_cluster.answer(method, url, json.loads(body) if body else None)
        return status, (answer if isinstance(answer, str) else json.dumps(answer)).encode()

    astray = going_astray(forward)
    pretend_cluster.add(POD, "there", "n", metadata={"managedFields": [{"manager": "kubectl-create"}]}, spec={"list": ["first"], "size": 1})
    api = Api.open(astray.kubeconfig)
    assert api.serves(POD)
    return SimpleNamespace(api=api, astray=astray, cluster=pretend_cluster)


def pod(name="new", **more):
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name, "namespace": "n"}, **more}


def stored(ground, name="there"):
    return ground.cluster.read(POD, name, "n")


def create(ground):
    made = ground.api.create(pod())
    assert made["metadata"]["uid"] == stored(ground, "new")["metadata"]["uid"]


def create_without_a_name(ground):
    made = ground.api.create({"apiVersion": "v1", "kind": "Pod", "metadata": {"generateName": "made-", "namespace": "n"}})
    assert [made["metadata"]["name"], "there"] == ground.cluster.find(POD)


def create_dry(ground):
    assert ground.api.create(pod(), dry_run=True)["metadata"]["name"] == "new"
    assert ground.cluster.find(POD) == ["there"]


def apply(ground):
    ground.api.apply(pod(spec={"size": 3}))
    assert stored(ground, "new")["spec"] == {"size": 3}


def merge_patch(ground):
    assert ground.api.patch(POD, "there", {"spec": {"size": 2}}, "n")["spec"]["size"] == 2
    assert stored(ground)["spec"]["size"] == 2


def merge_patch_of_a_version(ground):
    seen = ground.api.read(POD, "there", "n")["metadata"]["resourceVersion"]
    ground.api.patch(POD, "there", {"metadata": {"resourceVersion": seen}, "spec": {"size": 2}}, "n")
    assert stored(ground)["spec"]["size"] == 2


def merge_patch_of_the_status(ground):
    ground.api.patch(POD, "there", {"status": {"phase": "Running"}}, "n", "status")
    assert stored(ground)["status"] == {"phase": "Running"}


def json_patch(ground):
    ground.api.patch(POD, "there", [{"op": "add", "path": "/spec/list/-", "value": "second"}], "n")
    assert stored(ground)["spec"]["list"] == ["first", "second"]


def delete(ground):
    ground.api.delete(POD, "there", "n")
    assert ground.cluster.find(POD) == []


def delete_one_by_its_uid(ground):
    ground.api.delete(POD, "there", "n", uid=stored(ground)["metadata"]["uid"])
    assert ground.cluster.find(POD) == []


def ask_for_rights(ground):
    assert ground.api.may({"verb": "get", "resource": "pods", "namespace": "n"}) is True


WRITES = [create, create_without_a_name, create_dry, apply, merge_patch, merge_patch_of_a_version, merge_patch_of_the_status,
          json_patch, delete, delete_one_by_its_uid, ask_for_rights]


# Of a write that is about one version of an object a conflict is the answer.
ASKED_AGAIN = [(write, name) for write in WRITES for name, play in PLAYS.items()
               if not (play[0] == 409 and write in (merge_patch_of_a_version, delete_one_by_its_uid))]


@pytest.mark.parametrize(("write", "play"), ASKED_AGAIN, ids=lambda one: getattr(one, "__name__", one))
def test_a_write_is_done_once(ground, write, play):
    play = PLAYS[play]
    ground.astray.plays.append(play)
    write(ground)
    assert not ground.astray.plays


@pytest.mark.parametrize("write", WRITES, ids=lambda write: write.__name__)
def test_a_write_is_done_once_whose_first_answers_all_go_astray(ground, write):
    ground.astray.plays += [("lost", False), ("cut", True), (504, False), ("lost", False)]
    write(ground)


# -- what somebody else does meanwhile ---------------------------------------------------------------


def test_an_object_of_somebody_else_is_not_taken_for_our_own(ground):
    ground.astray.plays.append(("lost", False))
    ground.astray.meanwhile = lambda: ground.cluster.add(POD, "new", "n", metadata={
        "annotations": {"seatrial.io/written-by": "seatrial-other"}})
    with pytest.raises(Refused, match="already exists") as refused:
        ground.api.create(pod())
    assert refused.value.status == 409


def test_a_name_that_is_taken_is_refused_at_once(ground):
    with pytest.raises(Refused, match="already exists"):
        ground.api.create(pod("there"))
    assert ground.astray.writes() == ["POST"]


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_a_version_that_is_no_more_is_refused_only_when_the_change_was_not_made(ground, done):
    version = stored(ground)["metadata"]["resourceVersion"]

    def change():
        ground.cluster.answer("PATCH", "/api/v1/namespaces/n/pods/there?fieldManager=other", {"spec": {"by": "other"}})

    ground.astray.plays.append(("lost", done))
    ground.astray.meanwhile = change
    patch = {"metadata": {"resourceVersion": version}, "spec": {"size": 2}}
    if done:
        assert ground.api.patch(POD, "there", patch, "n")["spec"] == {"list": ["first"], "size": 2, "by": "other"}
    else:
        with pytest.raises(Refused, match="has been modified"):
            ground.api.patch(POD, "there", patch, "n")
        assert stored(ground)["spec"]["size"] == 1


def test_a_json_patch_that_arrives_after_it_was_asked_for_again_is_not_done_twice(ground):
    """The first one is on its way for so long that the second one was looked up for before, and is tied to what was seen."""
    second_is_here, first_is_done, real = threading.Event(), threading.Event(), ground.astray.forward
    bodies = []

    def forward(method, url, headers, body):
        if method != "PATCH":
            return real(method, url, headers, body)
        bodies.append(body)
        if len(bodies) == 1:
            assert second_is_here.wait(10)
            answer = real(method, url, headers, body)
            first_is_done.set()
            return answer
        second_is_here.set()
        assert first_is_done.wait(10)
        return real(method, url, headers, body)

    ground.astray.forward = forward
    ground.api.patch(POD, "there", [{"op": "add", "path": "/spec/list/-", "value": "second"}], "n")
    assert stored(ground)["spec"]["list"] == ["first", "second"]
    assert len(bodies) == 2


def test_a_json_patch_goes_on_from_what_somebody_else_wrote_meanwhile(ground):
    real, seen = ground.astray.forward, []

    def forward(method, url, headers, body):
        if method == "PATCH":
            if not seen:
                ground.cluster.answer("PATCH", "/api/v1/namespaces/n/pods/there?fieldManager=other", {"spec": {"by": "other"}})
            seen.append(body)
        return real(method, url, headers, body)

    ground.astray.forward = forward
    ground.astray.plays.append((503, False))
    ground.api.patch(POD, "there", [{"op": "add", "path": "/spec/list/-", "value": "second"}], "n")
    assert stored(ground)["spec"] == {"list": ["first", "second"], "size": 1, "by": "other"}
    assert len(seen) == 2


def test_a_pod_that_got_the_name_of_a_deleted_one_stays(ground):
    """Pods of some jobs come again by the same name: to delete the first one twice would be to delete two."""
    uid = stored(ground)["metadata"]["uid"]
    ground.astray.plays.append(("lost", True))
    ground.astray.meanwhile = lambda: ground.cluster.add(POD, "there", "n")
    ground.api.delete(POD, "there", "n", uid=uid)
    assert stored(ground)["metadata"]["uid"] != uid


def test_what_is_going_need_not_be_deleted_again(ground):
    ground.cluster.add("v1/Namespace", "old", metadata={"finalizers": ["kubernetes"]})
    ground.astray.plays.append(("lost", True))
    ground.api.delete("v1/Namespace", "old")
    assert ground.astray.writes() == ["DELETE"]


@pytest.mark.parametrize("done", [True, False], ids=["done", "not done"])
def test_an_object_that_keeps_no_managed_fields_tells_by_what_it_holds(ground, done):
    """An API server keeps none of an object that was made without any field."""
    bare = ground.cluster.add(POD, "bare", "n")
    patch = {"metadata": {"resourceVersion": bare["metadata"]["resourceVersion"], "labels": {"a": "1"}}, "spec": {"size": 2}}
    ground.astray.plays.append(("lost", done))

    def stripped():
        stored(ground, "bare")["metadata"].pop("managedFields", None)

    ground.astray.meanwhile = stripped
    assert ground.api.patch(POD, "bare", patch, "n")["spec"] == {"size": 2}
    assert len(ground.astray.writes()) == (1 if done else 2)


def test_a_json_patch_of_an_object_that_keeps_no_managed_fields_is_not_asked_for_again(ground):
    ground.cluster.add(POD, "bare", "n", spec={"list": []})
    ground.astray.plays.append(("lost", False))
    with pytest.raises(Unreachable, match="whether Pod n/bare was changed is not known: it keeps no managed fields") as raised:
        ground.api.patch(POD, "bare", [{"op": "add", "path": "/spec/list/-", "value": "second"}], "n")
    assert raised.value.may_be_done


# -- what is an answer -------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [429, 500, 503, 504])
def test_what_a_webhook_denies_is_denied_whatever_its_status(ground, status):
    ground.astray.plays.append((status, False, {"Retry-After": "0"}, DENIED))
    with pytest.raises(Refused) as refused:
        ground.api.create(pod())
    assert (refused.value.by, refused.value.status, ground.astray.writes()) == ("webhook a.kb.io", status, ["POST"])


@pytest.mark.parametrize("nobody", ["connect: connection refused", 'no endpoints available for service "x"'])
def test_a_webhook_that_starts_again_is_waited_for(ground, nobody):
    ground.astray.plays.append((500, False, {}, HOOK.replace("context deadline exceeded", nobody)))
    assert ground.api.create(pod())["metadata"]["name"] == "new"
    assert ground.astray.writes() == ["POST", "POST"]


def test_a_connection_that_no_webhook_refuses_is_an_answer(ground):
    ground.astray.plays.append((500, False, {}, "the disk of etcd: connection refused"))
    with pytest.raises(Refused, match="connection refused"):
        ground.api.create(pod())
    assert ground.astray.writes() == ["POST"]


NOBODY = HOOK.replace("context deadline exceeded", "connect: connection refused")


@pytest.mark.parametrize(("said", "told"), [(HOOK, Refused), (NOBODY, Refused), (OTHERS, Refused), ("no time", Overloaded)])
def test_what_goes_on_for_too_long_is_told_as_what_it_is(ground, monkeypatch, said, told):
    monkeypatch.setattr(objects, "AGAIN_S", 0.5)
    status = {HOOK: 500, NOBODY: 500, OTHERS: 409}.get(said, 504)
    ground.astray.plays += [(status, False, {}, said)] * 50
    with pytest.raises(told, match=said[:9]) as raised:
        ground.api.create(pod())
    assert 2 <= len(ground.astray.writes()) <= 6
    if told is Overloaded:
        assert not isinstance(raised.value, Refused)
        assert raised.value.message == (
            f"API server {ground.api.host} has no time for Pod n/new: 504 no time, asked {len(ground.astray.writes())} times "
            "in 0.5 s; whether Pod n/new was done is not known")
        assert raised.value.may_be_done


def test_a_server_from_which_nothing_comes_back_is_told_with_what_may_be_done(ground, monkeypatch):
    monkeypatch.setattr(objects, "AGAIN_S", 0.5)
    ground.astray.plays += [("lost", False)] * 50
    with pytest.raises(Unreachable, match=r"does not answer: .*, asked \d times in 0.5 s; whether Pod n/new was done is not known") as raised:
        ground.api.create(pod())
    assert raised.value.may_be_done


def test_a_server_is_not_asked_before_it_wants_to_be(ground):
    ground.astray.plays.append((429, False, {"Retry-After": "1"}, "slow down"))
    start = time.monotonic()
    ground.api.create(pod())
    assert 1 <= time.monotonic() - start < 4


def test_what_the_account_may_not_do_is_no_matter_of_time(ground):
    ground.cluster.refuse.add(("create", "pods"))
    ground.astray.plays.append(("lost", False))
    with pytest.raises(Forbidden):
        ground.api.create(pod())


# -- reads -------------------------------------------------------------------------------------------


READS = {"read": lambda api: api.read(POD, "there", "n"), "list": lambda api: api.list(POD)[0],
         "each": lambda api: next(api.each(POD)), "watch": lambda api: next(api.watch(POD, stop=Stop()))[1]}


@pytest.mark.parametrize("play", [("lost", False), ("late", False), ("cut", True), (429, False), (504, False),
                                  (503, False, {"Retry-After": "0"}, "starting"), (500, False, {}, ETCD)], ids=lambda play: str(play[0]))
@pytest.mark.parametrize("read", READS)
def test_what_is_read_is_asked_for_again(ground, read, play):
    ground.astray.plays_of_reads = [play]
    assert READS[read](ground.api)["metadata"]["name"] == "there"
    assert not ground.astray.plays_of_reads


def test_somebody_elses_server_that_is_gone_is_not_waited_for(ground):
    """Behind a path of the API server may be another one, of metrics for example: a survey asks many such."""
    ground.cluster.answers["/apis/custom.metrics.k8s.io/v1beta2"] = (503, "service unavailable")
    with pytest.raises(Exception, match="503 service unavailable"):
        ground.api.get("/apis/custom.metrics.k8s.io/v1beta2")
    assert len([path for _, path in ground.astray.asked if "custom.metrics" in path]) == 1


def test_who_waits_no_more_is_not_kept(ground):
    stop = Stop()
    ground.astray.plays_of_reads = [(429, False)] * 100
    threading.Timer(0.3, stop.set).start()
    with pytest.raises(Unreachable, match="nobody waits"):
        next(ground.api.watch(POD, stop=stop))


def test_what_is_no_json_is_no_answer_of_an_api_server(ground):
    ground.cluster.answers["/version"] = (200, "<html>welcome</html>")
    with pytest.raises(SeatrialError, match="GET /version was answered with no JSON: '<html>welcome</html>'") as raised:
        ground.api.version()
    assert "proxy" in raised.value.way_out
