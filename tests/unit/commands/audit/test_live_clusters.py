"""A live cluster, played by a small API server: lists only, says what it may not list, keeps secrets."""

import http.server
import json
import threading

import pytest

from conformance import cli
from conformance.kube import api

PLANTED = "planted-and-long-enough"
TEXT = "hf_" + PLANTED.replace("-", "") * 2
POD = {"metadata": {"name": "train", "namespace": "team-a", "resourceVersion": "7", "uid": "u", "managedFields": [{}],
                    "annotations": {"kubectl.kubernetes.io/last-applied-configuration": PLANTED}},
       "spec": {"restartPolicy": "Never", "containers": [
           {"name": "main", "image": "registry.example.com/train:2.4.1", "args": [f"--api-key={PLANTED}", TEXT],
            "env": [{"name": "HF_TOKEN", "value": PLANTED}, {"name": "NCCL_DEBUG", "value": "INFO"}],
            "resources": {"limits": {"nvidia.com/gpu": 1}}}]}}
MADE = {"metadata": {"name": "made", "namespace": "team-a", "ownerReferences": [{"controller": True}]},
        "spec": POD["spec"]}
CONFIG = {"metadata": {"name": "c", "namespace": "team-a"}, "data": {"API_KEY": PLANTED, "a": f"token: {PLANTED}", "b": "kept"}}
ISVC = {"metadata": {"name": "chat", "namespace": "team-a"}, "spec": {"predictor": {
    "nodeSelector": {"a": "b"}, "model": {"modelFormat": {"name": "huggingface"}, "storageUri": "hf://a/b"}}}}
RESOURCES = {
    "/api/v1": [("pods", "Pod"), ("configmaps", "ConfigMap"), ("nodes", "Node")],
    "/apis/kueue.x-k8s.io/v1beta2": [("clusterqueues", "ClusterQueue")],
    "/apis/serving.kserve.io/v1beta1": [("inferenceservices", "InferenceService")],
    "/apis/custom.metrics.k8s.io/v1beta1": [("pods/vllm:num_requests_waiting", "MetricValueList")],
}
LISTS = {
    "/api/v1/pods": [POD, MADE], "/api/v1/configmaps": [CONFIG],
    "/api/v1/nodes": [{"metadata": {"name": "n", "labels": {"gpu": "h100"}}}],
    "/apis/serving.kserve.io/v1beta1/inferenceservices": [ISVC],
}
OBJECTS = {
    "/api/v1/namespaces/kserve/configmaps/inferenceservice-config":
        {"data": {"deploy": '{"defaultDeploymentMode": "Serverless"}'}},
    "/api/v1/namespaces/knative-serving/configmaps/config-features":
        {"data": {"kubernetes.podspec-nodeselector": "enabled", "_example": "x"}},
}


class ApiServer(http.server.BaseHTTPRequestHandler):
    seen = set()  # noqa: RUF012 -- one server at a time
    unauthorized = gone = forbidden = None

    def do_GET(self):
        path = self.path.partition("?")[0]
        self.seen.add(path)
        if path == self.unauthorized:
            self.answer(401, {"message": "Unauthorized"})
        elif path == self.gone:
            self.close_connection = True
        elif path == self.forbidden:
            self.answer(403, {"message": 'forbidden: User "a" cannot list resource "things" in API group "" at the cluster '
                                         "scope"})
        elif path == "/apis":
            groups = {name.split("/")[2]: name.split("/", 2)[2] for name in RESOURCES if name.startswith("/apis")}
            self.answer(200, {"groups": [{"name": name, "preferredVersion": {"groupVersion": version}}
                                         for name, version in groups.items()]})
        elif path in RESOURCES:
            self.answer(200, {"resources": [{"name": name, "kind": kind, "namespaced": True}
                                            for name, kind in RESOURCES[path]]})
        elif path in LISTS:
            self.answer(200, {"items": LISTS[path], "metadata": {"resourceVersion": "1"}})
        elif path in OBJECTS:
            self.answer(200, OBJECTS[path])
        elif path.endswith("/clusterqueues"):
            self.answer(403, {"message": "clusterqueues is forbidden: User \"a\" cannot list resource"})
        else:
            self.answer(404, {"message": "not found"})

    def answer(self, status, body):
        self.send_response(status)
        self.end_headers()
        self.wfile.write(json.dumps(body).encode())

    def __getattr__(self, name):
        if name.startswith("do_"):
            raise AssertionError(f"{name[3:]} {self.path}: an audit only reads")
        raise AttributeError(name)

    def log_message(self, *_):
        pass


@pytest.fixture
def cluster(tmp_path):
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), ApiServer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        file = tmp_path / "kubeconfig"
        url = f"http://127.0.0.1:{server.server_port}"
        file.write_text(json.dumps({
            "apiVersion": "v1", "kind": "Config", "current-context": "a", "users": [{"name": "a", "user": {}}],
            "clusters": [{"name": "a", "cluster": {"server": url}}],
            "contexts": [{"name": "a", "context": {"cluster": "a", "user": "a"}}]}))
        yield ["--kubeconfig", str(file)]
        server.shutdown()


def test_what_runs_is_judged_and_a_refused_kind_names_the_verb(audit, cluster):
    told = audit("--cluster", *cluster, "--output", "json", "--fail-on", "never")
    said = json.loads(told.out)
    assert told.code == 2
    assert "Pod team-a/train" in {found["object"] for found in said["findings"]}
    assert "Pod team-a/made" not in told.out  # its controller wrote it
    assert "networking/nccl-logs-warnings-only" in {found["policy"] for found in said["findings"]}
    (problem,) = said["problems"]
    assert "kueue.x-k8s.io/v1beta2/ClusterQueue cannot be listed: " in problem["message"]
    assert problem["way_out"] == "grant the verb list on ClusterQueue, or name files instead"
    assert "/api/v1/secrets" not in ApiServer.seen


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "markdown", "html"])
def test_no_form_shows_what_is_secret(audit, cluster, form):
    told = audit("--cluster", *cluster, "--output", form)
    assert PLANTED not in told.out + told.err
    assert TEXT not in told.out + told.err


def test_facts_are_read_from_the_cluster(audit, cluster):
    told = audit("--cluster", "--facts", "cluster", *cluster, "--output", "json")
    said = json.loads(told.out)
    # Knative is the mode, its switch for node selectors is on: both are known, so this one is not found.
    assert "kserve/knative-takes-the-pod-fields" not in {found["policy"] for found in said["findings"]}
    assert said["undecided"] == []


def test_a_switch_that_is_off_is_found(audit, cluster, monkeypatch):
    monkeypatch.setitem(OBJECTS, "/api/v1/namespaces/knative-serving/configmaps/config-features", {"data": {}})
    told = audit("--cluster", "--facts", "cluster", *cluster, "--output", "json")
    assert "kserve/knative-takes-the-pod-fields" in {found["policy"] for found in json.loads(told.out)["findings"]}


def test_a_snapshot_has_no_secrets_and_is_judged_like_the_cluster(audit, cluster, capsys, tmp_path):
    assert cli.main(["snapshot", *cluster]) == 2  # a kind was refused
    told = capsys.readouterr()
    assert "ClusterQueue cannot be listed" in told.err
    assert PLANTED not in told.out + told.err
    assert TEXT not in told.out
    assert {item["kind"] for item in json.loads(told.out)["items"]} >= {"Pod", "ConfigMap", "InferenceService"}
    assert '"b": "kept"' in told.out
    assert "managedFields" not in told.out
    (tmp_path / "snapshot.json").write_text(told.out)
    again = audit("snapshot.json")
    assert "networking/nccl-logs-warnings-only" in again.out
    assert again.code in (0, 1)


def test_a_cluster_that_does_not_answer_is_told_in_one_line(audit, cluster, tmp_path):
    file = tmp_path / "kubeconfig"
    config = json.loads(file.read_text())
    config["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:1"
    file.write_text(json.dumps(config))
    told = audit("--cluster", *cluster)
    assert told.code == 3
    assert "API server http://127.0.0.1:1 does not answer" in told.err


@pytest.mark.parametrize("words", [["--facts", "cluster"], ["--cluster"]], ids=" ".join)
def test_facts_of_a_cluster_that_does_not_answer_are_no_empty_facts(audit, cluster, tmp_path, words, monkeypatch):
    file = tmp_path / "kubeconfig"
    (tmp_path / "pod.yaml").write_text("apiVersion: v1\nkind: Pod\nmetadata: {name: p}\n")
    config = json.loads(file.read_text())
    config["clusters"][0]["cluster"]["server"] = "http://127.0.0.1:1"
    file.write_text(json.dumps(config))
    told = audit(tmp_path / "pod.yaml", *words, *cluster)
    assert told.code == 3
    assert "API server http://127.0.0.1:1 does not answer" in told.err
    assert "nothing found" not in told.out


@pytest.mark.parametrize("closed", ["/apis", "/api/v1", "/api/v1/nodes", "/api/v1/pods",
                                    "/apis/custom.metrics.k8s.io/v1beta1", "/apis/serving.kserve.io/v1beta1",
                                    "/api/v1/namespaces/knative-serving/configmaps/config-features"])
def test_whom_the_server_does_not_know_gets_an_error_wherever_it_says_so(audit, cluster, monkeypatch, closed):
    monkeypatch.setattr(ApiServer, "unauthorized", closed)
    told = audit("--cluster", "--facts", "cluster", *cluster)
    assert told.code == 3
    assert "does not accept" in told.err
    assert "objects of" not in told.out


@pytest.mark.parametrize("gone", ["/api/v1/nodes", "/api/v1/pods", "/apis/serving.kserve.io/v1beta1",
                                  "/apis/custom.metrics.k8s.io/v1beta1"])
def test_a_server_that_goes_away_meanwhile_is_an_error(audit, cluster, monkeypatch, gone):
    monkeypatch.setattr(ApiServer, "gone", gone)
    monkeypatch.setattr(api, "AGAIN_S", 0.5)
    told = audit("--cluster", "--facts", "cluster", *cluster)
    assert told.code == 3
    assert "API server http://127.0.0.1" in told.err


def test_a_fact_that_may_not_be_read_is_named(audit, cluster, monkeypatch):
    monkeypatch.setattr(ApiServer, "forbidden", "/api/v1/nodes")
    told = audit("--cluster", "--facts", "cluster", *cluster)
    assert told.code == 2  # of the queues, as always here
    assert "the fact nodes stays unknown: " in told.err
    assert "needs nodes" in told.out


def test_a_kind_of_which_the_server_does_not_say_whether_it_is_served_is_a_problem(audit, cluster, monkeypatch):
    monkeypatch.setattr(ApiServer, "forbidden", "/apis/serving.kserve.io/v1beta1")
    told = audit("--cluster", *cluster)
    assert "serving.kserve.io/v1beta1/InferenceService cannot be listed: " in told.out


def test_a_kubeconfig_that_is_not_there_is_told(audit, tmp_path):
    told = audit("--cluster", "--kubeconfig", tmp_path / "none")
    assert told.code == 2
    assert "none cannot be used" in told.err
