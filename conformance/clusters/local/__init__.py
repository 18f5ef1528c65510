"""The embedded cluster: nodes made of Linux namespaces, every server the real program.

Needs Linux and root; no container engine, no registry. `missing()` says what a machine lacks.
"""

import json
import signal
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.clusters import diagnostics as kept
from conformance.clusters import fake_nodes, nodes, services
from conformance.clusters.local import lifecycle
from conformance.clusters.local.processes import DNS_SERVICE_INDEX
from conformance.clusters.local.spec import ClusterSpec, NodeSpec
from conformance.errors import UsageError
from conformance.gpu.devices import Device, read_state, set_health, write_state
from conformance.kube.api import Api, is_true, load
from conformance.model.address import Address
from conformance.model.fidelity import Fidelity
from conformance.model.labels import GPU_RESOURCE
from conformance.model.node_size import NodeSize
from conformance.waiting import eventually, patience

IMAGES = ("pause", "coredns", "busybox")
LAST_LINES = 5

Say = Callable[[str], None]


def _silent(_: str) -> None:
    return


@dataclass(frozen=True)
class LocalCluster:
    """A local cluster that is up. `kubeconfig` is the administrator's."""

    spec: ClusterSpec
    kind: str = "local"
    fidelity: Fidelity = Fidelity.NODE

    @property
    def name(self) -> str:
        """The cluster's name."""
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
                **({"node_size": str(self.spec.node_size)} if self.spec.node_size else {})}

    def node(self, name: str) -> NodeSpec:
        """Return a real node by its name in the cluster. Raises UsageError."""
        for node in self.spec.nodes:
            if node.name == name:
                return node
        raise UsageError(f"cluster {self.name} has no real node {name}",
                         f"its nodes: {', '.join(node.name for node in self.spec.nodes)}")

    def gpus(self, node: str) -> list[str]:
        """Return the ids of a real node's fake GPUs."""
        state = read_state(self.node(node).folder / "gpus.json")
        return [device.id for present in state.values() for device in present]

    def processes(self, node: str) -> dict[str, dict[str, int | None]]:
        """Return what runs on a real node by name: pid (in the node), restarts, last exit code."""
        return dict(json.loads((self.node(node).folder / "processes.json").read_text()))

    def set_gpu_health(self, node: str, device: str, *, healthy: bool) -> None:
        """Make a fake GPU of a real node healthy or not; the kubelet hears of it at once."""
        set_health(self.node(node).folder / "gpus.json", device, healthy=healthy)

    def set_gpus(self, node: str, ids: Sequence[str]) -> None:
        """Give a real node other fake GPUs, all healthy; the kubelet hears of them at once."""
        write_state(self.node(node).folder / "gpus.json", {GPU_RESOURCE: [Device(id=one) for one in ids]})

    def signal_gpu_plugin(self, node: str, number: signal.Signals) -> None:
        """Send a signal to the fake GPU plugin of a real node. Raises SeatrialError when it does not run."""
        lifecycle.signal_process(self.node(node), "conformance.gpu.device_plugin", number)

    def load_images(self, archives: Mapping[str, Path]) -> None:
        """Load OCI archives into every real node, under the names that they carry."""
        lifecycle.import_images(self.spec, archives, builds.build(["ctr"])["ctr"].path)

    def address_of(self, namespace: str, service: str, port: int) -> AbstractContextManager[Address]:
        """Yield the Service's own address: this machine has a route to the first node, whose kube-proxy takes over."""
        return services.routed(self.api, namespace, service, port)

    def collect(self, folder: Path) -> None:
        """Write events and the logs of every server and of every container into a folder."""
        kept.collect(folder, {
            **{node.name: partial(kept.copied, [node.folder / "init.log", node.folder / "log",
                                                       node.folder / "var-log" / "pods"], folder / node.name)
               for node in self.spec.nodes},
            **kept.of_api(lambda: self.api, folder)})

    def close(self) -> None:
        """Take the cluster down; returns when nothing of it is left."""
        down(self.name)


def programs() -> tuple[str, ...]:
    """Return the builds that a cluster with fake nodes takes."""
    return (*lifecycle.PROGRAMS, "kwok", *(image for image in IMAGES if image != "busybox"))


def up(name: str = "seatrial", *, real_nodes: int = 1, gpus_per_node: int = 8, profile: str | None = None,
       node_size: NodeSize | None = None, owned: bool = False, diagnostics: Path | None = None,
       say: Say = _silent) -> LocalCluster:
    """Bring a cluster up and return it when its nodes, its DNS and its fake nodes are Ready.

    `profile` names the fake nodes to add (`fixtures/nodes/`), None for none. Each real node claims `node_size`, or what
    the profile says of real nodes, or all that the machine has. An `owned` cluster goes with this process: should it
    die without taking it down, the next `up` on this machine does. The folder `diagnostics` gets what tells why one did
    not come up. `say` hears what is being done. Raises UsageError when the name is taken, SeatrialError when
    the machine cannot.
    """
    lifecycle.check_machine()
    fleet = fake_nodes.load_profile(profile) if profile else None
    wanted = fake_nodes.nodes(fleet) if fleet else []
    programs = [*lifecycle.PROGRAMS, *(["kwok"] if profile else [])]
    built = builds.build(programs)
    binaries = {name: program.path for name, program in built.items()}
    archives = builds.images(IMAGES)
    node_size = node_size or (fleet.real_nodes if fleet else None)
    spec = lifecycle.reserve(name, real_nodes=real_nodes, gpus_per_node=gpus_per_node, node_size=node_size,
                             containerd=built["containerd"].version, say=say)
    try:
        claims = f" that claim {node_size.cpu} CPUs and {node_size.memory} each" if node_size else ""
        say(f"starting {real_nodes} node{'s'[:real_nodes ^ 1]}{claims}")
        lifecycle.start(spec, binaries, fake_nodes=len(wanted))
        cluster = LocalCluster(spec)
        with ThreadPoolExecutor(2) as pool:
            loading = pool.submit(lifecycle.import_images, spec, archives, binaries["ctr"])
            say("waiting for the API server")
            api = _ready_api(cluster)
            api.apply_all(_dns(spec))
            nodes.add(api, wanted)
            say("loading images")
            loading.result()
        say("waiting for nodes and DNS")
        nodes.await_ready(api, [*(node.name for node in spec.nodes), *(node["metadata"]["name"] for node in wanted)],
                          story=lambda: _why_not_ready(api, spec.nodes))
        eventually(partial(_available, api, "coredns", "kube-system"), becomes=True, within=patience().ready,
                   because=f"the DNS of cluster {name} is available",
                   story=partial(api.pod_troubles, "kube-system"))
        spec = replace(spec, complete=True, owner=spec.owner if owned else None)
        spec.save()
    except BaseException as error:
        full = lifecycle.filled_up(error) if isinstance(error, Exception) else None  # asked before space is freed
        if diagnostics and isinstance(error, Exception):
            LocalCluster(spec).collect(diagnostics)
        down(name)
        if full:
            raise full from error
        raise
    return LocalCluster(spec)


def attach(name: str) -> LocalCluster:
    """Return a cluster that is already up. Raises UsageError when there is none of that name."""
    spec = ClusterSpec.read(name)
    if spec is None or not lifecycle.is_running(name):
        raise UsageError(f"there is no cluster {name} on this machine", f"seatrial up --name {name}")
    if not spec.complete:
        raise UsageError(f"cluster {name} is not up yet", "wait for the `seatrial up` that makes it, or do it again")
    return LocalCluster(spec)


def down(name: str) -> list[str]:
    """Take a cluster down and return what was there of it, in words; nothing is fine.

    Ends a `seatrial up` that is still making it. Raises SeatrialError that names what stayed.
    """
    with lifecycle.change_lock():
        found = lifecycle.leftovers(name)
        lifecycle.remove(name)
    return found


def down_all() -> list[str]:
    """Take every local cluster down, also what crashes left; return the names. Raises SeatrialError as `down` does."""
    with lifecycle.change_lock():
        found = lifecycle.known()
        lifecycle.remove_all()
    return found


def status() -> list[dict[str, Any]]:
    """Return every recorded cluster with its state, for people and machines."""
    return [{"name": spec.name, "state": _state(spec), "real_nodes": spec.real_nodes, "server": spec.server,
             "containerd": spec.containerd, "kubeconfig": str(spec.kubeconfig)} for spec in lifecycle.recorded()]


def _state(spec: ClusterSpec) -> str:
    if spec.is_abandoned:
        return "abandoned"
    if not spec.complete:
        return "starting"
    return "running" if lifecycle.is_running(spec.name) else "dead"


def missing() -> list[tuple[str, str]]:
    """Return (what this machine lacks, the command that mends it) for each lack."""
    return lifecycle.missing()


def container_runtime() -> str:
    """Return what would run the containers of nodes that are made here, in words."""
    return lifecycle.container_runtime()


def _ready_api(cluster: LocalCluster) -> Api:
    api = cluster.api

    def _ready() -> str:
        try:
            return api.text("/readyz")
        except Exception as error:
            if not lifecycle.is_running(cluster.name):
                raise lifecycle.ended(cluster.spec.nodes[0]) from None
            if full := lifecycle.filled_up(error):
                raise full from None
            return str(error)

    eventually(_ready, becomes="ok", within=patience().ready,
               because=f"the API server of cluster {cluster.name} is ready "
                       f"(see {cluster.spec.nodes[0].folder}/log/kube-apiserver.log)")
    return api


def _why_not_ready(api: Api, real: Sequence[NodeSpec]) -> list[str]:
    """Return what the API server and the kubelet last said of each real node that is not Ready."""
    told = []
    for spec in real:
        node = api.read("v1/Node", spec.name)
        if node is None or not is_true(node, "Ready"):
            conditions = (node or {}).get("status", {}).get("conditions") or []
            told += [f"{spec.name}: {one['type']} is {one['status']}: {one.get('message', '')}"
                     for one in conditions if one["type"] == "Ready"] or [f"{spec.name}: its kubelet made no Node"]
            log = spec.folder / "log" / "kubelet.log"
            told += log.read_text(errors="replace").splitlines()[-LAST_LINES:] if log.exists() else []
    return told


def _available(api: Api, deployment: str, namespace: str) -> bool:
    found = api.read("apps/v1/Deployment", deployment, namespace)
    return found is not None and is_true(found, "Available")


def _dns(spec: ClusterSpec) -> list[dict[str, Any]]:
    objects = load(Path(__file__).with_name("dns.yaml"))
    for obj in objects:
        if obj["kind"] == "Service":
            obj["spec"]["clusterIP"] = spec.service_address(DNS_SERVICE_INDEX)
    return objects
