"""Who shares GPUs with whom, and how many others can hold: the whole cohort tree counts."""

from itertools import product

import pytest

from conformance import assets
from conformance.components.kueue import cohorts
from conformance.folder import promises, read
from conformance.folder.contradictions import contradictions

HEAD = """seatrial: 1
description: d
components: [{{name: kueue, version: {version}}}]
manifests: [m.yaml]
"""


def cohort(name, parent="", **limits):
    flavors = f", resourceGroups: [{group(**limits)}]" if limits else ""
    return (f"---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: Cohort\nmetadata: {{name: {name}}}\n"
            f"spec: {{parentName: '{parent}'{flavors}}}\n")


def queue(name, cohort="", *namespaces, **limits):
    text = (f"---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: ClusterQueue\nmetadata: {{name: {name}}}\n"
            f"spec: {{cohortName: '{cohort}', namespaceSelector: {{}}, resourceGroups: [{group(**limits)}]}}\n")
    return text + "".join(f"---\napiVersion: kueue.x-k8s.io/v1beta2\nkind: LocalQueue\n"
                          f"metadata: {{name: gpus, namespace: {one}}}\nspec: {{clusterQueue: {name}}}\n"
                          for one in namespaces or (name,))


def group(**limits):
    said = ", ".join(f"{key}: {value}" for key, value in limits.items())
    return f"{{coveredResources: [nvidia.com/gpu], flavors: [{{name: h100, resources: [{{name: nvidia.com/gpu, {said}}}]}}]}}"


@pytest.fixture
def folder(tmp_path):
    """A function that returns a platform folder with these manifests."""
    def write(*manifests):
        from conformance import catalog

        (tmp_path / "platform.yaml").write_text(HEAD.format(version=catalog.components()["kueue"].version))
        (tmp_path / "m.yaml").write_text("".join(manifests))
        return read.load(tmp_path)

    return write


def teams(found):
    return {team.name: team for team in promises.promised(found).teams}


def sharing(found, name):
    return sorted(team.name for team in promises.sharing_with(teams(found)[name], found))


TREE = (cohort("root", nominalQuota=8), cohort("left", "root"), cohort("right", "root", nominalQuota=0, lendingLimit=4),
        queue("a", "left", nominalQuota=8), queue("b", "left", nominalQuota=8), queue("c", "right", nominalQuota=8),
        queue("apart", "other", nominalQuota=8), queue("alone", nominalQuota=8))


def test_all_queues_of_a_cohort_tree_share(folder):
    found = folder(*TREE)
    assert [sharing(found, name) for name in "abc"] == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert (sharing(found, "apart"), sharing(found, "alone")) == ([], [])
    assert len({promises.pool(teams(found)[name], found) for name in "abc"}) == 1


def test_cohorts_in_a_circle_are_one_pool_wherever_one_begins(folder):
    found = folder(cohort("p", "r"), cohort("q", "p"), cohort("r", "q"),
                   *(queue(name, name, nominalQuota=8) for name in "pqr"))
    assert [sharing(found, name) for name in "pqr"] == [["q", "r"], ["p", "r"], ["p", "q"]]


def test_several_entrances_to_one_queue_share_it_and_none_of_them_is_guaranteed_anything_alone(folder):
    found = folder(queue("shared", "", "team-a", "team-b", nominalQuota=8))
    assert sorted(teams(found)) == ["team-a-gpus", "team-b-gpus"]
    assert sharing(found, "team-a-gpus") == ["team-b-gpus"]
    assert {team.guaranteed_gpus for team in teams(found).values()} == {None}
    assert contradictions(found) == ()


def test_others_hold_what_limits_of_the_tree_let_through(folder):
    found = folder(*TREE)
    known, queues = teams(found), promises.queues_of(teams(found)["a"])

    def held(*names, asks=100):
        return queues.most_held({known[name]: asks for name in names}, found)

    # 8 of each of a, b and root; of c's cohort 4 at most.
    assert held("b") == 8 + 8 + 8 + 4
    # c has its own 8, 4 of which nobody else can have.
    assert held("b", "c") == 8 + 8 + 8 + 8
    assert held("c") == 8 + 8 + 8 + 8
    assert held("c", asks=3) == 3
    assert held("alone") == 8
    assert held("a", "b", "c", "alone", "apart") == 8 * 6


@pytest.mark.parametrize(("lending", "borrowing"), [*product([None, 0, 3, 8], [None, 0, 3])])
def test_in_one_cohort_it_is_what_the_owner_does_not_keep(folder, lending, borrowing):
    limits = {key: value for key, value in (("lendingLimit", lending),) if value is not None}
    borrows = {} if borrowing is None else {"borrowingLimit": borrowing}
    found = folder(queue("owner", "pool", nominalQuota=8, **limits), queue("other", "pool", nominalQuota=8, **borrows))
    other = teams(found)["other"]
    lent = 8 if lending is None else lending
    expected = 8 + (lent if borrowing is None else min(lent, borrowing))
    assert promises.queues_of(other).most_held({other: 99}, found) == expected


@pytest.mark.parametrize("profile", sorted(path.parent.name for path in
                                           assets.folder("reference-manifests").glob("*/platform.yaml")))
def test_what_one_queue_can_borrow_is_what_it_can_hold_above_its_own(profile):
    """Two ways to the same number: down the tree and up the tree."""
    found = read.load(assets.folder("reference-manifests") / profile)
    for queue in cohorts.tree(found.manifests).queues.values():
        most = queue.quota.nominal + cohorts.borrowable(queue, found.manifests)
        assert cohorts.most_held({queue.name: 10_000}, found.manifests) == most, queue.name
