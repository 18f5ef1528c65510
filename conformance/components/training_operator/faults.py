"""How a platform with the Training Operator can be broken, made on the live cluster and taken back."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from conformance.components import deployments, mutating_webhook, webhooks
from conformance.components.scheduling import POD_GROUP
from conformance.components.training_operator.names import DEPLOYMENT, GANGS, INIT_IMAGE, NAMESPACE
from conformance.errors import Unsupported
from conformance.kube.api import Object
from conformance.model.fault import Fault, Site

WEBHOOK = "admissionregistration.k8s.io/v1/ValidatingWebhookConfiguration"
ROLE, ROLE_NAME = "rbac.authorization.k8s.io/v1/ClusterRole", "training-operator"
KUBEFLOW, POD_GROUPS = "kubeflow.org", POD_GROUP.partition("/")[0]
PROBE = {"apiVersion": "kubeflow.org/v1", "kind": "PyTorchJob", "spec": {"pytorchReplicaSpecs": {}},
         "metadata": {"name": "does-the-operator-answer", "namespace": NAMESPACE}}
WEBHOOK_NAME = "validator.training-operator.kubeflow.org"


def _policies(site: Site, policy: str) -> None:
    hooks = site.api.read(WEBHOOK, WEBHOOK_NAME)["webhooks"]
    site.api.patch(WEBHOOK, WEBHOOK_NAME, [
        {"op": "replace", "path": f"/webhooks/{at}/failurePolicy", "value": policy} for at in range(len(hooks))])


@contextmanager
def _operator_down(site: Site) -> Iterator[None]:
    # With its webhook out of the way the API takes PyTorchJobs that nobody works on.
    _policies(site, "Ignore")
    number = deployments.replicas(site.api, NAMESPACE, DEPLOYMENT)
    deployments.scale(site.api, NAMESPACE, DEPLOYMENT, 0)
    try:
        yield
    finally:
        deployments.scale(site.api, NAMESPACE, DEPLOYMENT, number)
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


def _flag(flag: str, value: str = "") -> Callable[[Site], AbstractContextManager[None]]:
    """Return what keeps the operator running with another value of a flag, or without the flag."""
    @contextmanager
    def applied(site: Site) -> Iterator[None]:
        pod = site.api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)["spec"]["template"]["spec"]
        sound = pod["containers"][0]["args"]
        others = [arg for arg in sound if not arg.startswith(f"{flag}=")]
        broken = [*others, f"{flag}={value}"] if value else others
        if broken == sound:
            raise Unsupported(f"the Training Operator runs without {flag} anyway: nothing can be shown")
        _started_with(site, broken)
        try:
            yield
        finally:
            _started_with(site, sound)

    return applied


def _started_with(site: Site, args: list[str]) -> None:
    _policies(site, "Ignore")
    deployments.restart(site.api, NAMESPACE, DEPLOYMENT, lambda: site.api.patch("apps/v1/Deployment", DEPLOYMENT, [
        {"op": "replace", "path": "/spec/template/spec/containers/0/args", "value": args}], NAMESPACE))
    _policies(site, "Fail")
    webhooks.await_answer(site.api, PROBE)


@contextmanager
def _dns_down(site: Site) -> Iterator[None]:
    if site.api.read("apps/v1/Deployment", "coredns", "kube-system") is None:
        raise Unsupported("the cluster's DNS is not Deployment kube-system/coredns: nothing can be shown")
    number = deployments.replicas(site.api, "kube-system", "coredns")
    deployments.scale(site.api, "kube-system", "coredns", 0)
    try:
        yield
    finally:
        deployments.scale(site.api, "kube-system", "coredns", number)


def _job_of_one(pod_group: Object) -> None:
    pod_group["spec"]["minMember"] = 1


def _bounds_closed(job: Object) -> None:
    if elastic := job["spec"].get("elasticPolicy"):
        elastic["maxReplicas"] = elastic["minReplicas"]


def _metrics_added(job: Object) -> None:
    if elastic := job["spec"].get("elasticPolicy"):
        elastic.setdefault("metrics", [{"type": "Resource", "resource": {
            "name": "cpu", "target": {"type": "Utilization", "averageUtilization": 80}}}])


def _two_workers(scale: Object) -> None:
    scale["spec"]["replicas"] = min(scale["spec"]["replicas"], 2)


def _told(**otherwise: Callable[[Object], str]) -> Callable[[Object], None]:
    """Return what changes the environment of a process: by name of a variable, the value in a certain pod."""
    def change(pod: Object) -> None:
        for entry in (entry for container in pod["spec"]["containers"] for entry in container.get("env", [])):
            if entry["name"] in otherwise:
                entry["value"] = otherwise[entry["name"]](pod)

    return change


def _itself(pod: Object) -> str:
    return str(pod["metadata"]["name"])


FAULTS = (
    Fault(name="training-pods-stay", description="the Training Operator may not delete pods, so it replaces none",
          applied=_forbidden("delete", "pods")),
    Fault(name="pytorch-services-forbidden", description="the Training Operator may not create Services",
          applied=_forbidden("create", "services")),
    Fault(name="autoscalers-forbidden", description="the Training Operator may not create HorizontalPodAutoscalers",
          applied=_forbidden("create", "horizontalpodautoscalers")),
    Fault(name="training-operator-down", description="nobody turns PyTorchJobs into pods", applied=_operator_down),
    Fault(name="init-image-missing", description="the image in which workers wait for their master is nowhere",
          applied=_flag(INIT_IMAGE, "seatrial.local/never-loaded:1")),
    Fault(name="training-gangs-off", description="the Training Operator hands its jobs to no gang scheduler",
          applied=_flag(GANGS)),
    Fault(name="gangs-of-one", description="a webhook lets every PodGroup start with its first pod",
          applied=mutating_webhook.rewrites("podgroups", _job_of_one, group=POD_GROUPS)),
    Fault(name="trains-alone", description="every process is told that it is rank 0 of 1",
          applied=mutating_webhook.rewrites("pods", _told(RANK=lambda _: "0", WORLD_SIZE=lambda _: "1"))),
    Fault(name="meets-itself", description="every process is told to meet the others at itself",
          applied=mutating_webhook.rewrites("pods", _told(MASTER_ADDR=_itself,
                                                  PET_RDZV_ENDPOINT=_itself))),
    Fault(name="elastic-bounds-closed", description="a webhook lets no elastic job grow beyond its lower bound",
          applied=mutating_webhook.rewrites("pytorchjobs", _bounds_closed, group=KUBEFLOW)),
    Fault(name="elastic-metrics-added", description="a webhook gives every elastic job metrics, so it is autoscaled",
          applied=mutating_webhook.rewrites("pytorchjobs", _metrics_added, group=KUBEFLOW)),
    Fault(name="two-workers-at-most", description="a webhook lets nobody scale a PyTorchJob beyond 2 workers",
          applied=mutating_webhook.rewrites("pytorchjobs/scale", _two_workers, group=KUBEFLOW)),
    Fault(name="cluster-dns-down", description="nobody answers for the names of Services", applied=_dns_down),
    Fault(name="training-webhook-gone", description="the API takes any PyTorchJob that fits the schema",
          applied=webhooks.gone(WEBHOOK_NAME)),
)
