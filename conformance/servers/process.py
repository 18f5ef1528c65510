"""A server as a child of this process, on a free port of this machine."""

import ctypes
import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance.builds import build
from conformance.servers import START_WITHIN_S, Address, NotStarted, OwnServer, too_slow
from conformance.waiting import Unmet, eventually

START_TRIES = 3
PR_SET_PDEATHSIG = 1


@contextmanager
def started(server: OwnServer) -> Iterator[Address]:
    """Start it, yield where it listens, and end it. Raises NotStarted.

    It is built first when it is not there yet. Call it on the main thread: the server dies with the one that calls.
    """
    binary = build([server.program])[server.program].path
    with TemporaryDirectory(prefix=f"seatrial-{server.program}-") as scratch:
        # Read once, at the start: nothing is left to remove when we are killed later.
        folder = Path(scratch) / "files"
        server.write(folder)
        address, process = _start(server, binary, folder)
    try:
        yield address
    finally:
        _end(process)


def _start(server: OwnServer, binary: Path, folder: Path) -> tuple[Address, "subprocess.Popen[bytes]"]:
    log = folder.with_name("said")
    said = ""
    for _ in range(START_TRIES):
        address = Address("127.0.0.1", _free_port())
        process = _run([binary, *server.command(f"{address.host}:{address.port}", str(folder))], log)
        if _is_up(server, process, address):
            return address, process
        said = log.read_text(encoding="utf-8", errors="replace").replace(f"{folder}/", "")
        if "address already in use" not in said:
            break
    raise NotStarted(server, said)


def _run(command: "list[str | Path]", log: Path) -> "subprocess.Popen[bytes]":
    parent = os.getpid()
    libc = ctypes.CDLL(None)

    def end_with_parent() -> None:
        libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)

    with log.open("wb") as said:
        # An empty environment: no setting of the user's own, and no secret, finds its way into ours.
        return subprocess.Popen(
            command, env={}, stdin=subprocess.DEVNULL, stdout=said, stderr=said, start_new_session=True,
            preexec_fn=end_with_parent)  # noqa: PLW1509 -- it only asks the kernel, and no thread of ours runs


def _is_up(server: OwnServer, process: "subprocess.Popen[bytes]", address: Address) -> bool:
    try:
        eventually(lambda: process.poll() is not None or server.answers(address), becomes=True, within=START_WITHIN_S)
    except BaseException as error:
        _end(process)
        if isinstance(error, Unmet):
            raise too_slow(server) from None
        raise
    return process.poll() is None


def _end(process: "subprocess.Popen[bytes]") -> None:
    process.kill()
    process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
