"""What a platform is asked for, and which requirements of Kubernetes AI Conformance that answers in part."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """How much a release of Kubernetes AI Conformance wants it, in the words of RFC 2119."""

    MUST = "MUST"
    SHOULD = "SHOULD"


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """A requirement of Kubernetes AI Conformance."""

    id: str
    area: str
    levels: Mapping[str, Level]
    """By release of Kubernetes, for example `1.35`; a release that is not named does not ask for it."""
    only_if: str = ""
    """What a platform has that it is asked of; empty: it is asked of all."""


@dataclass(frozen=True, kw_only=True)
class Requirement:
    """One line of what a platform is asked for; behaviours name the one that they answer."""

    id: str
    text: str
    answers: tuple[Upstream, ...] = ()
    """What it is evidence for, in part."""


@dataclass(frozen=True, kw_only=True)
class Asked:
    """What a requirement answers in one release."""

    id: str
    release: str
    level: Level
    only_if: str = ""
