"""Turns the phases of tests, as pytest reports them, into results and cells of the kill matrix."""

import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Result
from conformance.report.run.plain import fidelity_of, measurement_of, outcome_of
from conformance.run.judging import Verdict, proof, worst

PROPERTY = "seatrial"


@dataclass(frozen=True, kw_only=True)
class Phase:
    """One phase of one test, small enough to travel between processes as JSON."""

    id: str
    """Behaviour and subject: `scheduling/quota::a_team_...[training-a]`."""
    behaviour: str
    promise: str
    requirement: str
    platform: str
    component: str
    fidelity: str
    cluster: str
    confirmed: bool
    reproduce: str
    subject: str
    """The team or the component."""
    fault: str
    """Empty on a sound platform."""
    word: str
    """With a fault: what the cause must contain."""
    control: str
    """With a fault: id of the same behaviour and subject without it."""
    outcome: str
    cause: str
    trace: str
    needs_samples: int
    lacks: str
    measurements: list[dict[str, Any]]
    """As JSON types."""

    def packed(self) -> str:
        """Return it as text."""
        return json.dumps(self.__dict__)

    @classmethod
    def unpacked(cls, text: str) -> "Phase":
        """Return the phase that `packed` made a text of."""
        return cls(**json.loads(text))

    @property
    def verdict(self) -> Verdict:
        """How the phase ended."""
        return Verdict(outcome_of(self.outcome), self.cause, self.trace, self.needs_samples)


class Ledger:
    """Collects phases until a test is over, then says what to write."""

    def __init__(self) -> None:
        self._open: dict[str, list[tuple[Phase, float]]] = defaultdict(list)
        self.verdicts: dict[str, Verdict] = {}
        """The verdict of each finished test without a fault, by id."""

    def add(self, test: str, phase: Phase, duration_s: float) -> None:
        """Take one phase of a test."""
        self._open[test].append((phase, duration_s))

    def close(self, test: str) -> Result | Kill | None:
        """Return the verdict on a test whose phases are all in; None when it is no behaviour."""
        phases = self._open.pop(test, [])
        if not phases:
            return None
        verdict = worst([phase.verdict for phase, _ in phases])
        phase = phases[0][0]
        if phase.fault:
            return self.kill(phase, verdict)
        self.verdicts[phase.id] = verdict
        return Result(id=phase.id, promise=phase.promise, requirement=phase.requirement,
                      platform=phase.platform, component=phase.component, outcome=verdict.outcome,
                      fidelity=fidelity_of(phase.fidelity), cluster=phase.cluster,
                      duration_s=sum(duration_s for _, duration_s in phases), cause=verdict.cause,
                      trace=verdict.trace, reproduce=phase.reproduce, confirmed=phase.confirmed,
                      needs_samples=verdict.needs_samples, lacks=phase.lacks,
                      measurements=tuple(measurement_of(row) for one, _ in phases for row in one.measurements))

    def kill(self, phase: Phase, verdict: Verdict) -> Kill:
        """Return what the verdict on a behaviour with a fault, of which this is one phase, proves."""
        proved = proof(verdict, control=self.verdicts.get(phase.control), fault=phase.fault)
        return Kill(behaviour=phase.behaviour, fault=phase.fault, platform=phase.platform, outcome=proved.outcome,
                    word=phase.word, subject=phase.subject, cause=proved.cause, trace=proved.trace,
                    reproduce=phase.reproduce)


def lost(test: str, cause: str, *, platform: str, cluster: str) -> Result:
    """Return the verdict on a test whose process died: nothing is known but its name."""
    return Result(id=test, promise="", platform=platform, component="", outcome=Outcome.ERROR,
                  fidelity=Fidelity.STATIC, cluster=cluster, duration_s=0, cause=cause)


def phase_in(properties: list[tuple[str, Any]]) -> Phase | None:
    """Return the phase among a report's properties, if there is one."""
    found: Mapping[str, Any] = dict(properties)
    return Phase.unpacked(found[PROPERTY]) if PROPERTY in found else None
