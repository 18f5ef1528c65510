"""Whatever stands in a file, an audit ends in words, in bounded time and memory; each runs in a process of its own."""

import json
import os

import pytest

POD = "apiVersion: v1\nkind: Pod\nmetadata: {name: a}\n"
BOMB = "apiVersion: v1\nkind: Pod\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]\n" for n in range(1, 30))
QUEUE = "apiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {name: after}\nspec: {cohort: all}\n"

BROKEN = {
    "a key twice": (POD + "spec:\n  a: 1\n  a: 2\n", "bad.yaml:6:3: has the key 'a' twice"),
    "a tab": (POD + "spec:\n\ta: 1\n", "bad.yaml:5:1: is not YAML"),
    "not UTF-8": (POD.encode() + b"# caf\xe9\n", "bad.yaml:4: is not text in UTF-8"),
    "UTF-16": (POD.encode("utf-16"), "bad.yaml:1: is not text in UTF-8"),
    "a letter that YAML has not": (POD + "a: \x01\n", "bad.yaml:4: is not YAML: control characters are not allowed"),
    "a number that JSON has not": (POD + "a: .inf\n", "bad.yaml:4:4: has the number .inf, which JSON has not"),
    "an alias bomb": (BOMB, "stands for more than 2,000,000 values"),
    "an anchor inside itself": (POD + "a: &a [*a]\n", "stands inside itself"),
    "brackets without end": (POD + "a: " + "[" * 100_000, "is nested deeper than 200 levels"),
    "mappings without end": (POD + "a: " + "{a: " * 100_000, "is nested deeper than 200 levels"),
    "a merge of a text": (POD + "a: {<<: b}\n", "merges (<<) something that is not keys and values"),
    "a Helm template": (POD + "spec:\n  {{- if .Values.gpu }}\n  a: 1\n  {{- end }}\n", "is a Helm template that was not rendered"),
    "no apiVersion": ("kind: Pod\nmetadata: {name: a}\n", "bad.yaml:1:1: is no Kubernetes object: apiVersion is missing"),
    "no kind": ("apiVersion: v1\nmetadata: {name: a}\n", "bad.yaml:1:1: is no Kubernetes object: kind is missing"),
    "a folder's name": (None, "bad.yaml: cannot be read: Too many levels of symbolic links"),
}
ODD = {
    "Windows line ends": POD.replace("\n", "\r\n"),
    "a byte order mark": "\ufeff" + POD,
    "anchors and merges": POD + "x: &x {a: 1}\ny: {<<: *x, b: 2}\nz: {<<: [*x, {c: 3}]}\n",
    "booleans of YAML 1.1": POD + "spec: {hostNetwork: yes, on: off}\n",
    "numbers beyond all bounds": POD + f"spec: {{a: {'9' * 5000}, b: 1e999}}\n",
    "half a letter": json.dumps({"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "\U0001f600"}}),
    "names that are no text": "apiVersion: v1\nkind: Pod\nmetadata: {name: [a], namespace: {b: c}, labels: 5, annotations: [x]}\n",
    "nothing but nulls": "apiVersion: v1\nkind: Pod\nmetadata:\nspec:\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_cannot_be_judged_is_told_with_its_place_and_the_rest_is_judged(child, write, tmp_path, name):
    text, said = BROKEN[name]
    if text is None:
        (tmp_path / "bad.yaml").symlink_to("bad.yaml")
    else:
        write("bad.yaml", text)
    write("good.yaml", QUEUE)
    told = child("bad.yaml", "good.yaml", "--output", "text")
    assert told.code == 2
    assert said in told.out
    assert "ClusterQueue after" in told.out
    assert told.peak_mb < 300


@pytest.mark.parametrize("name", ODD)
def test_what_is_odd_and_can_be_judged_is_judged(child, write, name):
    told = child(write("odd.yaml", ODD[name]), "--output", "json")
    assert told.code in (0, 1)
    assert json.loads(told.out)["problems"] == []


def test_a_file_beyond_the_bound_is_refused_with_the_bound(child, tmp_path):
    with (tmp_path / "large.yaml").open("wb") as file:
        file.truncate(100 << 20)  # takes no room on the disk
    told = child("large.yaml")
    assert told.code == 2
    assert "large.yaml: is larger than 64 MiB, which is the most that is read" in told.out
    assert told.peak_mb < 250


def test_standard_input_beyond_the_bound_is_refused_with_the_bound(child):
    told = child("-", stdin=b"#" * (65 << 20))
    assert told.code == 2
    assert "<stdin>: is larger than 64 MiB" in told.out


def test_fifty_thousand_documents_are_judged_in_little_memory(child, write):
    text = "".join(f"---\napiVersion: v1\nkind: Service\nmetadata: {{name: s{n}}}\n" for n in range(50_000))
    told = child(write("many.yaml", text))
    assert (told.code, told.out) == (0, "nothing found in 50000 objects of 1 file\n")
    assert told.peak_mb < 150


def test_many_pods_are_kept_without_their_places(child, write, debug):
    """Policies that look at all objects together need their data only: 2,000 pods with places took 100 MB more."""
    told = child(write("many.yaml", "---\n".join([debug] * 2000)), "--only", "mig", "--only", "storage")
    assert told.code == 0
    assert told.peak_mb < 110


def test_links_in_circles_end(child, write, tmp_path, queue):
    write("m/a.yaml", queue)
    (tmp_path / "m" / "again").symlink_to("..")
    told = child("m")
    assert told.code == 1
    assert "1 error in 1 object of 1 file" in told.out


def test_a_file_that_may_not_be_read_is_told(child, write, tmp_path, queue):
    """Root may read every file; the kernel refuses this one even to root."""
    write("m/a.yaml", queue)
    (tmp_path / "m" / "b.yaml").symlink_to("/proc/self/mem")
    told = child("m")
    assert told.code == 2
    assert "m/b.yaml: cannot be read: Input/output error" in told.out
    assert "m/a.yaml:14:15 error" in told.out


def test_a_pipe_is_not_waited_for(child, tmp_path):
    os.mkfifo(tmp_path / "pipe.yaml")
    told = child("pipe.yaml")
    assert told.code == 2
    assert "pipe.yaml: is no regular file" in told.out


@pytest.mark.parametrize("form", ["text", "json", "sarif", "junit", "github", "markdown", "html"])
def test_no_form_shows_what_is_secret(child, write, form):
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "planted1"},
              "stringData": {"b": "hf_planted2planted2planted2planted2"}}
    config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
              "data": {"a": "x hf_planted3planted3planted3planted3"}}
    pod = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p", "annotations": {
        "kubectl.kubernetes.io/last-applied-configuration": json.dumps(secret)}},
        "spec": {"containers": [{"name": "c", "image": "vllm/vllm-openai:v0.11.0",
                                 "args": ["--api-key=planted4planted4planted4"],
                                 "env": [{"name": "HF_TOKEN", "value": "hf_planted5planted5planted5planted5"},
                                         {"name": "NCCL_DEBUG", "value": "INFO"}],
                                 "resources": {"limits": {"nvidia.com/gpu": 1}}}]}}
    write("a.json", json.dumps([secret]) + "\n")
    write("b.json", json.dumps({"apiVersion": "v1", "kind": "List", "items": [secret, config, pod]}))
    write("c.yaml", "apiVersion: v1\nkind: Secret\nmetadata: {name: t}\nstringData:\n  a: planted6\n  a: planted7\n")
    told = child(".", "--output", form, "--fix", "--dry-run")
    assert told.code == 2
    assert "tokens-come-from-secrets" in told.out.replace("\\", "")
    assert "planted" not in told.out + told.err
