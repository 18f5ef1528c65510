"""Clusters of kind: nodes are containers of a Docker engine, made from a node image.

Needs an engine on this machine and root, for the folders that kubelets and fake GPUs share. `missing()` says what a
machine lacks, `settings` what may be chosen.
"""

import re
import signal
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.clusters import Say, fake_nodes, kwok, nodes, services
from conformance.clusters import diagnostics as kept
from conformance.clusters.kind import lifecycle, settings
from conformance.clusters.kind.configuration import FAKE_PODS
from conformance.clusters.kind.spec import KindSpec
from conformance.clusters.machine.ownership import ourselves
from conformance.errors import SeatrialError, UsageError
from conformance.gpu.devices import Device, read_state, set_health, write_state
from conformance.kube.api import Api, Object, is_true, load
from conformance.model.address import Address
from conformance.model.fidelity import Fidelity
from conformance.model.labels import GPU_RESOURCE, NODE_LABEL, REAL
from conformance.model.node_size import NodeSize
from conformance.waiting import eventually, patience

IMAGES = ("busybox",)
"""What test pods run from; everything else is in the node image."""
KWOK, KWOK_PORT = "kwok", 10247
SYSTEM = "kube-system"


def _silent(_: str) -> None:
    return


@dataclass(frozen=True)
class KindCluster:
    """A cluster of kind that is up. `kubeconfig` is the administrator's."""

    spec: KindSpec
    kind: str = "kind"
    fidelity: Fidelity = Fidelity.NODE

    @property
    def name(self) -> str:
        """The cluster's name, also for kind."""
        return self.spec.name

    @property
    def kubeconfig(self) -> Path:
        """The administrator's kubeconfig file."""
        return self.spec.kubeconfig

    @property
    def api(self) -> Api:
        """A new connection to the API server."""
        return Api.open(self.kubeconfig)

    def describe(self) -> dict[str, str]:
        """Return what a report says about the ground."""
        return {"kind": self.kind, "name": self.name, "fidelity": self.fidelity.label,
                "kubernetes": self.api.version(), "real_nodes": str(self.spec.real_nodes),
                "container_runtime": nodes.container_runtime(self.api),
                "node_image": self.spec.node_image, "docker": self.spec.docker.version()}

    def gpus(self, node: str) -> list[str]:
        """Return the ids of a real node's fake GPUs."""
        state = read_state(self.spec.node(node).gpus)
        return [device.id for present in state.values() for device in present]

    def set_gpus(self, node: str, ids: Sequence[str]) -> None:
        """Give a real node other fake GPUs, all healthy; the kubelet hears of them at once."""
        write_state(self.spec.node(node).gpus, {GPU_RESOURCE: [Device(id=one) for one in ids]})

    def set_gpu_health(self, node: str, device: str, *, healthy: bool) -> None:
        """Make a fake GPU of a real node healthy or not; the kubelet hears of it at once."""
        set_health(self.spec.node(node).gpus, device, healthy=healthy)

    def signal_gpu_plugin(self, node: str, number: signal.Signals) -> None:
        """Send a signal to the fake GPU plugin of a real node. Raises SeatrialError when it does not run."""
        lifecycle.signal_plugin(self.spec.node(node), number)

    def load_images(self, archives: Mapping[str, Path]) -> None:
        """Load OCI archives into every real node, under the names that they carry."""
        lifecycle.load_images(self.spec, archives)

    def address_of(self, namespace: str, service: str, port: int) -> AbstractContextManager[Address]:
        """Yield an address of this machine that leads to a Service through the API server."""
        return services.forwarded(self.api, namespace, service, port)

    def collect(self, folder: Path) -> None:
        """Write events, the logs that kind exports (with the API server's audit log) and our own into a folder."""
        kept.collect(folder, {
            "ours": partial(kept.copied, [self.spec.log, self.spec.folder / "kind.json", self.spec.folder / "log",
                                          self.spec.folder / "plugins.log"], folder),
            **kept.of_api(lambda: self.api, folder),
            "logs": partial(self._export, (folder / "logs").absolute())})

    def _export(self, folder: Path) -> None:
        lifecycle.kind(self.spec, settings.program(), "export", "logs", str(folder), "--name", self.name)

    def close(self) -> None:
        """Take the cluster down; returns when nothing of it is left."""
        down(self.name)


def programs() -> tuple[str, ...]:
    """Return nothing: a node image that is there takes no build, and one that is made builds what it needs."""
    return ()


def up(name: str = "seatrial", *, real_nodes: int = 1, gpus_per_node: int = 8, profile: str | None = None,
       node_size: NodeSize | None = None, owned: bool = False, diagnostics: Path | None = None,
       say: Say = _silent) -> KindCluster:
    """Bring a cluster up and return it when its nodes, its system's pods and its fake nodes are Ready.

    `profile` names the fake nodes to add (`fixtures/nodes/`), None for none. An `owned` cluster goes with this
    process: should it die without taking it down, the next `up` on this machine does. Of one that does not come up
    the folder `diagnostics` gets what tells why. `say` hears what is being done. Raises UsageError when the name is
    taken or nodes are to claim a size, SeatrialError when the machine cannot.
    """
    if node_size:
        raise UsageError("nodes of kind claim the machine that they run on",
                         "leave --node-size out, or say --cluster local")
    lifecycle.check_machine()
    fleet = fake_nodes.load_profile(profile) if profile else None
    wanted = fake_nodes.nodes(fleet) if fleet else []
    if fleet and fleet.real_nodes:
        say(f"nodes of kind claim the machine that they run on, not the {fleet.real_nodes} of profile {fleet.name}")
    docker, whose = settings.docker()
    docker.version()  # before minutes are spent
    program, image = settings.program(), settings.chosen_image(docker)
    say(f"node image {image}, kind {program}, Docker engine {docker.host or 'of the machine'} ({whose})")
    settings.ensure_image(docker, image)
    archives = builds.images([*IMAGES, *([KWOK] if profile else [])])
    spec = lifecycle.reserve(KindSpec(
        name=name, real_nodes=real_nodes, gpus_per_node=gpus_per_node, docker_host=docker.host,
        node_image=image.value, complete=False, owner=ourselves()), say)
    try:
        lifecycle.create(spec, program, say, fake_nodes=len(wanted))
        cluster = KindCluster(spec)
        api = cluster.api
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(lifecycle.load_images, spec, archives)
            _keep_to_real_nodes(api)
            api.apply_all(_kwok(len(wanted)) if profile else [])
            nodes.add(api, wanted)
            say("loading images")
            loading.result()
        say("waiting for nodes, their GPUs and the system's pods")
        nodes.await_ready(api, [*(node.name for node in spec.nodes), *(node["metadata"]["name"] for node in wanted)],
                          story=partial(lifecycle.last_words, spec))
        eventually(partial(_not_ready, api, gpus_per_node), becomes=[], within=3 * patience().ready,
                   because=f"what is not ready yet in cluster {name}",
                   story=partial(api.pod_troubles, SYSTEM))
        spec = replace(spec, complete=True, owner=spec.owner if owned else None)
        spec.save()
    except BaseException as error:
        if diagnostics and isinstance(error, Exception):
            KindCluster(spec).collect(diagnostics)
        down(name)
        raise
    return KindCluster(spec)


def attach(name: str) -> KindCluster:
    """Return a cluster that is already up. Raises UsageError when there is none of that name."""
    spec = KindSpec.read(name)
    if spec is None or not lifecycle.is_running(spec):
        raise UsageError(f"there is no cluster {name} of kind that Seatrial made",
                         f"seatrial up --cluster kind --name {name}; one that somebody else made is --cluster existing")
    if not spec.complete:
        raise UsageError(f"cluster {name} is not up yet", "wait for the `seatrial up` that makes it, or do it again")
    if spec.gpus_per_node and not lifecycle.plays_gpus(spec):
        lifecycle.start_plugins(spec)  # the machine was started anew: the engine starts its nodes, nobody their GPUs
    return KindCluster(spec)


def down(name: str) -> list[str]:
    """Take a cluster down and return what was there of it, in words; nothing is fine.

    Ends a `seatrial up` that is still making it. Raises SeatrialError that names what stayed.
    """
    with lifecycle.change_lock():
        found = lifecycle.leftovers(name)
        lifecycle.remove(name)
    return found


def down_all() -> list[str]:
    """Take every cluster down, also what crashes left; return the names. Raises SeatrialError as `down` does."""
    if not lifecycle.known():
        return []  # not even a folder is made where nothing is
    with lifecycle.change_lock():
        found, troubles = lifecycle.known(), []
        for name in found:
            try:
                lifecycle.remove(name)
            except SeatrialError as error:
                troubles.append(error.message)
    if troubles:
        raise SeatrialError("; ".join(troubles), "seatrial down --all tries again")
    return found


def status() -> list[dict[str, Any]]:
    """Return every recorded cluster with its state, for people and machines."""
    return [{"name": spec.name, "state": _state(spec), "real_nodes": spec.real_nodes, "server": _server(spec),
             "kubeconfig": str(spec.kubeconfig)} for spec in lifecycle.recorded()]


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks for clusters of kind, the command that mends it) for each lack."""
    return lifecycle.missing()


def container_runtime() -> str:
    """Return what would run the containers of nodes that are made here, in words."""
    return "the containerd of the node image"


def _state(spec: KindSpec) -> str:
    if spec.is_abandoned:
        return "abandoned"
    if not spec.complete:
        return "starting"
    try:
        return "running" if lifecycle.is_running(spec) else "dead"
    except SeatrialError:
        return "dead"  # its engine does not answer


def _server(spec: KindSpec) -> str:
    try:
        found = re.search(r"^\s*server: (\S+)", spec.kubeconfig.read_text(), re.MULTILINE)
    except OSError:
        return ""
    return found[1] if found else ""


def _keep_to_real_nodes(api: Api) -> None:
    """Keep the system's daemons off fake nodes, where they would be two pods for each; those that run stay."""
    for daemons in api.list("apps/v1/DaemonSet", SYSTEM):
        api.patch("apps/v1/DaemonSet", daemons["metadata"]["name"], {"spec": {
            "updateStrategy": {"type": "OnDelete", "rollingUpdate": None},
            "template": {"spec": {"nodeSelector": {NODE_LABEL: REAL}}}}}, SYSTEM)


def _kwok(count: int) -> list[Object]:
    """Return what plays so many fake nodes of the cluster that it runs in."""
    found = load(Path(__file__).with_name("kwok.yaml"))
    for one in found:
        if one["kind"] == "ConfigMap":
            one["data"]["kwok.yaml"] = kwok.kwok_config()
        if one["kind"] == "Deployment":
            (container,) = one["spec"]["template"]["spec"]["containers"]
            container["image"] = builds.reference(KWOK)
            container["args"] = kwok.kwok_arguments(
                kubeconfig=None, config=Path("/etc/kwok/kwok.yaml"), node_ip="$(POD_IP)",
                cidr=FAKE_PODS, port=KWOK_PORT, fake_nodes=count)
    return found


def _not_ready(api: Api, gpus: int) -> list[str]:
    """Return the Deployments, DaemonSets and pods of the system, and the real nodes' GPUs, that are not ready."""
    behind = [one for one in api.list("apps/v1/Deployment", SYSTEM) if not is_true(one, "Available")]
    behind += [one for one in api.list("apps/v1/DaemonSet", SYSTEM)
               if one.get("status", {}).get("numberReady") != one.get("status", {}).get("desiredNumberScheduled")]
    behind += [one for one in api.list("v1/Pod", SYSTEM) if not is_true(one, "Ready")]
    without = [node["metadata"]["name"] for node in api.list("v1/Node", labels=f"{NODE_LABEL}={REAL}")
               if node["status"]["allocatable"].get(GPU_RESOURCE, "0") != str(gpus)]
    return sorted([*(f"{one['kind']} {one['metadata']['name']}" for one in behind),
                   *(f"GPUs of {name}" for name in without)])
