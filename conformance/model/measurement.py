"""A number that a behaviour measured, with its unit and with what it may be."""

import math
from dataclasses import dataclass
from typing import Protocol

AT_MOST, AT_LEAST = "at most", "at least"


@dataclass(frozen=True, kw_only=True)
class Objective:
    """What a number may be, in the unit of what is measured."""

    bound: str
    """`at most` or `at least`."""
    limit: float
    source: str = ""
    """Who says so, for example `back_within_s of training-b`."""

    def holds(self, value: float) -> bool:
        """Whether a value keeps to it."""
        return value <= self.limit if self.bound == AT_MOST else value >= self.limit


@dataclass(frozen=True, kw_only=True)
class Interval:
    """Between which values the true one lies, and how often such an interval is right."""

    low: float
    high: float
    level: float
    """Confidence between 0 and 1, for example 0.95."""


@dataclass(frozen=True, kw_only=True)
class Measurement:
    """One number, of one behaviour for one subject."""

    name: str
    """What was measured, for people: `lent GPUs are back after`."""
    value: float
    unit: str
    """For example `s`, `tokens/s`, or `1` for a share or a count."""
    n: int = 1
    """From how many samples the value was worked out."""
    interval: Interval | None = None
    """None: one sample, or a value that has none."""
    objective: Objective | None = None
    """None: nothing was promised, the number is told as it is."""

    def __post_init__(self) -> None:
        if not math.isfinite(self.value):
            raise ValueError(f"{self.name}: {self.value} is no measurement")


class Measure(Protocol):
    """Records a measurement: what the fixture `measure` gives to a behaviour."""

    def __call__(self, name: str, value: float, unit: str, *, n: int = 1,
                 interval: Interval | None = None, objective: Objective | None = None) -> None:
        """Record one number."""
