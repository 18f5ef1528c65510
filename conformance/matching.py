"""Partial match with a readable difference: what you do not mention does not matter.

A matcher answers `differences(value)`: one line per difference, none when the value matches.
"""

from collections import Counter
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

LONGEST_VALUE = 160


@runtime_checkable
class Matcher(Protocol):
    """Something that can say in words how a value differs from what was expected."""

    def differences(self, value: object) -> list[str]:
        """Return one line per difference; an empty list means that `value` matches."""

    def __str__(self) -> str:
        """Return what is expected, in one line."""


def show(value: object) -> str:
    """Return a value in one line of at most 160 characters, as a person would write it."""
    text = " ".join(_plain(value).split())
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"


def _plain(value: object) -> str:
    if isinstance(value, Matcher):
        return str(value)
    if isinstance(value, Counter):
        return ", ".join(f"{key}={count}" for key, count in sorted(value.items(), key=str) if count) or "none"
    if isinstance(value, Set):
        return "{" + ", ".join(sorted(_plain(item) for item in value)) + "}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key}: {_plain(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_plain(item) for item in value) + "]"
    return repr(value)


def like(expected: object) -> Matcher:
    """Return a matcher for `expected` that ignores keys it does not mention.

    Mappings match when every key named matches; None also matches a missing key. Lists match by
    position and length; see `contains` for lists of which only some items matter. Anything else,
    a matcher apart, is compared whole.
    """
    return _Like(expected)


def contains(*expected: object) -> Matcher:
    """Return a matcher for a collection in which every one of `expected` is like some item."""
    return _Contains(expected)


def at_most(limit: float) -> Matcher:
    """Return a matcher for numbers that do not exceed `limit`."""
    return _AtMost(limit)


def at_least(limit: float) -> Matcher:
    """Return a matcher for numbers not below `limit`."""
    return _AtLeast(limit)


@dataclass(frozen=True)
class _Like:
    expected: object

    def differences(self, value: object) -> list[str]:
        return _differences("", self.expected, value)

    def __str__(self) -> str:
        return f"like {_plain(self.expected)}"


@dataclass(frozen=True)
class _Contains:
    expected: tuple[object, ...]

    def differences(self, value: object) -> list[str]:
        if isinstance(value, str) or not isinstance(value, Sequence | Set):
            return [f"expected a collection, was {show(value)}"]
        return [f"no item is like {show(wanted)}, there are: {show(value)}" for wanted in self.expected
                if all(_differences("", wanted, item) for item in value)]

    def __str__(self) -> str:
        return f"contains {', '.join(map(_plain, self.expected))}"


@dataclass(frozen=True)
class _AtMost:
    limit: float

    def differences(self, value: object) -> list[str]:
        fits = isinstance(value, int | float) and value <= self.limit
        return [] if fits else [f"expected {self}, was {show(value)}"]

    def __str__(self) -> str:
        return f"at most {self.limit}"


@dataclass(frozen=True)
class _AtLeast:
    limit: float

    def differences(self, value: object) -> list[str]:
        fits = isinstance(value, int | float) and value >= self.limit
        return [] if fits else [f"expected {self}, was {show(value)}"]

    def __str__(self) -> str:
        return f"at least {self.limit}"


def _differences(path: str, expected: object, actual: object) -> list[str]:
    if isinstance(expected, Matcher):
        return [f"{path}: {line}" if path else line for line in expected.differences(actual)]
    if isinstance(expected, Mapping) and not isinstance(expected, Counter) and isinstance(actual, Mapping):
        return [line for key, value in expected.items()
                for line in _key(path, str(key), value, key in actual, actual.get(key))]
    if isinstance(expected, list | tuple) and isinstance(actual, list | tuple):
        return _items(path, expected, actual)
    return [] if expected == actual else [f"{path or 'value'}: expected {show(expected)}, was {show(actual)}"]


def _items(path: str, expected: Sequence[object], actual: Sequence[object]) -> list[str]:
    if len(expected) != len(actual):
        return [f"{path or 'value'}: expected {len(expected)} items, there are {len(actual)}: {show(actual)}"]
    return [line for at, (wanted, found) in enumerate(zip(expected, actual, strict=True))
            for line in _differences(f"{path}[{at}]", wanted, found)]


def _key(path: str, key: str, expected: object, present: bool, actual: object) -> list[str]:
    # A key with a dot or a slash, as in labels, is quoted: the path stays readable.
    step = f'["{key}"]' if "." in key or "/" in key else f".{key}" if path else key
    if present or expected is None:
        return _differences(path + step, expected, actual)
    return [f"{path + step}: expected {show(expected)}, is missing"]

