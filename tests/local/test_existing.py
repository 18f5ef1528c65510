"""Somebody's cluster, with the rights that ship and no others; and what bad luck leaves there: nothing.

One local cluster plays somebody's. Whoever uses it here does so through a kubeconfig with the token of a service
account, which has what `reference-manifests/rbac/` gives it.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import pytest

from conformance import assets
from conformance.clusters import existing, local, services
from conformance.clusters.existing import rights
from conformance.errors import SeatrialError
from conformance.folder import read
from conformance.kube.api import Forbidden, load
from conformance.platform.install import install
from conformance.waiting import eventually

from ..accounts import account, without

NAME, PREFIX = "test-existing", "trial-"
THEIRS = Path(__file__).parent / "theirs"
ROLE, BINDING = "rbac.authorization.k8s.io/v1/ClusterRole", "rbac.authorization.k8s.io/v1/ClusterRoleBinding"
MINE = {"read": ["read"], "all": ["read", "changes", "cluster-objects"], "changes": ["read", "changes"]}
OBJECTS = [f"--cluster-object={one}" for one in (
    "ClusterQueue/trial-rules", "ClusterQueue/trial-v1beta1", "ClusterQueue/trial-v1beta2",
    *(f"{kind}/trial-priority-{value}" for kind in ("WorkloadPriorityClass", "PriorityClass") for value in (10, 100, 1000)))]
EVERYTHING = ["--may-disturb=cohort", "--may-disturb=nodes", "--max-gpus=400", "--max-pods=200", *OBJECTS]
SMALL = ["-k", "door_to_a_queue"]
"""One quick check."""
REQUEST = re.compile(r"(?P<method>[A-Z]+) https?://[^/]+/(?:api/v1|apis/(?P<group>[^/]+)/[^/]+)"
                     r"(?:/namespaces/[^/]+(?=/))?/(?P<resource>[^/?]+)(?:/(?P<name>[^/?]+))?(?:/(?P<sub>[^?]+))?"
                     r"(?P<query>[?].*)?$")
RECORDER = """
import os, urllib3
inner = urllib3.PoolManager.request
def request(self, method, url, *args, **more):
    with open(os.environ["REQUESTS"], "a") as file:
        file.write(method + " " + url + chr(10))
    return inner(self, method, url, *args, **more)
urllib3.PoolManager.request = request
"""


class Theirs:
    """The cluster, its administrator's API, and kubeconfigs of accounts with chosen rights."""

    def __init__(self, cluster, folder):
        self.cluster, self.api, self.folder = cluster, cluster.api, folder

    def account(self, name, rules):
        """A kubeconfig for a new account with these rules."""
        return account(self.cluster, self.folder, name, rules)

    def namespaces(self):
        return {space["metadata"]["name"] for space in self.api.list("v1/Namespace")}

    def ours(self):
        """All that bears our label, wherever it is."""
        found = []
        for group, resource in rights.made():
            kind = self.api.kind_of_resource(group, resource)
            if kind:
                found += [f"{kind.rpartition('/')[2]} {one['metadata']['name']}" for one in
                          self.api.list(kind, labels="seatrial.io/made-under")]
        return found

    def remove(self, prefix=PREFIX):
        existing.clear(self.api, prefix)


def rules(*manifests):
    return [rule for name in manifests for role in rights.roles(name) for rule in role["rules"]]


@pytest.fixture(scope="module")
def theirs(tmp_path_factory):
    folder = read.load(THEIRS)
    cluster = local.up(NAME, profile=folder.nodes)
    try:
        install(cluster.api, folder, cluster.load_images, lambda text: None)
        yield Theirs(cluster, tmp_path_factory.mktemp("accounts"))
    finally:
        cluster.close()


@pytest.fixture(scope="module")
def accounts(theirs):
    """Kubeconfigs of accounts with the rights of the shipped manifests."""
    return {name: theirs.account(name, rules(*manifests)) for name, manifests in MINE.items()}


@pytest.fixture
def clean(theirs):
    """Nothing of ours is there before, and what a test leaves goes."""
    before = theirs.namespaces()
    assert theirs.ours() == []
    yield before
    theirs.remove()


class Command:
    """Runs the command in a folder of its own."""

    def __init__(self, folder):
        self.folder = folder

    def start(self, *words, **environment):
        return subprocess.Popen([sys.executable, "-m", "conformance.cli", *map(str, words)], cwd=self.folder,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=os.environ | environment,
                                start_new_session=True)

    def __call__(self, *words, **environment):
        process = self.start(*words, **environment)
        said, _ = process.communicate()
        print(said)  # pytest shows it when the test fails
        assert "Traceback" not in said
        return process.returncode, said

    def run(self, kubeconfig, *words, nodes="fake", **environment):
        """`seatrial run` on the cluster; return exit code, report and what was printed."""
        shutil.rmtree(self.folder / "seatrial-report", ignore_errors=True)
        code, said = self(*running(kubeconfig, nodes), *words, **environment)
        report = self.folder / "seatrial-report" / "report.json"
        return code, json.loads(report.read_text()) if report.exists() else None, said


def running(kubeconfig, nodes="fake"):
    return ("run", "--cluster", "existing", "--kubeconfig", kubeconfig, "--platform", THEIRS, "--allow-changes", PREFIX,
            f"--node-selector=seatrial.io/node={nodes}")


@pytest.fixture
def seatrial(tmp_path):
    return Command(tmp_path)


# -- reading ---------------------------------------------------------------------------------------


def survey(seatrial, kubeconfig):
    return seatrial("survey", "--kubeconfig", kubeconfig, "--output", "json")


def test_with_the_rights_to_read_a_survey_sees_all_that_an_administrator_sees(theirs, accounts, seatrial):
    code, said = survey(seatrial, accounts["read"])
    found = json.loads(said)
    assert (code, found["unread"], found["context"]) == (0, [], "theirs")
    whole = json.loads(survey(seatrial, theirs.cluster.kubeconfig)[1])
    changing = ("context", "platform")
    assert {key: value for key, value in found.items() if key not in (*changing, "checks")} == \
        {key: value for key, value in whole.items() if key not in (*changing, "checks")}
    assert [one["id"] for one in found["checks"] if one["fidelity"]] == [one["id"] for one in whole["checks"] if one["fidelity"]]
    assert {one["name"] for one in found["components"]} == {"gpu-layer", "kueue", "training-operator", "volcano"}


def served(theirs, wanted):
    """(verb, group, resource, names) of rules about what this cluster serves."""
    return [(verb, group, resource, rule.get("resourceNames")) for rule in wanted for group in rule["apiGroups"]
            for resource in rule["resources"] for verb in rule["verbs"]
            if resource != "*" and theirs.api.kind_of_resource(group, resource)]


def test_each_right_to_read_that_is_missing_is_named_and_the_rest_is_told(theirs, seatrial):
    # Several components read Deployments, each its own: taken away is the verb on all of them.
    listed = [*dict.fromkeys(one[:3] for one in served(theirs, rules("read")))]
    assert len(listed) > 10

    def told(number, verb, group, resource):
        file = theirs.account(f"less-{number}", without(rules("read"), verb, group, resource))
        done = subprocess.run([sys.executable, "-m", "conformance.cli", "survey", "--kubeconfig", file], text=True,
                              capture_output=True, check=False)
        full = resource + (f".{group}" if group else "")
        assert done.returncode == 3, (verb, full, done.stdout, done.stderr)
        assert f"may not {verb} {full}" in done.stdout
        assert f"grant it the verb {verb} on {full}" in done.stdout
        assert "Kubernetes v1" in done.stdout
        assert "Traceback" not in done.stderr

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda one: told(one[0], *one[1]), enumerate(listed)))


# -- reaching a Service -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def models(theirs):
    """A namespace of theirs with a Service that answers, and one that nobody is behind; its name."""
    space = "models"
    theirs.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    eventually(lambda: theirs.api.read("v1/ServiceAccount", "default", space) is not None, becomes=True, within=30)
    theirs.api.apply({"apiVersion": "v1", "kind": "Pod", "metadata": {
        "name": "server", "namespace": space, "labels": {"app": "server"}}, "spec": {
            "terminationGracePeriodSeconds": 0, "nodeSelector": {"seatrial.io/node": "real"}, "containers": [{
                "name": "main", "image": "seatrial.local/busybox:1", "imagePullPolicy": "Never", "command": [
                    "sh", "-c", "echo hello > /tmp/index.html; exec httpd -f -p 8080 -h /tmp"]}]}})
    for name in ("server", "nobody"):
        theirs.api.apply({"apiVersion": "v1", "kind": "Service", "metadata": {"name": name, "namespace": space}, "spec": {
            "selector": {"app": name}, "ports": [{"port": 80, "targetPort": 8080}]}})
    # It runs before its server listens: the first answer is waited for.
    eventually(lambda: answered(theirs.cluster, space), becomes="hello\n", within=60, because="a server that answers")
    yield space
    theirs.api.delete("v1/Namespace", space)


def answered(cluster, space):
    """What the Service answers at the address that a cluster gives of it, or why there is none."""
    try:
        with cluster.address_of(space, "server", 80) as address, urllib.request.urlopen(address.url, timeout=10) as answer:
            return answer.read().decode()
    except (SeatrialError, OSError) as error:
        return str(error)


def test_with_the_shipped_rights_a_service_is_reached(theirs, models):
    cluster = existing.attach(theirs.account("reaches", rules("service-addresses")))
    # Until all servers know of the account's role they say what they knew before.
    eventually(partial(answered, cluster, models), becomes="hello\n", within=30)


SHOWN_BY = {("list", "services"): "nowhere", ("list", "pods"): "nobody"}
"""Rights that are used to say why there is no address, with a Service of which that is said."""


@pytest.mark.parametrize("right", [right for role in rights.roles("service-addresses") for right in rights.rights(role)],
                         ids=lambda right: f"{right.verb}-{right.full}")
def test_each_right_to_reach_a_service_that_is_missing_is_named_and_each_is_needed(theirs, models, right):
    less = without(rules("service-addresses"), right.verb, right.group, right.resource)
    cluster = existing.attach(theirs.account(f"{right.verb}-no-{right.full}".replace("/", "-"), less))
    eventually(partial(answered, cluster, models), within=30, becomes=lambda said: said.splitlines()[0] ==
               f"the account of context theirs may not: {right.verb} {right.full} in {models}")
    # Who is not asked about his rights is refused by the API server.
    service = SHOWN_BY.get((right.verb, right.full), "server")
    with pytest.raises(Forbidden) as refused, services.forwarded(cluster.api, models, service, 80):
        pass
    assert (refused.value.verb, refused.value.resource) == (right.verb, right.full)


# -- changing --------------------------------------------------------------------------------------


def requests(file):
    """(verb, resource) of all requests in a file."""
    verbs = {"POST": "create", "PATCH": "patch", "PUT": "update"}
    found = set()
    for line in file.read_text().splitlines():
        said = REQUEST.match(line)
        if said and said["group"] != "authorization.k8s.io":
            reading = "get" if said["name"] else "watch" if "watch=1" in (said["query"] or "") else "list"
            verb = {"GET": reading, "DELETE": "delete" if said["name"] else "deletecollection", **verbs}[said["method"]]
            resource = said["resource"] + (f"/{said['sub']}" if said["sub"] else "")
            found.add((verb, said["group"] or "", resource))
    return found


def test_with_the_shipped_rights_everything_runs_and_all_of_them_are_used(theirs, accounts, clean, seatrial, tmp_path):
    (tmp_path / "sitecustomize.py").write_text(RECORDER)
    path = os.pathsep.join(filter(None, (str(tmp_path), os.environ.get("PYTHONPATH"))))
    recorded = {"PYTHONPATH": path, "REQUESTS": str(tmp_path / "requests")}
    code, report, _ = seatrial.run(accounts["all"], *EVERYTHING, **recorded)
    assert {result["id"]: result["cause"] for result in report["results"]
            if result["outcome"] in ("failed", "error", "disabled")} == {}
    assert (code, report["troubles"]) == (0, [])
    assert sum(result["outcome"] == "passed" for result in report["results"]) > 25
    assert {result["fidelity"] for result in report["results"] if result["outcome"] == "passed"} == {"control-plane"}
    code, report, _ = seatrial.run(accounts["all"], *EVERYTHING, "-k", "rendezvous or volcano_jobs or fake_gpu", nodes="real",
                                   **recorded)
    assert code == 0
    assert {result["fidelity"] for result in report["results"] if result["outcome"] == "passed"} == {"node"}
    seatrial("survey", "--kubeconfig", accounts["read"], **recorded)
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])
    with left(theirs):
        code, said = seatrial("down", "--cluster", "existing", "--kubeconfig", accounts["all"], "--prefix", PREFIX, **recorded)
        assert (code, theirs.ours()) == (0, []), said
    used = requests(tmp_path / "requests")
    granted = {one[:3] for one in served(theirs, rules("read", "changes", "cluster-objects"))} | {("get", "", "pods/log"), (
        "patch", "kubeflow.org", "pytorchjobs/scale")}
    assert granted - used == {("list", "", "events")}  # what warns is read where something fails


@contextlib.contextmanager
def left(theirs):
    """What a killed run leaves in a namespace that is not ours to remove: it goes one by one."""
    space = f"{PREFIX}not-ours"
    pod = {"restartPolicy": "Never", "containers": [{"name": "pytorch", "image": "registry.k8s.io/pause:3.10"}]}
    theirs.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": space}})
    try:
        for kind, spec in (
                ("v1/Pod", {**pod, "nodeSelector": {"on": "no-node"}}),
                ("batch/v1/Job", {"suspend": True, "template": {"spec": pod}}),
                ("kubeflow.org/v1/PyTorchJob", {"runPolicy": {"suspend": True}, "pytorchReplicaSpecs": {"Worker": {
                    "replicas": 1, "template": {"spec": {"containers": pod["containers"]}}}}}),
                ("coordination.k8s.io/v1/Lease", {})):
            version, _, name = kind.rpartition("/")
            theirs.api.apply({"apiVersion": version, "kind": name, "spec": spec, "metadata": {
                "name": "left", "namespace": space, "labels": {"seatrial.io/made-under": PREFIX.removesuffix("-")}}})
        yield
    finally:
        theirs.api.delete("v1/Namespace", space)
        eventually(lambda: space in theirs.namespaces(), becomes=False, within=60)


def missing_rights():
    return rights.wanted(["kueue", "volcano", "training-operator"])


def test_each_right_to_change_that_is_missing_is_named_before_anything_is_made(theirs, clean, seatrial):
    for number, right in enumerate(missing_rights()):
        file = theirs.account(f"fewer-{number}", without(rules("read", "changes"), right.verb, right.group, right.resource))
        code, report, said = seatrial.run(file, *SMALL)
        assert (code, report["results"]) == (3, []), right
        assert re.search(rf"may not: {right.verb} {re.escape(right.full)}( in |$)", report["troubles"][0], re.MULTILINE), said
        assert "way out: let somebody apply reference-manifests/rbac/changes.yaml" in report["troubles"][0]
        assert (theirs.namespaces(), theirs.ours()) == (clean, []), right
    assert number > 20


@pytest.mark.parametrize(("less", "check"), [
    (("create", "kueue.x-k8s.io", "clusterqueues"), "cohort_in_every_version"),
    (("create", "kueue.x-k8s.io", "clusterqueues"), "refused_with_its_reason and kueue"),
    (("get", "kueue.x-k8s.io", "workloadpriorityclasses"), "least_urgent and red"),
    (("create", "kueue.x-k8s.io", "workloadpriorityclasses"), "least_urgent and red"),
    (("patch", "", "nodes"), "loses_a_node"),
    (("list", "", "nodes"), "door_to_a_queue"),
    (("get", "apps", "deployments"), "door_to_a_queue"),
], ids=lambda one: "-".join(one) if isinstance(one, tuple) else None)
def test_a_right_that_only_some_checks_need_is_an_error_of_those_that_need_it(theirs, clean, seatrial, less, check):
    file = theirs.account("-".join(filter(None, ("lacks", *less))).replace(".", "-"),
                          without(rules("read", "changes", "cluster-objects"), *less))
    code, report, _ = seatrial.run(file, *EVERYTHING, "-k", check)
    full = less[2] + (f".{less[1]}" if less[1] else "")
    said = [result["cause"] for result in report["results"]] or report["troubles"]
    assert code == 3
    assert {result["outcome"] for result in report["results"]} <= {"error"}
    assert all(f"may not {less[0]} {full}" in cause for cause in said), said
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_who_has_his_namespaces_made_for_him_needs_no_rights_elsewhere(theirs, clean, seatrial):
    """A RoleBinding in each namespace, made by the administrator, and no right to make any."""
    spaces = [f"{PREFIX}{name}" for name in ("system", "stranger", "red", "blue", "gangs")]
    everywhere, inside = ([rule for role in rights.roles("changes") for rule in role["rules"]
                           if role["metadata"]["name"].startswith(name)] for name in (rights.RUN, rights.CHANGES))
    file = theirs.account("narrow", [*rules("read"), *everywhere])
    theirs.api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "inside"},
                      "rules": inside})
    try:
        for name in spaces:
            theirs.api.apply({"apiVersion": "v1", "kind": "Namespace", "metadata": {
                "name": name, "labels": {"team": name.removeprefix(PREFIX)}}})
            theirs.api.apply({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "RoleBinding",
                              "metadata": {"name": "seatrial", "namespace": name},
                              "roleRef": {"apiGroup": "rbac.authorization.k8s.io", "kind": "ClusterRole", "name": "inside"},
                              "subjects": [{"kind": "ServiceAccount", "name": "narrow", "namespace": "accounts"}]})
        code, report, _ = seatrial.run(file, "--may-disturb=cohort", "--max-gpus=100", "-k", "quota and red or door")
        assert (code, {result["outcome"] for result in report["results"]}) == (0, {"passed"})
        assert theirs.ours() == []
        assert set(spaces) <= theirs.namespaces()
    finally:
        for name in spaces:
            theirs.api.delete("v1/Namespace", name)
        eventually(lambda: theirs.namespaces() & set(spaces), becomes=set(), within=60)


# -- bad luck --------------------------------------------------------------------------------------


def at_work(theirs):
    """Whether a run has submitted work."""
    return any(job["metadata"].get("labels", {}).get("seatrial.io/made-under") for job in theirs.api.list("batch/v1/Job"))


def started(theirs, seatrial, kubeconfig, *words):
    """A run that has begun to work."""
    process = seatrial.start(*running(kubeconfig), *words)
    eventually(partial(at_work, theirs), becomes=True, within=60, because="a run is at work")
    assert process.poll() is None
    return process


def ended(process, folder):
    said, _ = process.communicate()
    print(said)
    assert "Traceback" not in said
    return process.returncode, json.loads((folder / "seatrial-report" / "report.json").read_text())


LONG = ["--may-disturb=cohort", "--max-gpus=100", "-k", "quota and red"]


def test_two_runs_do_not_meet(theirs, accounts, clean, seatrial, tmp_path):
    first = started(theirs, seatrial, accounts["changes"], *LONG)
    other = Command(tmp_path / "other")
    other.folder.mkdir()
    code, report, _ = other.run(accounts["changes"], *SMALL)
    assert (code, report["results"]) == (3, [])
    assert re.search(r"another run is at work in trial-system of https.*: \S+ on \S+, process \d+, run \S+ holds Lease "
                     r"trial-system/seatrial", report["troubles"][0])
    code, said = other("down", "--cluster", "existing", "--kubeconfig", accounts["changes"], "--prefix", PREFIX)
    assert code == 3
    assert "holds Lease trial-system/seatrial" in said
    code, report = ended(first, tmp_path)
    assert (code, {result["outcome"] for result in report["results"]}) == (0, {"passed"})
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_what_a_killed_run_left_is_removed_by_down(theirs, accounts, clean, seatrial):
    process = started(theirs, seatrial, accounts["changes"], *LONG)
    killed(process)
    assert theirs.namespaces() > clean
    code, said = seatrial("down", "--cluster", "existing", "--kubeconfig", accounts["changes"], "--prefix", PREFIX)
    assert code == 0
    assert "gone: Namespace trial-red" in said
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_what_a_killed_run_left_is_removed_by_the_next_one(theirs, accounts, clean, seatrial):
    killed(started(theirs, seatrial, accounts["changes"], *LONG))
    eventually(lambda: seatrial.run(accounts["changes"], *SMALL)[0], becomes=0, within=90, because="the next run")
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def killed(process):
    """Kill a run and the process that does the work, outright and at once."""
    children = [int(entry.parent.name) for entry in Path("/proc").glob("[0-9]*/stat") if _parent(entry) == process.pid]
    for pid in (process.pid, *children):
        os.kill(pid, signal.SIGSTOP)  # neither may hear of the other's end
    for pid in (*children, process.pid):
        os.kill(pid, signal.SIGKILL)
    process.communicate()


def _parent(stat):
    with contextlib.suppress(OSError):
        return int(stat.read_text().rpartition(")")[2].split()[1])
    return None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_run_leaves_nothing(theirs, accounts, clean, seatrial, tmp_path, number):
    process = started(theirs, seatrial, accounts["changes"], *LONG)
    process.send_signal(number)
    code, report = ended(process, tmp_path)
    assert (code, report["interrupted"]) == (130, True)
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_an_api_server_that_starts_again_spoils_nothing(theirs, accounts, clean, seatrial, tmp_path, host_pid):
    process = started(theirs, seatrial, accounts["changes"], *LONG)
    os.kill(host_pid(theirs.cluster, "kube-apiserver"), signal.SIGKILL)
    code, report = ended(process, tmp_path)
    # What was lost on the way cannot be judged; nothing may be blamed on the platform.
    assert {result["outcome"] for result in report["results"]} <= {"passed", "error"}
    assert code in (0, 3)
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_an_account_that_goes_while_it_is_used_is_told_and_blamed_on_nobody_else(theirs, clean, seatrial, tmp_path):
    file = theirs.account("short", rules("read", "changes"))
    process = started(theirs, seatrial, file, *LONG)
    theirs.api.delete("v1/ServiceAccount", "short", "accounts")
    code, report = ended(process, tmp_path)
    assert code == 3
    assert {result["outcome"] for result in report["results"]} <= {"passed", "error"}
    assert any("does not accept the token of context theirs" in said for said in
               (*report["troubles"], *(result["cause"] for result in report["results"])))
    theirs.remove()
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_a_namespace_that_does_not_go_is_named_with_what_keeps_it(theirs, accounts, clean, seatrial, tmp_path, monkeypatch):
    process = started(theirs, seatrial, accounts["changes"], *LONG)
    held = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "held", "namespace": "trial-red",
                                                                  "finalizers": ["example.com/hold"]}}
    theirs.api.create(held)
    try:
        code, report = ended(process, tmp_path)
        assert code == 3
        (trouble,) = report["troubles"]
        assert "there still is Namespace trial-red (Terminating: " in trouble
        assert "example.com/hold in 1 resource instances" in trouble
        assert "way out: mend what keeps it, then: seatrial down --cluster existing" in trouble
        code, report, _ = seatrial.run(accounts["changes"], *SMALL, SEATRIAL_PATIENCE="0.1")
        assert (code, report["results"]) == (3, [])
        assert "namespace trial-red is being deleted and does not go: " in report["troubles"][0]
    finally:
        theirs.api.patch("v1/ConfigMap", "held", {"metadata": {"finalizers": None}}, "trial-red")
    assert seatrial("down", "--cluster", "existing", "--kubeconfig", accounts["changes"], "--prefix", PREFIX)[0] == 0
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_nodes_that_are_partly_real_are_not_mixed(theirs, accounts, clean, seatrial):
    code, said = seatrial(*running(accounts["changes"])[:-1], *SMALL)
    assert code == 3
    assert "of the nodes for our pods 1 are real and 16 only play" in said
    assert "say which with --node-selector KEY=VALUE, here seatrial.io/node=fake or seatrial.io/node=real" in said
    assert (theirs.namespaces(), theirs.ours()) == (clean, [])


def test_work_of_others_in_the_queue_is_not_blamed_on_the_platform(theirs, accounts, clean, seatrial):
    """Somebody uses GPUs of the cohort: what it promises cannot be told from what he holds."""
    job = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "others", "namespace": "blue", "labels": {
        "kueue.x-k8s.io/queue-name": "gpus"}}, "spec": {"suspend": True, "template": {"spec": {
            "restartPolicy": "Never", "tolerations": [{"key": "seatrial.io/fake", "operator": "Exists"}],
            "containers": [{"name": "a", "image": "a", "resources": {"limits": {"nvidia.com/gpu": "2"}}}]}}}}
    theirs.api.create(job)
    try:
        eventually(lambda: theirs.api.read("kueue.x-k8s.io/v1beta2/ClusterQueue", "blue")["status"].get("reservingWorkloads"),
                   becomes=1, within=30)
        code, report, _ = seatrial.run(accounts["changes"], *LONG)
        assert {result["outcome"] for result in report["results"]} == {"unsupported"}
        assert all("others use what it needs to itself: 2 GPUs of ClusterQueue blue" in result["cause"]
                   for result in report["results"])
        assert code == 4  # nothing was proved
    finally:
        theirs.api.delete("batch/v1/Job", "others", "blue")


def test_the_manifests_are_what_a_cluster_takes(theirs):
    for file in sorted((assets.folder("reference-manifests") / "rbac").glob("*.yaml")):
        for obj in load(file):
            theirs.api.create(obj, dry_run=True)
