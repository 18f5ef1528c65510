"""How a platform with the Training Operator can be broken, made on the live cluster and taken back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from conformance.components import available, webhooks
from conformance.errors import Unsupported
from conformance.model.fault import Fault, Site
from conformance.objects import Object
from conformance.waiting import eventually, patience

NAMESPACE, DEPLOYMENT, LABELS = "kubeflow", "training-operator", "control-plane=kubeflow-training-operator"
WEBHOOK = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"
ROLE, ROLE_NAME = "rbac.authorization.k8s.io/v1/ClusterRole", "training-operator"
INIT_IMAGE = "--pytorch-init-container-image"
PROBE = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {}},
         "metadata": {"name": "does-the-operator-answer", "namespace": NAMESPACE}}
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
        webhooks.await_answer(site.api, PROBE)


def _forbidden(verb: str, resource: str) -> Callable[[Site], AbstractContextManager[None]]:
    @contextmanager
    def applied(site: Site) -> Iterator[None]:
        sound = site.api.read(ROLE, ROLE_NAME)["rules"]
        _allow(site, [{**rule, "verbs": [one for one in rule["verbs"] if one != verb]}
                      if resource in rule["resources"] else rule for rule in sound])
        try:
            yield
        finally:
            _allow(site, sound)

    return applied


def _allow(site: Site, rules: list[Object]) -> None:
    site.api.patch(ROLE, ROLE_NAME, [{"op": "replace", "path": "/rules", "value": rules}])


@contextmanager
def _init_image_missing(site: Site) -> Iterator[None]:
    pod = site.api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)["spec"]["template"]["spec"]
    sound = pod["containers"][0]["args"]
    others = [arg for arg in sound if not arg.startswith(INIT_IMAGE)]
    _started_with(site, [*others, f"{INIT_IMAGE}=seatrial.local/never-loaded:1"])
    try:
        yield
    finally:
        _started_with(site, sound)


def _started_with(site: Site, args: list[str]) -> None:
    _policies(site, "Ignore")
    _scale(site, 0)
    site.api.patch("apps/v1/Deployment", DEPLOYMENT, [
        {"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": args}], NAMESPACE)
    _scale(site, 1)
    _policies(site, "Fail")
    webhooks.await_answer(site.api, PROBE)


@contextmanager
def _dns_down(site: Site) -> Iterator[None]:
    sound = site.api.read("apps/v1/Deployment", "coredns", "kube-system")
    if sound is None:
        raise Unsupported("the cluster's DNS is not Deployment kube-system/coredns: nothing can be shown")
    _dns(site, 0)
    try:
        yield
    finally:
        _dns(site, sound["spec"]["replicas"])
        eventually(lambda: available(site.api, "kube-system", "coredns"), becomes=True, within=patience().ready,
                   because="Deployment kube-system/coredns is available again")


def _dns(site: Site, replicas: int) -> None:
    site.api.patch("apps/v1/Deployment", "coredns", {"spec": {"replicas": replicas}}, "kube-system")
    eventually(lambda: len(site.api.list("v1/Pod", "kube-system", labels="k8s-app=kube-dns")), becomes=replicas,
               within=patience().delete, because="the pods of Deployment kube-system/coredns")


FAULTS = (
    Fault(name="training-pods-stay", description="the Training Operator may not delete pods, so it replaces none",
          applied=_forbidden("delete", "pods")),
    Fault(name="pytorch-services-forbidden", description="the Training Operator may not create Services",
          applied=_forbidden("create", "services")),
    Fault(name="training-operator-down", description="nobody turns PyTorchJobs into pods", applied=_operator_down),
    Fault(name="init-image-missing", description="the image in which workers wait for their master is nowhere",
          applied=_init_image_missing),
    Fault(name="cluster-dns-down", description="nobody answers for the names of Services", applied=_dns_down),
    Fault(name="training-webhook-gone", description="the API takes any PyTorchJob that fits the schema",
          applied=webhooks.gone(WEBHOOK_NAME)),
)
