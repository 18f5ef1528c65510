import json

import pytest

from conformance import assets
from conformance.errors import UsageError
from conformance.gpu import models

PARTITIONED = [name for name in models.names() if models.model(name).mig]


def profiles(gpu):
    return {profile.name: profile for profile in models.model(gpu).mig.profiles}


def test_a_file_is_called_like_the_model_in_it():
    files = sorted(path.stem for path in (assets.folder("fixtures") / "gpus").glob("*.yaml"))

    assert files == sorted(name.lower() for name in models.names())


def test_a_model_is_found_in_any_case():
    assert models.model("h100-sxm-80gb") is models.model("H100-SXM-80GB")


@pytest.mark.parametrize(("name", "way_out"), [
    ("H100-SXM-80", "did you mean 'H100-SXM-80GB'?"),
    ("../gpus/l40s", "use one of"),
    ("", "use one of: A100-SXM-40GB"),
])
def test_an_unknown_gpu_names_the_nearest(name, way_out):
    with pytest.raises(UsageError) as refused:
        models.model(name)

    assert refused.value.message == f"there is no GPU model {name!r}"
    assert way_out in refused.value.way_out or "did you mean" in refused.value.way_out


def test_the_table_is_plain_data_that_json_can_hold():
    table = models.table()

    assert json.loads(json.dumps(table)) == table
    assert sorted(table) == models.names()
    assert table["H100-SXM-80GB"]["mig"]["profiles"][4] == {
        "name": "3g.40gb", "compute_slices": 3, "memory_gib": 39.5, "sms": 60, "max_instances": 2,
        "starts": [0, 4], "size": 4, "unverified": []}
    assert table["L40S"]["mig"] is None


@pytest.mark.parametrize("name", models.names())
def test_every_number_says_what_it_rests_on(name):
    gpu = models.model(name)

    assert all(source.text for source in gpu.sources.values())
    for profile in gpu.mig.profiles if gpu.mig else ():
        assert set(profile.unverified) <= {"memory_gib", "sms", "placements"}


@pytest.mark.parametrize("name", models.names())
def test_what_cuda_reports_is_a_little_less_than_the_card_has(name):
    gpu = models.model(name)

    assert 0.94 < gpu.usable_gib / (gpu.memory_mib / 1024) < 1


@pytest.mark.parametrize("name", PARTITIONED)
def test_profiles_lie_inside_their_gpu(name):
    mig = models.model(name).mig
    for profile in mig.profiles:
        assert all(0 <= start <= mig.memory_slices - profile.size for start in profile.starts)
        assert 1 <= profile.compute_slices <= mig.compute_slices
        assert 0 < profile.memory_gib < models.model(name).memory_mib / 1024


@pytest.mark.parametrize("name", PARTITIONED)
def test_as_many_of_a_profile_fit_as_nvidia_says(name):
    """The number of instances and the placements come from different listings: they must agree."""
    from conformance.gpu import mig

    partitions = models.model(name).mig
    for profile in partitions.profiles:
        alone = mig.Mig(compute_slices=partitions.compute_slices, memory_slices=partitions.memory_slices, profiles=(
            mig.Profile(**{**vars(profile), "max_instances": 99, "name": profile.name.removesuffix("+me")}),))
        most = mig.beside(alone, ())[alone.profiles[0].name]
        assert profile.max_instances == (1 if profile.media else most)


def test_streaming_multiprocessors_are_those_of_the_product_not_of_another():
    """The guide mixes the slices of an A100 with the whole of an H100 PCIe."""
    def sms(gpu):
        by_name = profiles(gpu)
        return [by_name[name].sms for name in ("1g.10gb", "2g.20gb", "3g.40gb", "4g.40gb", "7g.80gb")]

    assert sms("A100-SXM-80GB") == [14, 28, 42, 56, 98]
    assert sms("H100-PCIe-80GB") == [14, 30, 46, 62, 114]
    assert sms("H100-SXM-80GB") == [16, 32, 60, 64, 132]


@pytest.mark.parametrize(("gpu", "three", "four"), [
    ("A100-SXM-80GB", "3g.40gb", "4g.40gb"), ("H100-SXM-80GB", "3g.40gb", "4g.40gb"),
    ("H100-PCIe-80GB", "3g.40gb", "4g.40gb"), ("H200-SXM-141GB", "3g.71gb", "4g.71gb"),
    ("B200-SXM-180GB", "3g.90gb", "4g.90gb")])
def test_4g_has_no_more_memory_than_3g(gpu, three, four):
    assert profiles(gpu)[three].memory_gib == profiles(gpu)[four].memory_gib


def test_a_doubtful_number_says_so_and_a_seen_one_does_not():
    seen, doubtful = models.model("H100-SXM-80GB"), models.model("B200-SXM-180GB")

    assert seen.doubt("mig_placements", profiles("H100-SXM-80GB")["3g.40gb"]) is None
    assert doubtful.doubt("mig_placements").startswith("unverified: placements of B200-SXM-180GB: taken to be those of")
    assert doubtful.doubt("mig_memory_gib", profiles("B200-SXM-180GB")["2g.45gb"]) is None
    assert doubtful.doubt("mig_memory_gib", profiles("B200-SXM-180GB")["3g.90gb"]).startswith(
        "unverified: memory_gib of 3g.90gb of B200-SXM-180GB: ")


def test_a_gpu_without_mig_says_so_in_its_node_labels():
    assert models.model("L40S").labels(4)["nvidia.com/mig.capable"] == "false"
    assert models.model("H100-SXM-80GB").labels(8)["nvidia.com/mig.capable"] == "true"
    assert models.model("H100-SXM-80GB").labels(8)["nvidia.com/gpu.memory"] == "81559"


@pytest.mark.parametrize(("spoil", "text"), [
    (lambda text: text.replace("product:", "produkt:"), "is not a GPU model"),
    (lambda text: text.replace("  usable_gib:\n", "  usable_gb:\n"), "sources must be exactly compute_capability,"),
    (lambda text: text.replace("starts: [0, 4], ", ""), "is not a GPU model"),
])
def test_a_spoilt_file_is_refused_by_name(tmp_path, spoil, text):
    good = (assets.folder("fixtures") / "gpus" / "h100-sxm-80gb.yaml").read_text()
    bad = tmp_path / "bad.yaml"
    bad.write_text(spoil(good))

    with pytest.raises(UsageError, match=text) as refused:
        models._model(bad)
    assert refused.value.message.startswith(f"{bad}: ")
