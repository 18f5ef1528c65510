"""What every cluster on this machine asks of iproute2 and of the machine's firewall."""

import json
import shutil
import subprocess
from pathlib import Path
from typing import Any

from conformance.errors import SeatrialError


def ip(*arguments: str) -> None:
    """Run iproute2's `ip`. Raises SeatrialError with what it said."""
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode:
        raise SeatrialError(f"`ip {' '.join(arguments)}` failed: {done.stderr.strip()}",
                            "run `seatrial doctor` to see what this machine lacks")


def listed(*arguments: str) -> list[dict[str, Any]]:
    """Return what iproute2's `ip ARGUMENTS` lists."""
    done = subprocess.run(["ip", "-json", *arguments], capture_output=True, text=True, check=True)
    return list(json.loads(done.stdout or "[]"))


def bridged_traffic_is_dropped() -> bool:
    """Whether this machine filters bridged packets and drops what is forwarded (Docker's default)."""
    switch = Path("/proc/sys/net/bridge/bridge-nf-call-iptables")
    if not switch.exists() or switch.read_text().strip() != "1" or not shutil.which("iptables"):
        return False
    rules = subprocess.run(["iptables", "-S", "FORWARD"], capture_output=True, text=True, check=False)
    return "-P FORWARD DROP" in rules.stdout
