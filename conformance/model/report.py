"""The whole run, as a versioned document.

`REPORT_VERSION` rises when a field changes its meaning or goes; a new field does not raise it.
"""

from dataclasses import dataclass

from conformance.model.fidelity import Fidelity
from conformance.model.measurement import Measurement
from conformance.model.outcome import Outcome

REPORT_VERSION = 2
NOBODY = "nothing"
"""What stands in an id for the subject where there is none."""
CAUGHT, SURVIVED, OTHERWISE = "caught", "survived", "failed for another reason"


@dataclass(frozen=True, kw_only=True)
class Result:
    """The verdict on one behaviour for one subject (a team, a queue, a component)."""

    id: str
    """Behaviour id and subject, for example `scheduling/quota::a_team_...[training-a]`."""
    promise: str
    """The behaviour's first docstring line."""
    platform: str
    component: str
    outcome: Outcome
    fidelity: Fidelity
    cluster: str
    duration_s: float
    cause: str = ""
    """One line; empty when the behaviour passed."""
    trace: str = ""
    """What was seen, with times: the shortest one that shows the failure."""
    reproduce: str = ""
    """The command that runs just this one again."""
    confirmed: bool = True
    """False: the promise was drafted from the manifests and nobody has confirmed it."""
    requirement: str = ""
    """Id of the requirement that the behaviour answers."""
    lacks: str = ""
    """What the platform would need for it to run: a feature, or `promise NAME`; empty: that was not why."""
    measurements: tuple[Measurement, ...] = ()
    """What was measured on the way, whatever came of it."""
    needs_samples: int = 0
    """How many more samples an inconclusive verdict needs."""

    @property
    def subject(self) -> str:
        """The team or the component that it ran for, empty where there was none that it could have run for."""
        said = self.id.rpartition("[")[2].rstrip("]") if "[" in self.id else ""
        return "" if said == NOBODY else said


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One cell of the kill matrix: a behaviour run on a platform with a fault."""

    behaviour: str
    fault: str
    platform: str
    outcome: Outcome
    """How the behaviour ended; FAILED is what we want, if it failed because of the fault."""
    word: str
    """What the cause must contain, or it failed for another reason."""
    subject: str = ""
    """The team or the component that it ran for."""
    cause: str = ""
    """One line."""
    trace: str = ""
    """What was seen, with times."""
    reproduce: str = ""
    """The command that runs it again, with what it takes to judge it: the same without the fault."""

    @property
    def caught(self) -> bool:
        """Whether the behaviour failed as it must: an error is no catch, nor is a failure with another cause."""
        return self.outcome is Outcome.FAILED and self.word in self.cause

    @property
    def ending(self) -> str:
        """The word used in reports: `caught`, `survived`, `failed for another reason`, or how it could not be tried."""
        if self.outcome is Outcome.FAILED:
            return CAUGHT if self.caught else OTHERWISE
        return SURVIVED if self.outcome is Outcome.PASSED else self.outcome.label


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A behaviour and a fault that it claims to catch."""

    behaviour: str
    fault: str


@dataclass(frozen=True, kw_only=True)
class Report:
    """Everything one run found."""

    seatrial: str
    started: str
    """RFC 3339, UTC."""
    duration_s: float
    cluster: dict[str, str]
    results: tuple[Result, ...]
    kill_matrix: tuple[Kill, ...] = ()
    uncovered_limits: tuple[str, ...] = ()
    """Limits in the manifests that no promise covers."""
    uncaught_faults: tuple[str, ...] = ()
    """Faults that no behaviour was seen to catch; only of a run that proves."""
    unseen_pairs: tuple[Pair, ...] = ()
    """Claims that were seen on none of the run's platforms; only of a run that proves."""
    selection: bool = False
    """Only some platforms or behaviours were asked for: then unseen pairs are no failure."""
    troubles: tuple[str, ...] = ()
    """What went wrong outside of any check: a cluster that did not come up, a process that died."""
    interrupted: bool = False
    """Somebody stopped the run: what is not in it did not run."""
    version: int = REPORT_VERSION
