"""How a platform with Kueue can be broken: real misconfigurations, made on the live cluster and taken back."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any

from conformance.components import crds, deployments, mutating_webhook, webhooks
from conformance.components.kueue.names import CONFIG_KEY, CONFIG_MAP, DEPLOYMENT, NAMESPACE
from conformance.errors import SeatrialError, Unsupported
from conformance.kube.api import Object
from conformance.kube.names import unique
from conformance.model.fault import Fault, Site
from conformance.model.labels import FAKE, GPU_RESOURCE, NODE_LABEL, RACK_LABEL

CLUSTER_QUEUE = "kueue.x-k8s.io/v1beta2/ClusterQueue"
RESOURCE_FLAVOR = "kueue.x-k8s.io/v1beta2/ResourceFlavor"
LOCAL_QUEUE = "kueue.x-k8s.io/v1beta2/LocalQueue"
COHORT = "kueue.x-k8s.io/v1beta2/Cohort"

MIDDLING = 100
"""A priority below which work counts as less urgent here."""

Change = Callable[[Object], None]


def cluster_queue_name(site: Site) -> str:
    """Return the ClusterQueue behind the queue of the site's team. Raises SeatrialError."""
    team = site.team
    if team is None:
        raise SeatrialError("this fault breaks a team's queue and was given no team")
    found = site.api.read(LOCAL_QUEUE, team.queue, team.namespace)
    if found is None:
        raise SeatrialError(f"team {team.name} has no LocalQueue {team.namespace}/{team.queue}")
    return str(found["spec"]["clusterQueue"])


@contextmanager
def _queue_changed(site: Site, change: Change) -> Iterator[None]:
    """Keep the spec of the team's ClusterQueue changed."""
    name = cluster_queue_name(site)
    sound = site.api.read(CLUSTER_QUEUE, name)
    broken = copy.deepcopy(sound["spec"])
    change(broken)
    limits = _quota(broken)
    if not broken.get("cohortName") and {"borrowingLimit", "lendingLimit"} & limits.keys():
        raise Unsupported(f"ClusterQueue {name} is in no cohort: it can neither borrow nor lend")
    if broken == sound["spec"]:
        raise Unsupported(f"ClusterQueue {name} already is as the fault would make it: nothing can be shown")
    _replace_spec(site, name, broken)
    try:
        yield
    finally:
        _replace_spec(site, name, sound["spec"])


def _replace_spec(site: Site, name: str, spec: Object, *, kind: str = CLUSTER_QUEUE) -> None:
    site.api.patch(kind, name, [{"op": "replace", "path": "/spec", "value": spec}])


def _queue_fault(name: str, description: str, change: Change) -> Fault:
    def applied(site: Site) -> AbstractContextManager[None]:
        return _queue_changed(site, change)

    return Fault(name=name, description=description, applied=applied)


def _quota(spec: Object) -> Any:
    """Return the GPU quota of the first flavor: what it says is what the fault changes."""
    return next(resource for group in spec["resourceGroups"] for flavor in group["flavors"]
                for resource in flavor["resources"] if resource["name"] == GPU_RESOURCE)


def _nominal_short(spec: Object) -> None:
    _quota(spec)["nominalQuota"] = int(_quota(spec)["nominalQuota"]) - 1


def _nominal_over(spec: Object) -> None:
    _quota(spec)["nominalQuota"] = int(_quota(spec)["nominalQuota"]) + 1


def _borrowing_unlimited(spec: Object) -> None:
    _quota(spec).pop("borrowingLimit", None)


def _borrowing_refused(spec: Object) -> None:
    _quota(spec)["borrowingLimit"] = 0


def _lending_unlimited(spec: Object) -> None:
    _quota(spec).pop("lendingLimit", None)


def _reclaim_never(spec: Object) -> None:
    spec["preemption"]["reclaimWithinCohort"] = "Never"


def _within_never(spec: Object) -> None:
    spec["preemption"]["withinClusterQueue"] = "Never"


def _within_lower(spec: Object) -> None:
    spec["preemption"]["withinClusterQueue"] = "LowerPriority"


def _half_guarantee(spec: Object) -> None:
    quota = _quota(spec)
    half = int(quota["nominalQuota"]) // 2
    quota["nominalQuota"], quota["borrowingLimit"] = half, half
    quota.pop("lendingLimit", None)


def _open_to_all(spec: Object) -> None:
    spec["namespaceSelector"] = {}


@contextmanager
def _cohort_limit_dropped(site: Site) -> Iterator[None]:
    """Keep the nearest borrowing limit above the team's ClusterQueue away: that of a Cohort."""
    name = cluster_queue_name(site)
    above: str | None = site.api.read(CLUSTER_QUEUE, name)["spec"].get("cohortName")
    passed: list[str] = []  # cohorts that name each other as parents end nowhere
    while above and above not in passed and (cohort := site.api.read(COHORT, above)):
        broken = copy.deepcopy(cohort["spec"])
        limits = [resource for group in broken.get("resourceGroups", ()) for flavor in group["flavors"]
                  for resource in flavor["resources"]
                  if resource["name"] == GPU_RESOURCE and resource.pop("borrowingLimit", None) is not None]
        if limits:
            break
        passed.append(above)
        above = cohort["spec"].get("parentName")
    else:
        raise Unsupported(f"no Cohort above ClusterQueue {name} limits what it borrows: nothing can be shown")
    _replace_spec(site, above, broken, kind=COHORT)
    try:
        yield
    finally:
        _replace_spec(site, above, cohort["spec"], kind=COHORT)


@contextmanager
def _configured(site: Site, change: Change) -> Iterator[None]:
    """Keep Kueue running with a changed configuration: it reads it at start only, so it is started anew."""
    api = site.api
    sound = api.read("v1/ConfigMap", CONFIG_MAP, NAMESPACE)["data"][CONFIG_KEY]
    broken = json.loads(sound)
    change(broken)
    if broken == json.loads(sound):
        raise Unsupported("Kueue's configuration already is as the fault would make it: nothing can be shown")
    _restart(api, json.dumps(broken))
    try:
        yield
    finally:
        _restart(api, sound)


def _restart(api: Any, configuration: str) -> None:
    deployments.restart(api, NAMESPACE, DEPLOYMENT, lambda: api.patch(
        "v1/ConfigMap", CONFIG_MAP, {"data": {CONFIG_KEY: configuration}}, NAMESPACE))
    webhooks.await_answer(api, {"apiVersion": "kueue.x-k8s.io/v1beta2", "kind": "ResourceFlavor",
                                "metadata": {"name": "does-kueue-answer"}})


def _configuration_fault(name: str, description: str, change: Change) -> Fault:
    def applied(site: Site) -> AbstractContextManager[None]:
        return _configured(site, change)

    return Fault(name=name, description=description, applied=applied)


def _no_enforcement(configuration: Object) -> None:
    configuration["manageJobsWithoutQueueName"] = False


def _no_fair_sharing(configuration: Object) -> None:
    configuration.pop("fairSharing", None)


def _no_waiting(configuration: Object) -> None:
    configuration.pop("waitForPodsReady", None)


def _pytorch_not_managed(configuration: Object) -> None:
    frameworks = configuration["integrations"]["frameworks"]
    # Not its pods either: Kueue would hold them one by one.
    configuration["integrations"]["frameworks"] = [
        name for name in frameworks if name not in ("kubeflow.org/pytorchjob", "pod")]


@contextmanager
def _gpus_overcounted(site: Site) -> Iterator[None]:
    """Let the team's ClusterQueue have twice its GPUs, and no topology that would notice that they are not there."""
    api, name = site.api, cluster_queue_name(site)
    sound = api.read(CLUSTER_QUEUE, name)["spec"]
    broken = copy.deepcopy(sound)
    with ExitStack() as back:
        for flavor in (flavor for group in broken["resourceGroups"] for flavor in group["flavors"]):
            placed = api.read(RESOURCE_FLAVOR, flavor["name"])
            if placed["spec"].pop("topologyName", None):
                flavor["name"] = unique(flavor["name"])
                back.callback(api.delete, RESOURCE_FLAVOR, flavor["name"])
                api.create({"apiVersion": placed["apiVersion"], "kind": placed["kind"],
                            "metadata": {"name": flavor["name"]}, "spec": placed["spec"]})
            for resource in flavor["resources"]:
                if resource["name"] == GPU_RESOURCE:
                    resource["nominalQuota"] = 2 * int(resource["nominalQuota"])
        back.callback(_replace_spec, site, name, sound)
        _replace_spec(site, name, broken)
        yield


@contextmanager
def racks_mislabelled(site: Site) -> Iterator[None]:
    """Keep every node saying that it stands in the first rack: a scheduler then takes many for one."""
    api = site.api
    sound = {node["metadata"]["name"]: node["metadata"]["labels"][RACK_LABEL] for node in api.list("v1/Node")
             if RACK_LABEL in node["metadata"]["labels"]}
    if len(set(sound.values())) < 2:
        raise Unsupported("the nodes stand in fewer than two racks: nothing can be shown")
    first = min(sound.values())
    for name in sound:
        api.patch("v1/Node", name, {"metadata": {"labels": {RACK_LABEL: first}}})
    try:
        yield
    finally:
        for name, rack in sound.items():
            api.patch("v1/Node", name, {"metadata": {"labels": {RACK_LABEL: rack}}})


def _low_raised(workload: Object) -> None:
    # Above what most work has, and below what is urgent.
    if 0 < int(workload["spec"].get("priority") or 0) < MIDDLING:
        workload["spec"]["priority"] = 5 * MIDDLING


def _tolerates_for_ever(pod: Object) -> None:
    for toleration in pod["spec"].get("tolerations", []):
        toleration.pop("tolerationSeconds", None)


@contextmanager
def _nominal_over_and_seen(site: Site) -> Iterator[None]:
    """Keep the nominal quota one GPU too high, where the nodes have one that could be given out."""
    api, name = site.api, cluster_queue_name(site)
    limits = _quota(api.read(CLUSTER_QUEUE, name)["spec"])
    most = int(limits["nominalQuota"]) + int(limits.get("borrowingLimit") or 0)
    nodes = api.list("v1/Node", labels=f"{NODE_LABEL}={FAKE}") or api.list("v1/Node")
    there = sum(int(node["status"].get("allocatable", {}).get(GPU_RESOURCE, 0)) for node in nodes)
    if there <= most:
        raise Unsupported(f"the nodes have {there} GPUs, no more than ClusterQueue {name} may hold: one that is given "
                          "out in excess would run nowhere, and nothing can be shown")
    with _queue_changed(site, _nominal_over):
        yield


FAULTS = (
    _queue_fault("nominal-quota-short", "the ClusterQueue's nominal quota is one GPU less than promised",
                 _nominal_short),
    Fault(name="nominal-quota-over", description="the ClusterQueue's nominal quota is one GPU more than promised",
          applied=_nominal_over_and_seen),
    _queue_fault("borrowing-limit-dropped", "the ClusterQueue has lost its borrowing limit", _borrowing_unlimited),
    Fault(name="cohort-limit-dropped", description="a Cohort above the ClusterQueue has lost its borrowing limit",
          applied=_cohort_limit_dropped),
    _queue_fault("borrowing-refused", "the ClusterQueue may borrow nothing", _borrowing_refused),
    _queue_fault("lending-limit-dropped", "the ClusterQueue has lost its lending limit", _lending_unlimited),
    _queue_fault("reclaim-off", "the ClusterQueue never takes back what it lent", _reclaim_never),
    _queue_fault("priority-ignored", "nothing is preempted within the ClusterQueue", _within_never),
    _queue_fault("preemption-within-on", "urgent work preempts within the ClusterQueue", _within_lower),
    _queue_fault("guarantee-halved", "half of the promised GPUs are borrowed, so others may reclaim them",
                 _half_guarantee),
    _queue_fault("queue-open-to-all", "the ClusterQueue's namespaceSelector selects every namespace", _open_to_all),
    _configuration_fault("queueless-jobs-ignored", "Kueue leaves jobs without a queue's name alone",
                         _no_enforcement),
    _configuration_fault("fair-sharing-off", "borrowers are served in order of arrival", _no_fair_sharing),
    _configuration_fault("pods-ready-not-awaited", "half-started jobs keep their GPUs", _no_waiting),
    _configuration_fault("pytorch-not-managed", "Kueue knows neither PyTorchJobs nor single pods",
                         _pytorch_not_managed),
    Fault(name="gpus-overcounted", description="the ClusterQueue has twice the GPUs of its nodes, and no topology",
          applied=_gpus_overcounted),
    Fault(name="kueue-webhook-gone", description="the API takes any object of Kueue's that fits the schema",
          applied=webhooks.gone("kueue-validating-webhook-configuration")),
    Fault(name="kueue-rules-stripped", description="the schemas of Kueue's queues have lost their CEL rules",
          applied=crds.changed(crds.without_rules, "clusterqueues.kueue.x-k8s.io", "localqueues.kueue.x-k8s.io")),
    Fault(name="kueue-conversion-off", description="a ClusterQueue is renamed to another version, not converted",
          applied=crds.changed(crds.without_conversion, "clusterqueues.kueue.x-k8s.io")),
    Fault(name="lost-nodes-tolerated", description="a webhook lets every pod stay on a node that is lost",
          applied=mutating_webhook.rewrites("pods", _tolerates_for_ever)),
    Fault(name="low-priority-raised", description="a webhook makes the least urgent Workloads more urgent than others",
          applied=mutating_webhook.rewrites("workloads", _low_raised, group="kueue.x-k8s.io")),
    Fault(name="racks-mislabelled", description="every node says that it stands in the first rack",
          applied=racks_mislabelled),
)
