"""Removes what runs made on a cluster that is not ours: by label, whoever made it and however it ended."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from conformance.clusters.existing import rights
from conformance.clusters.existing.lock import LEASE
from conformance.errors import SeatrialError
from conformance.kube.api import Api, Forbidden, Object, Refused, name_of
from conformance.model.labels import MADE_UNDER
from conformance.waiting import Unmet, eventually, patience

NAMESPACE = "v1/Namespace"
BLOCKS = ("NamespaceDeletionDiscoveryFailure", "NamespaceDeletionGroupVersionParsingFailure",
          "NamespaceDeletionContentFailure", "NamespaceContentRemaining", "NamespaceFinalizersRemaining")
"""Conditions of a namespace that say why it does not go."""


@dataclass(frozen=True)
class Thing:
    """An object that we made."""

    kind: str
    name: str
    namespace: str | None

    def __str__(self) -> str:
        return name_of({"kind": self.kind.rpartition("/")[2],
                        "metadata": {"name": self.name, "namespace": self.namespace}})


def sweep(api: Api, prefix: str | None, *, spaces: Collection[str] | None = None, at_work_in: str | None = None,
          ) -> list[str]:
    """Remove everything that was made under a prefix, or under any where it is None; return it in words.

    `spaces` are the namespaces that are looked into, besides those that we made; None: all that begin so. `at_work_in`
    names the namespace of the run that does it: the namespace and the Lease stay. Raises SeatrialError that names what
    stays after a while, and what keeps it.
    """
    things = [*_made(api, prefix, spaces, at_work_in)]
    # A Lease goes last: until then nobody else begins.
    leases = [thing for thing in things if thing.kind == LEASE]
    _remove(api, [thing for thing in things if thing not in leases])
    _remove(api, [] if at_work_in else leases)
    return [str(thing) for thing in things if thing not in leases]


def _remove(api: Api, things: Sequence[Thing]) -> None:
    """Delete things and wait until they are gone; one that cannot be deleted does not keep the others."""
    refusals: list[SeatrialError] = []
    asked = [thing for thing in things if _ask_to_go(api, thing, refusals)]

    def _left() -> list[Thing]:
        return [thing for thing in asked if api.read(thing.kind, thing.name, thing.namespace) is not None]

    within = 2 * patience().delete
    try:
        eventually(_left, becomes=[], within=within)
    except Unmet:
        said = "; ".join(f"{thing} ({_why(api, thing)})" for thing in _left())
        raise SeatrialError(f"after {within:g} s there still is {said}",
                            "mend what keeps it, then: seatrial down --cluster existing") from None
    for refusal in refusals:
        raise refusal


def _ask_to_go(api: Api, thing: Thing, refusals: list[SeatrialError]) -> bool:
    try:
        api.delete(thing.kind, thing.name, thing.namespace)
    except (Forbidden, Refused) as refusal:
        refusals.append(SeatrialError(f"{thing} stays: {refusal.message}", refusal.way_out))
        return False
    return True


def _made(api: Api, prefix: str | None, spaces: Collection[str] | None, at_work_in: str | None) -> Iterator[Thing]:
    """Yield what bears our label; what lies in a namespace of ours goes with it and is left out."""
    label = MADE_UNDER + (f"={prefix.removesuffix('-')}" if prefix else "")
    ours = [space["metadata"]["name"] for space in api.each(NAMESPACE, labels=label)]
    going = [name for name in ours if name != at_work_in]
    there = [str(space["metadata"]["name"]) for space in api.each(NAMESPACE)]
    others = [name for name in there if name.startswith(prefix or "") and name not in going
              and (spaces is None or name in spaces)]
    for group, resource in rights.made():
        kind = api.kind_of_resource(group, resource)
        if kind not in (None, NAMESPACE):
            making = rights.Right(verb="create", group=group, resource=resource)
            yield from (Thing(kind, obj["metadata"]["name"], obj["metadata"].get("namespace"))
                        for obj in _found(api, kind, label, others if prefix else None, making)
                        if obj["metadata"].get("namespace") not in going)
    yield from (Thing(NAMESPACE, name, None) for name in going)


def _found(api: Api, kind: str, label: str, spaces: list[str] | None, making: rights.Right) -> Iterator[Object]:
    namespaced = api.is_namespaced(kind)
    # In the namespaces under a prefix one by one: the rights may end there.
    for namespace in spaces if namespaced and spaces is not None else (None,):
        try:
            yield from api.each(kind, namespace, labels=label)
        except Forbidden:
            # Who may not make it either, as with the rights of other components alone, has made none. Of what lies in
            # no namespace, who may not read it has made none.
            if namespaced and rights.may(api, making, namespace or ""):
                raise


def blocked(space: Object) -> str:
    """Return what keeps a namespace that is being deleted, as its conditions say."""
    conditions = (space.get("status") or {}).get("conditions") or []
    found = [str(one.get("message", "")) for one in conditions if one["type"] in BLOCKS and one["status"] == "True"]
    held = [*(space["metadata"].get("finalizers") or []), *((space.get("spec") or {}).get("finalizers") or [])]
    return "; ".join(found) or (f"finalizers {', '.join(held)}" if held else "nobody says why")


def _why(api: Api, thing: Thing) -> str:
    found = api.read(thing.kind, thing.name, thing.namespace) or {"metadata": {}}
    if thing.kind == NAMESPACE:
        return f"Terminating: {blocked(found)}"
    held = found["metadata"].get("finalizers")
    return f"finalizers {', '.join(held)}" if held else "nobody says why"
