"""What a suite author needs to state a behaviour and to wait for it."""

from conformance.catalog import behaviour
from conformance.errors import Disabled, SeatrialError, Unsupported
from conformance.matching import at_least, at_most, contains, like
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.workload import Workload, gang, job
from conformance.waiting import Unmet, eventually, patience, throughout

__all__ = ["Disabled", "Feature", "Fidelity", "SeatrialError", "Unmet", "Unsupported", "Workload", "at_least",
           "at_most", "behaviour", "contains", "eventually", "gang", "job", "like", "patience", "throughout"]
