"""What every component keeps to, aspect by aspect: each function fails with a sentence about the component.

They know no product: what they ask of one is what it declares, what a platform folder says of it, and what is on the
cluster.
"""

import re
from dataclasses import replace
from datetime import datetime
from functools import partial

from conformance.builds.catalogue import select
from conformance.clusters.existing import rights
from conformance.errors import SeatrialError, Unsupported
from conformance.folder import promises
from conformance.kube.api import Api
from conformance.matching import like
from conformance.model.behaviour import Behaviour
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.labels import FAKE, NODE_LABEL
from conformance.model.permit import Permit
from conformance.model.workload import Placement, Workload, gang, job
from conformance.platform import Platform, on_existing
from conformance.run import judging
from conformance.survey.reader import Reader
from conformance.waiting import Unmet, eventually, patience

from ...accounts import without
from .objects import differences

NOTHING_OF_ITS_OWN: dict[str, list] = {}
"""The rights of a component that has no rights.yaml: those that every run takes must be enough."""
VISIT = "visit-"
"""How the namespaces begin that a visit makes on a cluster of others."""
PRIORITY = 10


# -- there or not there ----------------------------------------------------------------------------


def is_absent(component, api):
    """Nobody installed it, and it is not seen."""
    found = component.detect(api)
    assert found is None, f"{component.name} is not installed, and detect says that {found} is"


def is_present(component, api):
    """It is seen, in the version that was installed; what comes with the cluster in whatever version that has."""
    found = component.detect(api)
    assert found, f"{component.name} is installed, and detect does not see it"
    if not component.of_ground:
        assert found == component.version, f"{component.name} {component.version} is installed, detect says {found}"


# -- settings --------------------------------------------------------------------------------------


def has_settings(component):
    """Whether its schema knows any setting."""
    return bool(component.settings_schema.get("properties"))


def is_set(component, api, settings):
    """What was said of it is read back from the cluster, and its programs have read it."""
    found = like(dict(settings)).differences(component.settings_on(api))
    assert not found, f"{component.name}: settings_on says otherwise than the folder: {'; '.join(found)}"
    old = unread(api, {program.reference for program in select(component.programs) if program.image})
    assert not old, f"{component.name} runs with what it read before: {'; '.join(old)}"


def replaces_settings(component, install, api, settings):
    """Other settings take the place of those before, both ways: here none at all, and then those of the folder again."""
    install({})
    assert like(dict(settings)).differences(component.settings_on(api)), (
        f"{component.name} was installed without settings, and settings_on still says {settings}")
    is_set(component, api, {})
    install(settings)
    is_set(component, api, settings)


def unread(api, images):
    """Return a line for each container of these images that began before a ConfigMap of its pod was written last."""
    found = []
    for pod in api.list("v1/Pod"):
        if not {one["image"] for one in pod["spec"]["containers"]} & images:
            continue
        for name in [volume["configMap"]["name"] for volume in pod["spec"].get("volumes", ()) if "configMap" in volume]:
            written = api.read("v1/ConfigMap", name, pod["metadata"]["namespace"])
            changed = max(entry["time"] for entry in written["metadata"]["managedFields"])
            found += [f"{pod['metadata']['name']} began at {began}, ConfigMap {name} is of {changed}"
                      for one in pod["status"].get("containerStatuses", ())
                      if (began := one["state"].get("running", {}).get("startedAt"))
                      and datetime.fromisoformat(began) < datetime.fromisoformat(changed)]
    return found


# -- work ------------------------------------------------------------------------------------------


def shapes(component, team):
    """Return the work that a component has to dress, by what it is."""
    where = {"on_real_node": True} if Feature.FAKE_GPU in component.provides else {}
    found = {"a job": Workload(pods=2, gpus_per_pod=1, **where), "a gang": replace(gang(pods=2, gpus_per_pod=1), **where)}
    if component.priority_kind:
        found["urgent work"] = replace(job(gpus=1, priority=PRIORITY), **where)
    if team.stays_in_one and Feature.TOPOLOGY in component.provides:
        found[f"a gang in one {team.stays_in_one}"] = gang(pods=2, gpus_per_pod=1, one_of=team.stays_in_one)
    if Feature.JOB_RESTART_POLICY in component.provides:
        found["a gang that starts again as a whole"] = gang(pods=2, gpus_per_pod=1, restart_job_on_eviction=True)
    return found


def works(platform):
    """Work of every shape, dressed by it, is taken by the API server and runs; what bears its label is all of it."""
    component, team = platform.component, worker(platform)
    for what, workload in shapes(component, team).items():
        try:
            submitted = platform.submit(workload, team=team)
        except SeatrialError as refusal:
            raise AssertionError(f"{what}, dressed by {component.name}, is not taken: {refusal.message}") from refusal
        try:
            submitted.await_running()
        except Unmet as unmet:
            raise AssertionError(f"{what}, dressed by {component.name}, does not run: {unmet}") from unmet
        submitted.delete()


def worker(platform):
    """Return whose work it dresses: of the team that is served, where it names a queue; of nobody, where it names none."""
    served, one = platform.team, Workload(pods=1, gpus_per_pod=1)
    dress = platform.component.dress
    names_queue = served and dress(one, served, "work") != dress(one, replace(served, queue=""), "work")
    return served if names_queue else platform.nobody


# -- rights ----------------------------------------------------------------------------------------


def own_rights(component):
    """Return what its rights.yaml says, by what it is for."""
    return rights.of_all().get(component.name, NOTHING_OF_ITS_OWN)


def rules(component, *parts):
    """Return the rules that every run takes and those of the component, for some purposes."""
    return [{key: rule[key] for key in rights.KEYS if key in rule}
            for one in (rights.of_all()[""], own_rights(component)) for part in parts for rule in one.get(part, ())]


def own(component, *parts):
    """Return its own rights for some purposes, each once."""
    said = own_rights(component)
    return [*dict.fromkeys(right for part in parts for right in rights.rights({"rules": said.get(part, ())}))]


def lacking(component, right, *parts):
    """Return the rules for some purposes without one right."""
    return without(rules(component, *parts), right.verb, right.group, right.resource)


def names_what_is_served(component, api):
    """Every resource of its rights.yaml is one that the cluster serves once it is installed."""
    unknown = [right.full for right in own(component, *rights.PARTS)
               if right.resource != "*" and api.kind_of_resource(right.group, right.resource) is None]
    assert not unknown, f"{component.name}: rights.yaml names what nobody serves: {', '.join(unknown)}"


def look(component, api):
    """Return what is seen of a component by a look at a cluster, and what may not be read."""
    reader = Reader(api)
    seen = {"version": reader.ask(partial(component.detect, api), None),
            "settings": reader.ask(partial(component.settings_on, api), {}),
            "admission": [*component.admission(reader.each)],
            "objects": {f"{kind}.{group}": sorted(one["metadata"]["name"] for one in reader.each(group, kind))
                        for group, kind in component.reads}}
    return seen, [*reader.unread]


def may_look(component, api, whole):
    """An account with no more than the rights for a look sees all that an administrator sees."""
    seen, refused = look(component, api)
    assert not refused, f"{component.name}: its rights for a survey lack {', '.join(refused)}"
    assert seen == whole, f"{component.name}: with its rights for a survey {seen} is seen of {whole}"


def is_missed(component, api, right):
    """Without one of its rights for a look, a look is refused just that."""
    _, refused = look(component, api)
    missed = [one for one in refused if right.resource == "*" or one.startswith(f"{right.verb} {right.full}")]
    assert missed, f"{component.name}: nobody needs {right.verb} {right.full} of its rights for a survey"


def visit(component, folder, kubeconfig):
    """Go to a cluster of others as a run does: look, submit work, see it dealt with, and leave nothing."""
    folder = of_component(folder, component)
    behaviour = Behaviour(id="a/b::c", title="", why="", requirement="quota", needs=(), catches=(), alone=False,
                          disturbs=(), priorities=(PRIORITY,) if component.priority_kind else (),
                          fidelity=Fidelity.CONTROL_PLANE)
    permit = Permit(prefix=VISIT, placement=Placement(node_selector=((NODE_LABEL, FAKE),)))
    permit = replace(permit, cluster_objects=frozenset(on_existing.needed_objects(behaviour, component, permit)))
    cluster = on_existing.enter(folder, permit, kubeconfig=kubeconfig, context=None, say=lambda _: None)
    try:
        there = on_existing.moved(folder, permit)
        # Whether work of these namespaces is let in is the owner's to say.
        is_closed = None
        try:
            on_existing.check(cluster, permit, there, replace(behaviour, alone=True), component, None)
        except Unsupported as said:
            is_closed = said
        with Platform.open(cluster, there, behaviour=behaviour, component=component, team=None) as platform:
            for workload in shapes(component, worker(platform)).values():
                submitted = platform.submit(replace(workload, on_real_node=False), team=worker(platform))
                if not is_closed and platform.team:
                    submitted.await_running()
                submitted.delete()
    finally:
        cluster.close()


def of_component(folder, component):
    """Return a folder as if it had this component alone, and of its teams those that it serves."""
    said = promises.promised(folder)
    return replace(folder, components=tuple(spec for spec in folder.components if spec.name == component.name),
                   promises=replace(said, teams=tuple(team for team in said.teams if team.component == component.name)))


def may_visit(component, folder, kubeconfig, api):
    """An account with no more than the base rights and its own ones can go there, and nothing stays of it."""
    try:
        visit(component, folder, kubeconfig)
    except SeatrialError as refusal:
        raise AssertionError(f"{component.name}: with its own rights: {refusal.message}") from refusal
    assert not visited(api), f"{component.name}: what a visit left: {visited(api)}"


def is_kept_out(component, folder, kubeconfig, right, api):
    """Without one of its rights a visit is refused, naming it, before anything is made."""
    try:
        visit(component, folder, kubeconfig)
        said = "it was let in"
    except SeatrialError as refusal:
        said = refusal.message
    assert re.search(f"may not.* {right.verb} {re.escape(right.full)}", said), (
        f"{component.name}: without the right to {right.verb} {right.full}: {said}")
    assert not visited(api), f"{component.name}: refused, it left {visited(api)}"


def is_only_there(component, api, less, right):
    """It has a right by its rights.yaml alone: `less` is opened by an account without it."""
    assert rights.may(api, right), f"{component.name}: its rights.yaml does not give {right.verb} {right.full}"
    assert not rights.may(less, right), f"{component.name}: every run may {right.verb} {right.full} anyway"


def visited(api):
    """Return the namespaces that a visit made."""
    return sorted(name for one in api.list("v1/Namespace") if (name := one["metadata"]["name"]).startswith(VISIT))


def with_rights(kubeconfig):
    """Open a cluster as an account that was made just now, once the API server knows of its rights."""
    api = Api.open(kubeconfig)
    base = rights.Right(verb="list", group="", resource="nodes")
    eventually(lambda: rights.may(api, base), becomes=True, within=patience().apply, because="the account has its rights")
    return api


# -- faults ----------------------------------------------------------------------------------------


def breaks_and_mends(fault, sites, before, snapshot):
    """The fault changes what it says it changes, and when it is taken back all objects are as they were before.

    `sites` are the places for it, one for each team; the first that can have it counts. Raises Unsupported where none can.
    """
    refusal = Unsupported(f"{fault.name}: there is nobody to break anything for")
    for site in sites:
        try:
            with judging.applied(fault, site):
                during = snapshot()
        except Unsupported as error:
            refusal = error
            continue
        assert differences(before, during) or not fault.in_objects, f"fault {fault.name} changes no object"
        eventually(partial(_changed, snapshot, before), becomes=[], within=patience().delete,
                   because=f"what fault {fault.name} leaves behind")
        return
    raise refusal


def _changed(snapshot, before):
    return differences(before, snapshot())


def are_shown(component, seen, refused):
    """Each of its faults was applied on some platform that ships. `refused` says, by name, why not elsewhere."""
    never = [f"{fault.name} ({'; '.join(refused.get(fault.name, ['nobody tried']))})"
             for fault in component.faults if fault.name not in seen]
    assert not never, f"{component.name}: faults that no reference platform can have: {', '.join(never)}"
