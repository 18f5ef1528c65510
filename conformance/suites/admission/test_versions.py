"""One object in several versions of its API."""


from conformance import Feature, Fidelity, Unsupported, behaviour, throughout
from conformance.kube.api import Object
from conformance.kube.names import unique
from conformance.model.component import Component
from conformance.model.rule import Renamed
from conformance.platform import Platform


def _renamed(component: Component) -> tuple[Renamed, ...]:
    return (component.rules.renamed,) if component.rules and component.rules.renamed else ()


@behaviour(requirement="admission_rules", needs=[Feature.ADMISSION_RULES, Feature.QUEUE_ENFORCEMENT],
           fidelity=Fidelity.CONTROL_PLANE,
           catches={"kueue-conversion-off": "cohort of ClusterQueues"}, alone=False, disturbs=[],
           cluster_objects=lambda component: [
               f"{renamed.kind}/{version}" for renamed in _renamed(component) for version in renamed.fields])
def test_a_queue_keeps_its_cohort_in_every_version_of_the_api(platform: Platform) -> None:
    """A ClusterQueue that is written in one version of the API has its cohort in the other one.

    The field has two names; a queue that loses it can neither borrow nor lend, and nobody is told.
    """
    cohort = unique("cohort")
    renamed = next(iter(_renamed(platform.component)), None)
    if renamed is None:
        raise Unsupported(f"no field of {platform.component.name} has another name in another version")
    made = [platform.create(_written(platform, renamed, version, cohort))["metadata"]["name"]
            for version in renamed.fields]
    places = [(name, version, field) for name in made for version, field in renamed.fields.items()]
    throughout(lambda: {f"{name} in {version}": _spec(platform, renamed, version, name).get(field)
                        for name, version, field in places},
               stays={f"{name} in {version}": cohort for name, version, _ in places}, during=1,
               because="cohort of ClusterQueues that were written in v1beta1 and in v1beta2")


def _written(platform: Platform, renamed: Renamed, version: str, value: str) -> Object:
    return {"apiVersion": f"{renamed.group}/{version}", "kind": renamed.kind,
            "metadata": {"name": platform.cluster_name(version)}, "spec": {renamed.fields[version]: value}}


def _spec(platform: Platform, renamed: Renamed, version: str, name: str) -> Object:
    found: Object = (platform.api.read(f"{renamed.group}/{version}/{renamed.kind}", name) or {}).get("spec", {})
    return found
