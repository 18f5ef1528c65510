"""A real node can claim another size than the machine's."""

from pathlib import Path

import pytest

from conformance.clusters import fake_nodes, kind
from conformance.clusters.local import claimed_size
from conformance.clusters.local.spec import ClusterSpec
from conformance.errors import UsageError
from conformance.model.node_size import NodeSize

PROFILE = "description: some\ngroups: [{count: 1, gpu: H100-SXM-80GB, gpus_per_node: 8, cpu: 8, memory: 1Ti, zones: 1, racks: 1}]\n"


def test_a_size_is_cpus_and_memory():
    assert NodeSize.parse("192, 2Ti") == NodeSize(cpu=192, memory="2Ti")
    assert NodeSize.parse("1,1Gi").memory_kib == 1 << 20


@pytest.mark.parametrize(("text", "cause"), [
    ("192", "like 192,2Ti"), ("2Ti,192", "like 192,2Ti"), ("", "like 192,2Ti"), ("-1,2Ti", "like 192,2Ti"),
    ("192,", "not a quantity"), ("192,much", "not a quantity"), ("0,2Ti", "not between 1 and"),
    ("99999,2Ti", "not between 1 and"), ("2,1Mi", "not between 1Gi and"), ("2,1Ei", "not between 1Gi and")])
def test_what_is_none_is_refused_with_the_cause(text, cause):
    with pytest.raises(ValueError, match=cause):
        NodeSize.parse(text)


def test_the_kubelet_reads_it_in_the_places_that_it_looks_at(tmp_path):
    covers = claimed_size.write(tmp_path / "claims", NodeSize(cpu=6, memory="64Gi"))
    by_target = {target: Path(own) for own, target in covers}
    meminfo = by_target["/proc/meminfo"].read_text()
    assert [line.split()[1:] for line in meminfo.splitlines() if line.startswith("MemTotal:")] == [[str(64 << 20), "kB"]]
    assert len(meminfo.splitlines()) == len(Path("/proc/meminfo").read_text().splitlines())
    cpus = by_target["/sys/devices/system"] / "cpu"
    assert sorted(path.name for path in cpus.glob("cpu*")) == [f"cpu{n}" for n in range(6)]
    # The kernel takes no other into a cgroup.
    assert (cpus / "online").read_text() == Path("/sys/devices/system/cpu/online").read_text()


def test_a_clusters_record_keeps_it(tmp_path, monkeypatch):
    monkeypatch.setenv("SEATRIAL_STATE", str(tmp_path))
    spec = ClusterSpec(name="a", number=0, real_nodes=2, node_size=NodeSize(cpu=192, memory="2Ti"))
    spec.save()
    assert ClusterSpec.read("a") == spec
    assert [node.size for node in spec.nodes] == [NodeSize(cpu=192, memory="2Ti")] * 2


def test_a_node_profile_may_say_it(tmp_path):
    path = tmp_path / "some.yaml"
    path.write_text(PROFILE)
    assert fake_nodes.load_profile(path).real_nodes is None
    path.write_text(PROFILE + "real_nodes: {cpu: 192, memory: 2Ti}\n")
    assert fake_nodes.load_profile(path).real_nodes == NodeSize(cpu=192, memory="2Ti")


@pytest.mark.parametrize(("said", "cause"), [
    ("{cpu: 192}", "memory"), ("{cpu: 192, memory: 1Mi}", "1Mi is not between"), ("{cpu: 9999, memory: 2Ti}", "9999 is not"),
    ("{cpu: 192, memory: 2000}", "memory")])
def test_what_a_profile_says_wrong_is_named_with_its_line(tmp_path, said, cause):
    path = tmp_path / "some.yaml"
    path.write_text(PROFILE + f"real_nodes: {said}\n")
    with pytest.raises(UsageError, match=f"some.yaml:3.*{cause}"):
        fake_nodes.load_profile(path)


def test_nodes_of_kind_refuse_it_with_the_way_out():
    with pytest.raises(UsageError, match="nodes of kind") as refused:
        kind.up("a", node_size=NodeSize(cpu=192, memory="2Ti"))
    assert "--cluster local" in refused.value.way_out
