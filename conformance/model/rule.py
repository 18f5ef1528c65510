"""What the API of a component refuses, and what it keeps."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from conformance.model.promise import Team

Object = dict[str, Any]


@dataclass(frozen=True)
class Rule:
    """A change that makes a sound object unsound, who must refuse it and in which words."""

    sentence: str
    broken_by: Callable[[Object], object]
    by: str
    saying: str


@dataclass(frozen=True, kw_only=True)
class Fixed:
    """Something that cannot be changed once it is made: the change that must be refused, by whom and in which words."""

    made: Callable[[str, Team], Object]
    """The object, called so, in the namespace of a team."""
    change: Object
    by: str
    saying: str


@dataclass(frozen=True, kw_only=True)
class Renamed:
    """A field of `spec` that has another name in each version of its API."""

    group: str
    kind: str
    """A kind without a namespace."""
    fields: Mapping[str, str]
    """The field's name by version."""


@dataclass(frozen=True, kw_only=True)
class Rules:
    """The rules of a component. The sound object is taken: so it is the change that is refused."""

    sound: Callable[[Team, Callable[[str], str]], Object]
    """Made for a team, who is given; the second gives the name of what lies in no namespace."""
    rules: Sequence[Rule]
    cluster_objects: tuple[str, ...] = ()
    """Objects without a namespace that are asked about, as `Kind/name`."""
    fixed: Fixed | None = None
    renamed: Renamed | None = None
