"""The door to a container engine: the `docker` command.

Not the Python library: kind itself runs this command, so we speak to the engine that kind speaks to, whether it
was chosen by DOCKER_HOST, by a docker context or by nobody.
"""

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import IO, Any

from conformance.errors import SeatrialError

HOST_VARIABLE = "DOCKER_HOST"
LOADS_WITHIN_S = 600
"""For how long an engine may unpack an image that it was given."""


@dataclass(frozen=True)
class Docker:
    """One engine; `host` as in DOCKER_HOST, empty for the one that the docker command finds by itself."""

    host: str = ""

    @property
    def environment(self) -> dict[str, str]:
        """The environment in which docker, and kind, speak to this engine."""
        return os.environ | ({HOST_VARIABLE: self.host} if self.host else {})

    def run(self, *arguments: str, within_s: float | None = None) -> str:
        """Run `docker ARGUMENTS` and return what it printed. Raises SeatrialError with docker's last words."""
        if not shutil.which("docker"):
            raise SeatrialError("the docker command is not on this machine",
                                "apt-get install -y --no-install-recommends docker.io")
        try:
            done = subprocess.run(["docker", *arguments], env=self.environment, stdin=subprocess.DEVNULL,
                                  capture_output=True, check=False, timeout=within_s)
        except subprocess.TimeoutExpired:
            raise SeatrialError(f"`docker {arguments[0]}` did not end within {within_s:g} s") from None
        if done.returncode:
            raise self._failure(arguments, done.stderr.decode(errors="replace"))
        return done.stdout.decode(errors="replace")

    def load(self, write: Callable[[IO[bytes]], None]) -> None:
        """Load an image archive that `write` writes. Raises SeatrialError; an image is there whole or not at all."""
        with tempfile.TemporaryFile() as said, subprocess.Popen(
            ["docker", "load", "--quiet"], env=self.environment, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL,
            stderr=said,
        ) as process:
            assert process.stdin is not None
            try:
                write(process.stdin)
                process.stdin.close()
            except BrokenPipeError:
                pass  # it says itself why it stopped reading
            except BaseException:
                process.kill()
                raise
            try:
                ended = process.wait(LOADS_WITHIN_S)
            except subprocess.TimeoutExpired:
                process.kill()
                raise SeatrialError(f"`docker load` did not end within {LOADS_WITHIN_S:g} s") from None
            if ended:
                said.seek(0)
                raise self._failure(["load"], said.read().decode(errors="replace"))

    def version(self) -> str:
        """Return the engine's version. Raises SeatrialError when it does not answer."""
        return self.run("version", "--format", "{{.Server.Version}}").strip()

    def answers(self) -> bool:
        """Whether the engine answers."""
        try:
            return bool(self.version())
        except SeatrialError:
            return False

    def image(self, name: str) -> dict[str, Any] | None:
        """Return what the engine knows of an image, or None when it has none of that name."""
        if not self.run("image", "ls", "--quiet", "--filter", f"reference={name}").strip():
            return None
        found: list[dict[str, Any]] = json.loads(self.run("image", "inspect", name))
        return found[0]

    def containers(self) -> list[str]:
        """Return the ids of all containers, running or not."""
        return self.run("ps", "--all", "--quiet", "--no-trunc").split()

    def _failure(self, arguments: Sequence[str], said: str) -> SeatrialError:
        lines = [line.strip() for line in said.splitlines() if line.strip()]
        last = lines[-1] if lines else "it said nothing"
        where = self.host or "the machine's own"
        if "permission denied" in last:
            return SeatrialError(f"the Docker engine ({where}) may not be used: {last}",
                                 "run as root, or add yourself to the group docker")
        if "Cannot connect" in last or "no such file" in last or "connection refused" in last:
            return SeatrialError(f"no Docker engine answers ({where})",
                                 f"start Docker, point {HOST_VARIABLE} at one, or: seatrial kind engine up")
        return SeatrialError(f"`docker {arguments[0]}` failed: {last}")
