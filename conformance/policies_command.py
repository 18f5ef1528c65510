"""`seatrial explain`, `seatrial new` and `seatrial snapshot`: what surrounds an audit."""

import argparse
import json
import os
import sys
from pathlib import Path
from typing import ClassVar

from conformance import assets
from conformance.errors import UsageError
from conformance.policy import export, policies

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


class Explain:
    """`seatrial explain POLICY`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("policy", nargs="?", metavar="POLICY", help="for example kueue/lenders-can-reclaim; "
                            "a category lists its policies, nothing lists all")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Print the policy's page, or the list of policies."""
        corpus = policies.load()
        chosen = corpus.only([args.policy]) if args.policy else corpus
        if args.policy in corpus.policies:
            policy = corpus.policies[args.policy]
            print(f"{policy.id} ({policy.policy_class}, {policy.severity.label})\n")
            print((assets.folder(policies.FOLDER) / policy.id / "README.md").read_text(encoding="utf-8"), end="")
            return 0
        width = max(len(name) for name in chosen.policies)
        for policy in chosen.policies.values():
            print(f"{policy.id:{width}}  {policy.severity.label:7}  {policy.policy_class:9}  {policy.title}")
        return 0


class New:
    """`seatrial new policy CATEGORY/NAME`."""

    FILES: ClassVar = {"rule.rego": _RULE, "rule_test.rego": _TEST, "README.md": _PAGE,
                       "denied/example.yaml": _POD, "allowed/example.yaml": _POD}

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("what", choices=["policy"], help="what to begin")
        parser.add_argument("id", metavar="CATEGORY/NAME", help="for example accelerators/gpu-limit-is-set")
        parser.add_argument("--in", dest="folder", type=Path, default=Path(policies.FOLDER), metavar="DIR",
                            help="the folder of policies (default: policies)")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Write the files of a new policy, whole enough to run."""
        category, _, name = args.id.partition("/")
        if not all(part and part.replace("-", "").isalnum() and part == part.lower() for part in (category, name)):
            raise UsageError(f"{args.id} is no name of a policy", "write category/what-must-hold in small letters")
        folder = args.folder / category / name
        if folder.exists():
            raise UsageError(f"{folder} is there already")
        words = {"category": category, "name": name, "title": name.replace("-", " ").capitalize()}
        for file, text in New.FILES.items():
            denied = file.startswith("denied")
            words |= {"container": "replace-this-condition" if denied else "main",
                      "mark": " # denied: container replace-this-condition" if denied else ""}
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            (folder / file).write_text(text.format(**words), encoding="utf-8")
            print(folder / file)
        return 0


class Export:
    """`seatrial policy export DIR`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("what", choices=["export"], help="write them as Gatekeeper's templates")
        export.add_arguments(parser)

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Write the files and say how to apply them."""
        return export.run(args)


class Snapshot:
    """`seatrial snapshot`."""

    @staticmethod
    def add_arguments(parser: argparse.ArgumentParser) -> None:
        """Declare its arguments."""
        parser.add_argument("--kubeconfig", type=Path, metavar="FILE",
                            help="opens the cluster (default: KUBECONFIG, ~/.kube/config)")
        parser.add_argument("--context", metavar="NAME", help="of the kubeconfig (default: its current one)")
        parser.add_argument("--namespace", metavar="NAME", help="only this one (default: all)")

    @staticmethod
    def run(args: argparse.Namespace) -> int:
        """Print the objects that an audit looks at as one JSON List; 2 when some could not be listed."""
        from conformance.objects import Api  # noqa: PLC0415 -- the client of Kubernetes takes half a second to load
        from conformance.policy import live  # noqa: PLC0415

        found, problems = live.snapshot(live.manifests(Api.open(args.kubeconfig, args.context),
                                                       live.kinds(policies.load()), args.namespace))
        json.dump(found, sys.stdout, indent=1)
        sys.stdout.write(os.linesep)
        for problem in problems:
            print(f"seatrial: {problem}\n  way out: {problem.way_out}", file=sys.stderr)
        return 2 if problems else 0
