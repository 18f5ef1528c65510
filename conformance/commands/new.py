"""`seatrial new policy CATEGORY/NAME`: begins a policy of one's own."""

import argparse
from pathlib import Path

from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.policy import policies

PURPOSE = Purpose.JUDGE
HELP = "begin a policy of your own"
EXAMPLES = (
    "seatrial new policy accelerators/gpu-limit-is-set\n"
)

_RULE = '''# METADATA
# title: {title}
# custom:
#   class: regretted
#   severity: warning
#   kinds: [pods]
#   remedy: say what to write instead
#   sources:
#     - project version file
package policies.{category}["{name}"]

import data.lib.workload

findings contains {{"path": c.path, "message": message}} if {{
	some c in workload.gpu_containers
	c.container.name == "replace-this-condition"
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
	wrong := {{"name": "replace-this-condition", "resources": {{"limits": {{"nvidia.com/gpu": 1}}}}}}
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

def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("what", choices=["policy"], help="what to begin")
    parser.add_argument("id", metavar="CATEGORY/NAME", help="for example accelerators/gpu-limit-is-set")
    parser.add_argument("--in", dest="folder", type=Path, default=Path(policies.FOLDER), metavar="DIR",
                        help="the folder of policies (default: policies)")


def run(args: argparse.Namespace) -> int:
    """Write the files of a new policy, whole enough to run."""
    category, _, name = args.id.partition("/")
    if not all(part and part.replace("-", "").isalnum() and part == part.lower() for part in (category, name)):
        raise UsageError(f"{args.id} is no name of a policy", "write category/what-must-hold in small letters")
    folder = args.folder / category / name
    if folder.exists():
        raise UsageError(f"{folder} is there already")
    words = {"category": category, "name": name, "title": name.replace("-", " ").capitalize()}
    for file, text in _FILES.items():
        denied = file.startswith("denied")
        words |= {"container": "replace-this-condition" if denied else "main",
                  "mark": " # denied: container replace-this-condition" if denied else ""}
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        (folder / file).write_text(text.format(**words), encoding="utf-8")
        print(folder / file)
    return 0
