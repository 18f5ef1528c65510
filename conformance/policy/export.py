"""The policies as Gatekeeper's ConstraintTemplates and Constraints.

What sees one object as it will be stored, and needs no facts, can be held at admission: the rule goes into a template's
library as it is, and the template's own module hands it the object under review.
"""

import hashlib
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from textwrap import indent
from typing import Any

from conformance.errors import UsageError
from conformance.model.finding import Policy, Severity
from conformance.policy import rego
from conformance.policy.engine import ANY, POD_KINDS
from conformance.policy.policies import PODS, Corpus

TEMPLATES, CONSTRAINTS = "templates", "constraints"
ENFORCEMENTS = ("deny", "audit")
LONGEST_NAME = 63
"""Of a resource definition's plural, which is the template's name, in letters."""
REPORTS = "Node"
"""The kind that says what is, not what somebody wants."""
_RULE, _TABLES, _ALIAS = "lib.rule", "lib.tables", "seatrial_tables"

_ENTRY = """package seatrial

import data.lib.rule

violation contains {{"msg": msg, "details": {{"policy": {policy}, "path": finding.path}}}} if {{
	found := rule.findings with input as {{"object": input.review.object}}
	some finding in found
	msg := concat("", [{policy}, ": ", finding.message, "; ", {remedy}])
}}
"""


@dataclass(frozen=True, kw_only=True)
class Exported:
    """One policy, as Gatekeeper takes it."""

    policy: Policy
    template: str
    """The ConstraintTemplate, in YAML."""
    constraint: str
    """The Constraint, in YAML."""


def export(corpus: Corpus, data: Mapping[str, Any], enforcement: str) -> Iterator[Exported]:
    """Yield what can be held at admission; `data` are the tables that rules see as `data`."""
    for policy in corpus.policies.values():
        if policy.at_admission:
            yield Exported(policy=policy, template=_template(policy, corpus, data),
                           constraint=_constraint(policy, enforcement))


def kind(policy: Policy) -> str:
    """Return the constraint's kind, for example `SeatrialKueueFlavorsExist`, cut where Kubernetes takes no more."""
    words = policy.id.replace("/", "-").split("-")
    name = "Seatrial" + "".join(word[:1].upper() + word[1:] for word in words)
    if len(name) <= LONGEST_NAME:
        return name
    mark = hashlib.sha256(policy.id.encode()).hexdigest()[:6]
    return name[:LONGEST_NAME - len(mark)] + mark


def _template(policy: Policy, corpus: Corpus, data: Mapping[str, Any]) -> str:
    entry = _ENTRY.format(policy=json.dumps(policy.id), remedy=json.dumps(policy.remedy, ensure_ascii=False))
    libs = "".join(f"              - |\n{indent(module.strip(), ' ' * 16)}\n"
                   for module in _modules(policy, corpus, data))
    return f"""apiVersion: templates.gatekeeper.sh/v1
kind: ConstraintTemplate
metadata:
  name: {kind(policy).lower()}
  annotations:
    description: {json.dumps(policy.title, ensure_ascii=False)}
spec:
  crd:
    spec:
      names:
        kind: {kind(policy)}
  targets:
    - target: admission.k8s.gatekeeper.sh
      code:
        - engine: Rego
          source:
            version: v1
            rego: |
{indent(entry.strip(), ' ' * 14)}
            libs:
{libs}"""


def _modules(policy: Policy, corpus: Corpus, data: Mapping[str, Any]) -> list[str]:
    """Return the rule as a library, and what it needs: Gatekeeper lets a template refer to `data.lib` alone."""
    by_package = {rego.package(source): source for source in corpus.library.values()}
    needed: dict[str, str] = {}
    ahead = [policy.source]
    while ahead:
        for package in sorted(rego.needed(ahead.pop(), by_package.keys() - needed.keys())):
            needed[package] = by_package[package]
            ahead.append(by_package[package])
    rule = f'policies.{policy.category}["{policy.id.partition("/")[2]}"]'
    tables = sorted({name.partition(".")[0] for source in (policy.source, *needed.values())
                     for name in rego.references(source)} & data.keys())

    def inside(path: str) -> str:
        if path == rule:
            return _RULE
        return f"{_TABLES}.{path}" if path.partition(".")[0] in tables else path

    modules = [_imported(rego.renamed(source, inside)) for source in (policy.source, *needed.values())]
    if tables:
        # As texts: of a value that is written out OPA knows what it lacks, and refuses rules that look for it.
        values = [f"{name} := json.unmarshal({json.dumps(json.dumps(data[name]))})" for name in tables]
        modules.append("\n\n".join([f"package {_TABLES}", *values]))
    return modules


def _imported(module: str) -> str:
    """Return the module with the tables imported: Gatekeeper moves imports, and forgets what `some` goes over."""
    at_hand = module.replace(f"data.{_TABLES}.", f"{_ALIAS}.")
    if at_hand == module:
        return module
    return re.sub(r"^package .*", rf"\g<0>\n\nimport data.{_TABLES} as {_ALIAS}", at_hand, count=1, flags=re.MULTILINE)


def _constraint(policy: Policy, enforcement: str) -> str:
    return f"""apiVersion: constraints.gatekeeper.sh/v1beta1
kind: {kind(policy)}
metadata:
  name: {policy.id.replace("/", ".")}
spec:
  enforcementAction: {_action(policy, enforcement)}
  match:
    kinds:
{_kinds(policy)}"""


def _action(policy: Policy, enforcement: str) -> str:
    if enforcement == "audit":
        return "dryrun"
    # An advice is no reason to keep somebody's workload out, and who refuses a node's report does not mend the node.
    return "deny" if policy.severity is Severity.ERROR and policy.kinds != (REPORTS,) else "warn"


def _kinds(policy: Policy) -> str:
    if ANY in policy.kinds:
        groups: dict[str, list[str]] = {"*": ["*"]}
    else:
        groups = {}
        for name in dict.fromkeys(one for each in policy.kinds for one in (POD_KINDS if each == PODS else (each,))):
            group, _, short = name.rpartition("/")
            groups.setdefault(group, []).append(short)
    return "".join(f"      - apiGroups: {json.dumps([group])}\n        kinds: {json.dumps(names)}\n"
                   for group, names in groups.items())


def write(folder: Path, exported: Sequence[Exported]) -> None:
    """Write what was exported into a folder. Raises UsageError where it is not empty or cannot be written."""
    try:
        if folder.exists() and any(folder.iterdir()):
            raise UsageError(f"{folder} is not empty", "name another folder: nothing is written over")
        for place in (TEMPLATES, CONSTRAINTS):
            (folder / place).mkdir(parents=True, exist_ok=True)
        for one in exported:
            name = one.policy.id.replace("/", ".") + ".yaml"
            (folder / TEMPLATES / name).write_text(one.template, encoding="utf-8")
            (folder / CONSTRAINTS / name).write_text(one.constraint, encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{error.filename}: cannot be written: {error.strerror}") from None
