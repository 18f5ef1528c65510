"""What is exported to Gatekeeper denies what the audit denies: the same objects, with the same words."""

import argparse
import io
import json
import re
import subprocess

import pytest
import yaml

from conformance import assets
from conformance.commands import policy as command
from conformance.errors import UsageError
from conformance.model.finding import Policy, PolicyClass, Severity
from conformance.policy import export, facts, policies, rego
from conformance.policy.engine import ANY, POD_KINDS, Question, Regorus, Selection
from conformance.policy.policies import PODS
from conformance.policy.sources import Manifest, manifests

CORPUS = policies.load()
SELECTION = Selection(CORPUS, ())
EXPORTED = {one.policy.id: one for one in export.export(CORPUS, facts.data({}), "deny")}


def read(text):
    return yaml.load(text, Loader=yaml.CSafeLoader)


TEMPLATE = {identity: read(one.template) for identity, one in EXPORTED.items()}
CONSTRAINT = {identity: read(one.constraint) for identity, one in EXPORTED.items()}
LABEL = re.compile(r"[a-z]([-a-z0-9]{0,61}[a-z0-9])?\Z")


def everything():
    files = (*assets.folder("policies").glob("*/*/*/*.yaml"), *assets.folder("fixtures").glob("good-manifests/**/*.yaml"),
             *assets.folder("reference-manifests").rglob("*.yaml"))
    return [part for file in sorted(files) if not file.name.endswith(facts.SUFFIX)
            for part in manifests(str(file), io.BytesIO()) if isinstance(part, Manifest)]


def matches(constraint, kind):
    group, _, name = kind.rpartition("/")
    return any({group, "*"} & set(one["apiGroups"]) and {name, "*"} & set(one["kinds"])
               for one in constraint["spec"]["match"]["kinds"])


def policy(identity, **more):
    return Policy(**{"id": identity, "title": "t", "severity": Severity.ERROR, "policy_class": PolicyClass.ADVICE,
                     "kinds": ("Pod",), "remedy": "r", "source": "package policies.a", **more})


def test_what_sees_one_object_as_it_is_stored_and_needs_no_facts_is_exported():
    assert set(EXPORTED) == {one.id for one in CORPUS.policies.values()
                             if not one.across and not one.facts and not one.files_only}
    assert EXPORTED


def test_what_never_comes_to_admission_is_not_exported():
    assert "kueue/cohort-by-the-name-of-its-version" not in EXPORTED


@pytest.mark.parametrize("identity", EXPORTED)
def test_kubernetes_and_gatekeeper_take_the_names(identity):
    template, constraint = TEMPLATE[identity], CONSTRAINT[identity]
    kind = template["spec"]["crd"]["spec"]["names"]["kind"]
    assert template["metadata"]["name"] == kind.lower()
    assert LABEL.match(kind.lower())
    assert constraint["kind"] == kind
    assert re.match(r"[a-z0-9]([-a-z0-9.]*[a-z0-9])?\Z", constraint["metadata"]["name"])
    (target,) = template["spec"]["targets"]
    (code,) = target["code"]
    assert (target["target"], code["engine"], code["source"]["version"]) == (
        "admission.k8s.gatekeeper.sh", "Rego", "v1")
    for module in (code["source"]["rego"], *code["source"]["libs"]):
        # Gatekeeper refuses a template that refers to anything else.
        assert {name.partition(".")[0] for name in rego.references(module)} <= {"lib"}
        # It moves what is imported, and forgets what `some ... in` goes over.
        assert not rego.references(re.sub(r"^import .*", "", module, flags=re.MULTILINE))
    assert all(rego.package(module).startswith("lib.") for module in code["source"]["libs"])


def test_no_two_policies_share_a_name():
    names = [export.kind(one).lower() for one in CORPUS.policies.values()]
    assert len(set(names)) == len(names)


def ask(engine, kind, data):
    chosen, _ = SELECTION.policies(kind, json.dumps(data))
    return engine.ask([Question(chosen, kind, {"object": data})])[0]


@pytest.mark.parametrize("identity", EXPORTED)
def test_a_constraint_looks_at_the_policys_kinds(identity):
    wanted = EXPORTED[identity].policy.kinds
    for kind in {*POD_KINDS, *(kind for one in CORPUS.policies.values() for kind in one.kinds)} - {PODS, ANY}:
        assert matches(CONSTRAINT[identity], kind) == (kind in wanted or ANY in wanted or (PODS in wanted and kind in POD_KINDS))


def test_it_denies_what_the_audit_denies(opa_program, tmp_path):
    objects = everything()
    regorus = Regorus(CORPUS, facts.data({}))
    expected = sorted(
        (number, said.policy, list(said.path), f"{said.policy}: {said.message}; {CORPUS.policies[said.policy].remedy}")
        for number, one in enumerate(objects) for said in ask(regorus, one.kind, one.data) if said.policy in EXPORTED)
    assert expected
    # As Gatekeeper does it: each template has packages of its own, and libraries that it shares with no other.
    modules, entries = {}, {}
    for number, (identity, template) in enumerate(TEMPLATE.items()):
        source = template["spec"]["targets"][0]["code"][0]["source"]
        for place, module in enumerate((source["rego"], *source["libs"])):
            modules[f"{number}-{place}.rego"] = rego.under(f"t{number}", module)
        entries[identity] = number
    for name, module in modules.items():
        (tmp_path / name).write_text(module)
    reviews = [[number, f"t{entries[identity]}"] for identity, constraint in CONSTRAINT.items()
               for number, one in enumerate(objects) if matches(constraint, one.kind)]
    query = ('[[number, said] | some [number, template] in input.reviews; review := {"review": {"object": input.objects[number]}}; '
             "violations := data[template].seatrial.violation with input as review; some said in violations]")
    done = subprocess.run([opa_program, "eval", "--data", tmp_path, "--stdin-input", "--format=values", query],
                          input=json.dumps({"reviews": reviews, "objects": [one.data for one in objects]}), capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (answers,) = json.loads(done.stdout)
    assert sorted((number, said["details"]["policy"], said["details"]["path"], said["msg"])
                  for number, said in answers) == expected


def test_gatekeeper_itself_denies_what_the_audit_denies(gator_program, tmp_path):
    command.run(arguments(str(tmp_path / "exported"), "--enforcement", "deny"))
    regorus = Regorus(CORPUS, facts.data({}))
    expected, objects = [], []
    for number, one in enumerate(everything()):
        # gator keeps one object of a name; both judge it under the new one.
        data = {**one.data, "metadata": {**one.data.get("metadata", {}), "name": f"object-{number}"}}
        objects.append(json.dumps(data))
        expected += [(f"object-{number}", f"{said.policy}: {said.message}; {CORPUS.policies[said.policy].remedy}")
                     for said in ask(regorus, one.kind, data) if said.policy in EXPORTED]
    (tmp_path / "objects.yaml").write_text("\n---\n".join(objects))
    done = subprocess.run([gator_program, "test", "--output=json", f"--filename={tmp_path / 'exported'}",
                           f"--filename={tmp_path / 'objects.yaml'}"], capture_output=True, text=True, check=False)
    assert done.stdout, done.stderr
    found = {(said["violatingObject"]["metadata"]["name"], said["msg"]) for said in json.loads(done.stdout)}
    assert sorted(found) == sorted(set(expected))


@pytest.mark.parametrize(("severity", "enforcement", "action"), [
    (Severity.ERROR, "deny", "deny"), (Severity.WARNING, "deny", "warn"), (Severity.INFO, "deny", "warn"),
    (Severity.ERROR, "audit", "dryrun"), (Severity.INFO, "audit", "dryrun"),
])
def test_only_errors_are_refused(severity, enforcement, action):
    corpus = policies.Corpus(policies={"a/b": policy("a/b", severity=severity)}, library={})
    (one,) = export.export(corpus, {}, enforcement)
    assert read(one.constraint)["spec"]["enforcementAction"] == action


def test_what_a_node_reports_is_not_refused():
    corpus = policies.Corpus(policies={"a/b": policy("a/b", kinds=("Node",))}, library={})
    (one,) = export.export(corpus, {}, "deny")
    assert read(one.constraint)["spec"]["enforcementAction"] == "warn"


def test_a_long_name_is_cut_and_stays_its_own():
    one, other = (policy(f"kueue/{'very-' * 20}long-{word}") for word in ("name", "story"))
    assert len(export.kind(one)) == len(export.kind(other)) == export.LONGEST_NAME
    assert export.kind(one) != export.kind(other)


def test_texts_that_look_like_yaml_or_rego_stay_texts():
    text = 'say "yes": {it} \\ # or ñot'
    corpus = policies.Corpus(policies={"a/b": policy("a/b", title=text, remedy=text)}, library={})
    (one,) = export.export(corpus, {}, "deny")
    template = read(one.template)
    assert template["metadata"]["annotations"]["description"] == text
    assert json.dumps(text, ensure_ascii=False) in template["spec"]["targets"][0]["code"][0]["source"]["rego"]


def test_the_command_writes_a_file_for_each_and_says_how_to_apply_them(tmp_path, capsys):
    args = arguments(str(tmp_path / "out"), "--only", "kueue")
    assert command.run(args) == 0
    written = sorted(file.relative_to(tmp_path / "out").as_posix() for file in (tmp_path / "out").rglob("*.yaml"))
    names = sorted(one.replace("/", ".") for one in EXPORTED if one.startswith("kueue/"))
    assert written == [f"constraints/{name}.yaml" for name in names] + [f"templates/{name}.yaml" for name in names]
    assert f"kubectl apply -f {tmp_path}/out/templates" in capsys.readouterr().out
    assert "enforcementAction: dryrun" in (tmp_path / "out" / written[0]).read_text()
    with pytest.raises(UsageError, match="is not empty"):
        command.run(args)


def test_a_folder_that_cannot_be_written(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="cannot be written: Not a directory"):
        command.run(arguments(str(tmp_path / "file" / "out")))


def arguments(*words):
    parser = argparse.ArgumentParser()
    command.add_arguments(parser)
    return parser.parse_args(["export", *words])
