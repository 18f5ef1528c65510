"""One object in several versions of its API."""

import secrets

from conformance import Feature, Fidelity, behaviour, throughout
from conformance.kube.api import Object
from conformance.platform import Platform

GROUP = "kueue.x-k8s.io"


@behaviour(requirement="admission_rules", needs=[Feature.ADMISSION_RULES, Feature.QUEUE_ENFORCEMENT],
           fidelity=Fidelity.CONTROL_PLANE,
           catches={"kueue-conversion-off": "cohort of ClusterQueues"}, alone=False, disturbs=[],
           cluster_objects={"kueue": ["ClusterQueue/v1beta1", "ClusterQueue/v1beta2"]})
def test_a_queue_keeps_its_cohort_in_every_version_of_the_api(platform: Platform) -> None:
    """A ClusterQueue that is written in one version of the API has its cohort in the other one.

    The field has two names; a queue that loses it can neither borrow nor lend, and nobody is told.
    """
    cohort = f"cohort-{secrets.token_hex(3)}"
    old = platform.create(_cluster_queue(platform, "v1beta1", cohort=cohort))["metadata"]["name"]
    new = platform.create(_cluster_queue(platform, "v1beta2", cohortName=cohort))["metadata"]["name"]
    places = [(name, version, field) for name in (old, new)
              for version, field in (("v1beta1", "cohort"), ("v1beta2", "cohortName"))]
    throughout(lambda: {f"{name} in {version}": _spec(platform, version, name).get(field)
                        for name, version, field in places},
               stays={f"{name} in {version}": cohort for name, version, _ in places}, during=1,
               because="cohort of ClusterQueues that were written in v1beta1 and in v1beta2")


def _cluster_queue(platform: Platform, version: str, **spec: str) -> Object:
    return {"apiVersion": f"{GROUP}/{version}", "kind": "ClusterQueue",
            "metadata": {"name": platform.cluster_name(version)}, "spec": spec}


def _spec(platform: Platform, version: str, name: str) -> Object:
    found: Object = (platform.api.read(f"{GROUP}/{version}/ClusterQueue", name) or {}).get("spec", {})
    return found
