"""What the account must be allowed to do, as `rights.yaml` here and in the folders of components says.

`reference-manifests/rbac/` holds the same as ClusterRoles, for administrators: `scripts/rights` writes them.
"""

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import SeatrialError, UsageError
from conformance.kube import yaml
from conformance.kube.api import Api, Object

RUN, CHANGES = "seatrial-run", "seatrial-changes"
"""The roles of what a run reads of the whole cluster, and of what it changes in namespaces; those for one component are
called after it too."""
SPACES = "namespaces"
"""The only resource without a namespace of which a run makes any by itself."""
FILE = "rights.yaml"
PARTS = ("survey", "run", "changes", "cluster-objects", "nodes", "service-addresses")
"""What rights are for: a look, what a run reads of the whole cluster, what it changes in namespaces, objects without a
namespace that it makes where they are named, fake nodes that fail, connections to Services."""
MANIFESTS: Mapping[str, str] = {
    "read": """\
# What `seatrial survey`, and `seatrial run` without --allow-changes, need of a cluster: nothing is written.
# Bind it to the account that runs Seatrial, by a ClusterRoleBinding.
""",
    "changes": """\
# What `seatrial run --allow-changes PREFIX` needs beside read.yaml: `seatrial-run` and `seatrial-changes`, and of both
# the roles of the components that the platform has. What is in seatrial-run and those called after it is read of the
# whole cluster, so by a ClusterRoleBinding. RBAC knows no prefix: bound by one, the rights to change reach every
# namespace, and it is Seatrial that keeps within those with the prefix. Where that is too much, make the namespaces
# yourself and bind the roles in each of them: see README.md.
""",
    "cluster-objects": """\
# What `seatrial run` needs beside changes.yaml for --cluster-object and for --may-disturb nodes: take what is asked
# for. Seatrial makes only objects that were named one by one, whatever these rights would allow.
""",
    "service-addresses": """\
# What Seatrial needs to ask a model server by its Service from outside of the cluster: the API server forwards each
# connection to a pod. Bind it in the namespaces of those Services, by RoleBindings. No check that ships takes it yet.
"""}
"""The manifests of `reference-manifests/rbac/`, each with what stands at its head."""
KEYS = ("apiGroups", "resources", "resourceNames", "verbs")
WRITTEN_BY = "# Written by scripts/rights from the files rights.yaml; a test holds them against each other.\n"


@dataclass(frozen=True, kw_only=True)
class Right:
    """One verb on one resource."""

    verb: str
    group: str
    resource: str

    @property
    def full(self) -> str:
        """The resource as RBAC's messages name it: `jobs.batch`."""
        return self.resource + (f".{self.group}" if self.group else "")


def written(file: Path) -> Mapping[str, Sequence[Object]]:
    """Return the rules of a `rights.yaml` by what they are for: RBAC's, each with a `why` where one is said.

    Raises UsageError with the place of what is not known or missing there.
    """
    documents = yaml.read(file)
    if not documents:
        return {}
    found = documents[0].data
    for part, rules in found.items():
        if part not in PARTS:
            raise UsageError(f"{documents[0].where(part)}: no rights are for {part!r}", f"known: {', '.join(PARTS)}")
        for number, rule in enumerate(rules or ()):
            where = documents[0].where(part, number)
            if unknown := sorted({*rule} - {"why", *KEYS}):
                raise UsageError(f"{where}: unknown key {unknown[0]!r}", f"known: why, {', '.join(KEYS)}")
            for key in ("apiGroups", "resources", "verbs"):
                if not isinstance(rule.get(key), list):
                    raise UsageError(f"{where}: {key} must be a list", f"add {key}")
    return {part: rules or [] for part, rules in found.items()}


def of_all() -> dict[str, Mapping[str, Sequence[Object]]]:
    """Return what is written for each component by its name; for all of them, under the name ''."""
    return {"": written(Path(__file__).with_name(FILE)),
            **{name: written(file) for name, file in assets.of_components(FILE).items()}}


def _sources() -> dict[str, list[tuple[str, list[Object]]]]:
    """Return, for each manifest, its roles: name and rules."""
    known = of_all()

    def together(part: str) -> list[Object]:
        return [rule for one in known.values() for rule in one.get(part, ())]

    def each(part: str, name: str) -> list[tuple[str, list[Object]]]:
        return [(f"{name}-{component}" if component else name, [*one[part]])
                for component, one in known.items() if one.get(part)]

    return {"read": [("seatrial-read", together("survey"))],
            "changes": [*each("run", RUN), *each("changes", CHANGES)],
            "cluster-objects": [("seatrial-cluster-objects", together("cluster-objects")),
                                ("seatrial-nodes", together("nodes"))],
            "service-addresses": [("seatrial-service-addresses", together("service-addresses"))]}


def roles(manifest: str) -> tuple[Object, ...]:
    """Return the ClusterRoles of one of the manifests."""
    return tuple({"apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": name},
                  "rules": [{key: rule[key] for key in KEYS if key in rule} for rule in rules]}
                 for name, rules in _sources()[manifest])


def text(manifest: str) -> str:
    """Return one of the manifests as it is written for administrators."""
    return MANIFESTS[manifest] + WRITTEN_BY + "---\n".join(
        f"apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata:\n  name: {name}\nrules:\n"
        + "".join(map(_rule_text, rules)) for name, rules in _sources()[manifest])


def _rule_text(rule: Mapping[str, Any]) -> str:
    why = f"  # {rule['why']}\n" if "why" in rule else ""
    said = [f"{key}: [{', '.join(map(_word, rule[key]))}]" for key in KEYS if key in rule]
    return f"{why}  - " + "\n    ".join(said) + "\n"


def _word(text: str) -> str:
    return text if text.replace("-", "").replace(".", "").replace("/", "").isalnum() else json.dumps(text)


def rights(role: Object) -> Iterator[Right]:
    """Yield the rights that a ClusterRole gives."""
    return _rights(role["rules"])


def _rights(rules: Iterable[Object]) -> Iterator[Right]:
    for rule in rules:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield Right(verb=verb, group=group, resource=resource)


def wanted(components: Iterable[str]) -> dict[Right, bool]:
    """Return the rights that a run with changes takes on a platform of these components.

    True: in the whole cluster, False: in each of its namespaces.
    """
    known = of_all()
    return {right: part == "run" or right.resource == SPACES
            for part in ("run", "changes") for component in ("", *components)
            for right in _rights(known.get(component, {}).get(part, ()))}


def made() -> list[tuple[str, str]]:
    """Return (group, resource) of all that a run may make anywhere, namespaces last."""
    granted = (right for name in ("changes", "cluster-objects") for role in roles(name) for right in rights(role))
    found = dict.fromkeys((right.group, right.resource) for right in granted
                          if right.verb == "create" and "/" not in right.resource)
    return sorted(found, key=lambda one: one == ("", "namespaces"))


def check(api: Api, components: Iterable[str], namespaces: Sequence[str]) -> None:
    """Ask whether this account may do what a run takes, before anything is made.

    `namespaces` are those that are to be used; who has all of them need not be allowed to make any. Raises
    SeatrialError that names every right that it lacks.
    """
    questions = [(right, namespace) for right, everywhere in wanted(components).items()
                 for namespace in ([""] if everywhere else namespaces)]
    lacks = _lacking(api, questions)
    only_makes = all(right.resource == SPACES and right.verb in ("create", "delete") for right in lacks)
    if lacks and not (only_makes and all(api.read("v1/Namespace", name) for name in namespaces)):
        _refuse(api, lacks, "changes")


def check_address(api: Api, namespace: str) -> None:
    """Ask whether this account may reach Services of a namespace, before any is read.

    Raises SeatrialError that names every right that it lacks.
    """
    questions = [(right, namespace) for role in roles("service-addresses") for right in rights(role)]
    _refuse(api, _lacking(api, questions), "service-addresses")


def _lacking(api: Api, questions: Sequence[tuple[Right, str]]) -> dict[Right, list[str]]:
    """Return the rights that the account lacks, each with the namespaces."""
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda one: may(api, *one), questions)]
    lacks: dict[Right, list[str]] = {}
    for (right, namespace), allowed in zip(questions, answers, strict=True):
        if not allowed:
            lacks.setdefault(right, []).append(namespace)
    return lacks


def _refuse(api: Api, lacks: Mapping[Right, Sequence[str]], manifest: str) -> None:
    """Raise SeatrialError that names rights that are lacking and the manifest that gives them, if there are any."""
    if lacks:
        said = "; ".join(f"{right.verb} {right.full}" + (f" in {', '.join(where)}" if any(where) else "")
                         for right, where in lacks.items())
        raise SeatrialError(f"the account of context {api.context} may not: {said}",
                            f"let somebody apply reference-manifests/rbac/{manifest}.yaml and bind it to that account")


def may(api: Api, right: Right, namespace: str = "") -> bool:
    """Whether the account that asks has a right, in a namespace or everywhere."""
    resource, _, sub = right.resource.partition("/")
    return api.may({"namespace": namespace, "verb": right.verb, "group": right.group, "resource": resource,
                    "subresource": sub})
