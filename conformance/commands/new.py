"""`seatrial new policy|component|behaviour NAME`: begins one of one's own, refused until it is filled in."""

import argparse
from collections.abc import Mapping
from pathlib import Path

from conformance import assets
from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.policy import policies

PURPOSE = Purpose.EXTEND
HELP = "begin a policy, a component or a behaviour of your own"
EXAMPLES = (
    "seatrial new policy accelerators/gpu-limit-is-set\n"
    "seatrial new component some-queue\n"
    "seatrial new behaviour scheduling/gang-order\n"
)

_RULE = '''# METADATA
# title: {title}
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   remedy: {remedy}
#   sources:
#     - {source}
package policies.{category}["{name}"]

import data.lib.workload

findings contains {{"path": c.path, "message": message}} if {{
	some c in workload.gpu_containers
	c.container.name == "{condition}"
	message := sprintf("container %s ...", [c.container.name])
}}
'''
_TEST = '''package policies.{category}["{name}_test"]

import data.policies.{category}["{name}"] as rule

_pod(container) := {{
	"apiVersion": "v1",
	"kind": "Pod",
	"metadata": {{"name": "a"}},
	"spec": {{"containers": [container]}},
}}

test_what_is_wrong_is_found if {{
	wrong := {{"name": "{condition}", "resources": {{"limits": {{"nvidia.com/gpu": 1}}}}}}
	count(rule.findings) == 1 with input as {{"object": _pod(wrong)}}
}}
'''
_PAGE = '''# {title}

## Why
What goes wrong, where, and what is seen then.

## Instead
What to write.

## Source
Project, version, file.

## When a waiver is right
When, or never.
'''
_POD = '''apiVersion: v1
kind: Pod
metadata:
  name: example
spec:
  containers:
    - name: {container}{mark}
      image: registry.example/image:1.0.0
      resources:
        limits:
          nvidia.com/gpu: 1
'''
_FILES = {"rule.rego": _RULE, "rule_test.rego": _TEST, "README.md": _PAGE,
          "denied/example.yaml": _POD, "allowed/example.yaml": _POD}
_COMPONENT = '''"""{title}: what it is for, in a line.

Upstream: module and version, and the folder of its manifests.
"""

from collections.abc import Sequence
from typing import Any

from conformance.components import LoadImages
from conformance.kube.api import Api, Object
from conformance.model.component import Component
from conformance.model.folder import ComponentSpec


def install(api: Api, spec: ComponentSpec, load_images: LoadImages) -> None:
    """Apply the upstream manifests, and return when it is ready."""
    raise NotImplementedError


def detect(api: Api) -> str | None:
    """Return the version that runs on a live cluster, or None where it does not."""
    raise NotImplementedError


def dress(*_: Any) -> Sequence[Object]:
    """Return the objects of a neutral workload as this product wants them."""
    raise NotImplementedError


# Until it has a version and a role, and all three are written, the catalogue refuses it. `provides` names the
# features that it brings.
COMPONENT = Component(name="{name}", version="", provides=frozenset(), roles=frozenset(), install=install,
                      detect=detect, dress=dress)
'''
_RIGHTS = '''# What an account must be allowed to do on a cluster of others: survey, run, changes, cluster-objects.
survey:
  - why: Its version.
    apiGroups: [apps]
    resources: [deployments]
    resourceNames: [{name}]
    verbs: [get]
'''
_BEHAVIOUR = '''"""What a platform promises of {subject}."""

from conformance import Feature, Fidelity, behaviour, eventually


# Until it names a fault that it catches, and the words of its failure, it is refused.
@behaviour(requirement="quota", needs=[Feature.QUOTA], fidelity=Fidelity.CONTROL_PLANE, catches={{}})
def test_{function}_holds(platform, team):
    """Say here, in one line, what the platform promises."""
    seen = 0
    eventually(lambda: seen, becomes=1, within=30, because="say here why it must be so")
'''
_SETTINGS = '{{"type": "object", "additionalProperties": false}}\n'
_NEXT = {
    "policy": """next: write the rule with its remedy and sources, then what it denies and allows, and why;
      until then audit --policies refuses it; seatrial policy test says whether the examples agree with the rule
      (docs/writing-a-policy.md)""",
    "component": """next: write install, detect, dress, the version and its roles; build.toml (see another component's);
      rights.yaml, then scripts/rights;
      until then the catalogue refuses it, and so does every seatrial run (docs/writing-a-component.md)""",
    "behaviour": """next: say what is promised, name its requirement and features, and a fault that makes it fail;
      until then the catalogue refuses it, and so does every seatrial run (docs/writing-a-behaviour.md)"""}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("what", choices=[*_NEXT], help="what to begin")
    parser.add_argument("id", metavar="NAME", help="policy: CATEGORY/NAME, for example accelerators/gpu-limit-is-set; "
                        "component: a name; behaviour: SUITE/SUBJECT")
    parser.add_argument("--in", dest="folder", type=Path, metavar="DIR",
                        help="the folder to write into (default: policies, or the checkout's components or suites)")


def run(args: argparse.Namespace) -> int:
    """Write the files of something new."""
    files = {"policy": _policy, "component": _component, "behaviour": _behaviour}[args.what](args.id, args.folder)
    for file in files:
        if file.exists():
            raise UsageError(f"{file} is there already")
    for file, text in files.items():
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text, encoding="utf-8")
        print(file)
    print(_NEXT[args.what])
    return 0


def _policy(name: str, folder: Path | None) -> Mapping[Path, str]:
    """Return the files of a policy that nobody has filled in."""
    category, name = _parts(name, "policy", "category/what-must-hold")
    place = (folder or Path(policies.FOLDER)) / category / name
    if place.exists():
        raise UsageError(f"{place} is there already")
    words = {"category": category, "name": name, "title": name.replace("-", " ").capitalize(),
             "remedy": policies.BEGUN_REMEDY, "source": policies.BEGUN_SOURCE, "condition": policies.BEGUN_CONDITION}
    found = {}
    for file, text in _FILES.items():
        denied = file.startswith("denied")
        words |= {"container": policies.BEGUN_CONDITION if denied else "main",
                  "mark": f" # denied: container {policies.BEGUN_CONDITION}" if denied else ""}
        found[place / file] = text.format(**words)
    return found


def _component(name: str, folder: Path | None) -> Mapping[Path, str]:
    """Return the files of a component that nobody has filled in."""
    (name,) = _parts(name, "component", "some-queue")
    place = (folder or _in_checkout("components")) / name.replace("-", "_")
    words = {"name": name, "title": name.replace("-", " ").capitalize()}
    return {place / file: text.format(**words) for file, text in {
        "__init__.py": _COMPONENT, "rights.yaml": _RIGHTS, "settings.schema.json": _SETTINGS}.items()}


def _behaviour(name: str, folder: Path | None) -> Mapping[Path, str]:
    """Return the files of a behaviour that nobody has filled in."""
    area, subject = _parts(name, "behaviour", "suite/subject")
    place = (folder or _in_checkout("suites")) / area.replace("-", "_")
    file = place / f"test_{subject.replace('-', '_')}.py"
    words = {"subject": subject.replace("-", " "), "function": subject.replace("-", "_")}
    package = {} if (place / "__init__.py").exists() else {
        place / "__init__.py": f'"""Behaviours of {area}."""\n'}
    return {**package, file: _BEHAVIOUR.format(**words)}


def _parts(name: str, what: str, like: str) -> list[str]:
    parts = name.split("/")
    if len(parts) != len(like.split("/")) or not all(
            part.replace("-", "").isalnum() and part == part.lower() and not part[0].isdigit() for part in parts):
        raise UsageError(f"{name} is no name of a {what}", f"write {like} in small letters")
    return parts


def _in_checkout(name: str) -> Path:
    if not (assets.PACKAGE.parent / "pyproject.toml").is_file():
        raise UsageError("it belongs into a checkout of Seatrial, and this is an installed one",
                         "run it in a checkout, or say where with --in DIR")
    return assets.PACKAGE / name
