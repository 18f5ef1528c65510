"""The real OPA and Gatekeeper, built from their pinned modules: a build that fails is a failure, and says why."""

import pytest

from conformance.builds import build


@pytest.fixture(scope="session")
def opa_program():
    return build(["opa"])["opa"].path


@pytest.fixture(scope="session")
def gator_program():
    return build(["gator"])["gator"].path
