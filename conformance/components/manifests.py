"""Manifests of a platform folder, looked at for what they say about GPUs: whole devices of `nvidia.com/gpu`."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from conformance.errors import UsageError
from conformance.model import quantity
from conformance.model.folder import Manifest, Step
from conformance.model.promise import Team

DRAFTED_BACK_WITHIN_S = 60
"""Manifests say that GPUs are given back, never how soon: a minute leaves pods time to end in order."""

Limit = tuple[tuple[Step, ...], str, str]
"""Where in the object it is, what it says, and the promise that would cover it (empty: none would)."""
Broken = tuple[tuple[Step, ...], str]
"""Where in the queue's manifest, and what cannot be kept: a sentence that begins with the team."""


def of_kind(manifests: Iterable[Manifest], group: str, kind: str) -> tuple[Manifest, ...]:
    """Return the manifests of one kind, whatever the version of the API, in the order they are written."""
    return tuple(manifest for manifest in manifests if (manifest.group, manifest.kind) == (group, kind))


def gpus(manifest: Manifest, holder: Mapping[str, Any] | None, *path: Step) -> int | None:
    """Return the GPUs that stand under the last step of `path` in `holder`, a part of the manifest; None: nothing does.

    Raises UsageError, with file and line, on a quantity that is none.
    """
    written = (holder or {}).get(str(path[-1]))
    if written is None:
        return None
    try:
        return quantity.devices(written)
    except ValueError as error:
        raise UsageError(f"{manifest.where(*path)}: {manifest.kind} {manifest.name}: {path[-1]}: {error}",
                         "write a whole number of GPUs") from None


def labels_of(namespace: str, manifests: Iterable[Manifest]) -> dict[str, Any]:
    """Return the labels of a namespace as it is written, and the one that the API server adds."""
    written = next((manifest.object["metadata"].get("labels") or {} for manifest in of_kind(manifests, "", "Namespace")
                    if manifest.name == namespace), {})
    return {**written, "kubernetes.io/metadata.name": namespace}


def uncovered(manifest: Manifest, limits: Iterable[Limit], teams: Iterable[Team]) -> Iterator[str]:
    """Yield a line for each limit of an object that no promise of these teams covers."""
    teams = [*teams]
    for path, limit, promise in limits:
        if not promise or not any_says(teams, promise):
            yield f"{manifest.where(*path)}: {manifest.kind} {manifest.name}: {limit}: no promise covers it"


def any_says(teams: Iterable[Team], promise: str) -> bool:
    """Whether any of these teams was promised that."""
    return any(getattr(team, promise) is not None for team in teams)
