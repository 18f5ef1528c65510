"""One run at a time on a cluster and under a prefix: a Lease in our own namespace says who.

Only the API server's clock counts, so that it does not matter how wrong ours is.
"""

import getpass
import os
import socket
import threading
import time
from datetime import UTC, datetime, timedelta

from conformance.errors import SeatrialError
from conformance.kube.api import Api, Object, Refused
from conformance.waiting import eventually

LEASE, NAME = "coordination.k8s.io/v1/Lease", "seatrial"
LASTS_S, RENEWED_EVERY_S = 30, 8
CONFLICT = 409


class Lock:
    """A Lease, held while it is renewed."""

    def __init__(self, api: Api, namespace: str, run: str) -> None:
        self._api = api
        self._namespace = namespace
        self.holder = f"{getpass.getuser()} on {socket.gethostname()}, process {os.getpid()}, run {run}"
        self._why_lost = ""
        self._renewed_at = time.monotonic()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._renew_for_ever, daemon=True, name="renews our Lease")

    @property
    def lost(self) -> str:
        """Why the Lease is ours no longer; empty: it is. One that ran out is not, whoever failed to renew it."""
        silent_s = time.monotonic() - self._renewed_at
        if self._why_lost or silent_s < LASTS_S:
            return self._why_lost
        return f"Lease {self._namespace}/{NAME} lasts {LASTS_S} s and was not renewed for {silent_s:.0f} s"

    def take(self) -> None:
        """Take the Lease, also one whose holder is dead, and keep it. Raises SeatrialError that says who holds it."""
        found, self._renewed_at = self._read(), time.monotonic()
        try:
            if found is None:
                self._api.create({"apiVersion": "coordination.k8s.io/v1", "kind": "Lease", "spec": self._spec(),
                                  "metadata": {"name": NAME, "namespace": self._namespace}})
            else:
                refuse_held(self._api, found)
                self._write(found)
        except Refused as refusal:
            if refusal.status != CONFLICT:
                raise
            refuse_held(self._api, self._read())  # somebody was quicker
            raise
        self._thread.start()

    def release(self) -> None:
        """Give the Lease back."""
        self._stop.set()
        if self._thread.is_alive():
            self._thread.join(RENEWED_EVERY_S)
        found = self._read()
        if found is not None and found["spec"].get("holderIdentity") == self.holder:
            self._api.delete(LEASE, NAME, self._namespace)

    def _read(self) -> Object | None:
        return self._api.read(LEASE, NAME, self._namespace)

    def _spec(self) -> Object:
        now = f"{self._api.server_time.astimezone(UTC):%Y-%m-%dT%H:%M:%S}.000000Z"
        return {"holderIdentity": self.holder, "leaseDurationSeconds": LASTS_S, "renewTime": now}

    def _write(self, found: Object) -> None:
        # Only over what was seen: of two who find a dead holder one is first.
        self._api.patch(LEASE, NAME, {"metadata": {"resourceVersion": found["metadata"]["resourceVersion"]},
                                      "spec": self._spec()}, self._namespace)

    def _renew_for_ever(self) -> None:
        while not self._stop.wait(RENEWED_EVERY_S):
            begun = time.monotonic()
            try:
                found = self._read()
                if found is None or found["spec"].get("holderIdentity") != self.holder:
                    other = found["spec"].get("holderIdentity") if found else "nobody"
                    self._why_lost = f"{self._namespace}/{NAME} is held by {other} now: this run was taken for dead"
                    return
                self._write(found)
                self._renewed_at, self._why_lost = begun, ""
            except Exception as error:  # whatever it is, the run must hear of it, and the next try may help
                cause = error.message if isinstance(error, SeatrialError) else f"{type(error).__name__}: {error}"
                self._why_lost = f"Lease {self._namespace}/{NAME} could not be renewed: {cause}"


def refuse_held(api: Api, lease: Object | None) -> None:
    """Raise SeatrialError when somebody who lives holds the Lease."""
    left_s = _left_s(api, lease)
    if lease is not None and left_s > 0:
        meta, holder = lease["metadata"], lease["spec"].get("holderIdentity")
        raise SeatrialError(f"another run is at work in {meta['namespace']} of {api.host}: {holder} holds Lease "
                            f"{meta['namespace']}/{NAME}",
                            f"wait for its end, or take another --allow-changes PREFIX; if it is dead, the Lease is "
                            f"free in {left_s:.0f} s")


def await_free(api: Api, namespace: str) -> None:
    """Return when nobody who lives holds the Lease of a namespace: a dead holder does not renew it.

    Raises SeatrialError that says who holds it.
    """
    first = api.read(LEASE, NAME, namespace)
    if first is None or _left_s(api, first) <= 0:
        return

    def renewed_or_over() -> bool:
        now = api.read(LEASE, NAME, namespace)
        return now is None or _left_s(api, now) <= 0 or _renewed(now) > _renewed(first)

    eventually(renewed_or_over, becomes=True, within=2 * LASTS_S,
               because=f"Lease {namespace}/{NAME} is renewed or free")
    refuse_held(api, api.read(LEASE, NAME, namespace))


def _left_s(api: Api, lease: Object | None) -> float:
    """Return for how many seconds a Lease still holds, by the server's clock."""
    if lease is None or not lease["spec"].get("holderIdentity"):
        return 0
    ends = _renewed(lease) + timedelta(seconds=lease["spec"].get("leaseDurationSeconds") or LASTS_S)
    return (ends - api.server_time).total_seconds()


def _renewed(lease: Object) -> datetime:
    return datetime.fromisoformat(str(lease["spec"].get("renewTime") or "1970-01-01T00:00:00Z"))
