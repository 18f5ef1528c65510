"""What runs on a node and how it is told: files and command lines, from a cluster's specification.

The flags that are not upstream's defaults each say why; they were found by running (Kubernetes 1.35,
containerd 2.4, cgroup v1 and a machine without CAP_SYS_RESOURCE).
"""

import json
import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from conformance.clusters import kwok, nodes
from conformance.clusters.local import claimed_size
from conformance.clusters.local.spec import API_PORT, KWOK_PORT, ClusterSpec, NodeSpec, state_root
from conformance.clusters.machine import cgroups, kernel
from conformance.gpu.devices import devices, write_state
from conformance.kube import pki

DNS_SERVICE_INDEX = 10
CLUSTER_DOMAIN = "cluster.local"
PAUSE_IMAGE = "registry.k8s.io/pause:3.10.1"
CNI_FOLDERS = ("/opt/cni/bin", "/usr/lib/cni", "/usr/libexec/cni")


def cni_folder() -> Path | None:
    """Return the folder that holds the CNI plugins on this machine, or None."""
    return next((Path(f) for f in CNI_FOLDERS if Path(f, "ptp").exists()), None)


def write_certificates(spec: ClusterSpec) -> None:
    """Make the cluster's authorities, every certificate and every kubeconfig."""
    folder = spec.folder / "pki"
    authority, front = pki.Authority("kubernetes"), pki.Authority("front-proxy")
    authority.pair.write(folder, "ca")
    front.pair.write(folder, "front-proxy-ca")
    front.issue("front-proxy-client").write(folder, "front-proxy-client")
    pki.signing_key().write(folder, "sa")
    authority.issue("kube-apiserver", serves=[
        "localhost", "127.0.0.1", "kubernetes", "kubernetes.default", "kubernetes.default.svc",
        f"kubernetes.default.svc.{CLUSTER_DOMAIN}", spec.service_address(1), spec.nodes[0].address,
    ]).write(folder, "apiserver")
    authority.issue("kube-apiserver-kubelet-client", groups=["system:masters"]).write(folder, "kubelet-client")
    for node in spec.nodes:
        authority.issue(f"system:node:{node.name}", groups=["system:nodes"],
                        serves=[node.name, node.address]).write(folder, node.name)
    authority.issue("kwok", serves=[spec.nodes[0].address, "localhost"]).write(folder, "kwok")

    def _kubeconfig(path: Path, user: str, groups: Sequence[str] = ()) -> None:
        path.touch(mode=0o600)
        path.write_text(pki.kubeconfig(spec.server, authority.pair, user, authority.issue(user, groups=groups),
                                       f"seatrial-{spec.name}"))

    _kubeconfig(folder / "kube-controller-manager.conf", "system:kube-controller-manager")
    _kubeconfig(folder / "kube-scheduler.conf", "system:kube-scheduler")
    _kubeconfig(folder / "kube-proxy.conf", "system:kube-proxy")
    _kubeconfig(folder / "kwok.conf", "seatrial-kwok", ["system:masters"])
    for node in spec.nodes:
        _kubeconfig(folder / f"{node.name}.conf", f"system:node:{node.name}", ["system:nodes"])
    # The administrator's comes last: once it is there, the others are too.
    _kubeconfig(spec.kubeconfig, "seatrial-admin", ["system:masters"])


def write_node(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path], *, fake_nodes: int,
               python: str) -> Path:
    """Write a node's configuration files and return the path of what its first process reads.

    `fake_nodes` is how many the cluster is to have.
    """
    folder = node.folder
    folder.mkdir(parents=True, exist_ok=True)
    _write_containerd(folder, binaries["containerd-shim-runc-v2"])
    _write_cni(node)
    _write_kubelet(spec, node)
    state = folder / "gpus.json"
    write_state(state, {"nvidia.com/gpu": devices(nodes.GPU_MODEL, node.gpus, node.name)} if node.gpus else {})
    processes = [*_control_plane(spec, node, binaries, fake_nodes)] if node.has_control_plane else []
    processes += _node(spec, node, binaries, python)
    if node.has_control_plane and fake_nodes:
        processes.append(_kwok(spec, node, binaries, fake_nodes))
    path = folder / "node.json"
    path.write_text(json.dumps({
        "name": node.name, "folder": str(folder), "state": str(state_root().parent),
        "cgroups": [str(path) for path in cgroups.make(
            node.cgroup, cpus=node.size.cpu if node.size else None)],
        "covers": claimed_size.write(folder / "claims", node.size) if node.size else [],
        "address": node.address, "gateway": spec.gateway,
        "routes": [[other.pod_cidr, other.address] for other in spec.nodes if other != node],
        "kernel_settings": kernel.SETTINGS,
        "processes": processes,
    }, indent=1))
    return path


def _control_plane(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path],
                   fake_nodes: int) -> list[dict[str, Any]]:
    certs, data = spec.folder / "pki", node.folder / "etcd"
    ready = f"https://127.0.0.1:{API_PORT}/readyz"
    etcd = [
        str(binaries["etcd"]), f"--data-dir={data}", "--name=seatrial",
        "--listen-client-urls=http://127.0.0.1:2379", "--advertise-client-urls=http://127.0.0.1:2379",
        "--listen-peer-urls=http://127.0.0.1:2380", "--initial-advertise-peer-urls=http://127.0.0.1:2380",
        "--initial-cluster=seatrial=http://127.0.0.1:2380",
        "--unsafe-no-fsync",  # a trial's cluster does not outlive the machine's power
        "--log-level=warn",
    ]
    apiserver = [
        str(binaries["kube-apiserver"]), "--etcd-servers=http://127.0.0.1:2379",
        "--bind-address=0.0.0.0", f"--secure-port={API_PORT}", f"--advertise-address={node.address}",
        f"--client-ca-file={certs}/ca.crt",
        f"--tls-cert-file={certs}/apiserver.crt", f"--tls-private-key-file={certs}/apiserver.key",
        f"--kubelet-client-certificate={certs}/kubelet-client.crt",
        f"--kubelet-client-key={certs}/kubelet-client.key",
        f"--kubelet-certificate-authority={certs}/ca.crt",
        # Node names resolve nowhere: logs and exec need addresses. Fake nodes have external ones.
        "--kubelet-preferred-address-types=InternalIP,ExternalIP",
        f"--service-account-issuer=https://kubernetes.default.svc.{CLUSTER_DOMAIN}",
        f"--service-account-key-file={certs}/sa.crt", f"--service-account-signing-key-file={certs}/sa.key",
        f"--service-cluster-ip-range={spec.service_cidr}",
        "--authorization-mode=Node,RBAC", "--allow-privileged=true",
        "--enable-admission-plugins=NodeRestriction",
        f"--proxy-client-cert-file={certs}/front-proxy-client.crt",
        f"--proxy-client-key-file={certs}/front-proxy-client.key",
        f"--requestheader-client-ca-file={certs}/front-proxy-ca.crt",
        "--requestheader-allowed-names=front-proxy-client", "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        "--max-requests-inflight=800", "--max-mutating-requests-inflight=400",
    ]
    controllers = [
        str(binaries["kube-controller-manager"]), f"--kubeconfig={certs}/kube-controller-manager.conf",
        f"--authentication-kubeconfig={certs}/kube-controller-manager.conf",
        f"--authorization-kubeconfig={certs}/kube-controller-manager.conf",
        f"--root-ca-file={certs}/ca.crt", f"--service-account-private-key-file={certs}/sa.key",
        f"--cluster-signing-cert-file={certs}/ca.crt", f"--cluster-signing-key-file={certs}/ca.key",
        "--use-service-account-credentials=true",  # without it node taints are never removed
        "--leader-elect=false", "--horizontal-pod-autoscaler-sync-period=5s",
        "--kube-api-qps=200", "--kube-api-burst=400", "--concurrent-job-syncs=20",
        # A lost node is noticed soon, and its pods are the platform's to handle.
        f"--node-monitor-grace-period={kwok.grace_s(fake_nodes)}s", "--node-monitor-period=2s",
    ]
    scheduler = [
        str(binaries["kube-scheduler"]), f"--kubeconfig={certs}/kube-scheduler.conf",
        f"--authentication-kubeconfig={certs}/kube-scheduler.conf",
        f"--authorization-kubeconfig={certs}/kube-scheduler.conf",
        "--leader-elect=false", "--kube-api-qps=200", "--kube-api-burst=400",
    ]
    return [
        {"name": "etcd", "argv": etcd},
        {"name": "kube-apiserver", "argv": apiserver},
        {"name": "kube-controller-manager", "argv": controllers, "after": ready},
        {"name": "kube-scheduler", "argv": scheduler, "after": ready},
    ]


def _node(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path], python: str) -> list[dict[str, Any]]:
    certs, folder = spec.folder / "pki", node.folder
    ready = f"{spec.server}/readyz"
    proxy = [
        str(binaries["kube-proxy"]), f"--kubeconfig={certs}/kube-proxy.conf", f"--hostname-override={node.name}",
        "--proxy-mode=iptables", f"--cluster-cidr={spec.pod_cidr}",
        # These sysctls belong to the machine, not to a node's namespaces.
        "--conntrack-max-per-core=0", "--conntrack-tcp-timeout-established=0",
        "--conntrack-tcp-timeout-close-wait=0",
    ]
    kubelet = [
        str(binaries["kubelet"]), f"--config={folder}/kubelet.json", f"--kubeconfig={certs}/{node.name}.conf",
        f"--hostname-override={node.name}", f"--node-ip={node.address}",
        "--node-labels=" + ",".join(f"{key}={value}" for key, value in nodes.real_labels(node.gpus).items()),
    ]
    found: list[dict[str, Any]] = [
        {"name": "containerd", "argv": [str(binaries["containerd"]), "--config", f"{folder}/containerd.toml"]},
        {"name": "kubelet", "argv": kubelet, "after": ready},
        {"name": "kube-proxy", "argv": proxy, "after": ready},
    ]
    if node.gpus:
        plugin = [python, "-m", "conformance.gpu.device_plugin",
                  "--socket-dir", "/var/lib/kubelet/device-plugins", "--state", f"{folder}/gpus.json"]
        found.append({"name": "device-plugin", "argv": plugin, "after": ready,
                      "env": {"PYTHONPATH": str(Path(__file__).parents[3])}})
    return found


def _kwok(spec: ClusterSpec, node: NodeSpec, binaries: Mapping[str, Path], fake_nodes: int) -> dict[str, Any]:
    certs, config = spec.folder / "pki", node.folder / "kwok.yaml"
    config.write_text(kwok.kwok_config())
    argv = kwok.kwok_arguments(kubeconfig=certs / "kwok.conf", config=config, node_ip=node.address,
                               cidr=spec.fake_pod_cidr, port=KWOK_PORT, fake_nodes=fake_nodes,
                               tls_cert=certs / "kwok.crt", tls_key=certs / "kwok.key")
    return {"name": "kwok", "argv": [str(binaries["kwok"]), *argv], "after": f"{spec.server}/readyz"}


def _write_containerd(folder: Path, shim: Path) -> None:
    # Folders of the node's own wherever the default is one of the host's: what the host's containerd is told of
    # devices, plugins and registries is not the node's business.
    (folder / "containerd.toml").write_text(f"""\
version = 4
root = "{folder}/var-lib/containerd"
state = "/run/containerd"
[plugins."io.containerd.server.v1.grpc"]
  address = "{folder}/containerd.sock"
[plugins."io.containerd.cri.v1.images"]
  snapshotter = "overlayfs"
[plugins."io.containerd.cri.v1.images".pinned_images]
  sandbox = "{PAUSE_IMAGE}"
[plugins."io.containerd.cri.v1.images".registry]
  config_path = "{folder}/registries"
[plugins."io.containerd.cri.v1.runtime"]
  disable_apparmor = true
  enable_unprivileged_ports = true
  cdi_spec_dirs = ["/var/run/cdi"]
  # No pod's oom score below containerd's own: without CAP_SYS_RESOURCE none below 0 can be set, and no sandbox would
  # start. Where the machine allows it, a node's first process has set containerd's below all pods'.
  restrict_oom_score_adj = true
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
  runtime_path = "{shim}"
[plugins."io.containerd.cri.v1.runtime".containerd.runtimes.runc.options]
  SystemdCgroup = false
[plugins."io.containerd.cri.v1.runtime".cni]
  bin_dirs = ["{cni_folder()}"]
  conf_dir = "{folder}/cni"
[plugins."io.containerd.nri.v1.nri"]
  plugin_path = "{folder}/nri"
  plugin_config_path = "{folder}/nri"
""")


def _write_cni(node: NodeSpec) -> None:
    folder = node.folder / "cni"
    folder.mkdir(exist_ok=True)
    (folder / "10-seatrial.conflist").write_text(json.dumps({
        "cniVersion": "0.4.0", "name": "seatrial", "plugins": [
            # Not a bridge: what a bridge hands from pod to pod of one node passes kube-proxy's rules only if the
            # machine happens to have br_netfilter loaded, and without it no Service answers from its own node.
            {"type": "ptp", "ipMasq": False,
             "ipam": {"type": "host-local", "ranges": [[{"subnet": node.pod_cidr}]],
                      "routes": [{"dst": "0.0.0.0/0"}]}},
            {"type": "portmap", "capabilities": {"portMappings": True}},
        ]}))


def _write_kubelet(spec: ClusterSpec, node: NodeSpec) -> None:
    certs, folder = spec.folder / "pki", node.folder
    # No name outside the cluster is anybody's business. One word that says nothing, since for a pod that is told
    # nothing at all containerd copies the host's: a machine's secret, or a link into the /run that a node hides.
    (folder / "resolv.conf").write_text("options ndots:1\n")
    settings: dict[str, Any] = {
        "apiVersion": "kubelet.config.k8s.io/v1beta1", "kind": "KubeletConfiguration",
        "authentication": {"anonymous": {"enabled": False}, "webhook": {"enabled": True},
                           "x509": {"clientCAFile": f"{certs}/ca.crt"}},
        "authorization": {"mode": "Webhook"},
        "tlsCertFile": f"{certs}/{node.name}.crt", "tlsPrivateKeyFile": f"{certs}/{node.name}.key",
        "containerRuntimeEndpoint": f"unix://{folder}/containerd.sock",
        "clusterDNS": [spec.service_address(DNS_SERVICE_INDEX)], "clusterDomain": CLUSTER_DOMAIN,
        "resolvConf": f"{folder}/resolv.conf", "podLogsDir": "/var/log/pods",
        "volumePluginDir": f"{folder}/volume-plugins",
        "cgroupDriver": "cgroupfs", "cgroupRoot": f"/{node.cgroup}", "enforceNodeAllocatable": ["pods"],
        "failSwapOn": False,
        # On a machine that keeps /dev/kmsg or kernel settings to itself a warning, not the end (1.35 asks for it in
        # no other place: pkg/kubelet/kubelet.go, cm/container_manager_linux.go).
        "featureGates": {"KubeletInUserNamespace": True},
        "maxPods": 110, "serializeImagePulls": False,
        "imageGCHighThresholdPercent": 100,  # an image that is collected could not be pulled again
        "evictionHard": {"memory.available": "100Mi", "nodefs.available": "1%", "imagefs.available": "1%"},
        # A GPU that breaks is seen when the kubelet next looks; what has not changed is still told seldom.
        "nodeStatusUpdateFrequency": "1s", "nodeStatusReportFrequency": "10s", "nodeLeaseDurationSeconds": 20,
        "shutdownGracePeriod": "0s", "syncFrequency": "10s",
    }
    if not cgroups.is_v2():
        settings["failCgroupV1"] = False  # from 1.35 the kubelet refuses v1 unless told
    (folder / "kubelet.json").write_text(json.dumps(settings, indent=1))


def program(name: str) -> str | None:
    """Return the path of a system program, or None."""
    # Debian keeps some servers in sbin, which is not on everybody's PATH.
    return shutil.which(name) or shutil.which(name, path="/usr/sbin:/usr/local/sbin:/sbin")
