"""The host's side of a local cluster's network: one bridge, one link per node, routes to the pods."""

import re
import subprocess
from ipaddress import IPv4Network

from conformance.clusters.local.spec import LINK_PREFIX, ClusterSpec, NodeSpec, state_root
from conformance.clusters.machine.network import ip, listed
from conformance.errors import SeatrialError

OUR_LINK = re.compile(rf"{LINK_PREFIX}\d+(n\d+)?")


def links() -> set[str]:
    """Return the names of our links on the host."""
    return {link["ifname"] for link in listed("link", "show") if OUR_LINK.fullmatch(link["ifname"])}


def links_of(spec: ClusterSpec) -> set[str]:
    """Return the names of a cluster's links that are there."""
    return {link for link in links() if link == spec.bridge or link.startswith(f"{spec.bridge}n")}


def idle_bridges() -> set[str]:
    """Return this state folder's bridges that nothing is plugged into: no node of theirs lives."""
    there = listed("link", "show")
    used = {link.get("master") for link in there}
    return {link["ifname"] for link in there if link.get("ifalias") == str(state_root())} - used


def taken(spec: ClusterSpec) -> str | None:
    """Return what on this machine already uses the cluster's addresses, or None."""
    ours = [IPv4Network(net) for net in (spec.network, spec.pod_cidr, spec.fake_pod_cidr, spec.service_cidr)]
    for route in listed("-4", "route", "show"):
        if route["dst"] != "default" and any(IPv4Network(route["dst"]).overlaps(net) for net in ours):
            return f"route {route['dst']} through {route.get('dev')}"
    return None


def make_bridge(spec: ClusterSpec) -> bool:
    """Make the cluster's bridge with the host's address on it; False when another cluster has that number.

    The kernel lets one of all who try have it: other state folders do not know our lock. In one go, so that a
    bridge never stands here without the name of the folder that it belongs to. Raises SeatrialError.
    """
    steps = (f"link add {spec.bridge} type bridge", f"link set {spec.bridge} alias {state_root()}",
             f"address add {spec.gateway}/24 dev {spec.bridge}", f"link set {spec.bridge} up")
    done = subprocess.run(["ip", "-batch", "-"], input="\n".join(steps), capture_output=True, text=True, check=False)
    if done.returncode and "File exists" not in done.stderr:
        raise SeatrialError(f"the bridge {spec.bridge} cannot be made: {done.stderr.strip()}",
                            "run `seatrial doctor` to see what this machine lacks")
    return done.returncode == 0


def connect(spec: ClusterSpec, node: NodeSpec, pid: int) -> None:
    """Link a node's network namespace (that of `pid`) to the bridge and route its pods to it, Services to the first."""
    veth = spec.veth(node)
    ip("link", "add", veth, "type", "veth", "peer", "name", "eth0", "netns", str(pid))
    ip("link", "set", veth, "master", spec.bridge, "up")
    ip("route", "replace", node.pod_cidr, "via", node.address)
    if node.number == 1:
        ip("route", "replace", spec.service_cidr, "via", node.address)


def remove(names: set[str]) -> None:
    """Remove links by name, bridges last; their addresses and routes go with them."""
    for name in sorted(names & links(), key=lambda n: (not re.search(r"n\d+$", n), n)):
        # A link may go by itself when its namespace ends between our look and our word.
        subprocess.run(["ip", "link", "delete", name], capture_output=True, check=False)
