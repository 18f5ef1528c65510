import re
from pathlib import Path

import pytest

from conformance import builds
from conformance.errors import UsageError
from conformance.folder import read

QUEUES = """\
apiVersion: v1
kind: Namespace
metadata:
  name: training
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: ClusterQueue
metadata:
  name: gpus
spec:
  namespaceSelector: {}
  resourceGroups:
    - coveredResources: [nvidia.com/gpu]
      flavors:
        - name: h100
          resources:
            - name: nvidia.com/gpu
              nominalQuota: 8
---
apiVersion: kueue.x-k8s.io/v1beta2
kind: LocalQueue
metadata:
  name: door
  namespace: training
spec:
  clusterQueue: gpus
"""
PLATFORM = """\
seatrial: 1
description: one team
nodes: four-h100
components:
  - name: kueue
    version: v0.19.2
    settings:
      manageJobsWithoutQueueName: true
manifests:
  - queues.yaml
promises:
  confirmed_by: me
  teams:
    - name: research
      namespace: training
      queue: door
      component: kueue
      guaranteed_gpus: 8
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "platform.yaml").write_text(PLATFORM, encoding="utf-8")
    (tmp_path / "queues.yaml").write_text(QUEUES, encoding="utf-8")
    return tmp_path


def refusal(folder: Path) -> str:
    with pytest.raises(UsageError) as caught:
        read.load(folder)
    return str(caught.value).replace(f"{folder}/", "")


def test_the_folder_that_the_broken_ones_come_from_is_right(folder):
    loaded = read.load(folder)
    assert loaded.name == folder.name
    assert (loaded.nodes, loaded.gpus) == ("four-h100", 32)
    assert [manifest.kind for manifest in loaded.manifests] == ["Namespace", "ClusterQueue", "LocalQueue"]
    assert [manifest.where() for manifest in loaded.manifests] == [
        f"{folder / 'queues.yaml'}:{line}:1" for line in (1, 6, 20)]
    assert loaded.promises is not None
    assert loaded.promises.teams[0].guaranteed_gpus == 8


BROKEN = [  # what stands there, what is written instead, what the refusal says
    ("nodes: four", "node: four", "platform.yaml:3:1: unknown key 'node'", "did you mean 'nodes'?"),
    ("description: one team\n", "", "platform.yaml:1:1: the key 'description' is missing",
     "add description: One line"),
    ("seatrial: 1", "seatrial: 2", "platform.yaml:1:1: seatrial must be 1, is 2"),
    ("description: one team", "description: [a]", "platform.yaml:2:1: description must be text, is a list"),
    ("description: one team", "description: ''", "platform.yaml:2:1: description must not be empty"),
    ("name: kueue", "name: kueu", "platform.yaml:5:5: components[0].name cannot be the text 'kueu'",
     "did you mean 'kueue'?"),
    ("version: v0.19.2", "version: v0.18.0", "platform.yaml:6:5: Seatrial does not build kueue v0.18.0",
     "write version: v0.19.2"),
    ("version: v0.19.2", "version: 0.19", "platform.yaml:6:5: components[0].version must be text, is 0.19"),
    ("manageJobsWithoutQueueName", "manageJobsWithoutQueue",
     "platform.yaml:8:7: unknown key 'manageJobsWithoutQueue' in components[0].settings",
     "did you mean 'manageJobsWithoutQueueName'?"),
    ("QueueName: true", "QueueName: 'yes'", "must be true or false or nothing, is the text 'yes'"),
    ("- queues.yaml", "- queue.yaml", "platform.yaml:10:5: 'queue.yaml' names no manifest",
     "did you mean 'queues.yaml'?"),
    ("- queues.yaml", "- none/*.yaml", "platform.yaml:10:5: 'none/*.yaml' names no manifest"),
    ("- queues.yaml", "- /none/*.yaml", "platform.yaml:10:5: '/none/*.yaml' names no manifest"),
    ("four-h100", "for-h100", "platform.yaml:3:1: there is no node profile 'for-h100'",
     "did you mean 'four-h100'?"),
    ("guaranteed_gpus: 8", "guaranteed_gpu: 8",
     "platform.yaml:18:7: unknown key 'guaranteed_gpu' in promises.teams[0]",
     "did you mean 'guaranteed_gpus'?"),
    ("guaranteed_gpus: 8", "guaranteed_gpus: eight",
     "platform.yaml:18:7: promises.teams[0].guaranteed_gpus must be a whole number, is the text 'eight'"),
    ("guaranteed_gpus: 8", "guaranteed_gpus: -8",
     "platform.yaml:18:7: promises.teams[0].guaranteed_gpus must be at least 0, is -8"),
    ("guaranteed_gpus: 8", "never_preempted: 1", "never_preempted must be true or false, is 1"),
    ("queue: door", "queue: dor",
     "platform.yaml:16:7: team research: there is no LocalQueue of namespace training "
     "called 'dor' in the manifests", "did you mean 'door'?"),
    ("namespace: training", "namespace: trainings", "platform.yaml:15:7: team research: there is no Namespace "
     "'trainings' in the manifests", "did you mean 'training'?"),
    ("component: kueue", "component: volcano",
     "platform.yaml:17:7: team research: the platform has no component volcano"),
    ("  confirmed_by: me\n", "", "platform.yaml:11:1: the key 'confirmed_by' is missing in promises"),
    ("description: one team", "description: one\ndescription: two",
     "platform.yaml:3:1: has the key 'description' twice in one place"),
    ("description: one team", "description: [one", "platform.yaml:3:6: is not YAML"),
    ("description: one team", "\tdescription: one", "platform.yaml:2:1: is not YAML"),
    ("seatrial: 1", "a: 1\n---\nseatrial: 1", "platform.yaml: must be one YAML document, is 2"),
]


@pytest.mark.parametrize(("old", "new", "says"), [(old, new, says) for old, new, *says in BROKEN],
                         ids=[new.strip() or f"no {old.strip()}" for old, new, *_ in BROKEN])
def test_a_wrong_platform_file_is_refused_with_its_place(folder, old, new, says):
    file = folder / "platform.yaml"
    assert PLATFORM.count(old) == 1
    file.write_text(PLATFORM.replace(old, new), encoding="utf-8")
    message = refusal(folder)
    for words in says:
        assert words in message
    assert re.fullmatch(r".*(\n  way out: .*)?", message)


@pytest.mark.parametrize(("old", "new", "says"), [
    ("kind: Namespace\n", "", ["queues.yaml:1:1: the key 'kind' is missing"]),
    ("  name: gpus\nspec", "  nme: gpus\nspec", ["queues.yaml:8:1: the key 'name' is missing in metadata"]),
    ("nominalQuota: 8", "nominalQuota: eight",
     ["queues.yaml:18:15: ClusterQueue gpus: nominalQuota: 'eight' is not a quantity"]),
    ("nominalQuota: 8", "nominalQuota: 500m", ["queues.yaml:18:15: ClusterQueue gpus",
     "'500m' is not a whole number"]),
    ("nominalQuota: 8", "nominalQuota: [8]", ["queues.yaml:18:15: ", "must be text or a number, is a list"]),
    ("clusterQueue: gpus", "clusterQueue: gpu",
     ["queues.yaml:26:3: LocalQueue training/door: the manifests have no "
                                                 "ClusterQueue 'gpu'", "did you mean 'gpus'?"]),
    ("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: training\n", "- a list\n",
     ["queues.yaml:1:1: the file must be keys and values, is a list"]),
    ("apiVersion: v1\nkind: Namespace\nmetadata:\n  name: training\n", "{{ helm }}\n", ["queues.yaml"]),
    ("apiVersion: v1\nkind: Namespace",
     "apiVersion: kueue.x-k8s.io/v1beta1\nkind: ClusterQueue\nmetadata: {name: gpus}\n"
     "---\napiVersion: v1\nkind: Namespace",
     ["queues.yaml:10:1: ClusterQueue gpus stands twice: also in queues.yaml:1:1"]),
])
def test_a_wrong_manifest_is_refused_with_its_place(folder, old, new, says):
    assert QUEUES.count(old) == 1
    (folder / "queues.yaml").write_text(QUEUES.replace(old, new), encoding="utf-8")
    message = refusal(folder)
    for words in says:
        assert words in message


def test_a_folder_that_is_not_there_is_refused(tmp_path):
    assert "there is no such folder" in refusal(tmp_path / "none")
    assert "platform.yaml: there is no such file" in refusal(tmp_path)


def test_text_that_is_no_text_is_refused(folder):
    (folder / "platform.yaml").write_bytes(b"\xff\xfe")
    assert "platform.yaml: is not text in UTF-8" in refusal(folder)


def test_of_two_mistakes_the_first_is_told_and_the_other_counted(folder):
    (folder / "platform.yaml").write_text(
        PLATFORM.replace("nodes:", "nods:").replace("guaranteed_gpus", "garanteed"), encoding="utf-8")
    assert refusal(folder).startswith("platform.yaml:3:1: unknown key 'nods' (and 1 more)")


def test_folders_patterns_lists_and_empty_documents_are_manifests_too(folder):
    (folder / "more").mkdir()
    (folder / "more" / "a.yml").write_text("---\n---\napiVersion: v1\nkind: List\nitems:\n- apiVersion: v1\n"
                                           "  kind: ConfigMap\n  metadata:\n    name: listed\n",
                                           encoding="utf-8")
    (folder / "more" / "b.json").write_text(
        '{"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "json"}}', encoding="utf-8")
    (folder / "more" / "notes.txt").write_text("no manifest", encoding="utf-8")
    (folder / "platform.yaml").write_text(PLATFORM.replace("- queues.yaml", "- more\n  - q*.yaml"),
                                          encoding="utf-8")
    loaded = read.load(folder)
    assert [manifest.name for manifest in loaded.manifests] == ["listed", "json", "training", "gpus", "door"]
    assert loaded.manifests[0].where("metadata", "name") == f"{folder / 'more' / 'a.yml'}:9:5"


def test_a_scheduler_conf_in_text_is_read_too(folder):
    text = PLATFORM.replace("  - name: kueue", "  - name: volcano\n    version: v1.14.1\n    settings:\n"
                            "      scheduler_conf: |\n        actions: allocate\n        tier: []\n  - "
                            "name: kueue")
    (folder / "platform.yaml").write_text(text, encoding="utf-8")
    assert "platform.yaml:8:7 (scheduler_conf):2:1: unknown key 'tier'" in refusal(folder)


def test_every_key_of_the_format_is_described():
    def undescribed(schema: dict, path: str) -> list[str]:
        found = []
        for name, part in schema.get("properties", {}).items():
            described = part.get("description") or part.get("$ref")
            found += [] if described else [f"{path}.{name}"]
            found += undescribed(part, f"{path}.{name}")
            found += undescribed(part.get("items", {}), f"{path}.{name}[]")
        for name, part in schema.get("$defs", {}).items():
            found += undescribed(part, name)
        return found

    assert undescribed(read.schema(), "") == []


@pytest.mark.parametrize(("settings", "says"), [
    ("{policies: refuse}", ["platform.yaml:11:16: components[1].settings.policies cannot be the text 'refuse'"]),
    ("{only: [kueue]}", ["platform.yaml:11:5: the key 'policies' is missing in components[1].settings",
                         "add policies: deny or audit"]),
    ("{policies: deny, only: [kueu]}", ["platform.yaml:11:32: there is no policy kueu", "did you mean 'kueue'?"]),
    ("{policies: deny, exempt_namespaces: [A]}", ["platform.yaml:11:52: components[1].settings.exempt_namespaces[0] cannot be",
                                                  "a star at either end"]),
])
def test_wrong_settings_of_gatekeeper_are_refused_with_their_place(folder, settings, says):
    (folder / "platform.yaml").write_text(with_gatekeeper(settings), encoding="utf-8")
    message = refusal(folder)
    for words in says:
        assert words in message


@pytest.mark.parametrize("settings", ["{}", "{policies: audit}", "{exempt_namespaces: [kube-*, a]}",
                                      "{policies: deny, only: [kueue, mig/instances-fit-on-the-gpu]}"])
def test_gatekeeper_may_hold_policies(folder, settings):
    (folder / "platform.yaml").write_text(with_gatekeeper(settings), encoding="utf-8")
    assert read.load(folder).component("gatekeeper") is not None


def with_gatekeeper(settings):
    version = builds.version("gatekeeper")
    return PLATFORM.replace("manifests:", f"  - name: gatekeeper\n    version: {version}\n    settings: {settings}\nmanifests:")
