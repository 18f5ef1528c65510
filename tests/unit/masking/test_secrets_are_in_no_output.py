"""Secrets are planted in every field and format, and looked for in all that leaves the program."""

import io
import json
import pkgutil
import time
from datetime import date
from functools import cache
from importlib import import_module
from types import SimpleNamespace
from typing import Any

import pytest
import yaml

from conformance import cli, masking
from conformance.clusters import diagnostics
from conformance.commands import audit as command
from conformance.errors import SeatrialError
from conformance.policy import facts, fixes, live, policies, sources, waivers
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.report import audit as forms
from conformance.run.rows import Writer

MARK = "planted"
PEM = f"-----BEGIN RSA PRIVATE KEY-----\nMIIE{MARK}1\n{MARK}2==\n-----END RSA PRIVATE KEY-----\n"
FORMS = {
    "hugging face": f"hf_{MARK}0123456789ABCdef", "openai": f"sk-proj-{MARK}0123456789ABC", "nvidia": f"nvapi-{MARK}0123456",
    "github": f"ghp_{MARK}0123456789ABCdef", "github app": f"github_pat_{MARK}0123456789", "gitlab": f"glpat-{MARK}012345",
    "slack": f"xoxb-{MARK}-0123456789", "aws": f"AKIA{MARK.upper()}012345", "google": f"AIza{MARK}0123456789abcdef",
    "jwt": f"eyJ{MARK}012.eyJ{MARK}345.{MARK}678", "private key": PEM, "private key on one line": PEM.replace("\n", "\\n"),
}
"""Credentials by their form, wherever they stand."""
PLACED = [
    f"--api-key={MARK}", f"--api-key {MARK}8", f"--hf-token={MARK}", f"--password '{MARK}'", f"--api_key={MARK}",
    f"postgres://user:{MARK}@db:5432/x", f"https://{MARK}0123456789ab@git.example/x", f"redis://:{MARK}@cache",
    f"Authorization: Bearer {MARK}", f"authorization: Basic {MARK}", f"curl -H 'Authorization: token {MARK}' x",
    f"Bearer {MARK}0123", f"export HF_TOKEN={MARK}", f"PGPASSWORD={MARK} psql", f"token: {MARK}",
    f'{{"apiKey": "{MARK}"}}', f'{{\\"password\\":\\"{MARK}\\"}}', f'{{"auths": {{"r": {{"auth": "{MARK}"}}}}}}',
    f"ENCRYPTION_KEY={MARK}", f"curl -u user:{MARK} http://x", f"client_secret={MARK}&x=y", f"password={MARK}",
    f"AWS_SECRET_ACCESS_KEY={MARK}", f'["serve", "--api-key", "{MARK}8"]', f"x-api-key: {MARK}",
]
"""What stands around them tells them."""
HARMLESS = [
    "--max-num-batched-tokens 8192", "--api-key $(API_KEY)", "--api-key=$API_KEY", "name: hf-token, key: token",
    "https://example.com/a:b@c", "topologyKey: kubernetes.io/hostname", "secretName: tls", "TOKENIZERS_PARALLELISM=false",
    "wants 16 nvidia.com/gpu at once, but ClusterQueue a has at most 8", "gives a token after --api-key, for everyone",
    "add kueue.x-k8s.io/queue-name", "tokens-come-from-secrets", "git@github.com:a/b", "hf://a/b", "the token and the key",
    "give a token that may write policies: --opa-token-file or SEATRIAL_OPA_TOKEN", "basic authentication", "risk-free-of-charge",
    "secretKeyRef: {name: hub, key: token}", "image registry.example/task-runner-for-all-of-us:1 has no digest",
]


@pytest.mark.parametrize("text", [*FORMS.values(), *PLACED])
@pytest.mark.parametrize("around", ["{}", "it says: {} (twice)", "a\n{}\nb", "it's \"{}\""])
def test_no_text_shows_a_secret(text, around):
    shown = masking.masked(around.format(text))
    assert MARK not in shown.lower()
    assert masking.MASK in shown
    assert masking.masked(shown) == shown


@pytest.mark.parametrize("text", HARMLESS)
def test_what_is_no_secret_stays(text):
    assert masking.masked(text) == text


def objects():
    """Return objects with a secret in every field that may hold one."""
    everything = [*FORMS.values(), *PLACED]
    container = {
        "name": "main", "image": "registry.example.com/train:2.4.1", "command": ["sh", "-c", "\n".join(PLACED)],
        "args": ["--api-key", f"{MARK}-apart", "--gpu-memory-utilization", "1.7", *everything],
        "env": [{"name": "HF_TOKEN", "value": f"{MARK}-token"}, {"name": "PLAIN", "value": FORMS["openai"]},
                {"value": f"{MARK}-first", "name": "DB_PASSWORD"}, {"name": "DB", "value": "postgres"},
                *({"name": f"V{number}", "value": text} for number, text in enumerate(everything))],
        "resources": {"limits": {"nvidia.com/gpu": 1}}, "livenessProbe": {"httpGet": {"path": "/health", "port": 8000,
            "httpHeaders": [{"name": "Authorization", "value": f"Bearer {MARK}0123"}]}, "periodSeconds": 1},
    }
    texts = {f"k{number}": text for number, text in enumerate(everything)}
    return [
        {"apiVersion": "v1", "kind": "Pod", "metadata": {
            "name": "p", "labels": {"apiKey": f"{MARK}-label"},
            "annotations": {**texts, "kubectl.kubernetes.io/last-applied-configuration": json.dumps({"a": MARK})}},
         "spec": {"restartPolicy": "Never", "nodeSelector": {"pool": FORMS["hugging face"]}, "containers": [container]}},
        {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": f"{MARK}Zw==", "name": MARK},
         "stringData": {"config": f"x: {MARK}\ny: {MARK}\n", "pem": PEM, **texts}},
        {"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "c"},
         "data": {"API_KEY": f"{MARK}-entry", "settings.yaml": "\n".join(PLACED), **texts}},
        {"apiVersion": "serving.kserve.io/v1beta1", "kind": "InferenceService", "metadata": {"name": "i"},
         "spec": {"predictor": {"model": {"modelFormat": {"name": "huggingface"}, "args": ["--token", f"{MARK}-isvc"],
                                          "storageUri": f"https://user:{MARK}@hub/x"}}}},
        {"apiVersion": "x/v1", "kind": "Thing", "metadata": {"name": "t"}, "spec": {
            "password": f"{MARK}-field", "auth": {"token": f"{MARK}-token", "clientSecret": f"{MARK}-client"},
            "private_key": PEM, "parameters": [{"name": "api-key", "value": f"{MARK}-parameter"}]}},
    ]


WRITTEN = {
    "block": yaml.safe_dump_all(objects(), width=10**6), "folded": yaml.safe_dump_all(objects(), width=20),
    "flow": yaml.safe_dump_all(objects(), default_flow_style=True, width=10**6),
    "quoted": yaml.safe_dump_all(objects(), default_style='"', width=40),
    "literal": yaml.safe_dump_all(objects(), default_style="|"),
    "json": json.dumps({"apiVersion": "v1", "kind": "List", "items": objects()}),
    "json on many lines": json.dumps({"apiVersion": "v1", "kind": "List", "items": objects()}, indent=2),
}
# Points at all that there is, and says what it sees there.
NOSY = """\
# METADATA
# title: Points at everything
# custom:
#   class: advice
#   severity: error
#   kinds: ["*"]
#   remedy: nothing
#   sources: [this test]
package policies.x["nosy"]

findings contains {"path": path, "message": message} if {
	walk(input.object, [path, value])
	count(path) > 0
	not is_object(value)
	not is_array(value)
	message := sprintf("is %v", [value])
}

findings contains {"path": path, "message": "is here"} if {
	walk(input.object, [path, _])
	count(path) > 0
}
"""


@pytest.fixture(scope="module")
def nosy(tmp_path_factory):
    """Return a folder of a policy that points at everything and says what it sees."""
    added = tmp_path_factory.mktemp("policies")
    folder = added / "x" / "nosy"
    folder.mkdir(parents=True)
    (folder / "rule.rego").write_text(NOSY)
    return added


def seatrial(capsys, *words):
    """Return all that the command says."""
    code = cli.main([str(word) for word in words])
    said = capsys.readouterr()
    assert "bug of Seatrial" not in said.err
    assert code in (0, 1, 2)
    return said.out + said.err


def without_secrets(text):
    found = [line for line in text.splitlines() if MARK in line.lower()]
    assert not found, "\n".join(line[:300] for line in found[:5])
    return text


def every_form(audit, corpus):
    """Return an audit in every form that there is, one after the other."""
    modules = [import_module(f"{forms.__name__}.{found.name}") for found in pkgutil.iter_modules(forms.__path__)]
    rendered = {module.__name__.rpartition(".")[2]: module.render(audit, corpus.policies) for module in modules
                if hasattr(module, "render")}
    assert set(rendered) == set(command.FORMS.values())
    return "\n".join(rendered.values())


@cache
def engine(*added):
    corpus = policies.load(*added)
    return corpus, Regorus(corpus, facts.data({}))


@pytest.mark.parametrize("written", WRITTEN)
def test_no_form_of_an_audit_shows_a_secret(written, tmp_path, nosy):
    file = tmp_path / "in.yaml"
    file.write_text(WRITTEN[written])
    for corpus, regorus in (engine(), engine(nosy)):
        judge = Judge(corpus, regorus)
        judge.files([str(file)], io.BytesIO())
        audit = judge.audit()
        assert {finding.policy.partition("/")[0] for finding in audit.findings} >= {"secrets", "accelerators"}
        without_secrets(every_form(audit, corpus))
        baseline = waivers.as_baseline([one for one in audit.findings if one.policy.startswith("secrets/")])
        (tmp_path / "known.json").write_text(without_secrets(baseline))
        known = waivers.accept(audit, [], date(2026, 1, 1), waivers.read_baseline(tmp_path / "known.json"))
        assert known.known > 0
        without_secrets(every_form(known, corpus))
        without_secrets(waivers.as_baseline(audit.findings))
    assert len(audit.findings) > 500  # that is the nosy one


@pytest.mark.parametrize("form", command.FORMS)
def test_the_command_shows_no_secret(form, tmp_path, capsys):
    file = tmp_path / "in.yaml"
    file.write_text(WRITTEN["block"])
    assert "accelerators/" in without_secrets(seatrial(capsys, "audit", file, "--output", form, "--only", "accelerators"))


def test_an_excerpt_masks_a_token_that_no_finding_is_about(tmp_path, capsys):
    file, known = tmp_path / "in.yaml", tmp_path / "known.json"
    file.write_text(f"""\
apiVersion: v1
kind: Pod
metadata: {{name: p}}
spec:
  containers:
    - name: main
      image: registry.example/vllm:1
      command: [sh, -c]
      args: ["vllm serve a/b --gpu-memory-utilization 1.7 --api-key {FORMS['openai']} --port 8000"]
      resources: {{limits: {{nvidia.com/gpu: 1}}}}
""")
    seatrial(capsys, "audit", file, "--only", "secrets", "--write-baseline", known)
    for words in (["--baseline", known], ["--only", "serving"]):
        assert "--gpu-memory-utilization 1.7 --api-key *** --port" in without_secrets(seatrial(capsys, "audit", file, *words))


@pytest.mark.parametrize("written", WRITTEN)
def test_no_diff_of_a_fix_shows_a_secret(written):
    before = WRITTEN[written]
    after = before.replace("train:2.4.1", "train:2.4.2").replace("1.7", "0.9").replace("/health", "/healthy")
    diff = fixes.unified_diff(fixes.Fixed(file="f", before=before, after=after))
    assert "2.4.2" in without_secrets(diff)


BROKEN = {
    "a key twice": "apiVersion: v1\nkind: Pod\n{0}: 1\n{0}: 2\n",
    "an alias": "apiVersion: v1\nkind: *{0}\n",
    "a waiver": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    waiver.seatrial.dev/secrets.tokens-come-from-secrets: "
                "'{{reason: r, owner: o, until: {0}}}'\n",
    "an unknown policy": "apiVersion: v1\nkind: Pod\nmetadata:\n  name: p\n  annotations:\n    waiver.seatrial.dev/{0}: "
                         "'{{reason: r, owner: o, until: 2027-01-31}}'\n",
}


@pytest.mark.parametrize("broken", BROKEN)
def test_no_problem_shows_a_secret(broken, tmp_path):
    file = tmp_path / "in.yaml"
    file.write_text(BROKEN[broken].format(FORMS["hugging face"]))
    corpus, regorus = engine()
    judge = Judge(corpus, regorus)
    judge.files([str(file)], io.BytesIO())
    audit = judge.audit()
    assert audit.problems
    assert masking.MASK in without_secrets(every_form(audit, corpus))


def test_no_waiver_shows_a_secret(tmp_path):
    file = tmp_path / "waivers.yaml"
    entry = {"policy": "secrets/tokens-come-from-secrets", "reason": f"it is {FORMS['openai']}", "owner": FORMS["github"]}
    file.write_text(yaml.safe_dump({"waivers": [
        {**entry, "object": "Pod p", "until": "2000-01-01"}, {**entry, "object": "Pod p", "until": "2099-01-01"},
        {**entry, "object": "Pod q", "until": "2099-01-01"}]}))
    corpus, regorus = engine()
    judge = Judge(corpus, regorus)
    judge.file(sources.manifests_in(WRITTEN["block"], "in.yaml"))
    audit = waivers.accept(judge.audit(), waivers.read(file, corpus.policies), date(2026, 1, 1))
    assert audit.waived
    assert audit.expired
    assert audit.unused
    assert masking.MASK in without_secrets(every_form(audit, corpus))


@pytest.mark.parametrize("error", [SeatrialError(PLACED[0], PLACED[1]), ValueError(FORMS["openai"]),
                                   OSError(2, "No such file", f"no {FORMS['github']}")])
def test_no_error_shows_a_secret(error, monkeypatch, capsys):
    def fails(_):
        raise error

    monkeypatch.setattr(command, "run", fails)
    cli.main(["audit", "x"])
    without_secrets(capsys.readouterr().err)


def test_a_snapshot_holds_no_secret():
    read: Any = [SimpleNamespace(data={**one, "metadata": dict(one["metadata"])}) for one in objects()]
    found, _ = live.snapshot(iter(read))
    assert len(found["items"]) == len(objects())
    without_secrets(json.dumps(found, indent=1))


def test_diagnostics_hold_no_secret(tmp_path):
    def listed(kind, _=None):
        event = {"metadata": {"creationTimestamp": "t"}, "involvedObject": {"kind": "Pod", "name": "p"}, "reason": "Failed"}
        return [{**event, "message": text} for text in PLACED] if kind == "v1/Event" else objects()

    logs = tmp_path / "log"
    logs.mkdir()
    (logs / "kubelet.log").write_text("\n".join([*PLACED, *FORMS.values()]))
    (logs / "binary").write_bytes(b"\xff\x00" + FORMS["openai"].encode())

    def fails():
        raise SeatrialError(PLACED[0])

    folder = tmp_path / "kept"
    diagnostics.collect(folder, {
        "logs": lambda: diagnostics.copied([logs, logs / "kubelet.log"], folder), "fails": fails,
        **diagnostics.of_api(lambda: SimpleNamespace(list=listed), folder)})
    files = [file for file in folder.rglob("*") if file.is_file()]
    assert {file.name for file in files} == {"kubelet.log", "binary", "events.txt", "pods.json", "nodes.json", "not-collected.txt"}
    for file in files:
        without_secrets(file.read_bytes().decode(errors="replace"))


def test_no_row_of_a_report_holds_a_secret(tmp_path):
    file = tmp_path / "rows"
    Writer(file).write({"row": "result", "cause": PLACED[0], "trace": PEM, "more": [{"text": text} for text in PLACED]})
    without_secrets(json.dumps(json.loads(file.read_text()), indent=1))


def test_a_long_line_takes_no_time():
    for line in ("-a" * 500_000, "a" * 10**6, "--token" * 100_000, "A_" * 500_000, "://" * 300_000, "eyJ" + "a" * 10**6):
        start = time.process_time()
        masking.masked(line)
        assert time.process_time() - start < 10


def test_standard_input_is_no_exception(monkeypatch, capsys):
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=io.BytesIO(WRITTEN["block"].encode())))
    without_secrets(seatrial(capsys, "audit", "-"))
