"""Faults that every component with admission webhooks can have."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager

from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object, Refused, name_of
from conformance.model.fault import Site
from conformance.waiting import eventually, patience

VALIDATING = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"
SERVER_ERROR = 500


def gone(*names: str) -> Callable[[Site], AbstractContextManager[None]]:
    """Return what keeps ValidatingWebhookConfigurations away: the API then takes whatever fits the schema."""
    @contextmanager
    def applied(site: Site) -> Iterator[None]:
        with ExitStack() as back:
            for name in names:
                sound = site.api.read(VALIDATING, name)
                if sound is None:
                    raise SeatrialError(f"there is no ValidatingWebhookConfiguration {name}")
                site.api.delete(VALIDATING, name)
                back.callback(site.api.create, _anew(sound))
            yield

    return applied


def await_answer(api: Api, obj: Object) -> None:
    """Return when the webhooks that `obj` meets answer, whatever they say. Raises Unmet.

    A Deployment is available before every node has heard where its Service leads now.
    """
    eventually(lambda: _failure(api, obj), becomes="", within=patience().ready,
               because=f"webhooks answer for {name_of(obj)}")


def _failure(api: Api, obj: Object) -> str:
    try:
        api.create(obj, dry_run=True)
    except Refused as refusal:
        return refusal.reason if refusal.status >= SERVER_ERROR else ""
    return ""


def _anew(obj: Object) -> Object:
    meta = {key: value for key, value in obj["metadata"].items() if key in ("name", "labels", "annotations")}
    return {**obj, "metadata": meta}
