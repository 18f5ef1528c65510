"""The changes that a trace has, with their times, as data for a picture: a trace is text, as `waiting` writes it."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

_CHANGE = re.compile(r"^\s*(\d{1,9}(?:\.\d{1,9})?) s {2}(.*)$")
_LEFT_OUT = re.compile(r"^\s*… (\d+) changes left out$")
_COUNT = re.compile(r"^(?P<name>[\w.-]+)=(?P<count>\d{1,15})$")
_LIMIT = re.compile(r"expected to (?:become|stay) .*? (?:within|for) (\d{1,9}(?:\.\d{1,9})?) s;")
_WISH = re.compile(r"expected to (?:become|stay) (?:at least |at most )?(-?\d{1,15}(?:\.\d{1,9})?) (?:within|for) ")
HIGH, WIDE = 100.0, 1000.0
"""The picture's own units: it is stretched to the place that it gets."""


@dataclass(frozen=True, kw_only=True)
class Change:
    """One line of a trace: from when a value held, and until when."""

    at_s: float
    until_s: float
    value: str
    left_out_after: int = 0
    """So many changes came after it that the trace does not have."""


@dataclass(frozen=True, kw_only=True)
class Layer:
    """One area of a picture: a number over time, on top of those below it."""

    name: str
    """For counts, what is counted: `Running`; empty for a plain number."""
    path: str
    """Of an SVG, from 0 to WIDE and from 0 to HIGH."""


@dataclass(frozen=True, kw_only=True)
class Drawing:
    """A trace, taken apart."""

    changes: tuple[Change, ...]
    end_s: float
    story: tuple[str, ...]
    """The lines that are no changes: objects as they were in the end, and warning events."""
    layers: tuple[Layer, ...] = ()
    """None where the values are no numbers."""
    top: float = 0
    """The number at the upper edge."""
    wished: float | None = None
    """The number that was expected, where it was one."""

    def across(self, at_s: float) -> float:
        """Return where a time is, from 0 to WIDE."""
        return _rounded(min(at_s / self.end_s, 1) * WIDE)

    def up(self, value: float) -> float:
        """Return how far below the upper edge a number is, from 0 to HIGH."""
        return _rounded((1 - value / self.top) * HIGH)


def drawn(trace: str, cause: str) -> Drawing | None:
    """Return the changes of a trace; None where it has none. `cause` says what was expected, and for how long."""
    times: list[tuple[float, str]] = []
    story, left_out = [], {}
    for line in trace.splitlines():
        if found := _CHANGE.match(line):
            times.append((float(found[1]), found[2]))
        elif times and (gap := _LEFT_OUT.match(line)):
            left_out[len(times) - 1] = int(gap[1])
        elif line.strip():
            story.append(line)
    if not times:
        return None
    end_s = _end_s(max(at_s for at_s, _ in times), cause)
    changes = tuple(Change(at_s=at_s, until_s=until_s, value=value, left_out_after=left_out.get(place, 0))
                    for place, ((at_s, value), (until_s, _)) in enumerate(pairwise([*times, (end_s, "")])))
    wish = _WISH.search(cause)
    return _with_layers(Drawing(changes=changes, end_s=end_s, story=tuple(story)), float(wish[1]) if wish else None)


def _end_s(last_s: float, cause: str) -> float:
    """When the wait was over; where a change ended it a round number after that, so that the last value is seen."""
    limit = _LIMIT.search(cause)
    if limit and "; after " not in cause and float(limit[1]) >= last_s:
        return float(limit[1])
    step = 10.0 ** math.floor(math.log10(last_s)) / 2 if last_s > 0 else 1.0
    return (math.floor(last_s / step) + 1) * step


def _with_layers(drawing: Drawing, wished: float | None) -> Drawing:
    values = [_numbers(change.value) for change in drawing.changes]
    if not all(values):
        return drawing
    names = list(dict.fromkeys(name for value in values if value for name in value if name != _NOTHING))
    rows = [[(value or {}).get(name, 0.0) for name in names] for value in values]
    if not names or any(number < 0 for row in rows for number in row) or ("" in names and len(names) > 1):
        return drawing
    wished = wished if wished is not None and wished >= 0 else None
    top = max([sum(row) for row in rows] + [wished or 0]) or 1.0
    placed = Drawing(changes=drawing.changes, end_s=drawing.end_s, story=drawing.story, top=top, wished=wished)
    layers = tuple(Layer(name=name, path=_area(placed, [sum(row[:place]) for row in rows],
                                               [sum(row[:place + 1]) for row in rows]))
                   for place, name in enumerate(names))
    return Drawing(changes=drawing.changes, end_s=drawing.end_s, story=drawing.story, top=top, wished=wished,
                   layers=layers)


_NOTHING = "none"


def _numbers(value: str) -> Mapping[str, float] | None:
    """A plain number has no name; of counts (`Pending=1, Running=2`) each has one; None: it is neither."""
    return {"": float(value)} if re.fullmatch(r"-?\d{1,15}(\.\d{1,9})?", value) else _counts(value)


def _counts(value: str) -> Mapping[str, float] | None:
    if value == _NOTHING:
        return {_NOTHING: 0.0}
    found = [_COUNT.match(part) for part in value.split(", ")]
    return {one["name"]: float(one["count"]) for one in found if one} if all(found) else None


def _area(drawing: Drawing, lower: Sequence[float], upper: Sequence[float]) -> str:
    """The area between two numbers that change in steps."""
    there = [f"{x:g},{drawing.up(number):g}" for x, number in _steps(drawing, upper)]
    back = [f"{x:g},{drawing.up(number):g}" for x, number in reversed([*_steps(drawing, lower)])]
    return f"M{' L'.join([*there, *back])} Z"


def _steps(drawing: Drawing, numbers: Sequence[float]) -> Iterator[tuple[float, float]]:
    for change, number in zip(drawing.changes, numbers, strict=True):
        yield drawing.across(change.at_s), number
        yield drawing.across(change.until_s), number


def _rounded(number: float) -> float:
    return round(number, 2)
