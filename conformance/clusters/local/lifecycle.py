"""Bringing a local cluster up and taking it down again, whatever happened in between."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

from filelock import FileLock

from conformance.clusters.local import cgroups, network, processes
from conformance.clusters.local.spec import CGROUP_PREFIX, MOST_CLUSTERS, ClusterSpec, NodeSpec, state_root
from conformance.errors import SeatrialError, UsageError
from conformance.waiting import eventually

Say = Callable[[str], None]
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy")
INIT = Path(__file__).with_name("node.py")
UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--net", "--uts", "--mount-proc", "--kill-child=SIGKILL")


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks, the command that mends it) for each lack."""
    lacks: list[tuple[str, str]] = []
    if sys.platform != "linux":
        return [("Linux: nodes are made of its namespaces", "run on a Linux machine, or use --cluster existing")]
    if os.geteuid() != 0:
        lacks.append(("root: namespaces, mounts and links need it", "sudo -E seatrial ..."))
    for program, package in (("containerd", "containerd"), ("ctr", "containerd"), ("runc", "runc"),
                             ("iptables", "iptables"), ("conntrack", "conntrack"), ("ip", "iproute2"),
                             ("unshare", "util-linux"), ("mount", "mount")):
        if not processes.program(program):
            lacks.append((f"the program {program}", f"apt-get install -y --no-install-recommends {package}"))
    if processes.cni_folder() is None:
        lacks.append(("the CNI plugins", "apt-get install -y --no-install-recommends containernetworking-plugins"))
    if not Path("/bin/busybox").exists():
        lacks.append(("a static busybox, the shell of test pods",
                      "apt-get install -y --no-install-recommends busybox-static"))
    if "overlay" not in Path("/proc/filesystems").read_text():
        lacks.append(("overlayfs in the kernel, which containers are unpacked on", "modprobe overlay"))
    if not cgroups.hierarchies():
        lacks.append(("cgroups under /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup"))
    if network.bridged_traffic_is_dropped():
        lacks.append(("bridged traffic: the FORWARD chain drops it (Docker's default)",
                      "iptables -I FORWARD -i seatrial+ -o seatrial+ -j ACCEPT"))
    return lacks


def check_machine() -> None:
    """Raise SeatrialError that names everything this machine lacks, and the commands that mend it."""
    lacks = missing()
    if lacks:
        raise SeatrialError("this machine lacks " + "; ".join(what for what, _ in lacks),
                            " && ".join(dict.fromkeys(mend for _, mend in lacks)))


def change_lock() -> FileLock:
    """Return the lock under which clusters are numbered, made and removed on this machine."""
    root = state_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeatrialError(f"{root} cannot be made: {error.strerror}",
                            "run as root, or point SEATRIAL_STATE at a folder of yours") from error
    return FileLock(root / ".lock")


def reserve(name: str, *, real_nodes: int, gpus_per_node: int) -> ClusterSpec:
    """Record a new cluster under the first free number. Raises UsageError when the name is taken."""
    ClusterSpec(name=name, number=0, real_nodes=real_nodes, gpus_per_node=gpus_per_node)  # refuses bad input
    with change_lock():
        if ClusterSpec.read(name) and is_running(name):
            raise UsageError(f"cluster {name} is already up", f"seatrial down --name {name}, or another --name")
        remove(name)  # what an interrupted `up` or `down` of that name left
        used = {spec.number for spec in recorded()}
        for number in range(MOST_CLUSTERS):
            spec = ClusterSpec(name=name, number=number, real_nodes=real_nodes, gpus_per_node=gpus_per_node)
            if number not in used and not network.taken(spec) and spec.bridge not in network.links():
                spec.save()
                return spec
    raise SeatrialError(f"no free addresses for cluster {name}: all of 10.120.0.0/19 is in use",
                        "take clusters down: seatrial status, seatrial down --name NAME")


def start(spec: ClusterSpec, binaries: Mapping[str, Path], *, fake_nodes: bool) -> None:
    """Start a reserved cluster's nodes; returns when their processes have been started, not ready."""
    processes.write_certificates(spec)
    network.make_bridge(spec)
    for node in spec.nodes:
        start_node(spec, node, binaries, fake_nodes=fake_nodes)


def start_node(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path], *, fake_nodes: bool) -> None:
    """Start one node: its namespaces, its first process, its link to the bridge."""
    told = processes.write_node(spec, node, binaries, fake_nodes=fake_nodes, python=sys.executable)
    with (node.folder / "init.log").open("ab") as log:
        # A session of its own: Ctrl-C and our end do not reach it.
        holder = subprocess.Popen([*UNSHARE, sys.executable, "-I", str(INIT), str(told)],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    eventually(partial(_first_process, node), becomes=lambda pid: pid is not None, within=10,
               because=f"{node.name} of cluster {spec.name} starts (see {node.folder}/init.log)")
    pid = _first_process(node)
    if pid is None or holder.poll() is not None:
        raise SeatrialError(f"{node.name} of cluster {spec.name} did not start: "
                            f"{(node.folder / 'init.log').read_text().strip()[-500:]}", "seatrial doctor")
    holder.returncode = 0  # it outlives us: its parent is whoever adopts it
    network.connect(spec, node, pid)


def _first_process(node: NodeSpec) -> int | None:
    """Return the host's pid of a node's first process, or None."""
    told = f"{node.folder}/node.json"
    for pid, command in _commands():
        if told in command and command[0] != "unshare":
            return pid
    return None


def _commands() -> list[tuple[int, list[str]]]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it ended while we looked
            found.append((int(entry.name), words))
    return found


def signal_process(node: NodeSpec, module: str, number: signal.Signals) -> None:
    """Send a signal to a node's process that runs a module of ours. Raises SeatrialError when it does not run."""
    found = [pid for pid, command in _commands()
             if module in command and any(word.startswith(f"{node.folder}/") for word in command)]
    if not found:
        raise SeatrialError(f"{node.name} of cluster {node.cluster} runs no {module}")
    for pid in found:
        os.kill(pid, number)


def is_running(name: str) -> bool:
    """Whether every node's first process of a recorded cluster lives."""
    spec = ClusterSpec.read(name)
    return spec is not None and all(_first_process(node) for node in spec.nodes)


def recorded() -> list[ClusterSpec]:
    """Return every cluster with a record, running or not."""
    names = sorted(path.parent.name for path in state_root().glob("*/cluster.json"))
    return [spec for spec in map(ClusterSpec.read, names) if spec]


def leftovers(name: str = "") -> list[str]:
    """Return what is there of one cluster, or of all: processes, mounts, links, cgroups and folders, in words."""
    root = f"{state_root()}/{name}"
    found = [f"process {pid}: {' '.join(words)[:120]}" for pid, words in _ours(name)]
    found += [f"mount {line.split()[1]}" for line in Path("/proc/self/mounts").read_text().splitlines()
              if line.split()[1].startswith(root)]
    found += [f"cgroup {folder}" for folder in cgroups.ours(f"{CGROUP_PREFIX}{name}-*" if name else "")]
    spec = ClusterSpec.read(name) if name else None
    if not name or spec:
        prefix = spec.bridge if spec else ""
        found += [f"link {link}" for link in sorted(network.links())
                  if not spec or link == prefix or link.startswith(f"{prefix}n")]
    found += [f"folder {path}" for path in state_root().glob(name or "*") if path.is_dir()]
    return found


def _ours(name: str = "") -> list[tuple[int, list[str]]]:
    """Return (pid, command) of every process of one cluster, or of all."""
    prefix = f"{state_root()}/{name}/" if name else f"{state_root()}/"
    by_command = {pid: words for pid, words in _commands()
                  if any(word.startswith(prefix) and word.endswith("/node.json") for word in words)}
    by_cgroup = {pid for folder in cgroups.ours(f"{CGROUP_PREFIX}{name}-*" if name else "")
                 for pid in cgroups.processes(folder)}
    words = dict(_commands())
    return sorted({**{pid: words.get(pid, []) for pid in by_cgroup}, **by_command}.items())


def remove(name: str = "") -> None:
    """Remove every trace of one cluster, or of all of them. Call under `change_lock`. Raises SeatrialError.

    Nothing here depends on how far an `up` came: it looks at the machine, not at a log of what was done.
    """
    pattern = f"{CGROUP_PREFIX}{name}-*" if name else ""
    spec = ClusterSpec.read(name) if name else None

    def _emptied() -> list[str]:
        left = _ours(name)
        for pid, _ in left:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        return [f"{pid} {' '.join(words)[:80]}" for pid, words in left]

    eventually(_emptied, becomes=[], within=20, because=f"the processes of cluster {name or '(all)'} end")
    links = network.links()
    if spec:
        links = {link for link in links if link == spec.bridge or link.startswith(f"{spec.bridge}n")}
    if spec or not name:
        network.remove(links)

    def _freed() -> list[str]:
        left = []
        for folder in cgroups.ours(pattern):
            try:
                cgroups.remove(folder)
            except OSError as error:
                left.append(f"{folder}: {error.strerror}")
        return left

    eventually(_freed, becomes=[], within=10, because=f"the cgroups of cluster {name or '(all)'} are free")
    for folder in state_root().glob(name or "*"):
        if folder.is_dir():
            # The record goes last: a removal that is interrupted here can be taken up again.
            for inner in folder.iterdir():
                if inner.name != "cluster.json":
                    shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
            shutil.rmtree(folder)


def import_images(spec: ClusterSpec, archives: Mapping[str, Path], nodes: tuple[NodeSpec, ...] | None = None,
                  ) -> None:
    """Load OCI archives into the nodes' containerd, under the names that they carry."""
    jobs = [(node, archive) for archive in dict.fromkeys(archives.values()) for node in nodes or spec.nodes]
    for node in nodes or spec.nodes:
        eventually(partial(_containerd_answers, node), becomes=True, within=30,
                   because=f"containerd of {node.name} answers (see {node.folder}/log/containerd.log)")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: _import(*one), jobs))


def _ctr(node: NodeSpec, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["ctr", "--address", f"{node.folder}/containerd.sock", "--namespace", "k8s.io",
                           *arguments], capture_output=True, text=True, check=False)


def _containerd_answers(node: NodeSpec) -> bool:
    return _ctr(node, "version").returncode == 0


def _import(node: NodeSpec, archive: Path) -> None:
    done = _ctr(node, "images", "import", str(archive))
    if done.returncode:
        raise SeatrialError(f"image {archive.name} could not be loaded on {node.name}: {done.stderr.strip()}",
                            "if the disk is full, free space; else rebuild it: seatrial build")
