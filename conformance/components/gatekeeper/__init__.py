"""Gatekeeper: policies held at admission, Seatrial's own among them.

Upstream: github.com/open-policy-agent/gatekeeper v3.23.1, `deploy/gatekeeper.yaml`.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from conformance import builds
from conformance.components import LoadImages, Programs, fit_small_node, image_tag, install_programs, webhooks
from conformance.components.gatekeeper import enforcement
from conformance.components.gatekeeper.faults import FAULTS
from conformance.components.gatekeeper.names import CONFIG, CONSTRAINTS, DEPLOYMENT, NAMESPACE, WEBHOOK
from conformance.components.gatekeeper.survey import admission
from conformance.components.pods import plain_pods
from conformance.errors import UsageError
from conformance.kube.api import Api, Object, load
from conformance.model.component import Component, Enforcement
from conformance.model.feature import Feature
from conformance.model.folder import ComponentSpec
from conformance.model.role import Role

PROGRAMS = Programs(images=("gatekeeper",),
                    deployments=((NAMESPACE, DEPLOYMENT), (NAMESPACE, "gatekeeper-audit")))
PROBE = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": "does-gatekeeper-answer"}}
NAME = "config"
"""What its one Config is called."""


def install(api: Api, spec: ComponentSpec, load_images: LoadImages) -> None:
    """Install Gatekeeper, and return when the policies that the platform wants are in force."""
    objects = _patched(load(builds.rendered("gatekeeper")))
    # While they are there and Gatekeeper is not, nobody can make a namespace: they come last.
    hooks = [obj for obj in objects if obj["kind"].endswith("WebhookConfiguration")]
    install_programs(api, PROGRAMS, [obj for obj in objects if obj not in hooks], load_images)
    api.apply_all(hooks)
    webhooks.await_answer(api, PROBE)
    _exempt(api, spec.settings.get("exempt_namespaces", ()))
    wanted = enforcement.chosen(spec.settings) if spec.settings.get("policies") else None
    enforcement.withdraw(api, but=wanted)
    if wanted:
        enforcement.enforce(api, wanted, spec.settings["policies"])


def _exempt(api: Api, namespaces: Sequence[str]) -> None:
    """Let Gatekeeper look at all namespaces but these."""
    if namespaces:
        version, _, kind = CONFIG.rpartition("/")
        api.apply_soon({"apiVersion": version, "kind": kind, "metadata": {"name": NAME, "namespace": NAMESPACE},
                        "spec": {"match": [{"excludedNamespaces": [*namespaces], "processes": ["*"]}]}})
    elif api.serves(CONFIG):
        api.delete(CONFIG, NAME, NAMESPACE)


def _patched(objects: list[Object]) -> list[Object]:
    for obj in objects:
        if obj["kind"] == "Deployment":
            fit_small_node(obj, builds.reference("gatekeeper"))
            obj["spec"]["replicas"] = 1  # upstream runs three side by side, each with all policies in memory
    return objects


def detect(api: Api) -> str | None:
    """Return the image tag of the running Gatekeeper, or None."""
    found = api.read("apps/v1/Deployment", DEPLOYMENT, NAMESPACE)
    return image_tag(found) if found else None


def adds(settings: Mapping[str, Any]) -> frozenset[Feature]:
    """Return what the platform's policies add to a Gatekeeper that has none."""
    return frozenset({Feature.POLICY_ENFORCEMENT} if settings.get("policies") == "deny" else ())


def check_settings(settings: Mapping[str, Any], where: Callable[..., str]) -> None:
    """Raise UsageError where the settings name a policy that there is not."""
    try:
        enforcement.chosen(settings)
    except UsageError as error:
        raise UsageError(f"{where('only')}: {error.message}", error.way_out) from None


def settings_on(api: Api) -> Mapping[str, Any]:
    """Return which policies of Seatrial are in force there, how (`deny` or `audit`), and where they are not."""
    config = (api.read(CONFIG, NAME, NAMESPACE) if api.serves(CONFIG) else None) or {"spec": {}}
    exempt = [namespace for match in config["spec"].get("match") or () if "*" in match.get("processes", ())
              for namespace in match.get("excludedNamespaces", ())]
    said: dict[str, Any] = {"exempt_namespaces": exempt} if exempt else {}
    kinds = [kind for kind in enforcement.ours(api) if api.serves(f"{CONSTRAINTS}/{kind}")]
    constraints = [one for kind in kinds for one in api.list(f"{CONSTRAINTS}/{kind}")]
    actions = {one["spec"].get("enforcementAction", "deny") for one in constraints}
    if actions:
        said["policies"] = "deny" if "deny" in actions else "audit"
        only = enforcement.named({one["kind"] for one in constraints})
        said |= {"only": only} if only else {}
    return said


COMPONENT = Component(name="gatekeeper", provides=frozenset(), roles=frozenset({Role.POLICY}), install=install,
                      programs=PROGRAMS.images, detect=detect, dress=plain_pods,
                      faults=FAULTS, adds=adds, settings_on=settings_on,
                      check_settings=check_settings, admission=admission,
                      enforces=Enforcement(by=WEBHOOK, policies=lambda settings: [
                          *enforcement.chosen(settings).policies.values()]),
                      version=builds.version("gatekeeper"),
                      added_by=((Feature.POLICY_ENFORCEMENT, "its setting policies: deny (seatrial policy export)"),))
