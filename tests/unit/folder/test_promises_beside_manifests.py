import dataclasses
from pathlib import Path

import pytest

from conformance import assets
from conformance.components.kueue import cohorts
from conformance.components.kueue.manifests import cluster_queues
from conformance.components.manifests import DRAFTED_BACK_WITHIN_S
from conformance.folder import promises, read
from conformance.folder.contradictions import contradictions
from conformance.folder.uncovered import uncovered_limits

EXERCISE = "exercise-128-gpus"
QUEUES = "manifests/queues.yaml"
FLEET = "manifests/fleet.yaml"
PLATFORM = "platform.yaml"
REFERENCES = sorted(path.parent.name for path in assets.folder("reference-manifests").glob("*/platform.yaml"))

SERVING_RECLAIMS = ("    reclaimWithinCohort: Any\n    withinClusterQueue: Never\n",
                    "    withinClusterQueue: Never\n")


def reference(profile):
    return read.load(assets.folder("reference-manifests") / profile)


def test_there_are_reference_folders():
    assert set(REFERENCES) >= {"team-queues", "gang-training", "pytorch-training", EXERCISE}


@pytest.mark.parametrize("profile", REFERENCES)
def test_a_reference_folder_keeps_all_it_promises_and_promises_all_it_limits(profile):
    folder = reference(profile)
    assert folder.name == profile
    assert contradictions(folder) == ()
    assert uncovered_limits(folder) == ()
    assert (folder.path / "README.md").is_file()


@pytest.mark.parametrize("profile", REFERENCES)
def test_a_draft_covers_every_limit_and_contradicts_none(profile):
    folder = dataclasses.replace(reference(profile), promises=None)
    drafted = promises.draft(folder)
    assert drafted.confirmed_by is None
    assert promises.promised(folder) == drafted
    assert contradictions(folder) == ()
    assert uncovered_limits(folder) == ()


@pytest.mark.parametrize("profile", REFERENCES)
def test_a_drafted_section_can_be_pasted(profile, broken):
    path = broken(profile)
    drafted = promises.draft(read.load(path))
    text = (path / PLATFORM).read_text(encoding="utf-8")
    head = text[:text.index("\npromises:\n") + 1]
    (path / PLATFORM).write_text(head + promises.as_yaml(drafted), encoding="utf-8")
    assert read.load(path).promises == drafted


def test_a_draft_says_what_the_exercise_says():
    teams = {team.name: team for team in promises.draft(reference(EXERCISE)).teams}
    assert teams["training-a"].guaranteed_gpus == 64
    assert teams["training-a"].may_borrow_gpus == 32
    assert teams["training-a"].back_within_s is None
    assert teams["training-b"].lends_at_most_gpus == 8
    assert teams["serving-c"].never_preempted is True
    assert teams["serving-c"].back_within_s == DRAFTED_BACK_WITHIN_S


CONTRADICTIONS = [  # profile, file, what stands there, what is written instead, what is found
    (EXERCISE, QUEUES, *SERVING_RECLAIMS,
     "ClusterQueue serving-c: team serving-c gets its GPUs back within 30 s, but reclaimWithinCohort is "
     "Never"),
    (EXERCISE, QUEUES, "nominalQuota: 64", "nominalQuota: 63",
     "ClusterQueue training-a: team training-a is guaranteed 64 GPUs, but nominalQuota is 63"),
    (EXERCISE, QUEUES, "nominalQuota: 64", "nominalQuota: 65",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs above 64 guaranteed ones, but nominalQuota "
     "is 65: it can hold 97"),
    (EXERCISE, QUEUES, "nominalQuota: 64", "nominalQuota: 65",
     "the nodes have 128 GPUs, but ClusterQueue training-a, ClusterQueue training-b, ClusterQueue serving-c, "
     "Cohort fleet together hand out 129"),
    (EXERCISE, QUEUES, "nominalQuota: 16", "nominalQuota: 15",
     "ClusterQueue serving-c: team serving-c is guaranteed 16 GPUs, but nominalQuota is 15"),
    (EXERCISE, QUEUES, "nominalQuota: 16", "nominalQuota: 17",
     "ClusterQueue serving-c: team serving-c may borrow 0 GPUs above 16"),
    (EXERCISE, QUEUES, "              borrowingLimit: 32\n", "",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs, but the queue has no borrowingLimit "
     "and can borrow 40"),
    (EXERCISE, QUEUES, "borrowingLimit: 32", "borrowingLimit: 31",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs, but the queue has 31 as borrowingLimit"),
    (EXERCISE, QUEUES, "borrowingLimit: 32", "borrowingLimit: 33",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs, but the queue has 33 as borrowingLimit "
     "and can borrow 33"),
    (EXERCISE, QUEUES, "              borrowingLimit: 0\n", "",
     "ClusterQueue serving-c: team serving-c is never preempted, but it can borrow, and then training-b may "
     "reclaim from it"),
    (EXERCISE, QUEUES, "              lendingLimit: 8\n", "",
     "ClusterQueue training-b: team training-b lends at most 8 GPUs, but the queue has no lendingLimit and "
     "lends 32"),
    (EXERCISE, QUEUES, "withinClusterQueue: Never", "withinClusterQueue: LowerPriority",
     "ClusterQueue serving-c: team serving-c is never preempted, but withinClusterQueue is LowerPriority"),
    (EXERCISE, PLATFORM, "never_preempted: true", "never_preempted: false",
     "ClusterQueue serving-c: team serving-c gives way to more urgent work of its own, but withinClusterQueue is Never"),
    (EXERCISE, QUEUES, "nominalQuota: 32", "nominalQuota: 0",
     "ClusterQueue training-b: team training-b gives way to more urgent work of its own, but nominalQuota is 0 and "
     "borrowWithinCohort is not set"),
    (EXERCISE, QUEUES, "kubernetes.io/metadata.name: serving-c", "kubernetes.io/metadata.name: serving",
     "ClusterQueue serving-c: team serving-c works in namespace serving-c, which namespaceSelector does not"),
    (EXERCISE, QUEUES, "  cohortName: fleet\n  namespaceSelector:\n    matchLabels:\n"
     "      kubernetes.io/metadata.name: training-a", "  namespaceSelector: {}",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs, but the queue is in no cohort"),
    (EXERCISE, FLEET, "nominalQuota: 16", "nominalQuota: 7",
     "ClusterQueue training-a: team training-a may borrow 32 GPUs, but the queue finds only 31 that the "
     "others of cohort fleet lend"),
    (EXERCISE, PLATFORM, "nodes: sixteen-h100", "nodes: four-h100",
     "the nodes have 32 GPUs, but 112 are guaranteed to the teams of ClusterQueue serving-c, ClusterQueue "
     "training-a, ClusterQueue training-b"),
    (EXERCISE, PLATFORM, "      may_borrow_gpus: 0\n",
     "      may_borrow_gpus: 0\n      starts_as_gang: true\n",
     "team serving-c starts its jobs as gangs, but component kueue has no waitForPodsReady"),
    (EXERCISE, PLATFORM, "      may_borrow_gpus: 0\n", "      may_borrow_gpus: 0\n      stays_in_one: rack\n",
     "team serving-c stays in one rack, but flavor h100 has no topology"),
    (EXERCISE, PLATFORM, "name: training-b\n      namespace: training-b",
     "name: training-b\n      namespace: training-a",
     "ClusterQueue training-a: teams training-a, training-b share it and are guaranteed 96 GPUs together"),
    ("team-queues", "manifests/flavors.yaml", "    - nodeLabel: topology.seatrial.io/rack\n", "",
     "ClusterQueue pretraining: team pretraining stays in one rack, but Topology network has the levels "
     "zone, hostname"),
    ("pytorch-training", PLATFORM, "      waitForPodsReady:\n", "      controller:\n",
     "ClusterQueue pytorch: team pytorch starts its jobs as gangs"),
    ("gang-training", PLATFORM, "preempt, reclaim, backfill", "preempt, backfill",
     "Queue pretraining: team pretraining gets its GPUs back within 60 s, but reclaim is not among the "
     "actions"),
    ("gang-training", PLATFORM, "preempt, reclaim, backfill", "preempt, backfill",
     "Queue finetuning: team finetuning is guaranteed 48 GPUs, but the queue only ever gets 16 back"),
    ("gang-training", PLATFORM, "preempt, reclaim, backfill", "reclaim, backfill",
     "Queue finetuning: team finetuning gives way to more urgent work of its own, but preempt is not among the actions"),
    ("gang-training", PLATFORM, "- name: gang\n", "- name: gangs\n",
     "Queue pretraining: team pretraining starts its jobs as gangs, but the plugin gang is not on"),
    ("gang-training", PLATFORM, "- name: network-topology-aware", "- name: topology",
     "Queue finetuning: team finetuning stays in one rack, but the plugin network-topology-aware is not on"),
    ("gang-training", QUEUES, "nvidia.com/gpu: 96", "nvidia.com/gpu: 97",
     "Queue pretraining: team pretraining owns 64 GPUs and may borrow 32, but capability is 97"),
    ("gang-training", QUEUES, "  deserved:\n    nvidia.com/gpu: 48\n  capability:\n    nvidia.com/gpu: 64\n",
     "  deserved:\n    nvidia.com/gpu: 48\n",
     "Queue finetuning: team finetuning owns 48 GPUs and may borrow 16, but capability is not set"),
    ("gang-training", QUEUES, "nvidia.com/gpu: 48", "nvidia.com/gpu: 47",
     "Queue finetuning: team finetuning is guaranteed 48 GPUs"),
    ("gang-training", PLATFORM, "stays_in_one: rack\n    - name: finetuning",
     "stays_in_one: pod\n    - name: finetuning",
     "Queue pretraining: team pretraining stays in one pod, but the HyperNodes have the tiers rack, zone"),
]


@pytest.mark.parametrize(("profile", "change", "says"),
                         [(profile, tuple(change), says) for profile, *change, says in CONTRADICTIONS])
def test_a_promise_that_the_manifests_cannot_keep_is_found(broken, profile, change, says):
    found = contradictions(read.load(broken(profile, change)))
    assert any(says in line for line in found), found


def test_a_queue_that_is_never_short_needs_no_way_to_take_back(broken):
    path = broken(EXERCISE, (PLATFORM, "guaranteed_gpus: 64\n",
                             "guaranteed_gpus: 64\n      back_within_s: 60\n"))
    assert contradictions(read.load(path)) == ()
    # With 17 more GPUs that others may borrow, 64 - 17 are left when everybody is busy.
    (path / QUEUES).write_text((path / QUEUES).read_text().replace("borrowingLimit: 16",
     "borrowingLimit: 33"))
    assert any("training-a gets its GPUs back" in line for line in contradictions(read.load(path)))


UNCOVERED = [  # profile, file, what stands there, what is written instead, what is listed
    (EXERCISE, PLATFORM, "      guaranteed_gpus: 32\n", "",
     "ClusterQueue training-b: nominalQuota 32 (flavor h100)"),
    (EXERCISE, PLATFORM, "      may_borrow_gpus: 16\n", "",
     "ClusterQueue training-b: borrowingLimit 16 (flavor h100)"),
    (EXERCISE, PLATFORM, "      lends_at_most_gpus: 8\n", "",
     "ClusterQueue training-b: lendingLimit 8 (flavor h100)"),
    (EXERCISE, PLATFORM, "      back_within_s: 60\n", "", "ClusterQueue training-b: reclaimWithinCohort Any"),
    (EXERCISE, PLATFORM, "      never_preempted: true\n", "",
     "ClusterQueue serving-c: withinClusterQueue Never"),
    (EXERCISE, QUEUES, "    withinClusterQueue: Never\n",
     "    withinClusterQueue: Never\n    borrowWithinCohort:\n      policy: LowerPriority\n",
     "ClusterQueue serving-c: borrowWithinCohort LowerPriority"),
    ("team-queues", PLATFORM, "      stays_in_one: rack\n", "",
     "Topology network: levels zone, rack, hostname"),
    ("pytorch-training", PLATFORM, "      starts_as_gang: true\n", "", "component kueue: waitForPodsReady"),
    ("gang-training", PLATFORM, "      may_borrow_gpus: 32\n", "", "Queue pretraining: capability 96"),
    ("gang-training", QUEUES, "  name: default\nspec:\n", "  name: default\nspec:\n  reclaimable: false\n",
     "Queue default: reclaimable false"),
]


@pytest.mark.parametrize(("profile", "change", "says"),
                         [(profile, tuple(change), says) for profile, *change, says in UNCOVERED])
def test_a_limit_that_nobody_promised_is_listed_with_its_place(broken, profile, change, says):
    found = uncovered_limits(read.load(broken(profile, change)))
    assert len(found) == 1
    assert found[0].endswith(f": {says}: no promise covers it")
    file, line, *_ = found[0].split(":")
    limit = says.split(": ")[1].split()[0]
    assert limit in Path(file).read_text(encoding="utf-8").splitlines()[int(line) - 1]


def test_no_team_at_all_leaves_every_limit_uncovered(broken):
    path = broken(EXERCISE)
    text = (path / PLATFORM).read_text(encoding="utf-8")
    kept = text[:text.index("    - name: training-b\n")]
    (path / PLATFORM).write_text(kept, encoding="utf-8")
    found = uncovered_limits(read.load(path))
    assert len(found) == 9
    assert all(line.endswith("no promise covers it") for line in found)


def test_limits_are_summed_over_flavors_and_cohort_trees(tmp_path):
    (tmp_path / "platform.yaml").write_text(
        "seatrial: 1\ndescription: d\ncomponents: [{name: kueue, version: v0.19.2}]\nmanifests: [m.yaml]\n",
        encoding="utf-8")

    def queue(name, cohort, *flavors):
        listed = ", ".join(f"{{name: {flavor}, resources: [{{name: nvidia.com/gpu, {quota}}}]}}"
                           for flavor, quota in flavors)
        kind = "Cohort" if name.isupper() else "ClusterQueue"
        parent = f"{'parentName' if name.isupper() else 'cohortName'}: {cohort}, " if cohort else ""
        group = f"{{coveredResources: [nvidia.com/gpu], flavors: [{listed}]}}"
        groups = f"resourceGroups: [{group}]" if flavors else ""
        return (f"---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: {kind}\nmetadata: {{name: {name}}}\n"
                f"spec: {{{parent}{groups}}}\n")

    (tmp_path / "m.yaml").write_text("".join([
        queue("ROOT", "", ("h100", "nominalQuota: 4")),
        queue("LEFT", "ROOT", ("h100", "nominalQuota: 0, borrowingLimit: 10")),
        queue("RIGHT", "ROOT", ("h100", "nominalQuota: 2, lendingLimit: 5")),
        queue("a", "LEFT", ("h100", "nominalQuota: 8, borrowingLimit: 20"), ("l40s", "nominalQuota: 2")),
        queue("b", "LEFT", ("h100", "nominalQuota: 8, lendingLimit: 3"), ("l40s", "nominalQuota: 6")),
        queue("c", "RIGHT", ("h100", "nominalQuota: 16")),
        queue("alone", ""),
    ]), encoding="utf-8")
    manifests = read.load(tmp_path).manifests
    found = {queue.name: queue for queue in cluster_queues(manifests)}
    quota = found["a"].quota
    assert (quota.nominal, quota.borrowing_limit, quota.lending_limit) == (10, None, None)
    assert found["b"].quota.lending_limit == 9
    assert not found["alone"].quota.covers_gpus
    # h100: 3 of b, and of the 4 of ROOT and 5 that RIGHT lets out at most 10; l40s: 6 of b.
    assert cohorts.borrowable(found["a"], manifests) == 3 + 9 + 6
    # From LEFT, without limit, 8 of a and 3 of b; 4 of ROOT; 2 of RIGHT itself.
    assert cohorts.borrowable(found["c"], manifests) == 8 + 3 + 4 + 2
    assert [other.name for other in cohorts.relatives(found["c"], manifests)] == ["a", "b"]
    assert cohorts.tree_quota(found["c"], manifests) == 10 + 14 + 16 + 4 + 2
    assert [cohort.name for cohort in cohorts.cohorts_above(found["a"], manifests)] == ["LEFT", "ROOT"]


def test_the_old_word_for_a_cohort_is_understood(broken):
    path = broken(EXERCISE)
    text = (path / QUEUES).read_text(encoding="utf-8")
    (path / QUEUES).write_text(text.replace("v1beta2", "v1beta1").replace("cohortName", "cohort"),
                               encoding="utf-8")
    assert contradictions(read.load(path)) == ()


def test_a_circle_of_cohorts_ends(broken):
    path = broken(EXERCISE, (FLEET, "spec:\n  resource", "spec:\n  parentName: other\n  resource"))
    (path / "manifests" / "circle.yaml").write_text(
        "apiVersion: kueue.x-k8s.io/v1beta2\nkind: Cohort\nmetadata: {name: other}\nspec: {parentName: "
        "fleet}\n",
        encoding="utf-8")
    contradictions(read.load(path))
