"""What the contract is held against: each form of a server, and an engine for the one that needs it."""

import docker
import pytest

from conformance import servers
from conformance.servers import container


@pytest.fixture(scope="session")
def engine():
    """Where an engine listens: the one that is there, else one of our own while these tests run."""
    if container.answers():
        yield ""
        return
    from conformance.clusters.kind import engine as ours
    if lacks := ours.missing():
        pytest.skip(f"no container engine answers, and this machine lacks {lacks[0][0]}; {lacks[0][1]}")
    was_up = ours.is_up()
    yield ours.up(print)
    if not was_up:
        ours.down()


@pytest.fixture(params=servers.FORMS)
def form(request):
    """The arguments that start a server in one of its forms."""
    where = request.getfixturevalue("engine") if request.param == servers.CONTAINER else ""
    return {"form": request.param, "engine": where}


@pytest.fixture
def docker_client(engine):
    """A client of the tests' own."""
    client = docker.from_env(**({"environment": {"DOCKER_HOST": engine}} if engine else {}))
    yield client
    client.close()
