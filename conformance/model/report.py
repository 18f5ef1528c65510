"""The whole run, as a versioned document.

`REPORT_VERSION` rises when a field changes its meaning or goes; a new field does not raise it.
"""

from dataclasses import dataclass

from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome

REPORT_VERSION = 1


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


@dataclass(frozen=True, kw_only=True)
class Kill:
    """One cell of the kill matrix: a behaviour run on a platform with a fault."""

    behaviour: str
    fault: str
    platform: str
    outcome: Outcome
    """FAILED is what we want: the behaviour caught the fault."""
    cause: str = ""

    @property
    def caught(self) -> bool:
        """Whether the behaviour failed, as it must; an error is not a catch."""
        return self.outcome is Outcome.FAILED


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
    """Faults of the platforms' components that no behaviour was seen to catch; only of a run that proves."""
    troubles: tuple[str, ...] = ()
    """What went wrong outside of any check: a cluster that did not come up, a process that died."""
    interrupted: bool = False
    """Somebody stopped the run: what is not in it did not run."""
    version: int = REPORT_VERSION
