"""`seatrial kind image`: a node image without a registry, from Debian packages and our own builds.

The system is made by debootstrap from the mirror that this machine's apt uses, dressed as kind's Dockerfile does it,
with kind's own files from its pinned module. All that runs in it runs by chroot in namespaces of its own: the host's
mounts, services and kernel settings stay as they are, and what is killed in the middle leaves no process or mount.
"""

import hashlib
import json
import os
import re
import shutil
import subprocess
import tarfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import IO

from conformance import builds
from conformance.builds import store
from conformance.builds.catalogue import PROGRAMS
from conformance.builds.progress import fitting_progress
from conformance.builds.toolchain import goarch, tethered
from conformance.clusters.kind.docker import Docker
from conformance.clusters.machine.kernel import SETTINGS as KERNEL_SETTINGS
from conformance.errors import SeatrialError

Say = Callable[[str], None]
FORMAT = "1"
"""Part of every key: raise it when what is made changes and neither the script nor the builds do."""
LABEL = "dev.seatrial.node-image"
HERE, OS_RELEASE = Path(__file__).parent, Path("/etc/os-release")
SCRIPTS = ("debian.sh", "node.sh", "node_inside.sh")
PACKAGES = (
    # What kind's Dockerfile installs, without what rootless nodes and network storage need.
    "systemd", "conntrack", "iptables", "nftables", "iproute2", "ethtool", "util-linux", "mount", "kmod", "libseccomp2",
    "pigz", "e2fsprogs", "bash", "ca-certificates", "curl", "jq", "procps", "hostname",
    # What it downloads: Debian's stand for them.
    "containerd", "runc", "containernetworking-plugins")
NODE_PROGRAMS = ("kubelet", "kubeadm", "kubectl", "crictl")
SERVERS = ("kube-apiserver", "kube-controller-manager", "kube-scheduler")
PAUSE_USER = "65535:65535"
APART = ("unshare", "--mount", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc")
MEMORY_MIB = 3072
"""What must be free for the systems to be made in memory: on a disk it takes twice as long."""
_KEEP = """#!/bin/sh
set -eu
keep() {
    [ -e "/proc/sys/$1" ] || return 0
    own=/run/kernel-settings/$1
    mkdir -p "${own%/*}"
    echo "$2" >"$own"
    mount --bind "$own" "/proc/sys/$1"
}
"""
_KEEP_UNIT = """[Unit]
Description=Settings of the host's kernel stay as they are
Before=kubelet.service

[Service]
Type=oneshot
ExecStart=/kind/bin/keep-kernel-settings.sh

[Install]
WantedBy=multi-user.target
"""


@dataclass(frozen=True, kw_only=True)
class Source:
    """Where Debian packages come from."""

    mirror: str
    suite: str
    components: str


def default_name() -> str:
    """Return the image's name when none is given."""
    return f"seatrial.local/kind-node:{PROGRAMS['kubelet'].version}"


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks to make a node image, the command that mends it) for each lack."""
    lacks = []
    if os.geteuid() != 0:
        lacks.append(("root: device files and chroot need it", "sudo -E seatrial kind image"))
    for program, package in (("debootstrap", "debootstrap"), ("apt-get", "apt"), ("chroot", "coreutils"),
                             ("unshare", "util-linux"), ("tar", "tar"), ("docker", "docker.io")):
        if not shutil.which(program):
            lacks.append((f"the program {program}", f"apt-get install -y --no-install-recommends {package}"))
    return lacks


def make(name: str, docker: Docker, say: Say) -> bool:
    """Make the node image `name` in an engine; return whether it was made, False: it is there and as it should be.

    `say` hears what is being done. Raises SeatrialError when the machine cannot; then nothing is left.
    """
    if lacks := missing():
        raise SeatrialError("this machine lacks " + "; ".join(what for what, _ in lacks),
                            " && ".join(dict.fromkeys(mend for _, mend in lacks)))
    docker.version()  # before minutes are spent
    source, progress = apt_source(), fitting_progress()
    say("building what is missing")
    built = builds.build([*NODE_PROGRAMS, *SERVERS, "kube-proxy", "etcd", "coredns", "pause", "kindnetd"])
    files, network = builds.kept("kind-node"), builds.kept("kind-network")
    key = _key(source, [one.sha256 for one in built.values()], files, network)
    there = docker.image(name)
    if there and (there["Config"].get("Labels") or {}).get(LABEL) == key:
        return False
    with store.lock(progress.note, of="-node-image"), store.workspace(of="-node-image") as work:
        debian = _debian(source, say)
        say("packing the images of the cluster's servers")
        manifest, kindnetd = cni(network.read_text())
        wanted = wanted_images(built["kubeadm"].path, PROGRAMS["kubelet"].version,
                               (files / "etc/containerd/config.toml").read_text(), kindnetd)
        archives = [_packed(image, program, debian / "iptables.tar") for image, program in wanted.items()]
        say("dressing the Debian system as a kind node")
        programs = {f"bin/{program}": built[program].path for program in NODE_PROGRAMS}
        stage = _stage(work / "stage", files, manifest, programs | {
            f"images/{number}.tar": archive for number, archive in enumerate(archives)})
        root, layer = work / "root", work / "layer.tar"
        root.mkdir(mode=0o755)
        _apart("node.sh", root, stage, debian / "debian.tar", layer, _in_memory(), built["kubelet"].version,
               network=False)
        say("loading it into the Docker engine")
        _load(docker, name, layer, key)
    if there:
        _forget(docker, there["Id"])
    return True


def wanted_images(kubeadm: Path, version: str, containerd: str, kindnetd: str) -> dict[str, str]:
    """Return the program by image name for every image that a node must hold.

    The names are asked of kubeadm, of kind's configuration of containerd and of kind's network manifest.
    Raises SeatrialError when one is not known to us.
    """
    said = subprocess.run([kubeadm, "config", "images", "list", "--kubernetes-version", version],
                          capture_output=True, text=True, check=True).stdout.split()
    sandbox = re.search(r'sandbox_image = "(.+?)"', containerd)
    names = {*said, kindnetd, *([sandbox[1]] if sandbox else [])}
    by_program = {name: name.rpartition(":")[0].rpartition("/")[2] for name in sorted(names)}
    for name, program in by_program.items():
        if program not in PROGRAMS:
            raise SeatrialError(f"the node image needs {name}, which is none of our builds",
                                "use another version of kind or Kubernetes, or a stock node image")
    return by_program


def cni(source: str) -> tuple[str, str]:
    """Return kind's network manifest and the image in it, from the Go source that holds both."""
    image = re.search(r'kindnetdImage = "(.+?)"', source)
    manifest = re.search(r"defaultCNIManifest = `\n(.*)`\n", source, re.DOTALL)
    if not image or not manifest:
        raise SeatrialError("kind's network manifest is not where this version of Seatrial looks for it",
                            "use the version of kind that Seatrial pins")
    return manifest[1].replace("` + kindnetdImage + `", image[1]), image[1]


def apt_source(said: str | None = None) -> Source:
    """Return where this machine's apt gets the base system from. Raises SeatrialError when it gets none.

    `said` is what apt answers (None: it is asked).
    """
    if said is None:
        asked = subprocess.run(["apt-get", "indextargets", "--format", "$(REPO_URI) $(RELEASE) $(COMPONENT)",
                                "Created-By: Packages"], capture_output=True, text=True, check=False)
        said = asked.stdout
    release = dict(re.findall(r'^(\w+)="?(.*?)"?$', OS_RELEASE.read_text(), re.MULTILINE))
    suite = release.get("VERSION_CODENAME", "")
    found: dict[str, list[str]] = {}
    for line in said.splitlines():
        mirror, where, component = line.split()
        if where == suite:
            found.setdefault(mirror, []).append(component)
    for mirror, components in found.items():
        if "main" in components:
            return Source(mirror=mirror, suite=suite, components=",".join(sorted(set(components))))
    raise SeatrialError("apt on this machine has no source of the base system"
                        + (f" {suite}" if suite else "; it is neither Debian nor Ubuntu"),
                        "add `deb MIRROR SUITE main` to /etc/apt/sources.list, or use a stock node image")


def keep_settings() -> str:
    """Return the script by which a node puts files of its own in place of settings that it shares with the host.

    kubelet insists on them, and what it writes would stay when the node is gone.
    """
    return _KEEP + "".join(f"keep {name} {value}\n" for name, value in KERNEL_SETTINGS.items())


def _key(source: Source, programs: Sequence[str], files: Path, network: Path) -> str:
    inputs = [FORMAT, *map(_script, SCRIPTS), str(source), *PACKAGES, *programs, store.digest(files),
              store.digest(network), keep_settings(), _KEEP_UNIT]
    return hashlib.sha256("\0".join(inputs).encode()).hexdigest()


def _debian(source: Source, say: Say) -> Path:
    """Return the folder with the Debian system as a tar file, and in another what kube-proxy needs of it."""
    inputs = "\0".join([FORMAT, str(source), *PACKAGES, _script("debian.sh"), goarch()])
    place = store.entry("debian", source.suite, hashlib.sha256(inputs.encode()).hexdigest())
    if store.is_good(place):
        return place
    say(f"making a Debian system ({source.suite} from {source.mirror}): a minute or two, once")
    with store.workspace(of="-debian") as work:
        root, made = work / "root", work / "made"
        root.mkdir(mode=0o755)
        made.mkdir()
        _apart("debian.sh", root, made, _in_memory(), goarch(), source.components, ",".join(PACKAGES), source.suite,
               source.mirror)
        store.add(place, made)
    return place


def _packed(image: str, program: str, iptables: Path) -> Path:
    if program == "kube-proxy":
        return builds.packed(program, image, "/usr/local/bin/kube-proxy", under=iptables)
    inside = f"/{program}" if program in {"coredns", "pause"} else f"/usr/local/bin/{program}"
    return builds.packed(program, image, inside, user=PAUSE_USER if program == "pause" else "0")


def _stage(stage: Path, files: Path, manifest: str, binds: Mapping[str, Path]) -> Path:
    """Write what goes into a node; `binds`: files by the place where they are seen among it."""
    shutil.copytree(files, stage / "files", copy_function=shutil.copyfile)
    for folder in {str(Path(inside).parent) for inside in binds}:
        (stage / folder).mkdir()
    (stage / "binds").write_text("".join(f"{source}\t{inside}\n" for inside, source in binds.items()))
    (stage / "default-cni.yaml").write_text(manifest)
    (stage / "inside.sh").write_text(_script("node_inside.sh"))
    (stage / "keep-kernel-settings.sh").write_text(keep_settings())
    (stage / "keep-kernel-settings.service").write_text(_KEEP_UNIT)
    return stage


def _script(name: str) -> str:
    return (HERE / name).read_text()


def _in_memory() -> str:
    available = re.search(r"^MemAvailable:\s+(\d+) kB", Path("/proc/meminfo").read_text(), re.MULTILINE)
    return "yes" if available and int(available[1]) >> 10 >= MEMORY_MIB else "no"


def _apart(script: str, *arguments: str | Path, network: bool = True) -> None:
    """Run a script of ours in namespaces of its own, which end when we do. Raises SeatrialError with its last words."""
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                   "DEBIAN_FRONTEND": "noninteractive"}
    environment |= {name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")}
    unshare, *options = APART
    command = [*options, *([] if network else ["--net"]), "bash", str(HERE / script),
               *map(str, arguments)]
    done = subprocess.run(tethered(shutil.which(unshare) or unshare, *command), env=environment, text=True,
                          errors="replace", stdin=subprocess.DEVNULL, capture_output=True, check=False)
    if done.returncode:
        said = [line for line in (done.stdout + done.stderr).splitlines() if line.strip()]
        if any("No space left on device" in line for line in said):
            raise store.disk_full(store.root())
        # debootstrap says what went wrong among what it does, as E: or W:
        told = [line for line in said if line.startswith(("E: ", "W: "))]
        raise SeatrialError(f"the node image was not made: {script}: {[*said, *told][-1] if said else 'no word'}",
                            "run it again if a mirror was not reached; it goes on from where it was")


def _load(docker: Docker, name: str, layer: Path, key: str) -> None:
    """Give an engine the image, whole: its only layer, and what runs in it."""
    digest = store.digest(layer)
    config = json.dumps({
        "architecture": goarch(), "os": "linux", "rootfs": {"type": "layers", "diff_ids": [f"sha256:{digest}"]},
        "config": {"Env": ["PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "container=docker"],
                   "Entrypoint": ["/usr/local/bin/entrypoint", "/sbin/init"], "StopSignal": "SIGRTMIN+3",
                   "Labels": {LABEL: key}}}, sort_keys=True).encode()
    config_name = f"{hashlib.sha256(config).hexdigest()}.json"
    manifest = json.dumps([{"Config": config_name, "RepoTags": [name], "Layers": ["layer.tar"]}]).encode()

    def write(out: IO[bytes]) -> None:
        with tarfile.open(fileobj=out, mode="w|") as tar:
            for inner, data in ((config_name, config), ("manifest.json", manifest)):
                info = tarfile.TarInfo(inner)
                info.size = len(data)
                tar.addfile(info, BytesIO(data))
            tar.add(layer, "layer.tar")

    docker.load(write)


def _forget(docker: Docker, image: str) -> None:
    """Remove the image that the name stood for, unless something still uses it."""
    try:
        docker.run("image", "rm", image)
    except SeatrialError:
        return  # a node runs from it, or it has another name
