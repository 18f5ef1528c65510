"""How a platform with Volcano can be broken: real misconfigurations, made on the live cluster and taken back."""

import copy
import json
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

from conformance.components import deployments, mutating_webhook, webhooks
from conformance.components.volcano.names import NAMESPACE, QUEUE, SCHEDULER_CONFIG, SCHEDULER_KEY
from conformance.errors import SeatrialError, Unsupported
from conformance.kube.api import Object, kind_of, parse
from conformance.model.fault import Fault, Site
from conformance.model.labels import GPU_RESOURCE

RETRIES = "volcano.sh/job-retry-count"
JOBS = "batch.volcano.sh"

Change = Callable[[Object], None]


@contextmanager
def _scheduler_configured(site: Site, change: Change) -> Iterator[None]:
    """Keep the scheduler's configuration changed; a new scheduler is certain to have read it."""
    api = site.api
    sound = api.read("v1/ConfigMap", SCHEDULER_CONFIG, NAMESPACE)["data"][SCHEDULER_KEY]
    broken = parse(sound, SCHEDULER_CONFIG)[0]
    before = copy.deepcopy(broken)
    change(broken)
    if broken == before:
        raise Unsupported("the scheduler already is as the fault would make it: nothing can be shown")
    _restart(site, json.dumps(broken))
    try:
        yield
    finally:
        _restart(site, sound)


def _restart(site: Site, configuration: str) -> None:
    deployments.restart(site.api, NAMESPACE, "volcano-scheduler", lambda: site.api.patch(
        "v1/ConfigMap", SCHEDULER_CONFIG, {"data": {SCHEDULER_KEY: configuration}}, NAMESPACE))


def _scheduler_fault(name: str, description: str, change: Change) -> Fault:
    def applied(site: Site) -> AbstractContextManager[None]:
        return _scheduler_configured(site, change)

    return Fault(name=name, description=description, applied=applied)


def _without_plugin(name: str) -> Change:
    def change(conf: Object) -> None:
        for tier in conf["tiers"]:
            tier["plugins"] = [plugin for plugin in tier["plugins"] if plugin["name"] != name]

    return change


def _without_action(name: str) -> Change:
    def change(conf: Object) -> None:
        conf["actions"] = ", ".join(action for action in conf["actions"].replace(" ", "").split(",")
                                    if action != name)

    return change


@contextmanager
def _queue_changed(site: Site, change: Change) -> Iterator[None]:
    if site.team is None:
        raise SeatrialError("this fault breaks a team's queue and was given no team")
    name = site.team.queue
    sound = site.api.read(QUEUE, name)["spec"]
    broken = copy.deepcopy(sound)
    change(broken)
    if broken == sound:
        raise Unsupported(f"Queue {name} already is as the fault would make it: nothing can be shown")
    site.api.patch(QUEUE, name, [{"op": "replace", "path": "/spec", "value": broken}])
    try:
        yield
    finally:
        site.api.patch(QUEUE, name, [{"op": "replace", "path": "/spec", "value": sound}])


def _capability_over(spec: Object) -> None:
    spec["capability"][GPU_RESOURCE] = int(spec["capability"][GPU_RESOURCE]) + 8


def _capability_short(spec: Object) -> None:
    less = int(spec["deserved"][GPU_RESOURCE]) - 8
    spec["capability"][GPU_RESOURCE] = spec["deserved"][GPU_RESOURCE] = less
    reserved = spec.get("guarantee", {}).get("resource", {})
    if GPU_RESOURCE in reserved:  # the webhook wants it to be no more than what is deserved
        reserved[GPU_RESOURCE] = min(int(reserved[GPU_RESOURCE]), less)


def _queue_fault(name: str, description: str, change: Change) -> Fault:
    def applied(site: Site) -> AbstractContextManager[None]:
        return _queue_changed(site, change)

    return Fault(name=name, description=description, applied=applied)


@contextmanager
def _controllers_down(site: Site) -> Iterator[None]:
    number = deployments.replicas(site.api, NAMESPACE, "volcano-controllers")
    deployments.scale(site.api, NAMESPACE, "volcano-controllers", 0)
    try:
        yield
    finally:
        deployments.scale(site.api, NAMESPACE, "volcano-controllers", number)


def _everyone_needed(job: Object) -> None:
    job["spec"]["minAvailable"] = sum(task["replicas"] for task in job["spec"]["tasks"])


def _without_restart_policy(job: Object) -> None:
    for task in job["spec"]["tasks"]:
        task["template"]["spec"].pop("restartPolicy", None)


def _without(part: str) -> Change:
    def change(job: Object) -> None:
        job["spec"].pop(part, None)

    return change


@contextmanager
def _second_attempts_refused(site: Site) -> Iterator[None]:
    """Keep an admission policy that knows the pods of a job's first attempt only."""
    name, group = "seatrial-first-attempts-only", "admissionregistration.k8s.io/v1"
    rules = [{"apiGroups": [""], "apiVersions": ["v1"], "operations": ["CREATE"], "resources": ["pods"]}]
    attempt = f"object.metadata.?annotations[?'{RETRIES}'].orValue('0')"
    made: list[Object] = [
        {"apiVersion": group, "kind": "ValidatingAdmissionPolicy", "metadata": {"name": name},
         "spec": {"matchConstraints": {"resourceRules": rules},
                  "validations": [{"expression": f"{attempt} == '0'", "message": "this is not a first attempt"}]}},
        {"apiVersion": group, "kind": "ValidatingAdmissionPolicyBinding", "metadata": {"name": name},
         "spec": {"policyName": name, "validationActions": ["Deny"]}}]
    try:
        for obj in made:
            site.api.create(obj)
        yield
    finally:
        for obj in reversed(made):
            site.api.delete(kind_of(obj), name)


FAULTS = (
    _scheduler_fault("gang-plugin-off", "Volcano's scheduler runs without its gang plugin",
                     _without_plugin("gang")),
    _scheduler_fault("volcano-reclaim-off", "Volcano's scheduler takes nothing back for a queue",
                     _without_action("reclaim")),
    _scheduler_fault("volcano-preempt-off", "Volcano's scheduler never preempts within a queue",
                     _without_action("preempt")),
    _scheduler_fault("topology-plugin-off", "Volcano's scheduler does not know racks",
                     _without_plugin("network-topology-aware")),
    _queue_fault("capability-over", "the Queue's capability is one node more than promised", _capability_over),
    _queue_fault("capability-short", "the Queue deserves and may hold one node less than promised", _capability_short),
    Fault(name="job-controller-down", description="nothing restarts Volcano's jobs",
          applied=_controllers_down),
    Fault(name="volcano-webhook-gone", description="the API takes any Job that fits the schema",
          applied=webhooks.gone("volcano-admission-service-jobs-validate")),
    Fault(name="second-attempts-refused", description="an admission policy refuses the pods of a job's second attempt",
          applied=_second_attempts_refused),
    Fault(name="everyone-needed", description="a webhook makes every Job's gang as large as the Job",
          applied=mutating_webhook.rewrites("jobs", _everyone_needed, group=JOBS)),
    Fault(name="job-plugins-stripped", description="a webhook takes the plugins out of every Job",
          applied=mutating_webhook.rewrites("jobs", _without("plugins"), group=JOBS)),
    Fault(name="job-policies-stripped", description="a webhook takes the policies out of every Job",
          applied=mutating_webhook.rewrites("jobs", _without("policies"), group=JOBS)),
    Fault(name="restart-policy-stripped", description="a webhook takes the restartPolicy out of every Job",
          applied=mutating_webhook.rewrites("jobs", _without_restart_policy, group=JOBS)),
)
