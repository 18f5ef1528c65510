"""A Docker engine of our own, for machines that run none or whose engine may not start privileged containers.

An opt-in: nothing here is ever started by itself. It has its own data, sockets, addresses and bridge, lives in
process and mount namespaces of its own, and writes no rule of the firewall: the machine's Docker, its containers and
the local clusters see nothing of it. Its containers reach each other and this machine, and nothing beyond.
"""

import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from ipaddress import IPv4Network
from pathlib import Path
from typing import Any

from conformance import locks
from conformance.clusters.kind import runtime
from conformance.clusters.kind.docker import HOST_VARIABLE, Docker
from conformance.clusters.machine import cgroups, inotify, network
from conformance.clusters.machine.ownership import CHANGED_WITHIN_S, name_mark, state_folder
from conformance.errors import SeatrialError, UsageError
from conformance.waiting import Unmet, eventually

BRIDGE = "kindengine0"
POOLS = tuple(IPv4Network(f"10.{number}.0.0/16") for number in range(119, 111, -1))
"""Where its containers may get their addresses: the first that nobody on this machine uses."""
COVERED = ("/run/containerd", "/run/docker", "/etc/docker")
"""Folders of the host that dockerd insists on: the engine sees others in their place. With the host's containerd in
sight it would share that one with the machine's Docker."""
START_S, STOP_S = 60, 30
INOTIFY_PER_NODE = 28
"""A control plane's: kubelet 7, controller manager 7, API server 6, systemd 4, containerd 1, kube-proxy 1, and two to
spare (counted in /proc/*/fd, Kubernetes 1.35.4). A systemd that gets none does not boot, and says so nowhere."""
LONGEST_FOLDER = 64
"""A socket's path may have 107 characters; dockerd's longest one is 39 longer than its folder."""
_RUNTIME = "bounded-runc"
_LOCKED_UP = """
for folder in {covered}; do mount --bind "$1/covers$folder" "$folder"; done
exec docker-init -- dockerd --config-file "$1/daemon.json"
"""

Say = Callable[[str], None]


def folder() -> Path:
    """Return the engine's folder: beside those of the local clusters, not among them."""
    return state_folder() / "kind-engine"


def socket() -> str:
    """Return where the engine listens, as in DOCKER_HOST."""
    return f"unix://{folder()}/docker.sock"


def docker() -> Docker:
    """Return the door to the engine, whether it runs or not."""
    return Docker(socket())


def chosen() -> Docker:
    """Return the engine that is meant when none is named: that of DOCKER_HOST, else ours where it runs, else any."""
    return docker() if not os.environ.get(HOST_VARIABLE) and is_up() else Docker()


def is_up() -> bool:
    """Whether the engine runs and answers."""
    return bool(_processes()) and docker().answers()


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks for an engine of our own, the command that mends it) for each lack."""
    if sys.platform != "linux":
        return [("Linux: containers are made of its namespaces", "use a Docker engine that is there")]
    lacks = []
    if os.geteuid() != 0:
        lacks.append(("root: an engine needs it", "sudo -E seatrial kind engine up"))
    for program, package in (("dockerd", "docker.io"), ("docker", "docker.io"), ("docker-init", "docker.io"),
                             ("runc", "runc"), ("ip", "iproute2"), ("unshare", "util-linux"), ("mount", "mount")):
        if not shutil.which(program):
            lacks.append((f"the program {program}", f"apt-get install -y --no-install-recommends {package}"))
    if "overlay" not in Path("/proc/filesystems").read_text():
        lacks.append(("overlayfs in the kernel, which containers are unpacked on", "modprobe overlay"))
    if not cgroups.hierarchies():
        lacks.append(("cgroups under /sys/fs/cgroup", "mount -t cgroup2 none /sys/fs/cgroup"))
    if (free := inotify.free(INOTIFY_PER_NODE)) < INOTIFY_PER_NODE:
        lacks.append((f"inotify instances: {free} are free, a node of kind takes {INOTIFY_PER_NODE}",
                      "sysctl -w fs.inotify.max_user_instances=1024"))
    if network.bridged_traffic_is_dropped():
        ours = f"{POOLS[-1].network_address}/13"
        lacks.append(("bridged traffic: the FORWARD chain drops it (Docker's default)",
                      f"iptables -I FORWARD -s {ours} -d {ours} -j ACCEPT"))
    return lacks


def up(say: Say) -> str:
    """Start the engine, unless it runs, and return its address. `say` hears what is being done.

    Whatever a dead one left goes first; images stay. Raises SeatrialError when the machine cannot.
    """
    if lacks := missing():
        raise SeatrialError("this machine lacks " + "; ".join(what for what, _ in lacks),
                            " && ".join(dict.fromkeys(mend for _, mend in lacks)))
    if len(str(folder())) > LONGEST_FOLDER:
        raise UsageError(f"{folder()} is too long a path for sockets", "point SEATRIAL_STATE at a shorter one")
    with _alone():
        if is_up():
            say("the engine runs already")
            return socket()
        _clear()
        try:
            _start(say)
        except BaseException:
            _clear()
            raise
    return socket()


def down(*, purge: bool = False) -> bool:
    """End the engine with all its containers; return whether there was anything. Images stay, unless you `purge`.

    Nothing here depends on how it ended or how far an `up` came. Raises SeatrialError that names what stayed.
    """
    if not folder().is_dir():
        return False
    with _alone():
        found = _record() is not None or bool(_processes())
        if is_up():
            with suppress(SeatrialError):  # what it cannot remove now, the next `up` does
                _empty(docker())
        _clear()
        if purge:
            found = found or (folder() / "data").exists()
            shutil.rmtree(folder())
    return found


def state() -> dict[str, Any]:
    """Return the engine's state, for people and machines."""
    running = bool(_processes())
    answers = running and docker().answers()
    record = _record()
    word = "running" if answers else "hangs" if running else "dead" if record else "down"
    return {"state": word, "docker_host": socket(), "folder": str(folder()),
            "addresses": record["pool"] if record else None,
            "without_sys_resource": not _may_have_sys_resource(),
            "containers": len(docker().containers()) if answers else 0,
            "images_kept": (folder() / "data" / "image").is_dir()}


def configuration(pool: IPv4Network, *, wrapped: bool) -> dict[str, Any]:
    """Return the engine's daemon.json; `wrapped`: containers must do without CAP_SYS_RESOURCE."""
    here = folder()
    chosen: dict[str, Any] = {
        "data-root": f"{here}/data", "exec-root": f"{here}/exec", "pidfile": f"{here}/dockerd.pid",
        "hosts": [socket()], "storage-driver": "overlay2", "exec-opts": ["native.cgroupdriver=cgroupfs"],
        "cgroup-parent": f"/{_cgroup()}",
        "bridge": BRIDGE, "default-address-pools": [{"base": str(pool), "size": 24}],
        # No rule and no switch of the host's network: published ports are relayed by docker-proxy.
        "iptables": False, "ip-forward": False, "ip-masq": False, "userland-proxy": True,
    }
    if wrapped:
        chosen |= {"runtimes": {"bounded": {"path": f"{here}/{_RUNTIME}"}}, "default-runtime": "bounded"}
    return chosen


def _start(say: Say) -> None:
    here, pool = folder(), _free_pool()
    for link in network.listed("link", "show"):
        if link["ifname"] == BRIDGE:
            theirs = Path(link.get("ifalias", "somebody/else"))
            raise SeatrialError(f"the bridge {BRIDGE} is there: the engine of another state folder runs ({theirs})",
                                f"use that one, or: SEATRIAL_STATE={theirs.parent} seatrial kind engine down")
    made = [path for path in COVERED if not Path(path).exists()]
    _write(here / "engine.json", {"pool": str(pool), "made": made})  # first: `down` starts from it
    for path in COVERED:
        Path(path).mkdir(parents=True, exist_ok=True)
        (here / f"covers{path}").mkdir(parents=True, exist_ok=True)
    certificates = Path("/etc/docker/certs.d")
    if certificates.is_dir():  # who may be trusted to serve images
        shutil.copytree(certificates, here / "covers/etc/docker/certs.d", dirs_exist_ok=True)
    wrapped = not _may_have_sys_resource()
    _write(here / "daemon.json", configuration(pool, wrapped=wrapped))
    if wrapped:
        _write_runtime(here)
    network.ip("link", "add", BRIDGE, "type", "bridge")
    network.ip("link", "set", BRIDGE, "alias", str(here))
    network.ip("address", "add", f"{pool[1]}/24", "dev", BRIDGE)
    network.ip("link", "set", BRIDGE, "up")
    say("starting a Docker engine of our own" + (" whose containers do without CAP_SYS_RESOURCE" if wrapped else ""))
    with (here / "dockerd.log").open("wb") as log:
        script = _LOCKED_UP.format(covered=" ".join(COVERED))
        # A session of its own: Ctrl-C and our end do not reach it. All of it ends when its first process does.
        holder = subprocess.Popen(
            ["unshare", "--mount", "--propagation", "slave", "--pid", "--fork", "--kill-child=SIGKILL", "--mount-proc",
             "sh", "-euc", script, "sh", str(here)],
            stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    try:
        eventually(lambda: holder.poll() is not None or docker().answers(), becomes=True, within=START_S,
                   because="the Docker engine answers")
    except Unmet:
        raise SeatrialError(f"the Docker engine does not answer within {START_S} s: {_last_words()}",
                            f"see {here}/dockerd.log") from None
    if holder.poll() is not None:
        raise SeatrialError(f"the Docker engine ended at once: {_last_words()}", f"see {here}/dockerd.log")
    holder.returncode = 0  # it outlives us: its parent is whoever adopts it
    _empty(docker())  # a machine that lost power leaves containers in its images' folder


def _write_runtime(here: Path) -> None:
    """Write the program that the engine runs in place of runc; a copy, so that it outlives this installation."""
    shutil.copyfile(runtime.__file__, here / f"{_RUNTIME}.py")
    words = [os.path.realpath(sys.executable), "-I", "-S", f"{here}/{_RUNTIME}.py", shutil.which("runc") or "runc"]
    (here / _RUNTIME).write_text(f'#!/bin/sh\nexec {shlex.join(words)} "$@"\n')
    (here / _RUNTIME).chmod(0o755)


def _empty(engine: Docker) -> None:
    """Remove every container and network that the engine holds; images stay."""
    if containers := engine.containers():
        engine.run("rm", "--force", "--volumes", *containers, within_s=STOP_S)
    for kind in ("network", "volume"):
        engine.run(kind, "prune", "--force", within_s=STOP_S)


def _clear() -> None:
    """Remove every trace of the engine but its images. Raises SeatrialError that names what stayed."""
    record, here = _record(), folder()
    for pid in _processes("docker-init"):
        _signal(pid, signal.SIGTERM)  # so that its files are whole
    try:
        eventually(_processes, becomes=[], within=STOP_S)
    except Unmet:
        for pid in _processes():
            _signal(pid, signal.SIGKILL)
    _until_none(lambda: [f"process {pid}" for pid in _processes()])
    _until_none(_cgroups_left)
    _until_none(lambda: _links_left(IPv4Network(record["pool"]) if record else None))
    for path in record["made"] if record else ():
        if Path(path).is_dir() and not any(Path(path).iterdir()):
            Path(path).rmdir()
    for each in here.iterdir():
        if each.name not in {"data", "dockerd.log"}:
            shutil.rmtree(each) if each.is_dir() and not each.is_symlink() else each.unlink()


def _processes(named: str = "") -> list[int]:
    """Return the pids of the engine's first processes, by the configuration that they were started with."""
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                words = (entry / "cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue  # it ended while we looked
            held = words[0].endswith("unshare") and str(folder()) in words
            ours = f"{folder()}/daemon.json" in words or held
            if ours and Path(words[0]).name.startswith(named):
                found.append(int(entry.name))
    return sorted(found)


def _cgroup() -> str:
    return f"{name_mark()}engine"


def _cgroups_left() -> list[str]:
    left = []
    for root in cgroups.hierarchies():
        ours = root / _cgroup()
        if not ours.is_dir():
            continue
        for pid in cgroups.processes(ours):
            _signal(pid, signal.SIGKILL)
        try:
            cgroups.remove(ours)
        except OSError as error:
            left.append(f"cgroup {ours} ({error.strerror})")
    return left


def _links_left(pool: IPv4Network | None) -> list[str]:
    """Remove the bridges that are ours by name or address, with what is plugged into them; return what is left."""
    there = network.listed("link", "show")
    bridges = {link["ifname"] for link in there if link.get("ifalias") == str(folder())}
    for link in network.listed("-4", "address", "show") if pool else ():
        if any(pool and IPv4Network(address["local"]).subnet_of(pool) for address in link.get("addr_info", ())):
            bridges.add(link["ifname"])
    plugs = {link["ifname"] for link in there if link.get("master") in bridges}
    for name in (*plugs, *bridges):
        subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)
    return sorted(f"link {name}" for name in plugs | bridges)


def _free_pool() -> IPv4Network:
    used = [IPv4Network(route["dst"]) for route in network.listed("-4", "route", "show") if route["dst"] != "default"]
    for pool in POOLS:
        if not any(pool.overlaps(one) for one in used):
            return pool
    raise SeatrialError(f"no free addresses for a Docker engine: {POOLS[-1]} to {POOLS[0]} are all in use",
                        "take away the route to one of them: ip route")


def _may_have_sys_resource() -> bool:
    return runtime.may_be_given(Path("/proc/self/status").read_text())


def _last_words() -> str:
    said = (folder() / "dockerd.log").read_text(errors="replace").strip().splitlines()
    return said[-1] if said else "it said nothing"


def _record() -> dict[str, Any] | None:
    try:
        return dict(json.loads((folder() / "engine.json").read_text()))
    except (OSError, ValueError):
        return None


def _write(path: Path, content: dict[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(content, indent=2))
    part.replace(path)


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the lock under which the engine comes and goes, with its folder there."""
    here = folder()
    try:
        here.parent.mkdir(parents=True, exist_ok=True)
        with locks.held(here.parent / ".lock", what="the Docker engine of Seatrial", within=CHANGED_WITHIN_S):
            here.mkdir(exist_ok=True, mode=0o711)
            yield
    except PermissionError as error:
        raise SeatrialError(f"{error.filename} cannot be made: {error.strerror}",
                            "run as root, or point SEATRIAL_STATE at a folder of yours") from error


def _signal(pid: int, number: signal.Signals) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return


def _until_none(left: Callable[[], list[str]]) -> None:
    try:
        eventually(left, becomes=[], within=STOP_S)
    except Unmet:
        raise SeatrialError(f"the Docker engine is not gone: {'; '.join(left())} stayed",
                            "seatrial kind engine down tries again") from None
