"""How a platform with the Training Operator can be broken, made on the live cluster and taken back."""

from collections.abc import Iterator
from contextlib import contextmanager

from conformance.components import available
from conformance.model.fault import Fault, Site
from conformance.waiting import eventually, patience

NAMESPACE, DEPLOYMENT, LABELS = "kubeflow", "training-operator", "control-plane=kubeflow-training-operator"
WEBHOOK = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"
WEBHOOK_NAME = "validator.training-operator.kubeflow.org"


def _scale(site: Site, replicas: int) -> None:
    site.api.patch("apps/v1/Deployment", DEPLOYMENT, {"spec": {"replicas": replicas}}, NAMESPACE)
    eventually(lambda: len(site.api.list("v1/Pod", NAMESPACE, labels=LABELS)), becomes=replicas,
               within=patience().delete, because=f"the pods of Deployment {NAMESPACE}/{DEPLOYMENT}")
    if replicas:
        eventually(lambda: available(site.api, NAMESPACE, DEPLOYMENT), becomes=True, within=patience().ready,
                   because=f"Deployment {NAMESPACE}/{DEPLOYMENT} is available")


def _policies(site: Site, policy: str) -> None:
    hooks = site.api.read(WEBHOOK, WEBHOOK_NAME)["webhooks"]
    site.api.patch(WEBHOOK, WEBHOOK_NAME, [
        {"op": "replace", "path": f"/webhooks/{at}/failurePolicy", "value": policy} for at in range(len(hooks))])


@contextmanager
def _operator_down(site: Site) -> Iterator[None]:
    # With its webhook out of the way the API takes PyTorchJobs that nobody works on.
    _policies(site, "Ignore")
    _scale(site, 0)
    try:
        yield
    finally:
        _scale(site, 1)
        _policies(site, "Fail")


@contextmanager
def _rules_off(site: Site) -> Iterator[None]:
    sound = site.api.read(WEBHOOK, WEBHOOK_NAME)
    site.api.delete(WEBHOOK, WEBHOOK_NAME)
    try:
        yield
    finally:
        meta = {key: value for key, value in sound["metadata"].items() if key in ("name", "labels")}
        site.api.create({**sound, "metadata": meta})


FAULTS = (
    Fault(name="training-operator-down", description="nobody turns PyTorchJobs into pods", applied=_operator_down),
    Fault(name="training-webhook-gone", description="the API takes any PyTorchJob that fits the schema",
          applied=_rules_off),
)
