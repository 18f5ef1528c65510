"""Image archives, read back by the image format's own rules."""

import hashlib
import importlib
import json
import os
import subprocess
import tarfile
from pathlib import Path
from typing import Any

import pytest

from conformance.builds import images, packed, reference
from conformance.builds.images import host_programs, is_static, write_image
from conformance.errors import SeatrialError


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "program"
    path.write_bytes(os.urandom(70_001))
    return path


class Archive:
    """An OCI archive whose every digest and size is checked while it is read."""

    def __init__(self, path: Path) -> None:
        with tarfile.open(path) as tar:
            self.files = {member.name: tar.extractfile(member).read() for member in tar if member.isfile()}
        assert json.loads(self.files.pop("oci-layout")) == {"imageLayoutVersion": "1.0.0"}
        self.index = json.loads(self.files.pop("index.json"))
        (self.entry,) = self.index["manifests"]
        self.manifest = json.loads(self._blob(self.entry))
        self.config = json.loads(self._blob(self.manifest["config"]))
        *self.below, self.layer = self.manifest["layers"]
        self.bytes_below = [self._blob(layer) for layer in self.below]
        self.layer_bytes = self._blob(self.layer)
        assert not self.files, "a blob that nothing points to"

    def _blob(self, descriptor: dict[str, Any]) -> bytes:
        kind, _, digest = descriptor["digest"].partition(":")
        data = self.files.pop(f"blobs/{kind}/{digest}")
        assert hashlib.new(kind, data).hexdigest() == digest
        assert len(data) == descriptor["size"]
        return data

    def unpack(self, folder: Path) -> dict[str, tarfile.TarInfo]:
        (folder / "layer.tar").write_bytes(self.layer_bytes)
        with tarfile.open(folder / "layer.tar") as tar:
            members = {member.name: member for member in tar}
            tar.extractall(folder / "root", filter="tar")
        return members


def test_what_a_program_needs_besides_lies_in_a_layer_below_it(tmp_path, program):
    under = tmp_path / "under.tar"
    with tarfile.open(under, "w") as tar:
        tar.add(program, "usr/sbin/iptables")
    write_image(program, "a:1", "/usr/local/bin/kube-proxy", tmp_path / "a.tar", under=under)
    archive = Archive(tmp_path / "a.tar")
    assert archive.bytes_below == [under.read_bytes()]
    assert archive.config["rootfs"]["diff_ids"] == [layer["digest"] for layer in (*archive.below, archive.layer)]
    assert "/usr/sbin" in archive.config["config"]["Env"][0].split(":")
    assert under.exists()


@pytest.mark.usefixtures("fake_go")
def test_a_program_is_packed_under_any_name_and_anew_when_what_is_under_it_changes(tmp_path):
    under = tmp_path / "under.tar"
    under.write_bytes(b"one")
    first = packed("kube-proxy", "registry.k8s.io/kube-proxy:v1", "/usr/local/bin/kube-proxy", under=under)
    assert packed("kube-proxy", "registry.k8s.io/kube-proxy:v1", "/usr/local/bin/kube-proxy", under=under) == first
    assert Archive(first).entry["annotations"]["io.containerd.image.name"] == "registry.k8s.io/kube-proxy:v1"
    assert packed("kube-proxy", "registry.k8s.io/kube-proxy:v2", "/usr/local/bin/kube-proxy", under=under) != first
    under.write_bytes(b"two")
    assert packed("kube-proxy", "registry.k8s.io/kube-proxy:v1", "/usr/local/bin/kube-proxy", under=under) != first


def test_an_archive_holds_the_program_under_its_upstream_name(tmp_path, program):
    write_image(program, "registry.k8s.io/some/thing:v1.2", "/manager", tmp_path / "a.tar",
                user="65532:65532")
    archive = Archive(tmp_path / "a.tar")
    assert archive.entry["annotations"]["io.containerd.image.name"] == "registry.k8s.io/some/thing:v1.2"
    assert archive.layer["mediaType"] == "application/vnd.oci.image.layer.v1.tar"
    assert archive.config["rootfs"] == {"type": "layers", "diff_ids": [archive.layer["digest"]]}
    assert archive.config["os"] == "linux"
    assert archive.config["config"]["Entrypoint"] == ["/manager"]
    assert archive.config["config"]["User"] == "65532:65532"
    assert any(entry.startswith("PATH=") for entry in archive.config["config"]["Env"])
    members = archive.unpack(tmp_path)
    assert (tmp_path / "root" / "manager").read_bytes() == program.read_bytes()
    assert members["manager"].mode == 0o755
    assert members["tmp"].mode == 0o1777
    assert (tmp_path / "root" / "etc" / "passwd").read_text().startswith("root:x:0:0:")
    assert {(member.mtime, member.uid, member.gid) for member in members.values()} == {(0, 0, 0)}


def test_the_same_program_gives_the_same_bytes(tmp_path, program):
    write_image(program, "a/b:1", "/b", tmp_path / "one.tar")
    os.utime(program, (1, 1))
    program.chmod(0o700)
    write_image(program, "a/b:1", "/b", tmp_path / "two.tar")
    assert (tmp_path / "one.tar").read_bytes() == (tmp_path / "two.tar").read_bytes()


def test_nothing_but_the_archive_is_left(tmp_path, program):
    out = tmp_path / "out"
    out.mkdir()
    write_image(program, "a/b:1", "/b", out / "one.tar")
    assert [path.name for path in out.iterdir()] == ["one.tar"]


@pytest.mark.usefixtures("fake_go")
def test_an_archive_is_written_once(request):
    first = images(["pause"])
    (path,) = first.values()
    assert list(first) == [reference("pause")] == ["registry.k8s.io/pause:3.10.1"]
    before = path.stat().st_mtime_ns
    request.getfixturevalue("no_go")
    assert images(["pause"]) == first
    assert path.stat().st_mtime_ns == before


@pytest.mark.usefixtures("fake_go")
def test_a_damaged_archive_is_written_again(quiet):
    (path,) = images(["pause"]).values()
    whole = path.read_bytes()
    os.truncate(path, 100)
    (again,) = images(["pause"], progress=quiet).values()
    assert again.read_bytes() == whole


@pytest.mark.skipif(not all(path.exists() for path in host_programs().values()),
                    reason="the packages busybox-static and bash-static are not installed")
def test_the_shell_image_runs_by_itself(tmp_path):
    (path,) = images(["busybox"]).values()
    Archive(path).unpack(tmp_path)
    root = tmp_path / "root"
    for applet in ("env", "nslookup", "nc", "httpd", "wget"):
        assert os.readlink(root / "bin" / applet) == "/bin/busybox"
    if os.geteuid():
        pytest.skip("only root may change the root folder")
    done = subprocess.run(["chroot", root, "/bin/sh", "-c", "id -un && ls /"],
                          env={"PATH": "/bin:/usr/sbin"}, capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["root", "bin", "etc", "tmp", "var"]
    # Kubernetes takes such a name from a ConfigMap's keys; a shell variable it is not.
    given = {"PATH": "/bin:/usr/sbin", "data-1": "kept"}
    done = subprocess.run(["chroot", root, "/bin/sh", "-c", "env"], env=given, capture_output=True, text=True, check=True)
    assert "data-1=kept" in done.stdout.splitlines()


@pytest.mark.parametrize(("name", "package"), [("HOST_BUSYBOX", "busybox-static"), ("HOST_BASH", "bash-static")])
def test_a_program_that_needs_a_loader_is_none_for_pods(monkeypatch, name, package):
    dynamic = Path("/bin/ls")
    assert not is_static(dynamic)
    # By its module: the package gives the name `images` to the function.
    monkeypatch.setattr(importlib.import_module("conformance.builds.images"), name, dynamic)
    with pytest.raises(SeatrialError, match=f"no static {package.removesuffix('-static')}") as caught:
        images(["busybox"])
    assert package in caught.value.way_out
