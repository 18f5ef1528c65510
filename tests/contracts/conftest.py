"""What contracts that take clusters of kind are held on."""

import pytest

from conformance.clusters import kind, kind_of
from conformance.clusters.kind import engine, node_image, settings


@pytest.fixture(scope="session")
def for_kind():
    """What clusters of kind stand on, where it is not there already: an engine of our own and a node image."""
    own, said = bool(kind.missing()) and not engine.missing() and not engine.is_up(), []
    if own:
        engine.up(said.append)
    docker, _ = settings.docker()
    if not kind.missing() and not docker.image(settings.chosen_image(docker).value) and not node_image.missing():
        node_image.make(node_image.default_name(), docker, said.append)
    yield
    if own:
        engine.down()


@pytest.fixture(scope="session")
def ready_for(request):
    """Prepare for clusters of a kind, or say why this machine cannot have them; that of `existing` is a local one."""
    def prepare(name):
        if name == "kind":
            request.getfixturevalue("for_kind")
        for what, way_out in kind_of(name if kind_of(name).ours else "local").maker.missing()[:1]:
            pytest.skip(f"for {name} clusters this machine lacks {what}; {way_out}")

    return prepare
