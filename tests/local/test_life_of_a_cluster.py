"""A local cluster does what a cluster does, and goes without a trace."""

import os
import re
import signal
import subprocess
from functools import partial

import pytest

from conformance.clusters import local
from conformance.errors import UsageError
from conformance.kube.api import Refused
from conformance.waiting import eventually, patience

IMAGE = "seatrial.local/busybox:1"


def pod(name, *command, node=None, gpus=0, labels=None):
    """A pod of one busybox container."""
    resources = {"limits": {"nvidia.com/gpu": str(gpus)}} if gpus else {}
    return {"apiVersion": "v1", "kind": "Pod",
            "metadata": {"name": name, "namespace": "default", "labels": labels or {}},
            "spec": {"restartPolicy": "Never", "terminationGracePeriodSeconds": 0,
                     **({"nodeSelector": {"kubernetes.io/hostname": node}} if node else {}),
                     "containers": [{"name": "main", "image": IMAGE, "command": list(command),
                                     "resources": resources}]}}


def phase(api, name):
    return api.read("v1/Pod", name, "default")["status"].get("phase")


def run(api, what):
    """Run a pod to its end and return what it printed."""
    eventually(partial(may_create, api, what), becomes=True, because="pods may be created")
    name = what["metadata"]["name"]
    eventually(partial(phase, api, name), becomes="Succeeded", within=patience().ready, because=f"pod {name} succeeds",
               story=partial(api.pod_troubles, "default"))
    return api.logs(name, "default")


def may_create(api, what):
    """Create a pod; False while its namespace has no service account yet."""
    try:
        api.create(what)
    except Refused as refusal:
        if "serviceaccount" in refusal.reason:
            return False
        raise
    return True


def start(api, what):
    eventually(partial(may_create, api, what), becomes=True, because="pods may be created")
    name = what["metadata"]["name"]
    eventually(partial(phase, api, name), becomes="Running", within=patience().ready, because=f"pod {name} runs",
               story=partial(api.pod_troubles, "default"))


@pytest.fixture(scope="module")
def two_nodes():
    cluster = local.up("test-two-nodes", real_nodes=2, profile="four-h100")
    yield cluster
    cluster.close()


def test_pods_reach_each_other_across_nodes_and_by_name(two_nodes):
    api = two_nodes.api
    start(api, pod("server", "sh", "-c", "echo from-node-2 > /tmp/index.html; httpd -f -p 8080 -h /tmp", node="node-2",
                   labels={"app": "server"}))
    api.create({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "server", "namespace": "default"},
                "spec": {"selector": {"app": "server"}, "ports": [{"port": 80, "targetPort": 8080}]}})
    address = api.read("v1/Pod", "server", "default")["status"]["podIP"]
    assert run(api, pod("by-address", "wget", "-q", "-O-", f"http://{address}:8080/", node="node-1")) == "from-node-2\n"
    # A static busybox resolves names in nslookup only: its wget would need the C library's plugins.
    # A shell tells of a try that was ended: not here.
    by_name = ("exec 2>/dev/null; "
               "until a=$(nslookup server.default.svc.cluster.local | sed -n '4,$s/Address: *//p') && [ -n \"$a\" ]"
               " && timeout 2 wget -q -O- http://$a/; do :; done")
    assert run(api, pod("by-name", "sh", "-c", by_name, node="node-1")) == "from-node-2\n"


def test_a_service_answers_its_own_node_whatever_the_kernel_does_with_bridged_packets(two_nodes, host_pid):
    # As on a machine where nobody has loaded br_netfilter: Docker does, a fresh Debian has not.
    switch = "/proc/sys/net/bridge/bridge-nf-call-iptables"
    subprocess.run(["nsenter", f"--net=/proc/{host_pid(two_nodes, 'kubelet')}/ns/net", "sh", "-c",
                    f"test ! -e {switch} || echo 0 > {switch}"], check=True)
    api = two_nodes.api
    addresses = {name: api.create({"apiVersion": "v1", "kind": "Service",
                                   "metadata": {"name": name, "namespace": "default"},
                                   "spec": {"selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}}
                                  )["spec"]["clusterIP"] for name in ("near", "itself")}
    serve = "echo $HOSTNAME > /tmp/index.html; httpd -p 8080 -h /tmp"
    ask = "exec 2>/dev/null; until timeout 2 wget -q -O- http://{}/; do :; done"
    start(api, pod("near", "sh", "-c", f"{serve}; sleep 600", node="node-1", labels={"app": "near"}))
    assert run(api, pod("asks", "sh", "-c", ask.format(addresses["near"]), node="node-1")) == "near\n"
    assert run(api, pod("itself", "sh", "-c", f"{serve}; {ask.format(addresses['itself'])}", node="node-1",
                        labels={"app": "itself"})) == "itself\n"


def test_a_pod_that_asks_for_the_nodes_dns_is_told_nothing_of_the_hosts(two_nodes):
    asks = pod("asks-the-node", "cat", "/etc/resolv.conf")
    asks["spec"]["dnsPolicy"] = "Default"
    assert run(two_nodes.api, asks) == "options ndots:1\n"


def test_a_container_sees_the_gpus_it_was_given_and_no_gpu_is_given_twice(two_nodes):
    api = two_nodes.api
    eventually(lambda: api.read("v1/Node", "node-1")["status"]["allocatable"].get("nvidia.com/gpu"), becomes="8",
               because="GPUs of node-1")
    seen = []
    for name in ("first", "second"):
        start(api, pod(name, "sh", "-c", "echo $NVIDIA_VISIBLE_DEVICES; sleep 600", node="node-1", gpus=4))
        seen.append(set(api.logs(name, "default").strip().split(",")))
    assert [len(ids) for ids in seen] == [4, 4]
    assert not seen[0] & seen[1]
    for name in ("first", "second"):
        api.delete("v1/Pod", name, "default", grace_s=0)


def test_an_unhealthy_gpu_is_not_offered(two_nodes):
    api = two_nodes.api
    device = two_nodes.gpus("node-2")[0]

    def offered():
        return api.read("v1/Node", "node-2")["status"]["allocatable"].get("nvidia.com/gpu")

    eventually(offered, becomes="8", because="GPUs of node-2")
    two_nodes.set_gpu_health("node-2", device, healthy=False)
    eventually(offered, becomes="7", because="GPUs of node-2 with one of them unhealthy")
    two_nodes.set_gpu_health("node-2", device, healthy=True)
    eventually(offered, becomes="8", because="GPUs of node-2 when it is healthy again")


def test_a_server_that_dies_is_started_again(two_nodes, host_pid):
    api = two_nodes.api
    before = two_nodes.processes("node-1")["kube-scheduler"]["restarts"]
    os.kill(host_pid(two_nodes, "kube-scheduler"), signal.SIGKILL)
    eventually(lambda: two_nodes.processes("node-1")["kube-scheduler"]["restarts"], becomes=before + 1,
               because="restarts of kube-scheduler")
    assert run(api, pod("after", "true")) == ""


def test_two_clusters_live_side_by_side(two_nodes):
    other = local.up("test-other", profile="four-h100")
    try:
        api = other.api
        api.create({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "only-here"}})
        assert two_nodes.api.read("v1/Namespace", "only-here") is None
        assert run(api, pod("hello", "echo", "hello")) == "hello\n"
        assert other.spec.network != two_nodes.spec.network
    finally:
        other.close()
    assert two_nodes.api.text("/readyz") == "ok"


def test_a_name_that_is_taken_is_refused_with_the_way_out(two_nodes):
    with pytest.raises(UsageError, match="already up") as refused:
        local.up(two_nodes.name)
    assert re.search(r"seatrial down --name test-two-nodes", refused.value.way_out)
