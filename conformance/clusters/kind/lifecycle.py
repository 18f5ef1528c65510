"""Making a cluster of kind and taking it away again, whatever happened in between."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from conformance import builds, locks
from conformance.builds.toolchain import tethered
from conformance.clusters import nodes
from conformance.clusters.kind import engine, runtime, settings
from conformance.clusters.kind.configuration import AUDIT_POLICY, configuration
from conformance.clusters.kind.docker import Docker
from conformance.clusters.kind.settings import Setting
from conformance.clusters.kind.spec import CLUSTER_LABEL, KindNode, KindSpec, root
from conformance.clusters.machine import cgroups, inotify, supervisor
from conformance.clusters.machine.ownership import CHANGED_WITHIN_S, commands
from conformance.errors import SeatrialError, UsageError
from conformance.gpu.devices import devices, write_state
from conformance.model.labels import GPU_RESOURCE
from conformance.waiting import Unmet, eventually, patience

KIND_WITHIN = 7
"""kind may take so many times what a component may: kubeadm gives a control plane four minutes by itself."""
LOADERS = 4
"""So many images are loaded at once: more wait for the same disk."""
INOTIFY_PER_NODE = 25
"""inotify instances that a node's servers and its systemd take."""
ROOM_PER_NODE_MB = 1500
"""Free disk that a node needs on the engine's disk."""
MACHINES_OWN = "unix:///var/run/docker.sock"
PLUGIN = "conformance.gpu.device_plugin"
KEEPER = Path(supervisor.__file__)

Say = Callable[[str], None]


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks, the command that mends it) for each lack."""
    if sys.platform != "linux":
        return [("Linux: kubelets and fake GPUs share folders of the host", "run on a Linux machine")]
    lacks = []
    if os.geteuid() != 0:
        lacks.append(("root: the folders that kubelets and fake GPUs share are root's", "sudo -E seatrial ..."))
    docker, _ = settings.docker()
    if docker.host and not docker.host.startswith("unix://"):
        return [*lacks, (f"an engine: {docker.host} is on another machine, and cannot share folders with this one",
                         "unset DOCKER_HOST, or point it at a unix:// socket")]
    try:
        docker.version()
    except SeatrialError as error:
        return [*lacks, (error.message, error.way_out)]
    if _is_bounded() and docker.host in ("", MACHINES_OWN):
        lacks.append(("CAP_SYS_RESOURCE, which containers of the machine's Docker engine ask for",
                      "seatrial kind engine up"))
    if (free := inotify.free(INOTIFY_PER_NODE)) < INOTIFY_PER_NODE:
        lacks.append((f"inotify instances: {free} are free, a node takes {INOTIFY_PER_NODE}",
                      "sysctl -w fs.inotify.max_user_instances=1024"))
    image = settings.chosen_image(docker)
    if builds.offline() and not docker.image(image.value):
        lacks.append((f"the node image {image}, and offline nothing is pulled", "seatrial kind image"))
    return lacks


def check_machine() -> None:
    """Raise SeatrialError that names everything this machine lacks, and the commands that mend it."""
    lacks = missing()
    if lacks:
        raise SeatrialError("this machine lacks " + "; ".join(what for what, _ in lacks),
                            " && ".join(dict.fromkeys(mend for _, mend in lacks)))


@contextmanager
def change_lock(say: Say = locks.on_stderr) -> Iterator[None]:
    """Hold the lock under which clusters of kind are recorded and removed on this machine.

    `say` hears who holds it. Raises SeatrialError that says so when that does not end.
    """
    try:
        root().mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeatrialError(f"{root()} cannot be made: {error.strerror}",
                            "run as root, or point SEATRIAL_STATE at a folder of yours") from error
    with locks.held(root() / ".lock", what="the kind clusters of this machine", within=CHANGED_WITHIN_S, waiting=say):
        yield


def recorded() -> list[KindSpec]:
    """Return every cluster with a record, running or not."""
    names = sorted(path.parent.name for path in root().glob("*/cluster.json"))
    return [spec for spec in map(KindSpec.read, names) if spec]


def reserve(wanted: KindSpec, say: Say = locks.on_stderr) -> KindSpec:
    """Record a new cluster, not complete yet and owned by this process.

    Sweeps first what died before its time, whatever its name. Raises UsageError when the name is taken,
    SeatrialError when the engine does not answer or its disk has no room.
    """
    with change_lock(say):
        for spec in recorded():
            if spec.is_abandoned:
                remove(spec.name)
        there = KindSpec.read(wanted.name)
        if there and not there.complete and there.owner:
            raise UsageError(f"cluster {there.name} is being brought up by process {there.owner[0]}",
                             f"wait for it, or {way_down(there.name)}, or another --name")
        if there and is_running(there):
            raise UsageError(f"cluster {there.name} is already up", f"{way_down(there.name)}, or another --name")
        remove(wanted.name)  # a dead one
        if _nodes(wanted.docker, wanted.name):
            raise UsageError(f"kind has a cluster {wanted.name} already, which Seatrial did not make",
                             f"another --name, or kind delete cluster --name {wanted.name}")
        _check_room(wanted)
        wanted.save()
    return wanted


def way_down(name: str) -> str:
    """Return the command that takes a cluster down."""
    return f"seatrial down --cluster kind --name {name}"


def _check_room(spec: KindSpec) -> None:
    data = Path(spec.docker.run("info", "--format", "{{.DockerRootDir}}").strip())
    if not data.is_dir():
        return  # the engine is on another machine, or in a virtual one
    free_mb = shutil.disk_usage(data).free // 10**6
    need_mb = ROOM_PER_NODE_MB * spec.real_nodes
    if free_mb < need_mb:
        raise SeatrialError(f"the disk that holds {data} has {free_mb} MB free, {spec.real_nodes} "
                            f"node{'s'[:spec.real_nodes ^ 1]} need {need_mb}", "free space there: docker system df")


# -- coming up ------------------------------------------------------------------------------------------------


def create(spec: KindSpec, program: Setting, say: Say, *, fake_nodes: int = 0) -> None:
    """Make a reserved cluster's nodes and let kubeadm join them; `fake_nodes` is how many will be added.

    Raises SeatrialError with kind's last words.
    """
    for node in spec.nodes:
        node.device_plugins.mkdir(parents=True, exist_ok=True)
        offered = devices(nodes.GPU_MODEL, spec.gpus_per_node, node.name)
        write_state(node.gpus, {GPU_RESOURCE: offered} if spec.gpus_per_node else {})
    (spec.folder / "audit").mkdir(exist_ok=True)
    (spec.folder / "audit" / "policy.json").write_text(json.dumps(AUDIT_POLICY))
    told = spec.folder / "kind.json"
    told.write_text(json.dumps(configuration(spec, cgroup_v1=not cgroups.is_v2(), bounded=_is_bounded(),
                                             patches=settings.patches(), fake_nodes=fake_nodes), indent=1))
    if spec.gpus_per_node:
        start_plugins(spec)  # it waits for the kubelets
    say(f"kind makes {spec.real_nodes} node{'s'[:spec.real_nodes ^ 1]}")
    kind(spec, program, "create", "cluster", "--name", spec.name, "--config", str(told),
         "--kubeconfig", str(spec.kubeconfig), "--retain")


def kind(spec: KindSpec, program: Setting, *arguments: str) -> None:
    """Run kind on the engine of a cluster; what it says goes to the cluster's log.

    Raises SeatrialError with its last words, or when it does not end in time.
    """
    within_s = KIND_WITHIN * patience().ready
    environment = spec.docker.environment | {
        "KIND_EXPERIMENTAL_DOCKER_NETWORK": spec.network, "KIND_EXPERIMENTAL_PROVIDER": "docker",
        "KUBECONFIG": str(spec.kubeconfig)}  # never the user's own
    # In a session of its own, so that Ctrl-C leaves it to us; should we be killed, it goes too.
    with subprocess.Popen(tethered(program.value, *arguments), env=environment, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True) as process:
        try:
            said = process.communicate(timeout=within_s)[0].decode(errors="replace")
        except subprocess.TimeoutExpired:
            process.kill()
            raise SeatrialError(f"`kind {' '.join(arguments[:2])}` did not end within {within_s:.0f} s for cluster "
                                f"{spec.name}", "seatrial doctor --cluster kind") from None
        except BaseException:
            process.kill()
            raise
    with spec.log.open("a") as log:
        log.write(f"$ kind {' '.join(arguments)}\n{said}")
    if process.returncode:
        raise _failure(spec, arguments, said)


def _failure(spec: KindSpec, arguments: Sequence[str], said: str) -> SeatrialError:
    what = f"`kind {' '.join(arguments[:2])}` failed for cluster {spec.name}"
    if "no space left on device" in said.lower():
        return SeatrialError(f"{what}: the disk of its Docker engine is full",
                             "free space there (docker system df), or point DOCKER_HOST at another engine")
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    cause = next((line for line in lines if line.startswith("ERROR:")), lines[-1] if lines else "it said nothing")
    return SeatrialError(f"{what}: {cause.removeprefix('ERROR:').strip()}", "seatrial doctor --cluster kind")


def load_images(spec: KindSpec, archives: Mapping[str, Path]) -> None:
    """Load OCI archives into every node, several at once, under the names that they carry. Raises SeatrialError."""
    program = settings.program()

    def _load(archive: Path) -> None:
        kind(spec, program, "load", "image-archive", str(archive), "--name", spec.name)

    with ThreadPoolExecutor(LOADERS) as pool:
        list(pool.map(_load, dict.fromkeys(archives.values())))


def last_words(spec: KindSpec) -> list[str]:
    """Return what the kubelet of each node last wrote into its log."""
    told = []
    for node in spec.nodes:
        try:
            said = spec.docker.run("exec", node.name, "journalctl", "--unit=kubelet", "--output=cat", "--lines=5")
        except SeatrialError as error:
            said = error.message
        told += [f"{node.name}: {line}" for line in said.splitlines()]
    return told


def _is_bounded() -> bool:
    return not runtime.may_be_given(Path("/proc/self/status").read_text())


# -- the fake GPUs --------------------------------------------------------------------------------------------


def start_plugins(spec: KindSpec) -> None:
    """Start what plays the GPUs of every node, and keeps them playing; returns at once.

    The processes are in a pid namespace: when its first one ends, the kernel ends all.
    """
    told = spec.folder / "plugins.json"
    told.write_text(json.dumps({"folder": str(spec.folder), "processes": [
        {"name": f"device-plugin-{node.number}", "argv": _plugin(node), "cwd": str(node.device_plugins),
         "env": {"PYTHONPATH": str(Path(__file__).parents[3])}} for node in spec.nodes]}, indent=1))
    with (spec.folder / "plugins.log").open("ab") as log:
        # A session of its own: Ctrl-C and our end do not reach it.
        holder = subprocess.Popen(["unshare", "--pid", "--fork", "--kill-child=SIGKILL", sys.executable, "-I",
                                   str(KEEPER), str(told)],
                                  stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    holder.returncode = 0  # it outlives us: its parent is whoever adopts it


def _plugin(node: KindNode) -> list[str]:
    # The sockets by relative names: the whole path of one may be longer than the kernel takes.
    return [sys.executable, "-m", PLUGIN, "--socket-dir", ".", "--state", str(node.gpus)]


def signal_plugin(node: KindNode, number: signal.Signals) -> None:
    """Send a signal to what plays the GPUs of a node. Raises SeatrialError when it does not run."""
    found = [pid for pid, words in commands() if PLUGIN in words and str(node.gpus) in words]
    if not found:
        raise SeatrialError(f"nothing plays the GPUs of {node.name}", "seatrial down and seatrial up")
    for pid in found:
        os.kill(pid, number)


def plays_gpus(spec: KindSpec) -> bool:
    """Whether something keeps the GPUs of a cluster playing."""
    return any(_keeps(spec.folder, words) for _, words in commands())


def _keeps(folder: Path, words: Sequence[str]) -> bool:
    # By the file's name: a cluster may have been made by another copy of Seatrial than this one.
    return f"{folder}/plugins.json" in words and any(word.endswith(f"/{KEEPER.name}") for word in words)


# -- going away -----------------------------------------------------------------------------------------------


def is_running(spec: KindSpec) -> bool:
    """Whether every node of a cluster runs. Raises SeatrialError when its engine does not answer."""
    running = {name for name, state in _nodes(spec.docker, spec.name).items() if state["State"]["Running"]}
    return {node.name for node in spec.nodes} <= running


def known() -> list[str]:
    """Return the name of every cluster that there is any sign of, recorded or not. Raises SeatrialError."""
    folders = {path.name for path in root().glob("*") if path.is_dir()}
    docker, _ = settings.docker()
    made = {str(node["Config"]["Labels"][CLUSTER_LABEL]) for node in _nodes(docker).values()
            if _is_ours(node)} if docker.answers() else set()
    return sorted(folders | made)


def leftovers(name: str) -> list[str]:
    """Return what is there of a cluster, in words. Raises SeatrialError when its engine does not answer."""
    docker = _engine_of(name)
    return [*(f"process {pid}: {' '.join(words)[:120]}" for pid, words in _processes(name)),
            *(f"container {node}" for node in (_ours(docker, name) if docker else ())),
            *([f"folder {root() / name}"] if (root() / name).is_dir() else [])]


def remove(name: str) -> None:
    """Remove every trace of a cluster. Call under `change_lock`. Raises SeatrialError that names what stayed.

    Nothing here depends on how far an `up` came: it looks at the machine, not at a log of what was done.
    """
    spec, folder = KindSpec.read(name), root() / name
    docker = _engine_of(name)  # asked first: without its engine nothing of it is touched
    if spec and spec.owner and not spec.complete and not spec.is_abandoned and spec.owner[0] != os.getpid():
        _kill(spec.owner[0])  # an `up` that is still at it would go on making things

    def _living() -> list[str]:
        left = _processes(name)
        for pid, words in left:
            if Path(words[0]).name != "docker":  # its order is with the engine: it ends when that is carried out
                _kill(pid)
        return [f"process {pid} {' '.join(words)[:80]}" for pid, words in left]

    def _in_engine() -> list[str]:
        left = _ours(docker, name) if docker else {}
        if docker and left:
            docker.run("rm", "--force", "--volumes", *(node["Id"] for node in left.values()))
        return [f"container {one}" for one in left]

    _until_none(_living, name)
    _until_none(_in_engine, name)
    if docker:
        network = KindSpec(name=name).network
        if network in docker.run("network", "ls", "--format", "{{.Name}}").split():
            docker.run("network", "rm", network)
    _remove_folder(folder)


def _engine_of(name: str) -> Docker | None:
    """Return the engine that may hold nodes of a cluster, or None. Raises SeatrialError when it is silent."""
    spec = KindSpec.read(name)
    if spec is None:
        docker, _ = settings.docker()
        return docker if docker.answers() else None
    if spec.docker == engine.docker() and engine.state()["state"] in ("down", "dead"):
        return None  # our own engine ends with all its containers
    try:
        spec.docker.version()
    except SeatrialError as error:
        raise SeatrialError(f"cluster {name}: {error.message}, and it may hold nodes of the cluster",
                            f"start that engine, then {way_down(name)}") from error
    return spec.docker


def _nodes(docker: Docker, cluster: str = "") -> dict[str, dict[str, Any]]:
    """Return what the engine knows of every node of a cluster of kind, or of all clusters, by name."""
    label = f"label={CLUSTER_LABEL}={cluster}" if cluster else f"label={CLUSTER_LABEL}"
    ids = docker.run("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split()
    found = []
    for one in ids:
        try:
            found += json.loads(docker.run("inspect", "--type", "container", one))
        except SeatrialError:
            if one in docker.run("ps", "--all", "--quiet", "--no-trunc", "--filter", label).split():
                raise  # else it went while we looked
    return {node["Name"].removeprefix("/"): node for node in found}


def _ours(docker: Docker, cluster: str) -> dict[str, dict[str, Any]]:
    return {name: node for name, node in _nodes(docker, cluster).items() if _is_ours(node)}


def _is_ours(node: Mapping[str, Any]) -> bool:
    """Whether a node has a folder of our state in it: a cluster of kind that somebody else made has not."""
    ours = f"{root()}/{node['Config']['Labels'][CLUSTER_LABEL]}/"
    return any(mount.get("Source", "").startswith(ours) for mount in node["Mounts"])


def _processes(name: str) -> list[tuple[int, list[str]]]:
    """Return (pid, command) of every process of a cluster on the host: what makes nodes, and what plays GPUs."""
    folder, network = root() / name, KindSpec(name=name).network

    def _is_of_it(words: list[str]) -> bool:
        if Path(words[0]).name == "docker":
            return network in words or any(f"={folder}/" in word for word in words)
        if not any(word.startswith(f"{folder}/") for word in words):
            return False
        return _keeps(folder, words) or PLUGIN in words or {"create", "cluster"} <= {*words}

    return [(pid, words) for pid, words in commands() if _is_of_it(words)]


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        return


def _until_none(left: Callable[[], list[str]], name: str) -> None:
    try:
        eventually(left, becomes=[], within=2 * patience().delete)
    except Unmet:
        raise SeatrialError(f"cluster {name} is not gone: {'; '.join(left())} stayed",
                            f"{way_down(name)} tries again") from None


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
