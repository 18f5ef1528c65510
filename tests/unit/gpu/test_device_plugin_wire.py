"""The messages on the wire are those of the kubelet's v1beta1 API, and the generated code is up to date.

To generate it again, from the top of the repository:
python -m grpc_tools.protoc -I. --python_out=. conformance/gpu/device_plugin.proto
"""

import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from conformance.gpu import device_plugin_pb2 as api

ROOT = Path(api.__file__).parents[2]
GENERATED = Path("conformance/gpu/device_plugin_pb2.py")

# From the API's own definition (k8s.io/kubelet v0.35.4): never derived from our proto.
FIELDS = {
    "DevicePluginOptions": {"pre_start_required": 1, "get_preferred_allocation_available": 2},
    "RegisterRequest": {"version": 1, "endpoint": 2, "resource_name": 3, "options": 4},
    "ListAndWatchResponse": {"devices": 1},
    "Device": {"ID": 1, "health": 2, "topology": 3},
    "TopologyInfo": {"nodes": 1},
    "NUMANode": {"ID": 1},
    "AllocateRequest": {"container_requests": 1},
    "ContainerAllocateRequest": {"devices_ids": 1},
    "AllocateResponse": {"container_responses": 1},
    "ContainerAllocateResponse": {"envs": 1, "mounts": 2, "devices": 3, "annotations": 4},
    "Mount": {"container_path": 1, "host_path": 2, "read_only": 3},
    "DeviceSpec": {"container_path": 1, "host_path": 2, "permissions": 3},
    "Empty": {},
}


def test_the_package_and_every_field_number_are_the_public_ones():
    assert api.DESCRIPTOR.package == "v1beta1"
    assert {name: {field.name: field.number for field in message.fields}
            for name, message in api.DESCRIPTOR.message_types_by_name.items()} == FIELDS


@pytest.mark.parametrize(("message", "wire"), [
    (api.RegisterRequest(version="v1", endpoint="e", resource_name="r"), b"\x0a\x02v1\x12\x01e\x1a\x01r"),
    (api.Device(ID="d", health="Healthy", topology=api.TopologyInfo(nodes=[api.NUMANode(ID=1)])),
     b"\x0a\x01d\x12\x07Healthy\x1a\x04\x0a\x02\x08\x01"),
    (api.ContainerAllocateResponse(envs={"a": "b"}), b"\x0a\x06\x0a\x01a\x12\x01b"),
])
def test_a_message_is_these_bytes(message, wire):
    assert message.SerializeToString(deterministic=True) == wire


@pytest.mark.skipif(find_spec("grpc_tools") is None, reason="grpcio-tools is not installed")
def test_the_generated_code_is_what_the_proto_generates(tmp_path):
    subprocess.run([sys.executable, "-W", "ignore", "-m", "grpc_tools.protoc", "-I.",
                    f"--python_out={tmp_path}", "conformance/gpu/device_plugin.proto"], cwd=ROOT, check=True)

    # A newer compiler writes another version into the head; that alone is no reason to generate again.
    assert _body(ROOT / GENERATED) == _body(tmp_path / GENERATED)


def _body(path):
    return path.read_text().partition("# @@protoc_insertion_point(imports)")[2]
