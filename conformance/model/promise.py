"""What the platform's owner promises, apart from the manifests that are to keep it."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class Team:
    """What one team was promised. GPUs are whole devices, times are seconds; None means no promise."""

    name: str
    namespace: str
    queue: str
    """The queue that the team submits to: a LocalQueue of its namespace, or a Volcano queue."""
    component: str
    """The component that keeps the promise: `kueue` or `volcano`."""
    guaranteed_gpus: int | None = None
    back_within_s: int | None = None
    """How soon guaranteed GPUs that others borrowed are given back."""
    may_borrow_gpus: int | None = None
    lends_at_most_gpus: int | None = None
    never_preempted: bool | None = None
    starts_as_gang: bool | None = None
    stays_in_one: str | None = None
    """Topology level ("rack", "zone") that a job of this team never crosses."""


@dataclass(frozen=True, kw_only=True)
class Promises:
    """All promises of a platform folder."""

    teams: tuple[Team, ...]
    confirmed_by: str | None
    """Who stands behind them; None: drafted from the manifests, nobody has confirmed it."""
