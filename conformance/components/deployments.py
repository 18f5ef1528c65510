"""Deployments of components: scaled, and started anew with another configuration."""

from collections.abc import Callable
from functools import partial

from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object, is_true
from conformance.waiting import eventually, patience

DEPLOYMENT = "apps/v1/Deployment"


def available(api: Api, namespace: str, name: str) -> bool:
    """Whether a Deployment has all its replicas ready, of its current generation."""
    found = api.read(DEPLOYMENT, name, namespace)
    if found is None or found["status"].get("observedGeneration") != found["metadata"]["generation"]:
        return False
    status, wanted = found["status"], found["spec"]["replicas"]
    return is_true(found, "Available") and status.get("updatedReplicas") == wanted == status.get("replicas")


def replicas(api: Api, namespace: str, name: str) -> int:
    """Return how many replicas a Deployment is to have. Raises SeatrialError when it is not there."""
    return int(_read(api, namespace, name)["spec"]["replicas"])


def scale(api: Api, namespace: str, name: str, number: int) -> None:
    """Give a Deployment so many replicas; return when it has as many pods, all of them available. Raises Unmet."""
    api.patch(DEPLOYMENT, name, {"spec": {"replicas": number}}, namespace)
    await_no_other(api, namespace, name)
    if number:
        eventually(partial(available, api, namespace, name), becomes=True, within=patience().ready,
                   because=f"Deployment {namespace}/{name} is available")


def await_no_other(api: Api, namespace: str, name: str) -> None:
    """Return when a Deployment has as many pods as it wants: those that went before are gone. Raises Unmet."""
    spec = _read(api, namespace, name)["spec"]
    labels = ",".join(f"{key}={value}" for key, value in spec["selector"]["matchLabels"].items())
    eventually(lambda: len(api.list("v1/Pod", namespace, labels=labels)), becomes=spec["replicas"],
               within=patience().delete, because=f"the pods of Deployment {namespace}/{name}")


def restart(api: Api, namespace: str, name: str, change: Callable[[], object]) -> None:
    """Stop a Deployment, change what it reads at start, and start it again: no pod is left that read the old.

    Raises Unmet.
    """
    number = replicas(api, namespace, name)
    scale(api, namespace, name, 0)
    change()
    scale(api, namespace, name, number)


def _read(api: Api, namespace: str, name: str) -> Object:
    found = api.read(DEPLOYMENT, name, namespace)
    if found is None:
        raise SeatrialError(f"there is no Deployment {namespace}/{name}")
    return found
