"""Every kind of cluster does what a cluster does."""

import signal
import subprocess
import sys
import threading
import urllib.request
from dataclasses import replace
from functools import partial

import pytest

from conformance import catalog
from conformance.clusters import KINDS, OURS, FakeGpus, attach, kind_of, open_cluster
from conformance.errors import SeatrialError, UsageError
from conformance.kube.api import Api
from conformance.model.fidelity import Fidelity
from conformance.waiting import eventually

ON_OURS = pytest.mark.parametrize("ground", OURS, indirect=True)
ON_OTHERS = pytest.mark.parametrize("ground", [name for name in KINDS if name not in OURS], indirect=True)


def test_it_gives_a_client_that_answers(ground):
    assert ground.api.text("/readyz") == "ok"
    assert ground.cluster.describe()["kubernetes"] == ground.api.version()


def test_its_kubeconfig_opens_it_too(ground):
    namespaces = [one["metadata"]["uid"] for one in Api.open(ground.cluster.kubeconfig).list("v1/Namespace")]
    assert namespaces == [one["metadata"]["uid"] for one in ground.api.list("v1/Namespace")]


def test_it_names_its_kind_and_its_fidelity(ground):
    said = ground.cluster.describe()
    # Among the nodes of somebody's cluster are fake ones: no more is claimed of it.
    real = Fidelity.NODE if kind_of(ground.kind).ours else Fidelity.CONTROL_PLANE
    assert (said["kind"], said["fidelity"]) == (ground.kind, ground.cluster.fidelity.label) == (ground.kind, real.label)


def test_another_process_finds_it_again(ground):
    found = attach(ground.kind, name=ground.cluster.name, kubeconfig=ground.cluster.kubeconfig)
    assert found.api.list("v1/Node")[0]["metadata"]["uid"] == ground.api.list("v1/Node")[0]["metadata"]["uid"]


@ON_OURS
def test_one_that_is_up_is_used_as_it_is(ground):
    found, opened = open_cluster(ground.kind, name=ground.cluster.name, say=ground.said.append)
    assert (found.name, opened, ground.opened) == (ground.cluster.name, False, True)


@ON_OURS
def test_a_name_that_is_taken_is_refused_with_the_way_out(ground):
    with pytest.raises(UsageError, match=f"cluster {ground.cluster.name} is already up") as refused:
        kind_of(ground.kind).maker.up(ground.cluster.name)
    assert f"--name {ground.cluster.name}" in refused.value.way_out


def test_a_pod_on_a_real_node_reaches_a_service_by_address_and_by_name(ground, pods):
    pods.serve("server", "hello")
    address = ground.api.read("v1/Service", "server", pods.namespace)["spec"]["clusterIP"]
    quiet = "exec 2>/dev/null; "  # a shell tells of a try that was ended
    assert pods.run("by-address", "sh", "-c", f"{quiet}until timeout 2 wget -q -O- http://{address}/; do :; done") == "hello\n"
    # A static busybox resolves names in nslookup only: its wget would need the C library's plugins.
    by_name = (f"until a=$(nslookup server.{pods.namespace}.svc.cluster.local | sed -n '4,$s/Address: *//p')"
               " && [ -n \"$a\" ] && timeout 2 wget -q -O- http://$a/; do :; done")
    assert pods.run("by-name", "sh", "-c", quiet + by_name) == "hello\n"


def said_by(address):
    """What a web server answers on a connection of its own, or why it does not."""
    try:
        with urllib.request.urlopen(address.url, timeout=10) as answer:
            return answer.read().decode().strip()
    except OSError as error:
        return str(error)


def test_this_process_reaches_a_service_and_each_new_connection_any_pod_that_is_ready(ground, pods):
    for name in ("first", "second"):
        pods.web(name, name, app="both")
    pods.service("server", app="both")
    eventually(partial(ready_behind, ground.api, pods.namespace, "server"), becomes=2, within=30)
    with ground.cluster.address_of(pods.namespace, "server", 80) as address:
        answers: list[str] = []

        def last_answers():
            answers.append(said_by(address))
            return answers[-10:]

        eventually(last_answers, becomes=lambda last: {"first", "second"} <= set(last), within=30,
                   because="pods that answered")
        ground.api.delete("v1/Pod", "first", pods.namespace)
        eventually(partial(ready_behind, ground.api, pods.namespace, "server"), becomes=1, within=30)
        eventually(last_answers, becomes=["second"] * 10, within=30,
                   because="who answers when one of two pods is gone")


def ready_behind(api, namespace, service):
    slices = api.list("discovery.k8s.io/v1/EndpointSlice", namespace, labels=f"kubernetes.io/service-name={service}")
    return len([one for each in slices for one in each["endpoints"] or () if one["conditions"].get("ready")])


def test_of_an_address_nothing_stays(ground, pods):
    pods.serve("server", "hello")
    eventually(partial(ready_behind, ground.api, pods.namespace, "server"), becomes=1, within=30)
    before = set(threading.enumerate())
    with ground.cluster.address_of(pods.namespace, "server", 80) as address:
        eventually(partial(said_by, address), becomes="hello", within=30)
    here = address.host == "127.0.0.1"
    assert not here or "refused" in said_by(address)
    eventually(lambda: {one.name for one in set(threading.enumerate()) - before}, becomes=set(), within=10,
               because="threads that an address left")


def test_a_service_that_nobody_can_reach_is_told_from_one_that_is_not_there(ground, pods):
    def refused(service, port=80):
        with pytest.raises(SeatrialError) as error, ground.cluster.address_of(pods.namespace, service, port):
            pass
        return error.value

    pods.start("asleep", "sleep", "600", labels={"app": "other"})
    pods.service("nobody", app="nobody")
    pods.service("headless", app="other", clusterIP="None")
    none = refused("model")
    assert none.message == f"there is no Service {pods.namespace}/model"
    assert none.way_out == "Services of that namespace: headless, nobody"
    assert refused("nobody", 81).message == f"Service {pods.namespace}/nobody has no TCP port 81"
    assert refused("nobody", 81).way_out == "its TCP ports: 80"
    assert refused("nobody").message == (f"nobody is ready behind port 80 of Service {pods.namespace}/nobody: no pod has "
                                         "the labels app=nobody")
    assert "has no address of its own (clusterIP: None)" in refused("headless").message
    pod = pods.pod("loads", "sleep", "600", labels={"app": "nobody"})
    pod["spec"]["containers"][0]["readinessProbe"] = {"exec": {"command": ["false"]}}
    ground.api.create(pod)
    pods._await("loads", "Running")
    assert refused("nobody").message.endswith("loads is Running")


def may_go_below_zero():
    """Whether a process of this machine may make itself less likely to be killed for memory than others are."""
    write = "import pathlib; pathlib.Path('/proc/self/oom_score_adj').write_text('-1000')"
    return subprocess.run([sys.executable, "-c", write], stderr=subprocess.DEVNULL, check=False).returncode == 0


@ON_OURS
def test_pods_are_killed_for_memory_in_the_order_of_their_class_as_far_as_the_machine_allows(ground, pods):
    scores = {}
    for name, resources, more in (
            ("guaranteed", {"limits": {"cpu": "20m", "memory": "20Mi"}}, {}),
            ("critical", {}, {"priorityClassName": "system-node-critical"}),
            ("burstable", {"requests": {"memory": "20Mi"}}, {}),
            ("best-effort", {}, {})):
        pod = pods.pod(name, "cat", "/proc/self/oom_score_adj", node=ground.real_node)
        pod["spec"]["containers"][0]["resources"] = resources
        scores[name] = int(pods.run_to_end(pod | {"spec": pod["spec"] | more}))
    lowest = -997 if may_go_below_zero() else 0
    assert (scores["guaranteed"], scores["critical"], scores["best-effort"]) == (lowest, lowest, 1000)
    assert max(lowest, 0) < scores["burstable"] < 1000


def test_fake_nodes_are_ready_run_pods_and_bear_no_daemons(ground, pods):
    fake = [node["metadata"]["name"] for node in ground.api.list("v1/Node", labels="seatrial.io/node=fake")]
    assert len(fake) == 4
    ground.api.create(pods.pod("train", "sleep", "1", gpus=8, on_fake_node=True))
    pods._await("train", "Running")
    assert ground.api.read("v1/Pod", "train", pods.namespace)["spec"]["nodeName"] in fake
    assert [pod["metadata"]["name"] for pod in ground.api.list("v1/Pod", "kube-system")
            if pod["spec"].get("nodeName") in fake] == []


def test_a_container_sees_the_gpus_that_it_was_given_and_none_is_given_twice(ground, pods):
    seen = []
    for name in ("first", "second"):
        pods.start(name, "sh", "-c", "echo $NVIDIA_VISIBLE_DEVICES; exec sleep 600", node=ground.real_node, gpus=4)
        seen.append(set(ground.api.logs(name, pods.namespace).strip().split(",")))
    assert [len(ids) for ids in seen] == [4, 4]
    assert not seen[0] & seen[1]


@ON_OURS
def test_a_gpu_that_is_unhealthy_is_not_offered(ground):
    assert isinstance(ground.cluster, FakeGpus)
    node = ground.real_node
    device = ground.cluster.gpus(node)[0]

    def offered():
        return ground.api.read("v1/Node", node)["status"]["allocatable"]["nvidia.com/gpu"]

    eventually(offered, becomes="8", within=30, because="GPUs")
    ground.cluster.set_gpu_health(node, device, healthy=False)
    eventually(offered, becomes="7", within=30, because="GPUs with one of them unhealthy")
    ground.cluster.set_gpu_health(node, device, healthy=True)
    eventually(offered, becomes="8", within=30, because="GPUs when it is healthy again")


@ON_OURS
def test_other_gpus_take_the_place_of_those_that_are_there(ground):
    node = ground.real_node
    before = ground.cluster.gpus(node)
    ground.cluster.set_gpus(node, ["GPU-a", "GPU-b"])
    try:
        eventually(lambda: ground.api.read("v1/Node", node)["status"]["allocatable"]["nvidia.com/gpu"], becomes="2",
                   within=30, because="GPUs that were exchanged")
    finally:
        ground.cluster.set_gpus(node, before)


@ON_OURS
def test_a_gpu_plugin_that_dies_comes_back(ground, pods):
    node, devices = ground.real_node, ground.cluster.gpus(ground.real_node)
    ground.cluster.signal_gpu_plugin(node, signal.SIGKILL)
    eventually(lambda: ground.api.read("v1/Node", node)["status"]["allocatable"]["nvidia.com/gpu"], becomes="8",
               within=60, because="GPUs after the plugin was killed")
    # The kubelet keeps the number for a while: only a pod that gets one shows that somebody answers.
    assert pods.run("after", "sh", "-c", "echo $NVIDIA_VISIBLE_DEVICES", node=node, gpus=1).strip() in devices


@ON_OTHERS
def test_the_gpus_of_somebody_are_not_ours_to_make_sick(ground):
    assert not isinstance(ground.cluster, FakeGpus)


def test_a_variable_that_is_no_name_for_a_shell_reaches_what_a_shell_starts(ground, pods):
    ground.api.create({"apiVersion": "v1", "kind": "ConfigMap", "data": {"data-1": "kept"},
                       "metadata": {"name": "names", "namespace": pods.namespace}})
    pod = pods.pod("reads", "sh", "-c", "env", node=ground.real_node)
    pod["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "names"}}]
    assert "data-1=kept" in pods.run_to_end(pod).splitlines()


@ON_OURS
def test_an_image_arrives_without_a_registry(ground, pods, no_registry):
    name, archive = no_registry
    ground.cluster.load_images({name: archive})
    assert pods.run("made", "sh", "-c", "echo arrived", image=name, node=ground.real_node) == "arrived\n"


@ON_OTHERS
def test_somebodys_nodes_get_no_image_and_it_says_what_to_do(ground, no_registry):
    name, archive = no_registry
    with pytest.raises(SeatrialError, match=name) as refused:
        ground.cluster.load_images({name: archive})
    assert "install" in refused.value.way_out


@ON_OTHERS
def test_components_of_somebody_are_detected_and_none_is_made_up(ground):
    assert catalog.components()["kueue"].detect(ground.api) is None
    assert catalog.components()["gpu-layer"].detect(ground.api) == ground.api.version()


def test_what_tells_why_something_failed_is_collected(ground, pods, tmp_path):
    ground.api.create(pods.pod("lost", "true", image="seatrial.local/never-made:1", node=ground.real_node))
    eventually(lambda: [event["reason"] for event in ground.api.events(pods.namespace)
                        if event["reason"] == "ErrImageNeverPull"], becomes=bool, within=30)
    # Of somebody's cluster only those namespaces are anybody's business that the run uses.
    cluster = ground.cluster if kind_of(ground.kind).ours else replace(ground.cluster, spaces=(pods.namespace,))
    cluster.collect(tmp_path / "kept")
    assert f"Pod {pods.namespace}/lost  ErrImageNeverPull" in (tmp_path / "kept" / "events.txt").read_text()
    assert '"name": "lost"' in (tmp_path / "kept" / "pods.json").read_text()
    if kind_of(ground.kind).ours:  # the logs of somebody's servers are not ours to read
        logs = [path for path in (tmp_path / "kept").rglob("*kube-apiserver*.log*") if path.stat().st_size]
        assert logs, sorted(str(path) for path in (tmp_path / "kept").rglob("*"))
    assert not (tmp_path / "kept" / "not-collected.txt").exists()


@ON_OTHERS
def test_what_others_do_on_somebodys_cluster_is_not_collected(ground, pods, tmp_path):
    ground.api.create(pods.pod("theirs", "true", node=ground.real_node))
    ground.cluster.collect(tmp_path)
    assert (tmp_path / "events.txt").read_text() == ""
    assert (tmp_path / "pods.json").read_text() == "[]"
    assert ground.real_node in (tmp_path / "nodes.json").read_text()


@ON_OURS
def test_two_live_side_by_side_and_what_is_installed_on_one_is_not_on_the_other(ground, second):
    names = {one["name"] for one in kind_of(ground.kind).maker.status() if one["state"] == "running"}
    assert {second.name, ground.cluster.name} <= names
    kueue, gpu_layer = catalog.components()["kueue"], catalog.components()["gpu-layer"]
    assert (kueue.detect(second.api), kueue.detect(ground.api)) == ("v0.19.2", None)
    assert gpu_layer.detect(second.api) == second.api.version()


@ON_OTHERS
def test_closing_somebodys_cluster_takes_nothing_from_it(ground):
    before = sorted(node["metadata"]["uid"] for node in ground.api.list("v1/Node"))
    ground.cluster.close()
    assert sorted(node["metadata"]["uid"] for node in ground.api.list("v1/Node")) == before
