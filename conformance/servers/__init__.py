"""Servers of our own that stand beside a run: the same program, built by us, as a container or as a process.

A container needs the extra `seatrial[containers]` and an engine that answers; a process needs neither.
"""

import importlib.util
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from conformance.errors import SeatrialError

CONTAINER, PROCESS = "container", "process"
FORMS = (CONTAINER, PROCESS)
START_WITHIN_S = 20
ADDRESS, FOLDER = "{address}", "{folder}"


@dataclass(frozen=True)
class Address:
    """Where a server listens."""

    host: str
    port: int


@dataclass(frozen=True, kw_only=True)
class OwnServer:
    """A server that we start."""

    program: str
    """Its name in the catalogue of builds."""
    arguments: tuple[str, ...]
    """In them `{address}` is where it is to listen and `{folder}` where its files are."""
    files: Mapping[str, str]
    """What it reads when it starts, by name; it need not stay."""
    answers: Callable[[Address], bool]
    """Whether it answers; called until it does."""

    def command(self, address: str, folder: str) -> list[str]:
        """Return its arguments for one start."""
        return [word.replace(ADDRESS, address).replace(FOLDER, folder) for word in self.arguments]

    def write(self, folder: Path) -> None:
        """Write its files into a folder that is not there yet, for any user to read who gets as far as that."""
        for name, text in self.files.items():
            file = folder / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
            file.chmod(0o644)
        for made in (folder, *(path for path in folder.rglob("*") if path.is_dir())):
            made.chmod(0o755)


class NotStarted(SeatrialError):
    """A server ended by itself before it answered; `said` is what it printed, with its files named as we named them."""

    def __init__(self, server: OwnServer, said: str) -> None:
        super().__init__(f"our own {server.program} server did not start: {' '.join(said.split())}")
        self.said = said


@contextmanager
def started(server: OwnServer, form: str, *, engine: str = "") -> Iterator[Address]:
    """Start a server, yield where it listens, and end it; what is killed in between leaves nothing either.

    `engine` is where the containers' engine listens, as in DOCKER_HOST; empty: what the environment says.
    Raises NotStarted, and SeatrialError when this machine cannot.
    """
    if form == CONTAINER:
        if not _has_extra():
            raise SeatrialError("a server as a container needs testcontainers, which is not installed",
                                "pip install 'seatrial[containers]', or let the server run as a process")
        from conformance.servers import container  # noqa: PLC0415 -- its imports are slow, and an extra

        with container.started(server, engine) as address:
            yield address
    else:
        from conformance.servers import process  # noqa: PLC0415

        with process.started(server) as address:
            yield address


def fitting(engine: str = "") -> str:
    """Return the form for this machine: a container where the extra is installed and an engine answers."""
    if not _has_extra():
        return PROCESS
    from conformance.servers import container  # noqa: PLC0415

    return CONTAINER if container.answers(engine) else PROCESS


def _has_extra() -> bool:
    return importlib.util.find_spec("testcontainers") is not None


def too_slow(server: OwnServer) -> SeatrialError:
    """Return the error for a server that runs and does not answer."""
    return SeatrialError(f"our own {server.program} server did not answer within {START_WITHIN_S} s",
                         "the machine is too busy: try again")
