"""The real OPA and Gatekeeper, built from their pinned modules."""

import pytest

from conformance.builds import build
from conformance.errors import SeatrialError


@pytest.fixture(scope="session")
def opa_program():
    return program("opa")


@pytest.fixture(scope="session")
def gator_program():
    return program("gator")


def program(name):
    try:
        return build([name])[name].path
    except SeatrialError as error:
        pytest.skip(f"{name} cannot be built here: {error.message}")
