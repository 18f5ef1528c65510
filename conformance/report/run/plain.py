"""Results and cells of the kill matrix as JSON types, and back."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from typing import Any

from conformance.model.fidelity import Fidelity
from conformance.model.measurement import Interval, Measurement, Objective
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Result

Row = Mapping[str, Any]


def plain(thing: Result | Kill) -> dict[str, Any]:
    """Return a dataclass of the report as JSON types."""
    found = asdict(thing) | {"outcome": thing.outcome.label}
    if isinstance(thing, Result):
        return found | {"fidelity": thing.fidelity.label, "duration_s": round(thing.duration_s, 3)}
    return found | {"ending": thing.ending}


def result_of(row: Row) -> Result:
    """Return the result that a row holds."""
    found = _known(Result, row) | {"outcome": outcome_of(row["outcome"]), "fidelity": fidelity_of(row["fidelity"]),
                                   "measurements": tuple(map(measurement_of, row.get("measurements", ())))}
    return Result(**found)


def measurement_of(row: Row) -> Measurement:
    """Return the measurement that JSON types hold."""
    interval, objective = row.get("interval"), row.get("objective")
    return Measurement(**_known(Measurement, row) | {
        "interval": Interval(**_known(Interval, interval)) if interval else None,
        "objective": Objective(**_known(Objective, objective)) if objective else None})


def kill_of(row: Row) -> Kill:
    """Return the cell of the kill matrix that a row holds."""
    return Kill(**_known(Kill, row) | {"outcome": outcome_of(row["outcome"])})


def _known(kind: type[Result | Kill | Measurement | Interval | Objective], row: Row) -> dict[str, Any]:
    # A newer Seatrial may have written fields that this one does not know.
    names = {field.name for field in fields(kind)}
    return {name: value for name, value in row.items() if name in names}


def outcome_of(label: str) -> Outcome:
    """Return the outcome of a word such as `passed`."""
    return Outcome[label.upper()]


def fidelity_of(label: str) -> Fidelity:
    """Return the fidelity of a word such as `control-plane`."""
    return Fidelity[label.upper().replace("-", "_")]
