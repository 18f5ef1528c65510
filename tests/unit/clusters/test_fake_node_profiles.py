import pytest

from conformance import assets
from conformance.clusters.fake_nodes import load_profile, nodes, profile_names
from conformance.errors import SeatrialError, UsageError
from conformance.gpu import models
from conformance.kube import yaml
from conformance.model.labels import GPU_PRODUCT, RACK_LABEL, ZONE_LABEL

GOOD = """\
description: one
groups:
  - count: 6
    gpu: L40S
    gpus_per_node: 4
    cpu: 8
    memory: 1Gi
    zones: 1
    racks: 3
"""


def labels(node, key):
    return node["metadata"]["labels"][key]


def spread(made, key):
    found = {}
    for node in made:
        found.setdefault(labels(node, key), []).append(node["metadata"]["name"])
    return found


@pytest.mark.parametrize(("name", "count", "gpus", "zones", "racks"), [
    ("four-h100", 4, 32, 1, 2),
    ("five-h100", 5, 40, 1, 1),
    ("sixteen-h100", 16, 128, 2, 4),
    ("mixed-fleet", 24, 160, 2, 8),
    ("five-hundred-twelve", 512, 4096, 4, 64),
])
def test_a_shipped_profile_has_the_fleet_it_names(name, count, gpus, zones, racks):
    profile = load_profile(name)
    made = nodes(profile)

    assert (profile.nodes, profile.gpus) == (count, gpus) == (
        len(made), sum(int(node["status"]["allocatable"]["nvidia.com/gpu"]) for node in made))
    assert len({node["metadata"]["name"] for node in made}) == count
    assert len(spread(made, ZONE_LABEL)) == zones
    assert len(spread(made, RACK_LABEL)) == racks


def test_every_shipped_profile_is_covered_here():
    assert profile_names() == ["five-h100", "five-hundred-twelve", "four-h100", "mixed-fleet", "sixteen-h100"]


def test_a_rack_stands_in_one_zone_and_all_racks_are_equal():
    made = nodes(load_profile("sixteen-h100"))
    racks = spread(made, RACK_LABEL)

    assert [len(rack) for rack in racks.values()] == [4, 4, 4, 4]
    assert {(labels(node, ZONE_LABEL), labels(node, RACK_LABEL)) for node in made} == {
        ("seatrial-1", "rack-00"), ("seatrial-1", "rack-01"),
        ("seatrial-2", "rack-02"), ("seatrial-2", "rack-03")}


def test_a_rack_of_a_mixed_fleet_holds_one_kind_of_gpu():
    made = nodes(load_profile("mixed-fleet"))

    assert {(labels(node, RACK_LABEL), labels(node, GPU_PRODUCT)) for node in made} == {
        ("rack-00", "NVIDIA-H100-80GB-HBM3"), ("rack-01", "NVIDIA-H100-80GB-HBM3"),
        ("rack-02", "NVIDIA-A100-SXM4-80GB"), ("rack-03", "NVIDIA-A100-SXM4-80GB"),
        ("rack-04", "NVIDIA-L40S"), ("rack-05", "NVIDIA-L40S"),
        ("rack-06", "NVIDIA-L40S"), ("rack-07", "NVIDIA-L40S")}


def test_a_node_is_what_gpu_feature_discovery_and_kwok_expect():
    node = nodes(load_profile("sixteen-h100"), prefix="gpu")[9]

    assert node["metadata"]["name"] == "gpu-009"
    assert node["metadata"]["annotations"] == {"kwok.x-k8s.io/node": "fake"}
    assert node["metadata"]["labels"] == {
        "seatrial.io/node": "fake",
        "kubernetes.io/hostname": "gpu-009",
        "kubernetes.io/arch": "amd64",
        "kubernetes.io/os": "linux",
        "topology.kubernetes.io/region": "seatrial",
        "topology.kubernetes.io/zone": "seatrial-2",
        "topology.seatrial.io/rack": "rack-02",
        "nvidia.com/gpu.product": "NVIDIA-H100-80GB-HBM3",
        "nvidia.com/gpu.count": "8",
        "nvidia.com/gpu.memory": "81559",
        "nvidia.com/gpu.family": "hopper",
        "nvidia.com/gpu.compute.major": "9",
        "nvidia.com/gpu.compute.minor": "0",
        "nvidia.com/gpu.present": "true",
        "nvidia.com/gpu.replicas": "1",
        "nvidia.com/gpu.mode": "compute",
        "nvidia.com/gpu.sharing-strategy": "none",
        "nvidia.com/mig.capable": "true",
        "nvidia.com/mig.strategy": "single",
    }
    assert node["spec"]["taints"] == [{"key": "seatrial.io/fake", "value": "true", "effect": "NoSchedule"}]
    assert node["status"]["capacity"] == node["status"]["allocatable"] == {
        "cpu": "192", "memory": "2Ti", "pods": "110", "ephemeral-storage": "1Ti", "nvidia.com/gpu": "8"}


def test_a_gpu_without_mig_has_no_mig_strategy():
    node = nodes(load_profile("mixed-fleet"))[-1]

    assert labels(node, "nvidia.com/mig.capable") == "false"
    assert "nvidia.com/mig.strategy" not in node["metadata"]["labels"]


def test_a_profile_may_be_a_file_of_the_user(tmp_path):
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD + "    pods: 500\n")

    profile = load_profile(path)

    assert (profile.name, profile.nodes, profile.gpus) == ("mine", 6, 24)
    assert nodes(profile)[0]["status"]["capacity"]["pods"] == "500"


@pytest.mark.parametrize(("wrong", "right", "message", "way_out"), [
    ("gpus_per_nod: 4", "gpus_per_node: 4", "mine.yaml:5:5: unknown key 'gpus_per_nod' in groups[0]",
     "did you mean 'gpus_per_node'?"),
    ("gpu: L4S", "gpu: L40S", "mine.yaml:4:5: there is no GPU model 'L4S'", "did you mean 'L40S'?"),
    ("count: 7", "count: 6", "mine.yaml:9:5: 7 nodes cannot be spread evenly over 3 racks", "change racks"),
    ("zones: 2", "zones: 1", "mine.yaml:8:5: 3 racks cannot be spread evenly over 2 zones", "change zones"),
    ("racks: 0", "racks: 3", "mine.yaml:9:5: groups[0].racks must be at least 1, is 0", ""),
    ("count: many", "count: 6", "mine.yaml:3:5: groups[0].count must be a whole number, is the text 'many'",
     ""),
    ("memory: lots", "memory: 1Gi", "mine.yaml:7:5: groups[0].memory cannot be the text 'lots'",
     "like 512Gi or 2Ti"),
    ("", "    racks: 3\n", "mine.yaml:3:5: the key 'racks' is missing in groups[0]", "add racks"),
    ("group:", "groups:", "mine.yaml:2:1: unknown key 'group'", "did you mean 'groups'?"),
])
def test_a_mistake_in_a_profile_is_named_with_line_and_right_word(tmp_path, wrong, right, message, way_out):
    path = tmp_path / "mine.yaml"
    assert GOOD.count(right) == 1
    path.write_text(GOOD.replace(right, wrong))

    with pytest.raises(UsageError) as refused:
        load_profile(path)

    assert message in refused.value.message
    assert way_out in refused.value.way_out


def test_an_unknown_profile_names_the_nearest_one():
    with pytest.raises(UsageError, match="there is no node profile 'sixten-h100'") as refused:
        load_profile("sixten-h100")

    assert "'sixteen-h100'" in refused.value.way_out


def test_the_gpu_models_are_the_ones_that_profiles_use():
    used = {group["gpu"] for name in profile_names()
            for group in yaml.read(assets.folder("fixtures") / "nodes" / f"{name}.yaml")[0].data["groups"]}

    assert used == {"A100-SXM-80GB", "H100-SXM-80GB", "L40S"} <= set(models.names())
    assert models.model("A100-SXM-80GB").memory_mib == 81920


def test_a_wheel_carries_its_folders_inside_the_package(tmp_path, monkeypatch):
    package = tmp_path / "site-packages" / "conformance"
    inside = package / "_shipped" / "fixtures"
    inside.mkdir(parents=True)
    # Somebody else's folder of the same name beside the package must not be taken for ours.
    (tmp_path / "site-packages" / "fixtures").mkdir()
    monkeypatch.setattr(assets, "PACKAGE", package)

    assert assets.folder("fixtures") == inside
    with pytest.raises(SeatrialError, match=r"the folder policies is neither in .* nor in"):
        assets.folder("policies")
