"""Whatever form an audit takes, what is secret in a manifest is in none of it."""

import io
import json
import pkgutil
from dataclasses import replace
from importlib import import_module

import pytest

from conformance.model.finding import Fix
from conformance.policy import fixes, policies
from conformance.policy.engine import Regorus
from conformance.policy.judge import Judge
from conformance.policy.sources import manifests
from conformance.report import audit as forms
from conformance.report.audit import html, text

FORMS = tuple(module for found in pkgutil.iter_modules(forms.__path__)
              if hasattr(module := import_module(f"{forms.__name__}.{found.name}"), "render"))
PLANTED = "planted"

# Points at all that there is: nothing that a policy can say may bring a value into a report.
NOSY = '''\
# METADATA
# title: Points at everything
# custom:
#   class: advice
#   severity: info
#   kinds: ["*"]
#   remedy: nothing
#   sources: [this test]
package policies.x["nosy"]

findings contains {"path": path, "message": "is here"} if {
	walk(input.object, [path, _])
	count(path) > 0
}
'''

BLOCK = """\
apiVersion: v1
kind: Secret
metadata: {name: s, namespace: n}
data:
  token: cGxhbnRlZA== # planted0
  name: planted1
stringData:
  config: |
    planted2: planted3
  "quoted key": "planted4"
  plain: planted5 planted6
---
apiVersion: v1
kind: Pod
metadata:
  name: p
  annotations:
    kubectl.kubernetes.io/last-applied-configuration: |
      {"kind":"Secret","data":{"a":"planted7"}}
spec:
  containers:
  - name: c
    args: ["--api-key=planted8", --other]
    env:
    - name: HF_TOKEN
      value: planted9
    - {name: AWS_SECRET, value: "planted10"}
    - value: planted11  # planted12
      name: LAST
    - name: MANY
      value: >-
        planted13
"""
ONE_LINE = json.dumps({"apiVersion": "v1", "kind": "List", "items": [
    {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": {"a": "planted1", "name": "planted2"},
     "stringData": {"b": "planted3, \"planted4\": planted5"}},
    {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "p"}, "spec": {"containers": [
        {"name": "c", "env": [{"name": "T", "value": "planted6"}, {"value": "planted7", "name": "U"}]}]}}]})
INPUTS = {
    "block": BLOCK,
    "json on one line": ONE_LINE,
    "json with little space": ONE_LINE.replace(": ", ":").replace(", ", ","),
    "json on many lines": json.dumps(json.loads(ONE_LINE), indent=2),
    "flow": "{apiVersion: v1, kind: Secret, metadata: {name: s}, stringData: {name: planted1, b: 'planted2', c: planted3}}",
}


@pytest.fixture
def nosy(tmp_path):
    """Return a corpus whose only policy points at every part of every object."""
    folder = tmp_path / "policies" / "x" / "nosy"
    folder.mkdir(parents=True)
    (folder / "rule.rego").write_text(NOSY)
    return policies.load(tmp_path / "policies")


def audit(corpus, file):
    judge = Judge(corpus, Regorus(corpus, {}))
    judge.file(manifests(str(file), io.BytesIO()))
    return judge.audit()


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.rpartition(".")[2])
@pytest.mark.parametrize("name", INPUTS)
def test_no_form_shows_what_is_secret(name, form, nosy, tmp_path):
    file = tmp_path / "in.yaml"
    file.write_text(INPUTS[name])
    found = audit(nosy, file)
    assert found.problems == ()
    assert len(found.findings) > 5
    assert PLANTED not in form.render(found, nosy.policies)


@pytest.mark.parametrize("form", FORMS, ids=lambda form: form.__name__.rpartition(".")[2])
@pytest.mark.parametrize("name", INPUTS)
def test_our_own_policies_say_nothing_that_is_secret(name, form, tmp_path):
    file = tmp_path / "in.yaml"
    file.write_text(INPUTS[name])
    corpus = policies.load()
    assert PLANTED not in form.render(audit(corpus, file), corpus.policies)


@pytest.mark.parametrize("form", [text, html], ids=["text", "html"])
def test_what_is_hidden_is_hidden_whatever_else_is_found_or_waived(form, audit, policies):
    token, *_ = audit.findings
    for some in (replace(audit, findings=(token,)), replace(audit, findings=(replace(token, policy="x/y"),), waived=())):
        rendered = form.render(some, policies, lines=lambda _: ["", "", "", "  HF: planted"])
        assert PLANTED not in rendered
        assert "HF: ***" in rendered


@pytest.mark.parametrize("name", INPUTS)
def test_no_diff_shows_what_is_secret(name):
    before = INPUTS[name]
    after = before.replace("name: p", "name: q").replace('"p"', '"q"').replace("name: s", "name: t")
    diff = fixes.unified_diff(fixes.Fixed(file="f", before=before, after=after))
    assert diff
    shown = "\n".join(row for row in diff.splitlines() if "#" not in row)
    assert PLANTED not in shown


def test_a_diff_shows_the_value_that_a_fix_gives_to_a_variable():
    before = "apiVersion: v1\nkind: Pod\nenv:\n- name: A\n  value: planted\n"
    (manifest,) = manifests_in_text(before)
    after = fixes.splice(before, manifest, Fix(path=("env", 0, "value"), value="all"))
    diff = fixes.unified_diff(fixes.Fixed(file="f", before=before, after=after))
    assert "-  value: ***\n+  value: all\n" in diff


def manifests_in_text(text):
    from conformance.policy.sources import manifests_in

    return manifests_in(text, "f")
