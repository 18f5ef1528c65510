"""A run on somebody's cluster begins with all it needs or with nothing, and says why it cannot."""

from dataclasses import replace

import pytest

from conformance import assets
from conformance.clusters import existing
from conformance.clusters.existing import lock, rights
from conformance.components.kueue import live as kueue_live
from conformance.errors import SeatrialError, Unsupported, UsageError
from conformance.folder import promises, read
from conformance.model.behaviour import Behaviour
from conformance.model.fidelity import Fidelity
from conformance.model.permit import Disturbance
from conformance.platform import on_existing
from conformance.run.settings import Chosen
from conformance.run.settings import settings as resolved

SPACE, DOOR, QUEUE = "v1/Namespace", "kueue.x-k8s.io/v1beta2/LocalQueue", "kueue.x-k8s.io/v1beta2/ClusterQueue"
TEAMS = ("vision", "language", "evaluation", "pretraining")
MADE = ["mine-stranger", "mine-system", *sorted(f"mine-team-{team}" for team in TEAMS)]


@pytest.fixture
def folder():
    return read.load(assets.folder("reference-manifests") / "team-queues")


def add_node(cluster, name, *, pool, fake=False):
    annotations = {"kwok.x-k8s.io/node": "fake"} if fake else {}
    cluster.add("v1/Node", name, metadata={"labels": {"pool": pool, "kubernetes.io/hostname": name, "os": "linux"},
                                           "annotations": annotations}, status={"allocatable": {"nvidia.com/gpu": "8"}})


@pytest.fixture
def cluster(pretend_cluster, folder):
    """The platform as it is written, with one node."""
    add_node(pretend_cluster, "real", pool="a")
    pretend_cluster.add("apps/v1/Deployment", "kueue-controller-manager", "kueue-system", spec={"template": {"spec": {
        "containers": [{"image": "registry.k8s.io/kueue/kueue:v0.19.2"}]}}})
    for manifest in folder.manifests:
        labels = {"kubernetes.io/metadata.name": manifest.name, "cost-centre": "7"} if manifest.kind == "Namespace" else {}
        if f"{manifest.object['apiVersion']}/{manifest.kind}" in (SPACE, DOOR, QUEUE):
            pretend_cluster.add(f"{manifest.object['apiVersion']}/{manifest.kind}", manifest.name, manifest.namespace or None,
                                metadata={"labels": labels}, spec=dict(manifest.spec))
    return pretend_cluster


def settings(cluster, prefix="mine-", **given):
    given = {"cluster": "existing", "kubeconfig": cluster.kubeconfig, "allow_changes": prefix, **given}
    return resolved({name: Chosen(value) for name, value in given.items()})


@pytest.fixture
def enter(cluster, folder):
    """A function that enters the cluster; whoever entered leaves it."""
    entered = []

    def run(prefix="mine-", **given):
        found = settings(cluster, prefix, **given)
        said = []
        entered.append(on_existing.enter(folder, found.permit, kubeconfig=found.kubeconfig, context=found.context,
                                         say=said.append))
        return entered[-1], on_existing.moved(folder, found.permit), said

    yield run
    for one in entered:
        one.close()


def check(entered, moved, team="vision", **changes):
    component = component_for("kueue")
    behaviour = Behaviour(**{"id": "a/b::c", "title": "t", "why": "", "requirement": "quota", "needs": (),
                             "fidelity": Fidelity.CONTROL_PLANE, "catches": (), "disturbs": (), **changes})
    whose = next(one for one in promises.promised(moved).teams if one.name == team)
    on_existing.check(entered, entered.permit, moved, behaviour, component, whose)


def component_for(name):
    from conformance import catalog

    return catalog.components()[name]


# -- the folder ------------------------------------------------------------------------------------


def test_teams_work_in_namespaces_of_ours_and_their_doors_go_with_them(folder, pretend_cluster):
    moved = on_existing.moved(folder, settings(pretend_cluster).permit)
    assert [team.namespace for team in moved.promises.teams] == [f"mine-team-{team}" for team in TEAMS]
    for team in moved.promises.teams:
        assert promises.queues_of(team).queue_of(team, moved) == f"ClusterQueue {team.name}"
    assert moved.promises.confirmed_by == folder.promises.confirmed_by


def test_a_namespace_that_has_the_prefix_stays_what_it_is(folder, pretend_cluster):
    moved = on_existing.moved(folder, settings(pretend_cluster, "team-").permit)
    assert [team.namespace for team in moved.promises.teams] == [f"team-{team}" for team in TEAMS]


def test_drafted_promises_move_too_and_stay_drafts(folder, pretend_cluster):
    moved = on_existing.moved(replace(folder, promises=None), settings(pretend_cluster).permit)
    assert {team.namespace for team in moved.promises.teams} == {f"mine-team-{team}" for team in TEAMS}
    assert moved.promises.confirmed_by is None


def test_a_name_that_would_be_too_long_is_refused(folder, pretend_cluster):
    teams = tuple(replace(team, namespace="n" * 50) for team in folder.promises.teams)
    long = replace(folder, promises=replace(folder.promises, teams=teams))
    with pytest.raises(UsageError, match="would have more than 63 letters"):
        on_existing.moved(long, settings(pretend_cluster, "quite-long-prefix-").permit)


# -- entering --------------------------------------------------------------------------------------


def test_what_is_made_has_the_labels_of_what_it_stands_for_and_goes_again(cluster, enter):
    entered, _, said = enter()
    assert cluster.find(SPACE) == sorted([*MADE, *(f"team-{team}" for team in TEAMS)])
    assert cluster.read(SPACE, "mine-team-vision")["metadata"]["labels"] == {"cost-centre": "7",
                                                                             "seatrial.io/made-under": "mine"}
    assert cluster.read(DOOR, "gpus", "mine-team-vision")["spec"] == {"clusterQueue": "vision"}
    assert said[0].startswith(f"context pretend: http://127.0.0.1:{cluster.port}, run ")
    entered.close()
    assert cluster.find(SPACE) == sorted(f"team-{team}" for team in TEAMS)
    assert cluster.find(lock.LEASE) == []


def test_namespaces_that_are_there_are_used_and_stay(cluster, enter):
    entered, _, _ = enter("team-")
    assert cluster.find(DOOR, "team-vision") == ["gpus"]
    entered.close()
    assert cluster.find(SPACE) == sorted(f"team-{team}" for team in TEAMS)
    assert cluster.find(DOOR) == ["gpus"] * 4
    assert cluster.find(lock.LEASE) == []


def test_what_an_earlier_run_left_is_removed_first(cluster, enter):
    cluster.add(SPACE, "mine-old", metadata={"labels": {"seatrial.io/made-under": "mine"}})
    cluster.add("batch/v1/Job", "old", "mine-old")
    _, _, said = enter()
    assert "removed what an earlier run left: Namespace mine-old" in said
    assert cluster.find("batch/v1/Job") == []


def test_while_one_is_at_work_another_does_not_begin(cluster, enter):
    first, _, _ = enter()
    with pytest.raises(SeatrialError, match=f"{first.lock.holder} holds Lease mine-system/seatrial"):
        enter()
    assert cluster.find(SPACE, None)[0] == "mine-stranger"
    enter("other-")


WANTED = [*rights.wanted(["kueue"])]


@pytest.mark.parametrize("right", WANTED, ids=lambda right: f"{right.verb}-{right.full}")
def test_a_right_that_is_missing_is_named_before_anything_is_made(cluster, enter, right):
    cluster.refuse.add((right.verb, right.full))
    before = dict(cluster.objects)
    with pytest.raises(SeatrialError, match=f"the account of context pretend may not: .*{right.verb} ") as refused:
        enter()
    assert right.full in refused.value.message
    assert "reference-manifests/rbac/changes.yaml" in refused.value.way_out
    assert cluster.objects == before


def test_who_has_his_namespaces_made_by_others_need_not_make_any(cluster, enter):
    for name in MADE:
        cluster.add(SPACE, name)
    cluster.refuse |= {("create", "namespaces"), ("delete", "namespaces")}
    entered, _, _ = enter()
    entered.close()
    assert set(MADE) <= {*cluster.find(SPACE)}
    assert cluster.find(DOOR, "mine-team-vision") == []


def test_rights_of_components_that_the_platform_has_not_are_not_asked_for():
    assert {right.group for right in WANTED} == {"", "coordination.k8s.io", "batch", "kueue.x-k8s.io"}


@pytest.mark.parametrize("right", [right for role in rights.roles("service-addresses") for right in rights.rights(role)],
                         ids=lambda right: f"{right.verb}-{right.full}")
def test_a_right_that_the_address_of_a_service_takes_is_named_before_the_service_is_read(pretend_cluster, right):
    pretend_cluster.refuse.add((right.verb, right.full))
    with pytest.raises(SeatrialError) as refused, \
            existing.attach(pretend_cluster.kubeconfig).address_of("serving", "model", 80):
        pass
    assert refused.value.message == f"the account of context pretend may not: {right.verb} {right.full} in serving"
    assert "reference-manifests/rbac/service-addresses.yaml" in refused.value.way_out
    assert {resource for _, resource, _, _ in pretend_cluster.asked} == {"selfsubjectaccessreviews.authorization.k8s.io"}


def test_an_entrance_that_fails_half_way_leaves_nothing(cluster, enter, monkeypatch):
    monkeypatch.setattr(kueue_live, "open_to", lambda *_: 1 / 0)
    before = dict(cluster.objects)
    with pytest.raises(ZeroDivisionError):
        enter()
    assert cluster.objects == before


@pytest.fixture
def impatient(monkeypatch):
    monkeypatch.setenv("SEATRIAL_PATIENCE", "0.01")


def test_a_namespace_that_is_being_deleted_is_named_with_what_keeps_it(cluster, enter, impatient):
    cluster.add(SPACE, "mine-team-vision", status={"conditions": [
        {"type": "NamespaceContentRemaining", "status": "True", "message": "Some resources are remaining: pods. has 1"}]},
        metadata={"deletionTimestamp": "2026-01-01T00:00:00Z"})
    with pytest.raises(SeatrialError, match="namespace mine-team-vision is being deleted and does not go: Some resources "
                                            "are remaining: pods. has 1") as refused:
        enter()
    assert "take another --allow-changes PREFIX" in refused.value.way_out


def test_real_nodes_and_fake_ones_are_not_mixed(cluster, enter):
    add_node(cluster, "fake", pool="b", fake=True)
    before = dict(cluster.objects)
    with pytest.raises(UsageError, match="of the nodes for our pods 1 are real and 1 only play") as refused:
        enter()
    assert refused.value.way_out == "say which with --node-selector KEY=VALUE, here pool=b or pool=a"
    assert cluster.objects == before
    assert enter(node_selector=["pool=a"])[0].fidelity is Fidelity.NODE


def test_where_no_node_can_take_our_pods_nothing_begins(cluster, enter):
    with pytest.raises(UsageError, match="no node of http.* with GPUs has the labels pool=c"):
        enter(node_selector=["pool=c"])


# -- what can be checked ---------------------------------------------------------------------------


def test_a_queue_that_does_not_select_our_namespace_is_told_with_both_ways_out(cluster, enter):
    entered, moved, _ = enter()
    with pytest.raises(Unsupported, match="ClusterQueue vision does not select namespace mine-team-vision") as told:
        check(entered, moved)
    assert "let its namespaceSelector take mine-team-vision too" in str(told.value)
    assert "the prefix of the team's own namespace" in str(told.value)
    cluster.read(QUEUE, "vision")["spec"]["namespaceSelector"] = {"matchLabels": {"cost-centre": "7"}}
    check(entered, moved)


def test_who_fills_a_cohort_needs_every_door_of_it(cluster, enter):
    entered, moved, _ = enter()
    for name in ("vision", "language"):
        cluster.read(QUEUE, name)["spec"]["namespaceSelector"] = {}
    check(entered, moved)
    with pytest.raises(Unsupported, match="ClusterQueue evaluation does not select"):
        check(entered, moved, disturbs=(Disturbance.COHORT,))
    cluster.read(QUEUE, "evaluation")["spec"]["namespaceSelector"] = {}
    check(entered, moved, disturbs=(Disturbance.COHORT,))


def test_a_queue_or_component_that_is_not_there_is_told(cluster, enter):
    entered, moved, _ = enter()
    del cluster.objects[("kueue.x-k8s.io/v1beta2", "clusterqueues", None, "vision")]
    with pytest.raises(Unsupported, match="ClusterQueue vision is not there"):
        check(entered, moved)
    del cluster.objects[("apps/v1", "deployments", "kueue-system", "kueue-controller-manager")]
    with pytest.raises(Unsupported, match="kueue is not on http"):
        check(entered, moved, alone=False)


def configure(cluster, text):
    cluster.add("v1/ConfigMap", "kueue-manager-config", "kueue-system", data={"controller_manager_config.yaml": text})


ONLY_TEAMS = "managedJobsNamespaceSelector: {matchExpressions: [{key: kubernetes.io/metadata.name, operator: In, values: [a]}]}"


def test_a_namespace_that_kueue_leaves_alone_proves_nothing_about_it(cluster, enter):
    entered, moved, _ = enter()
    configure(cluster, ONLY_TEAMS)
    with pytest.raises(Unsupported, match="managedJobsNamespaceSelector does not select namespace mine-team-vision"):
        check(entered, moved, alone=False)


def test_where_kueue_holds_plain_pods_back_no_node_can_be_used_up(cluster, enter):
    entered, moved, _ = enter("team-")
    nodes = {"disturbs": (Disturbance.NODES,)}
    check(entered, moved, **nodes)
    configure(cluster, "manageJobsWithoutQueueName: true\nintegrations: {frameworks: [batch/job, pod]}\n")
    with pytest.raises(Unsupported, match="Kueue holds pods without a queue back, also in namespace team-system"):
        check(entered, moved, **nodes)


def test_gpus_of_others_are_counted_in_the_queues_that_a_behaviour_needs(cluster, enter):
    entered, moved, _ = enter()
    for name, total in (("vision", 3), ("language", 5)):
        cluster.read(QUEUE, name)["status"] = {"flavorsReservation": [
            {"name": "h100-zone-1", "resources": [{"name": "nvidia.com/gpu", "total": total}, {"name": "cpu", "total": 9}]}]}
    team = promises.promised(moved).teams[0]
    behaviour = Behaviour(id="a/b::c", title="t", why="", requirement="quota", needs=(), fidelity=Fidelity.CONTROL_PLANE,
                          catches=(), disturbs=())

    def held(**changes):
        return on_existing.gpus_of_others(entered.api, moved, replace(behaviour, **changes), component_for("kueue"), team)

    assert held() == {"ClusterQueue vision": 3}
    assert held(disturbs=(Disturbance.COHORT,)) == {"ClusterQueue vision": 3, "ClusterQueue language": 5}
    assert held(alone=False) == {}
