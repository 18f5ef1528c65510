"""Bringing a local cluster up and taking it down again, whatever happened in between."""

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path

from conformance import locks
from conformance.builds import catalogue
from conformance.builds.images import host_programs
from conformance.clusters.local import bridges, processes
from conformance.clusters.local.spec import MOST_CLUSTERS, ClusterSpec, NodeSpec, state_root
from conformance.clusters.machine import cgroups, inotify, network, supervisor
from conformance.clusters.machine.ownership import CHANGED_WITHIN_S, STATE_VARIABLE, commands, name_mark, ourselves
from conformance.errors import SeatrialError, UsageError
from conformance.model.node_size import NodeSize
from conformance.waiting import Unmet, eventually, patience

Say = Callable[[str], None]
PROGRAMS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler", "kubelet", "kube-proxy",
            "containerd", "containerd-shim-runc-v2", "ctr")
INIT = Path(__file__).with_name("node.py")
ROOM_PER_NODE_MB = 400
"""Free disk that a node needs: with CoreDNS and 16 fake nodes the first one has 235 MB after a minute (Kubernetes
1.35.4, seen once), the rest is what a platform's images take at least."""
INOTIFY_PER_NODE = 20
"""inotify instances that a node's servers take: API server 6, kubelet 6, controller manager 5, containerd 1, and two
to spare (counted in /proc/*/fd, Kubernetes 1.35.4). A kubelet that gets none says so in its log and waits for ever."""
FULL_MB = 64
"""Below this etcd cannot go on: its log grows by segments of that size (etcd 3.6,
server/storage/wal, SegmentSizeBytes)."""
MAKE_ROOM = f"free space there, or point {STATE_VARIABLE} at a folder on a larger disk"
UNSHARE = ("unshare", "--mount", "--pid", "--fork", "--net", "--uts", "--mount-proc", "--kill-child=SIGKILL")


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks, the command that mends it) for each lack."""
    lacks: list[tuple[str, str]] = []
    if sys.platform != "linux":
        return [("Linux: nodes are made of its namespaces", "run on a Linux machine, or use --cluster existing")]
    if os.geteuid() != 0:
        lacks.append(("root: namespaces, mounts and links need it", "sudo -E seatrial ..."))
    for program, package in (("runc", "runc"), ("iptables", "iptables"), ("conntrack", "conntrack"),
                             ("ip", "iproute2"), ("unshare", "util-linux"), ("mount", "mount")):
        if not processes.program(program):
            lacks.append((f"the program {program}", f"apt-get install -y --no-install-recommends {package}"))
    if processes.cni_folder() is None:
        lacks.append(("the CNI plugins", "apt-get install -y --no-install-recommends containernetworking-plugins"))
    lacks += [(f"a static {program}, for the image of test pods",
               f"apt-get install -y --no-install-recommends {program}-static")
              for program, path in host_programs().items() if not path.exists()]
    if not _can_overlay():
        lacks.append(("overlayfs in the kernel, which containers are unpacked on", "modprobe overlay"))
    if not cgroups.hierarchies():
        lacks.append(("cgroups under /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup"))
    elif cgroups.is_crowded():
        lacks.append(("a cgroup root without processes: in this container they live where nodes would get theirs",
                      "mkdir -p /sys/fs/cgroup/init && for pid in $(cat /sys/fs/cgroup/cgroup.procs); "
                      "do echo $pid > /sys/fs/cgroup/init/cgroup.procs; done"))
    if (free := inotify.free(INOTIFY_PER_NODE)) < INOTIFY_PER_NODE:
        lacks.append((f"inotify instances: {free} are free, a node takes {INOTIFY_PER_NODE}",
                      "sysctl -w fs.inotify.max_user_instances=1024"))
    if network.bridged_traffic_is_dropped():
        lacks.append(("bridged traffic: the FORWARD chain drops it (Docker's default)",
                      "iptables -I FORWARD -i seatrial+ -o seatrial+ -j ACCEPT"))
    return lacks


def container_runtime() -> str:
    """Return which containerd and which runc nodes get, in words."""
    containerd = catalogue.PROGRAMS["containerd"].version
    runc = processes.program("runc")
    said = subprocess.run([runc, "--version"], capture_output=True, text=True, check=False).stdout if runc else ""
    return f"containerd {containerd} of our build, {said.splitlines()[0] if said else 'no runc'}"


def _can_overlay() -> bool:
    if "overlay" in Path("/proc/filesystems").read_text():
        return True
    # A module is loaded by the first mount of its kind: after a boot nobody may have made one yet.
    modprobe = processes.program("modprobe")
    return modprobe is not None and subprocess.run([modprobe, "--dry-run", "--quiet", "overlay"],
                                                   check=False).returncode == 0


def check_machine() -> None:
    """Raise SeatrialError that names everything this machine lacks, and the commands that mend it."""
    lacks = missing()
    if lacks:
        raise SeatrialError("this machine lacks " + "; ".join(what for what, _ in lacks),
                            " && ".join(dict.fromkeys(mend for _, mend in lacks)))


@contextmanager
def change_lock(say: Say = locks.on_stderr) -> Iterator[None]:
    """Hold the lock under which clusters are numbered, made and removed on this machine.

    `say` hears who holds it. Raises SeatrialError that says so when that does not end.
    """
    root = state_root()
    try:
        root.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeatrialError(f"{root} cannot be made: {error.strerror}",
                            "run as root, or point SEATRIAL_STATE at a folder of yours") from error
    with locks.held(root / ".lock", what="the clusters of this machine", within=CHANGED_WITHIN_S, waiting=say):
        yield


def reserve(name: str, *, real_nodes: int, gpus_per_node: int, node_size: NodeSize | None = None,
            containerd: str = "", say: Say = locks.on_stderr) -> ClusterSpec:
    """Record a new cluster under the first free number, not complete yet and owned by this process; make its bridge.

    Sweeps first what died before its time, whatever its name. Raises UsageError when the name is taken,
    SeatrialError when there is no room on the disk or no number is free.
    """
    # Made before anything is looked at: this refuses bad input.
    wanted = ClusterSpec(name=name, number=0, real_nodes=real_nodes, gpus_per_node=gpus_per_node,
                         node_size=node_size, containerd=containerd, complete=False, owner=ourselves())
    with change_lock(say):
        for spec in recorded():
            if spec.is_abandoned:
                remove(spec.name)
        if free_mb() < ROOM_PER_NODE_MB * real_nodes:
            need = f"{real_nodes} node{'s'[:real_nodes ^ 1]} need {ROOM_PER_NODE_MB * real_nodes}"
            raise SeatrialError(f"the disk that holds {state_root()} has {free_mb()} MB free, {need}", MAKE_ROOM)
        there = ClusterSpec.read(name)
        if there and not there.complete and there.owner:
            raise UsageError(f"cluster {name} is being brought up by process {there.owner[0]}",
                             f"wait for it, or seatrial down --name {name}, or another --name")
        if there and is_running(name):
            raise UsageError(f"cluster {name} is already up", f"seatrial down --name {name}, or another --name")
        remove(name)  # a dead one, of a machine that was started anew for example
        # One that was killed between its bridge and its record has the bridge only.
        bridges.remove(bridges.idle_bridges() - {spec.bridge for spec in recorded()})
        used = {spec.number for spec in recorded()}
        for number in range(MOST_CLUSTERS):
            spec = replace(wanted, number=number)
            if number not in used and not bridges.taken(spec) and bridges.make_bridge(spec):
                spec.save()
                return spec
    raise SeatrialError(f"no free addresses for cluster {name}: all of 10.120.0.0/19 is in use",
                        "take clusters down: seatrial status, seatrial down --name NAME")


def free_mb() -> int:
    """Return how much is free on the disk that holds the clusters, in MB."""
    return shutil.disk_usage(state_root()).free // 10**6


def filled_up(error: BaseException) -> SeatrialError | None:
    """Return the error that is behind another when the clusters' disk is full, else None."""
    if "no space left on device" not in str(error).lower() and free_mb() >= FULL_MB:
        return None
    return SeatrialError(f"the disk that holds {state_root()} is full", MAKE_ROOM)


def start(spec: ClusterSpec, binaries: Mapping[str, Path], *, fake_nodes: int) -> None:
    """Start a reserved cluster's nodes; returns when their processes have been started, not ready."""
    processes.write_certificates(spec)
    for node in spec.nodes:
        start_node(spec, node, binaries, fake_nodes=fake_nodes)


def start_node(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path], *, fake_nodes: int) -> None:
    """Start one node: its namespaces, its first process, its link to the bridge."""
    told = processes.write_node(spec, node, binaries, fake_nodes=fake_nodes, python=sys.executable)
    with (node.folder / "init.log").open("ab") as log:
        # A session of its own: Ctrl-C and our end do not reach it.
        holder = subprocess.Popen([*UNSHARE, sys.executable, "-I", str(INIT), str(told),
                                   supervisor.__file__],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    eventually(lambda: _first_process(node) or holder.poll() is not None, becomes=bool, within=patience().apply,
               because=f"{node.name} of cluster {spec.name} starts (see {node.folder}/init.log)")
    pid = _first_process(node)
    if pid is None:
        raise ended(node)
    holder.returncode = 0  # it outlives us: its parent is whoever adopts it
    bridges.connect(spec, node, pid)


def _first_process(node: NodeSpec) -> int | None:
    """Return the host's pid of a node's first process, or None."""
    told = f"{node.folder}/node.json"
    return next((pid for pid, words in commands()
                 if told in words and _runs_a_node(words) and words[0] != UNSHARE[0]), None)


def _runs_a_node(words: list[str]) -> bool:
    # By the file's name: a cluster may have been made by another copy of Seatrial than this one.
    return any(word.endswith((f"/{INIT.name}", f"/{Path(supervisor.__file__).name}")) for word in words)


def signal_process(node: NodeSpec, module: str, number: signal.Signals) -> None:
    """Send a signal to a node's process that runs a module of ours. Raises SeatrialError when it does not run."""
    found = [pid for pid, command in commands()
             if module in command and any(word.startswith(f"{node.folder}/") for word in command)]
    if not found:
        raise SeatrialError(f"{node.name} of cluster {node.cluster} runs no {module}")
    for pid in found:
        os.kill(pid, number)


def ended(node: NodeSpec) -> SeatrialError:
    """Return the error for a node whose first process has ended: with its last words."""
    said = (node.folder / "init.log").read_text(errors="replace").strip().splitlines()
    return SeatrialError(f"{node.name} of cluster {node.cluster} ended: {said[-1] if said else 'it said nothing'}",
                         f"see {node.folder}/init.log, and seatrial doctor")


def is_running(name: str) -> bool:
    """Whether every node's first process of a recorded cluster lives."""
    spec = ClusterSpec.read(name)
    return spec is not None and all(_first_process(node) for node in spec.nodes)


def recorded() -> list[ClusterSpec]:
    """Return every cluster with a record, running or not."""
    names = sorted(path.parent.name for path in state_root().glob("*/cluster.json"))
    return [spec for spec in map(ClusterSpec.read, names) if spec]


def known() -> list[str]:
    """Return the name of every cluster that there is any sign of, recorded or not."""
    folders = {path.name for path in state_root().glob("*") if path.is_dir()}
    parts = (folder.name.removeprefix(name_mark()).rpartition("-") for folder in cgroups.ours())
    return sorted(folders | {name for name, _, _ in parts})


def leftovers(name: str) -> list[str]:
    """Return what is there of a cluster: processes, mounts, links, cgroups and its folder, in words."""
    spec, folder = ClusterSpec.read(name), state_root() / name
    return [*(f"process {pid}: {' '.join(words)[:120]}" for pid, words in _ours(name)),
            *(f"mount {path}" for path in _mounts(folder)),
            *(f"cgroup {path}" for path in cgroups.ours(name)),
            *(f"link {link}" for link in sorted(bridges.links_of(spec) if spec else ())),
            *([f"folder {folder}"] if folder.is_dir() else [])]


def _mounts(folder: Path) -> list[str]:
    """Return what is mounted in a folder, as the host sees it, the innermost first."""
    points = (line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines())
    return sorted((point for point in points if point.startswith(f"{folder}/")), reverse=True)


def _ours(name: str) -> list[tuple[int, list[str]]]:
    """Return (pid, command) of every process of a cluster."""
    running = dict(commands())
    told = f"{state_root()}/{name}/"
    first = {pid for pid, words in running.items() if _runs_a_node(words)
             and any(word.startswith(told) and word.endswith("/node.json") for word in words)}
    # An import outlives the `up` that was killed, and waits for a containerd that will not come.
    imports = {pid for pid, words in running.items()
               if Path(words[0]).name == "ctr" and any(word.startswith(told) for word in words)}
    members = {pid for folder in cgroups.ours(name) for pid in cgroups.processes(folder)}
    return [(pid, running.get(pid, [])) for pid in sorted(first | imports | members)]


def remove(name: str) -> None:
    """Remove every trace of a cluster. Call under `change_lock`. Raises SeatrialError that names what stayed.

    Nothing here depends on how far an `up` came: it looks at the machine, not at a log of what was done.
    """
    spec, folder = ClusterSpec.read(name), state_root() / name
    if spec and spec.owner and not spec.complete and not spec.is_abandoned and spec.owner[0] != os.getpid():
        _kill(spec.owner[0])  # an `up` that is still at it would go on making things

    def _living() -> list[str]:
        left = _ours(name)
        for pid, _ in left:
            _kill(pid)
        return [f"process {pid} {' '.join(words)[:80]}" for pid, words in left]

    def _busy() -> list[str]:
        left = []
        for path in cgroups.ours(name):
            try:
                cgroups.remove(path)
            except OSError as error:
                left.append(f"cgroup {path} ({error.strerror})")
        return left

    _until_none(_living, name)
    _until_none(_busy, name)
    if spec:
        bridges.remove(bridges.links_of(spec))
    for mount in _mounts(folder):
        # Nodes mount in their own namespaces only; should one ever show here, what is behind it must not be deleted.
        subprocess.run(["umount", "--lazy", mount], capture_output=True, check=False)
    _until_none(lambda: [f"mount {mount}" for mount in _mounts(folder)], name)
    _remove_folder(folder)


def remove_all() -> None:
    """Remove every trace of every cluster. Call under `change_lock`. Raises SeatrialError that names what stayed."""
    troubles = []
    for name in known():
        try:
            remove(name)
        except SeatrialError as error:
            troubles.append(error.message)
    bridges.remove(bridges.idle_bridges())
    if troubles:
        raise SeatrialError("; ".join(troubles), "seatrial down --all tries again")


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _until_none(left: Callable[[], list[str]], name: str) -> None:
    try:
        eventually(left, becomes=[], within=patience().delete)
    except Unmet:
        raise SeatrialError(f"cluster {name} is not gone: {'; '.join(left())} stayed",
                            f"seatrial down --name {name} tries again") from None


def _remove_folder(folder: Path) -> None:
    if not folder.is_dir():
        return
    try:
        # The record goes last: a removal that is interrupted here can be taken up again.
        for inner in folder.iterdir():
            if inner.name != "cluster.json":
                shutil.rmtree(inner) if inner.is_dir() else inner.unlink()
        shutil.rmtree(folder)
    except OSError as error:
        raise SeatrialError(f"{error.filename} cannot be removed: {error.strerror}",
                            "remove it by hand") from error


def import_images(spec: ClusterSpec, archives: Mapping[str, Path], ctr: Path,
                  nodes: tuple[NodeSpec, ...] | None = None) -> None:
    """Load OCI archives into the nodes' containerd by its client `ctr`, under the names that they carry."""
    jobs = [(node, archive) for archive in dict.fromkeys(archives.values()) for node in nodes or spec.nodes]
    for node in nodes or spec.nodes:
        eventually(partial(_containerd_answers, node, ctr), becomes=True, within=patience().ready,
                   because=f"containerd of {node.name} answers (see {node.folder}/log/containerd.log)")
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda one: _import(one[0], one[1], ctr), jobs))


def _ctr(node: NodeSpec, ctr: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([ctr, "--address", f"{node.folder}/containerd.sock", "--namespace", "k8s.io",
                           *arguments], capture_output=True, text=True, check=False)


def _containerd_answers(node: NodeSpec, ctr: Path) -> bool:
    return _ctr(node, ctr, "version").returncode == 0


def _import(node: NodeSpec, archive: Path, ctr: Path) -> None:
    done = _ctr(node, ctr, "images", "import", str(archive))
    if done.returncode:
        raise SeatrialError(f"image {archive.name} could not be loaded on {node.name}: {done.stderr.strip()}",
                            "if it is damaged, `seatrial build` makes it anew")
