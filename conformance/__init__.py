"""What a suite author needs to state a behaviour and to wait for it.

Each name is loaded when it is first used: commands that need none of them start in half the time.
"""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from conformance.catalog import behaviour
    from conformance.errors import Disabled, Inconclusive, Invalid, SeatrialError, Unsupported
    from conformance.matching import at_least, at_most, contains, like
    from conformance.model.feature import Feature
    from conformance.model.fidelity import Fidelity
    from conformance.model.permit import Disturbance
    from conformance.model.workload import Workload, gang, job
    from conformance.waiting import Unmet, eventually, patience, throughout

__all__ = ["Disabled", "Disturbance", "Feature", "Fidelity", "Inconclusive", "Invalid", "SeatrialError", "Unmet",
           "Unsupported", "Workload", "at_least", "at_most", "behaviour", "contains", "eventually", "gang",
           "job", "like", "patience", "throughout"]

_HOMES = ("catalog", "errors", "matching", "model.feature", "model.fidelity", "model.permit", "model.workload",
          "waiting")


def __getattr__(name: str) -> object:
    if name in __all__:
        for home in _HOMES:
            module = import_module(f"conformance.{home}")
            if hasattr(module, name):
                return getattr(module, name)
    raise AttributeError(f"module 'conformance' has no attribute {name!r}")
