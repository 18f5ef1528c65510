"""What goes into a node image, and where none is made."""

import os
import subprocess

import pytest

from conformance.builds import toolchain
from conformance.builds.catalogue import PROGRAMS
from conformance.clusters.kind import node_image
from conformance.clusters.kind.docker import Docker
from conformance.clusters.machine.kernel import SETTINGS as KERNEL_SETTINGS
from conformance.errors import SeatrialError

CONTAINERD = 'version = 2\n  sandbox_image = "registry.k8s.io/pause:3.10"\n'
KINDNETD = "docker.io/kindest/kindnetd:v1"
KUBEADM_SAYS = """registry.k8s.io/kube-apiserver:v1.35.4
registry.k8s.io/kube-proxy:v1.35.4
registry.k8s.io/coredns/coredns:v1.13.1
registry.k8s.io/pause:3.10.1
registry.k8s.io/etcd:3.6.6-0
"""
GO_SOURCE = """package nodeimage

const kindnetdImage = "docker.io/kindest/kindnetd:v1"

const defaultCNIManifest = `
kind: DaemonSet
image: ` + kindnetdImage + `
value: {{ .PodSubnet }}
`
"""


@pytest.fixture
def kubeadm(tmp_path):
    def says(text):
        path = tmp_path / "kubeadm"
        path.write_text(f"#!/bin/sh\ncat <<E\n{text}E\n")
        path.chmod(0o755)
        return path

    return says


def test_images_bear_the_names_that_kubeadm_containerd_and_kinds_manifest_want(kubeadm):
    assert node_image.wanted_images(kubeadm(KUBEADM_SAYS), "v1.35.4", CONTAINERD, KINDNETD) == {
        "registry.k8s.io/kube-apiserver:v1.35.4": "kube-apiserver", "registry.k8s.io/kube-proxy:v1.35.4": "kube-proxy",
        "registry.k8s.io/coredns/coredns:v1.13.1": "coredns", "registry.k8s.io/etcd:3.6.6-0": "etcd",
        "registry.k8s.io/pause:3.10.1": "pause", "registry.k8s.io/pause:3.10": "pause", KINDNETD: "kindnetd"}


def test_an_image_that_we_cannot_build_is_refused_by_name(kubeadm):
    with pytest.raises(SeatrialError, match=r"the node image needs registry\.k8s\.io/new-thing:v1"):
        node_image.wanted_images(kubeadm("registry.k8s.io/new-thing:v1\n"), "v1.35.4", CONTAINERD, KINDNETD)


def test_kinds_network_manifest_is_read_from_its_source():
    manifest, image = node_image.cni(GO_SOURCE)
    assert image == KINDNETD
    assert manifest == f"kind: DaemonSet\nimage: {KINDNETD}\nvalue: {{{{ .PodSubnet }}}}\n"


def test_another_kind_whose_manifest_lies_elsewhere_is_refused():
    with pytest.raises(SeatrialError, match="network manifest is not where") as refused:
        node_image.cni("package nodeimage\n")
    assert "the version of kind that Seatrial pins" in refused.value.way_out


APT = """http://mirror/debian/ bookworm main
http://mirror/debian/ bookworm contrib
http://mirror/debian/ bookworm-updates main
http://mirror/debian-security/ bookworm-security main
https://other/apt cloud-sdk-bookworm main
"""


@pytest.fixture
def os_release(monkeypatch, tmp_path):
    def says(text):
        (tmp_path / "os-release").write_text(text)
        monkeypatch.setattr(node_image, "OS_RELEASE", tmp_path / "os-release")

    says('ID=debian\nVERSION_CODENAME=bookworm\n')
    return says


def test_packages_come_from_where_apt_gets_the_base_system(os_release):
    assert node_image.apt_source(APT) == node_image.Source(mirror="http://mirror/debian/", suite="bookworm",
                                                           components="contrib,main")


@pytest.mark.parametrize(("said", "release", "cause"), [
    ("https://other/apt cloud-sdk-bookworm main\n", "VERSION_CODENAME=bookworm\n", "no source of the base system bookworm"),
    ("", "ID=fedora\n", "neither Debian nor Ubuntu")])
def test_a_machine_without_such_a_source_is_refused(os_release, said, release, cause):
    os_release(release)
    with pytest.raises(SeatrialError, match=cause) as refused:
        node_image.apt_source(said)
    assert "/etc/apt/sources.list" in refused.value.way_out


def test_a_machine_that_lacks_something_is_refused_before_anything_is_done(monkeypatch):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(SeatrialError) as refused:
        node_image.make("a:1", Docker(), print)
    for lack in ("root: device files and chroot need it", "the program debootstrap", "the program unshare"):
        assert lack in refused.value.message
    assert "apt-get install -y --no-install-recommends debootstrap" in refused.value.way_out


def test_an_engine_that_does_not_answer_is_told_before_minutes_are_spent(monkeypatch):
    monkeypatch.setattr(node_image, "missing", list)
    monkeypatch.setattr(node_image, "apt_source", lambda: pytest.fail("this would be the next step"))
    with pytest.raises(SeatrialError, match=r"no Docker engine answers \(unix:///nowhere\.sock\)"):
        node_image.make("a:1", Docker("unix:///nowhere.sock"), print)


@pytest.mark.parametrize("script", ["debian.sh", "node.sh"])
@pytest.mark.parametrize("root", ["/", "/..", "/proc/self/root"])
def test_the_hosts_own_system_is_not_made_a_node(tmp_path, script, root):
    # As nobody, so that it could do no harm.
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash",
                           node_image.HERE / script, root, "/tmp", "no", "no", "no", "no", "no", "no"],
                          capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, f"{root} is the host's own system\n")


def test_what_runs_inside_does_nothing_outside():
    done = subprocess.run(["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "bash",
                           node_image.HERE / "node_inside.sh", "v1.35.4"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (1, "this is not a system in the making: nothing is changed\n")


def test_scripts_that_fail_say_why_in_one_line(monkeypatch, tmp_path):
    monkeypatch.setattr(node_image, "HERE", tmp_path)
    monkeypatch.setattr(node_image, "APART", ("env",))
    script = tmp_path / "debian.sh"
    script.write_text("echo I: Retrieving; echo 'E: Failed getting release file http://mirror'; echo more; exit 1\n")
    with pytest.raises(SeatrialError, match=r"not made: debian\.sh: E: Failed getting release file http://mirror\n"):
        node_image._apart("debian.sh")
    script.write_text("echo tar: ./a: Cannot write: No space left on device >&2; exit 2\n")
    with pytest.raises(SeatrialError, match="the disk that holds .* is full"):
        node_image._apart("debian.sh")


def test_scripts_end_with_us(monkeypatch, tmp_path):
    command = toolchain.tethered("sleep", "1000")
    assert command[-2:] == ["sleep", "1000"]
    assert str(os.getpid()) in command


def test_a_node_keeps_from_the_host_every_setting_that_a_local_clusters_node_keeps():
    script = node_image.keep_settings()
    for name, value in KERNEL_SETTINGS.items():
        assert f"keep {name} {value}\n" in script
    subprocess.run(["sh", "-n", "-c", script], check=True)


def test_the_image_is_made_anew_when_anything_that_goes_into_it_changes(monkeypatch, tmp_path):
    files, network = tmp_path / "files", tmp_path / "network"
    files.mkdir()
    (files / "entrypoint").write_text("1")
    network.write_text("1")
    source = node_image.Source(mirror="http://mirror", suite="bookworm", components="main")

    def key(programs=("a", "b"), source=source):
        return node_image._key(source, programs, files, network)

    keys = [key(), key(("a", "c")), key(source=node_image.Source(mirror="m", suite="trixie", components="main"))]
    (files / "entrypoint").write_text("2")
    keys.append(key())
    network.write_text("2")
    keys.append(key())
    monkeypatch.setattr(node_image, "PACKAGES", (*node_image.PACKAGES, "vim"))
    keys.append(key())
    assert len(set(keys)) == len(keys)
    assert key() == key()


def test_every_program_of_a_node_is_one_that_we_build():
    for program in (*node_image.NODE_PROGRAMS, *node_image.SERVERS):
        assert program in PROGRAMS
    assert node_image.default_name() == f"seatrial.local/kind-node:{PROGRAMS['kubelet'].version}"
