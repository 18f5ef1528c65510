"""What the account must be allowed to do: the manifests in `reference-manifests/rbac/` say it, and are asked about."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache

from conformance import assets
from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object, load

RUN, CHANGES = "seatrial-run", "seatrial-changes"
"""The roles of what a run reads of the whole cluster, and of what it changes in namespaces; those for one component are
called after it too."""
SPACES = "namespaces"
"""The only resource without a namespace of which a run makes any by itself."""


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


@cache
def roles(name: str) -> tuple[Object, ...]:
    """Return the ClusterRoles of one of the manifests."""
    found = load(assets.folder("reference-manifests") / "rbac" / f"{name}.yaml")
    return tuple(obj for obj in found if obj["kind"] == "ClusterRole")


def rights(role: Object) -> Iterator[Right]:
    """Yield the rights that a ClusterRole gives."""
    for rule in role["rules"]:
        for group in rule["apiGroups"]:
            for resource in rule["resources"]:
                for verb in rule["verbs"]:
                    yield Right(verb=verb, group=group, resource=resource)


def wanted(components: Iterable[str]) -> dict[Right, bool]:
    """Return the rights that a run with changes takes on a platform of these components.

    True: in the whole cluster, False: in each of its namespaces.
    """
    names = {role: role == RUN for role in (RUN, CHANGES)}
    names |= {f"{role}-{component}": role == RUN for component in components for role in (RUN, CHANGES)}
    return {right: names[role["metadata"]["name"]] or right.resource == SPACES for role in roles("changes")
            if role["metadata"]["name"] in names for right in rights(role)}


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
    with ThreadPoolExecutor(8) as pool:
        answers = [*pool.map(lambda one: may(api, *one), questions)]
    lacks: dict[Right, list[str]] = {}
    for (right, namespace), allowed in zip(questions, answers, strict=True):
        if not allowed:
            lacks.setdefault(right, []).append(namespace)
    only_makes = all(right.resource == SPACES and right.verb in ("create", "delete") for right in lacks)
    if lacks and only_makes and all(api.read("v1/Namespace", name) for name in namespaces):
        return
    if lacks:
        said = "; ".join(f"{right.verb} {right.full}" + (f" in {', '.join(where)}" if any(where) else "")
                         for right, where in lacks.items())
        raise SeatrialError(f"the account of context {api.context} may not: {said}",
                            "let somebody apply reference-manifests/rbac/changes.yaml and bind it to that account")


def may(api: Api, right: Right, namespace: str = "") -> bool:
    """Whether the account that asks has a right, in a namespace or everywhere."""
    resource, _, sub = right.resource.partition("/")
    return api.may({"namespace": namespace, "verb": right.verb, "group": right.group, "resource": resource,
                    "subresource": sub})
