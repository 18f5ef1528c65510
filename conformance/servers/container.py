"""A server as a container: the door to a container engine, through testcontainers.

The image is our own build under a name of our own, loaded and never pulled. Ryuk, which testcontainers cleans up
with, is an image that would have to be pulled: every container of ours says whose it is, and a process of ours waits
for the end of that one.
"""

import json
import os
import secrets  # noqa: TID251 -- of a container, not of an object
import socket
import subprocess
import sys
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BytesIO
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import docker
from docker.errors import APIError, DockerException, ImageNotFound, NotFound
from docker.models.containers import Container
from testcontainers.core.config import testcontainers_config
from testcontainers.core.container import DockerContainer
from testcontainers.core.docker_client import get_docker_host

from conformance.builds import build
from conformance.builds.images import write_image
from conformance.errors import SeatrialError
from conformance.servers import START_WITHIN_S, Address, NotStarted, OwnServer, reaper, too_slow
from conformance.waiting import Unmet, eventually

SERVER_LABEL, OWNER_LABEL = "seatrial.io/server", "seatrial.io/owner"
PORT = 8080
USER = "65532:65532"
FOLDER = "/files"
ANSWER_WITHIN_S = 30
CONFLICT = 409
"""What an engine answers who asks it to remove a container that is being removed."""
_NO_ENGINE = "start one, or point DOCKER_HOST at one; without it the server runs as a process"


@contextmanager
def started(server: OwnServer, engine: str = "") -> Iterator[Address]:
    """Start it, yield where it listens, and remove it. Raises NotStarted, SeatrialError."""
    name = f"seatrial-{server.program}-{secrets.token_hex(4)}"
    with _in_our_words(engine):
        with _client(engine) as client:
            sweep(client)
            image = _image(server, client)
        watch = _watch(engine)
        container = _container(server, name, image, engine)
        try:
            with TemporaryDirectory(prefix="seatrial-") as scratch:
                files = Path(scratch) / FOLDER.strip("/")
                server.write(files)
                container.with_copy_into_container(files, "/")  # at once: an engine takes a while for each copy
                container.start()
            yield _address(server, container)
        finally:
            container.get_docker_client().client.close()
            if _is_gone(name, engine):
                watch.terminate()
                watch.wait()


def answers(engine: str = "") -> bool:
    """Whether an engine answers."""
    try:
        with _client(engine) as client:
            return bool(client.ping())
    except (DockerException, SeatrialError):
        return False


def sweep(client: "docker.DockerClient") -> list[str]:
    """Remove the containers of this machine's processes that are dead; return the names."""
    there = client.containers.list(all=True, filters={"label": OWNER_LABEL}, ignore_removed=True)
    return [str(container.name) for container in there
            if reaper.is_dead(container.labels[OWNER_LABEL]) and _removed(client, container)]


def _removed(client: "docker.DockerClient", container: Container) -> bool:
    """Remove a container and return when it is gone; False: somebody else removed it at the same time."""
    try:
        container.remove(force=True, v=True)
    except NotFound:
        return False
    except APIError as error:
        if error.status_code != CONFLICT:
            raise
        try:
            eventually(lambda: _is_there(client, str(container.id)), becomes=False, within=ANSWER_WITHIN_S)
        except Unmet:
            raise error from None
        return False
    return True


def _is_there(client: "docker.DockerClient", identity: str) -> bool:
    try:
        client.containers.get(identity)
    except NotFound:
        return False
    return True


def sweep_up(engine: str) -> None:
    """Do that on an engine by its address."""
    with _client(engine) as client:
        sweep(client)


@contextmanager
def _client(engine: str) -> "Iterator[docker.DockerClient]":
    _knock(engine)
    client = docker.from_env(timeout=ANSWER_WITHIN_S, **_where(engine))
    try:
        yield client
    finally:
        client.close()


def _knock(engine: str) -> None:
    """Raise SeatrialError where nobody listens: docker's own client would leave a socket open, and say less."""
    host = _host(engine)
    if host.startswith("unix://"):
        with socket.socket(socket.AF_UNIX) as door:
            try:
                door.connect(host.removeprefix("unix://"))
            except PermissionError:
                raise SeatrialError(f"the container engine ({host}) may not be used",
                                    "run as root, or add yourself to the group docker") from None
            except OSError as error:
                raise SeatrialError(f"no container engine answers ({host}): {error.strerror or error}",
                                    _NO_ENGINE) from None


def _host(engine: str) -> str:
    return engine or get_docker_host() or "unix:///var/run/docker.sock"


def _where(engine: str) -> dict[str, Any]:
    return {"environment": {**os.environ, "DOCKER_HOST": engine}} if engine else {}


def _watch(engine: str) -> "subprocess.Popen[bytes]":
    """Start the process that removes our containers when this one was killed."""
    # A session of its own: what is sent to all processes of a terminal or a job is not for it.
    return subprocess.Popen([sys.executable, "-P", reaper.__file__, str(os.getpid()), engine], start_new_session=True,
                            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def _image(server: OwnServer, client: "docker.DockerClient") -> str:
    """Return the name of the server's image, after the engine has it: the name says what is in it."""
    built = build([server.program])[server.program]
    name = f"seatrial.local/{server.program}:{built.version}-{built.sha256[:12]}"
    try:
        client.images.get(name)
    except ImageNotFound:
        with TemporaryDirectory(prefix="seatrial-") as scratch:
            archive = Path(scratch) / "image.tar"
            write_image(built.path, name, f"/{server.program}", archive, user=USER)
            _let_docker_read(archive, name)
            with archive.open("rb") as file:
                client.images.load(file)
    return name


def _let_docker_read(archive: Path, name: str) -> None:
    """Add to an OCI archive what engines older than Docker 25 look for, which know no OCI archives."""
    with tarfile.open(archive) as tar:
        def blob(digest: str) -> str:
            return f"blobs/{digest.replace(':', '/')}"

        def read(member: str) -> Any:
            found = tar.extractfile(member)
            assert found is not None
            return json.load(found)

        manifest = read(blob(read("index.json")["manifests"][0]["digest"]))
    said = json.dumps([{"Config": blob(manifest["config"]["digest"]), "RepoTags": [name],
                        "Layers": [blob(layer["digest"]) for layer in manifest["layers"]]}]).encode()
    with tarfile.open(archive, "a") as tar:
        info = tarfile.TarInfo("manifest.json")
        info.size = len(said)
        tar.addfile(info, BytesIO(said))


def _container(server: OwnServer, name: str, image: str, engine: str) -> DockerContainer:
    testcontainers_config.ryuk_disabled = True
    container = DockerContainer(image, name=name, docker_client_kw={"timeout": ANSWER_WITHIN_S, **_where(engine)})
    container.with_kwargs(labels={SERVER_LABEL: server.program, OWNER_LABEL: reaper.owner(os.getpid())},
                          network="bridge", cap_drop=["ALL"], security_opt=["no-new-privileges"])
    container.with_command(server.command(f"0.0.0.0:{PORT}", FOLDER))
    # On this machine's own address only, where that is where the engine is.
    container.ports = {f"{PORT}/tcp": ("127.0.0.1", None) if _is_here(container) else None}
    return container


def _is_here(container: DockerContainer) -> bool:
    return str(container.get_docker_client().client.api.base_url).startswith("http+docker://")


def _address(server: OwnServer, container: DockerContainer) -> Address:
    found: list[Address] = []

    def is_over() -> bool:
        container.reload()
        if container.status != "running":
            return bool(container.status != "created")
        found.extend(islice(filter(server.answers, _places(container)), 1))
        return bool(found)

    try:
        eventually(is_over, becomes=True, within=START_WITHIN_S)
    except Unmet:
        raise too_slow(server) from None
    if not found:
        said = b"".join(container.get_logs()).decode(errors="replace")
        raise NotStarted(server, said.replace(f"{FOLDER}/", ""))
    return found[0]


def _places(container: DockerContainer) -> Iterator[Address]:
    """Yield where a running container may be reached."""
    client, identity = container.get_docker_client(), container.get_container_id()
    with suppress(ConnectionError):  # it ended just now
        published = int(client.port(identity, PORT))
        if not _is_here(container):
            yield Address(client.host(), published)
            return
        yield Address("127.0.0.1", published)
        # We may be in a container ourselves: then that is another machine's address, and this one is a neighbour's.
        yield Address(client.bridge_ip(identity), PORT)


def _is_gone(name: str, engine: str) -> bool:
    """Remove a container by its name: also one whose making was interrupted; say what stayed, and raise nothing."""
    try:
        with _client(engine) as client, suppress(NotFound):
            _removed(client, client.containers.get(name))
    except DockerException as error:
        print(f"seatrial: a container of ours stayed: docker rm --force {name} ({error})", file=sys.stderr)
        return False
    return True


@contextmanager
def _in_our_words(engine: str) -> Iterator[None]:
    try:
        yield
    except DockerException as error:
        if "server API version" in str(error):
            raise SeatrialError(f"no container engine answers ({_host(engine)})", _NO_ENGINE) from None
        raise SeatrialError(f"the container engine ({_host(engine)}) says: {error}") from None
