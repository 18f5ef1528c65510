"""What one check promises about a platform."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from conformance.model.component import Component
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.permit import Disturbance
from conformance.model.promise import Team
from conformance.model.role import Role


@dataclass(frozen=True, kw_only=True)
class Catch:
    """A fault that a behaviour claims to catch, and how one sees that it was this fault that it caught."""

    fault: str
    """Name of the fault."""
    word: str
    """What the cause of the failure must contain: a behaviour that fails for another reason caught nothing."""


@dataclass(frozen=True, kw_only=True)
class Behaviour:
    """A behaviour as declared by `@behaviour` on a test function."""

    id: str
    """Path of the suite and name of the function, for example `scheduling/gang::a_gang_...`."""
    title: str
    """The first line of the docstring."""
    why: str
    """The rest of the docstring: why anyone should care."""
    requirement: str
    needs: tuple[Feature, ...]
    fidelity: Fidelity
    """The lowest fidelity that can prove it."""
    catches: tuple[Catch, ...]
    """The faults that it is seen to catch."""
    by_team: bool = False
    """Whether it runs once for each team; else once for each component that provides what it needs."""
    promise: str | None = None
    """The field of a team's promises that it proves; None: it is not about one promise."""
    alone: bool = True
    """Whether it needs the GPUs that its team may reach to itself; behaviours that share a pool of them queue up."""
    disturbs: tuple[Disturbance, ...] = (Disturbance.COHORT,)
    """What it does to others, where there are others."""
    priorities: tuple[int, ...] = ()
    """Priorities of its work: each is an object without a namespace, of the component that the work is dressed for."""
    roles: tuple[Role, ...] = ()
    """The parts of a platform that must be played, by one product each: it runs once for each such stack. Work is
    dressed for the one that plays the first."""
    limit_s: float = 600
    """After how many seconds it is stopped, with all that belongs to it; then nothing is said about the platform."""
    cluster_objects: Callable[[Component], Iterable[str]] = field(default=lambda _: (), compare=False)
    """Other objects without a namespace that it makes or asks about for a component, as `Kind/name`."""

    where: Callable[[Team], bool] | None = field(default=None, compare=False)
    """Of the teams that were promised it, those that it is about; None: all of them."""

    @property
    def area(self) -> str:
        """The suite's folder, for example `scheduling`."""
        return self.id.partition("/")[0]
