"""What else a platform is made of: gateways, metric APIs, rules at admission, and products known by their APIs."""

from conformance import catalog
from conformance.errors import SeatrialError
from conformance.kube.api import NOBODY_READS, is_true
from conformance.model.survey import Present
from conformance.survey.reader import Reader

GATEWAYS = "gateway.networking.k8s.io"
POLICIES = "admissionregistration.k8s.io"
METRICS = ("metrics.k8s.io", "custom.metrics.k8s.io", "external.metrics.k8s.io")
PRODUCTS = {"serving.kserve.io": "KServe", "serving.knative.dev": "Knative Serving", "keda.sh": "KEDA",
            "jobset.x-k8s.io": "JobSet", "leaderworkerset.x-k8s.io": "LeaderWorkerSet",
            "trainer.kubeflow.org": "Kubeflow Trainer", "ray.io": "KubeRay", "nvidia.com": "NVIDIA GPU Operator",
            "inference.networking.k8s.io": "Gateway API Inference Extension", "monitoring.coreos.com":
            "Prometheus Operator", "gateway.envoyproxy.io": "Envoy Gateway", "networking.istio.io": "Istio"}
"""Products by the API group that only they bring."""


def apis(reader: Reader) -> tuple[Present, ...]:
    """Return the products that are known by their API alone."""
    return tuple(Present(name=product, version=reader.versions[group].partition("/")[2])
                 for group, product in PRODUCTS.items() if group in reader.versions)


def gateways(reader: Reader) -> tuple[Present, ...]:
    """Return the classes of gateways and the gateways."""
    classes = [Present(name=f"GatewayClass {one['metadata']['name']}", about=str(one["spec"]["controllerName"]))
               for one in reader.each(GATEWAYS, "GatewayClass")]
    found = [Present(name=f"Gateway {one['metadata']['namespace']}/{one['metadata']['name']}",
                     about=f"{one['spec']['gatewayClassName']}, "
                           f"{'programmed' if is_true(one, 'Programmed') else 'not programmed'}")
             for one in reader.each(GATEWAYS, "Gateway")]
    return (*classes, *found)


def metrics(reader: Reader) -> tuple[Present, ...]:
    """Return the metric APIs that are registered, and whether they answer."""
    return tuple(Present(name=group, version=reader.versions[group].partition("/")[2], about=_metrics(reader, group))
                 for group in METRICS if group in reader.versions)


def _metrics(reader: Reader, group: str) -> str:
    try:
        found = reader.api.get(f"/apis/{reader.versions[group]}") or {}
    except NOBODY_READS:
        raise
    except SeatrialError as error:
        return f"does not answer: {error.message}"
    known = sorted({entry["name"].rpartition("/")[2] for entry in found.get("resources", [])})
    return f"{len(known)} metrics" if group != METRICS[0] else f"of {', '.join(known)}"


def admission(reader: Reader) -> tuple[Present, ...]:
    """Return what is held at admission by components and by the API server's own policies."""
    found = [present for one in catalog.components().values() for present in one.admission(reader.each)]
    policies = sum(1 for _ in reader.each(POLICIES, "ValidatingAdmissionPolicy"))
    if policies:
        found.append(Present(name="ValidatingAdmissionPolicies", about=str(policies)))
    return tuple(found)
