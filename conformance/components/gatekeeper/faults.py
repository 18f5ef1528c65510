"""How a platform with policies at admission can be broken, made on the live cluster and taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.components import webhooks
from conformance.components.gatekeeper.enforcement import await_force
from conformance.components.gatekeeper.names import CONSTRAINTS, TEMPLATE, VALIDATING
from conformance.kube.api import Api, Object, kind_of
from conformance.model.fault import Fault, Site


def _denying(api: Api) -> list[Object]:
    kinds = [template["spec"]["crd"]["spec"]["names"]["kind"] for template in api.list(TEMPLATE)]
    return [one for kind in kinds for one in api.list(f"{CONSTRAINTS}/{kind}")
            if one["spec"].get("enforcementAction") == "deny"]


@contextmanager
def _only_reported(site: Site) -> Iterator[None]:
    found = _denying(site.api)
    _act(site.api, found, "dryrun")
    try:
        yield
    finally:
        _act(site.api, found, "deny")


def _act(api: Api, constraints: list[Object], action: str) -> None:
    for one in constraints:
        api.patch(kind_of(one), one["metadata"]["name"], {"spec": {"enforcementAction": action}})
    for one in constraints:
        await_force(api, one)


FAULTS = (
    Fault(name="policies-only-reported", description="what a policy denies enters, and is reported some time later",
          applied=_only_reported),
    Fault(name="policy-webhook-gone", description="nobody asks Gatekeeper about what enters",
          applied=webhooks.gone(VALIDATING)),
)
