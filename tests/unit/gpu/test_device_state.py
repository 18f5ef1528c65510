import json
import re

import pytest

from conformance.errors import SeatrialError
from conformance.gpu.devices import Device, devices, read_state, set_health, write_state


def test_the_devices_of_a_node_are_always_the_same_and_never_those_of_another():
    here = devices("H100-SXM-80GB", 8, "node-1")

    assert here == devices("H100-SXM-80GB", 8, "node-1")
    assert all(re.fullmatch(r"GPU-[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}", device.id) for device in here)
    others = devices("H100-SXM-80GB", 8, "node-2") + devices("L40S", 8, "node-1")
    assert len({device.id for device in here + others}) == 24


def test_the_state_file_has_the_documented_form(tmp_path):
    path = tmp_path / "gpus.json"
    write_state(path, {"nvidia.com/gpu": [Device(id="GPU-a", numa=1)], "nvidia.com/mig-3g.40gb": []})

    assert json.loads(path.read_text()) == {"resources": {
        "nvidia.com/gpu": {"devices": [{"id": "GPU-a", "healthy": True, "numa": 1}]},
        "nvidia.com/mig-3g.40gb": {"devices": []}}}
    assert read_state(path) == {"nvidia.com/gpu": (Device(id="GPU-a", numa=1),), "nvidia.com/mig-3g.40gb": ()}
    assert [file.name for file in tmp_path.iterdir()] == ["gpus.json"]


def test_only_the_named_device_changes_its_health(tmp_path):
    path = tmp_path / "gpus.json"
    write_state(path, {"nvidia.com/gpu": [Device(id="GPU-a"), Device(id="GPU-b")]})

    set_health(path, "GPU-b", healthy=False)
    assert read_state(path) == {"nvidia.com/gpu": (Device(id="GPU-a"), Device(id="GPU-b", healthy=False))}

    set_health(path, "GPU-b", healthy=True)
    assert read_state(path) == {"nvidia.com/gpu": (Device(id="GPU-a"), Device(id="GPU-b"))}


def test_a_device_that_is_not_there_has_no_health(tmp_path):
    path = tmp_path / "gpus.json"
    write_state(path, {"nvidia.com/gpu": [Device(id="GPU-a")]})

    with pytest.raises(SeatrialError, match=r"gpus\.json has no device GPU-x"):
        set_health(path, "GPU-x", healthy=False)


@pytest.mark.parametrize("text", ["", "{", "[]", '{"resources": {"r": {"devices": [{"uid": "x"}]}}}'])
def test_a_damaged_state_file_is_named(tmp_path, text):
    path = tmp_path / "gpus.json"
    path.write_text(text)

    with pytest.raises(SeatrialError, match=r"gpus\.json is not understood"):
        read_state(path)


def test_a_missing_state_file_is_named(tmp_path):
    with pytest.raises(SeatrialError, match=r"gpus\.json: No such file"):
        read_state(tmp_path / "gpus.json")
