"""What changed from one run to another, and which of that is a regression."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from conformance.model.measurement import Measurement
from conformance.model.outcome import Outcome
from conformance.model.report import CAUGHT, OTHERWISE, SURVIVED, Kill, Report, Result

NOTHING = "nothing"
"""Stands in an id where a team or a component would: the platform has none that the behaviour could run for."""


class Kind(StrEnum):
    """What a change means to whoever reads it, the most urgent first."""

    FAILED = "failed"
    """The platform does not do now what it did, or what is new."""
    SURVIVED = "survived"
    """A fault goes unnoticed, or is noticed for another reason, that was not before."""
    ERROR = "error"
    """Ours: it could not be judged."""
    VANISHED = "vanished"
    """It was judged before, and is not in the second report."""
    UNSUPPORTED = "unsupported"
    """It was judged before, and the platform or the ground cannot any more."""
    UNMEASURED = "unmeasured"
    """It was judged before, and what was measured this time cannot be trusted, or says neither yes nor no."""
    DISABLED = "disabled"
    """It was judged before, and the operator said no this time."""
    UNPROVED = "unproved"
    """A fault was tried before, and not this time."""
    WEAKER = "weaker"
    """The same verdict stands on a less real ground, or on promises that nobody confirmed."""
    BETTER = "better"
    NEW = "new"
    OTHER = "other"
    """A verdict changed that neither proved anything before nor does now."""


REGRESSIONS = tuple(kind for kind in Kind if kind not in (Kind.BETTER, Kind.NEW, Kind.OTHER))
TOLERABLE = (Kind.VANISHED, Kind.UNSUPPORTED, Kind.DISABLED, Kind.UNPROVED, Kind.WEAKER)
"""What two grounds, or two selections of checks, may differ in; what fails, fails everywhere."""
_JUDGED = (Outcome.PASSED, Outcome.FAILED)
_REFUSED = {Outcome.UNSUPPORTED: Kind.UNSUPPORTED, Outcome.DISABLED: Kind.DISABLED,
            Outcome.INVALID: Kind.UNMEASURED, Outcome.INCONCLUSIVE: Kind.UNMEASURED}


@dataclass(frozen=True, kw_only=True)
class Change:
    """One thing that the second report says differently."""

    kind: Kind
    platform: str = ""
    id: str = ""
    """The result's; of a proof the behaviour's. Empty: it is about the run."""
    fault: str = ""
    said: str
    """The promise, the fault and the behaviour that is to catch it, or what went wrong."""
    before: str = ""
    """The word for it; empty: it was not there."""
    after: str = ""
    cause: str = ""
    reproduce: str = ""


@dataclass(frozen=True, kw_only=True)
class Measured:
    """One number in both reports: what it means that it moved is for the reader to say."""

    platform: str
    id: str
    before: Measurement
    after: Measurement


@dataclass(frozen=True, kw_only=True)
class Diff:
    """Two reports side by side."""

    before: Report
    after: Report
    changes: tuple[Change, ...]
    """By kind, the most urgent first."""
    tolerated: frozenset[Kind] = frozenset()
    """Kinds that the reader expects and does not count."""
    measured: tuple[Measured, ...] = ()
    """What was measured in both."""

    @property
    def regressions(self) -> tuple[Change, ...]:
        """The changes that count."""
        return tuple(one for one in self.changes if self.counts(one.kind))

    def counts(self, kind: Kind) -> bool:
        """Whether a change of this kind is a regression to this reader."""
        return kind in REGRESSIONS and kind not in self.tolerated

    @property
    def still_failing(self) -> int:
        """How many checks fail in both: no change, and yet nothing to be calm about."""
        failing = [{(one.platform, one.id) for one in report.results if one.outcome is Outcome.FAILED}
                   for report in (self.before, self.after)]
        return len(failing[0] & failing[1])


def diff(before: Report, after: Report, tolerated: Collection[Kind] = ()) -> Diff:
    """Return what changed from one report to another; times, and names of clusters, may."""
    found = [*_results(before, after), *_proofs(before, after), *_runs(before, after)]
    order = list(Kind)
    return Diff(before=before, after=after, tolerated=frozenset(tolerated),
                measured=tuple(_measured(before, after)),
                changes=tuple(sorted(found, key=lambda one: (order.index(one.kind), one.platform, one.id, one.fault))))


def _measured(before: Report, after: Report) -> Iterator[Measured]:
    first = {(one.platform, one.id, number.name, number.unit): number
             for one in before.results for number in one.measurements}
    for one in after.results:
        for number in one.measurements:
            if earlier := first.get((one.platform, one.id, number.name, number.unit)):
                yield Measured(platform=one.platform, id=one.id, before=earlier, after=number)


# -- checks -------------------------------------------------------------------------------------------

_Key = tuple[str, str, str]


def _results(before: Report, after: Report) -> Iterator[Change]:
    first, second = ({_key(one): one for one in report.results} for report in (before, after))
    gone = _gone(before, after)
    for key in dict.fromkeys([*second, *first]):
        here, there = _found(first, key, second), _found(second, key, first)
        kind = _turned(here, there)
        if kind is not None and key[0] not in gone:
            shown = second.get(key) or first[key]
            # What a verdict stands on is told where that is the difference.
            word = _firm_word if here and there and here.outcome is there.outcome else _word
            yield Change(kind=kind, platform=key[0], id=shown.id, said=_said(shown), before=word(here),
                         after=word(there), cause=there.cause if there else "",
                         reproduce=there.reproduce if there else "")
    for platform in gone:
        judged = sum(key[0] == platform and one.outcome in _JUDGED for key, one in first.items())
        yield Change(kind=Kind.VANISHED if judged else Kind.OTHER, platform=platform,
                     said=f"the whole platform: {judged} checks of it were judged before")


def _gone(before: Report, after: Report) -> list[str]:
    return list(dict.fromkeys(one.platform for one in before.results if
                              one.platform not in {other.platform for other in after.results}))


def _key(result: Result) -> _Key:
    behaviour, _, subject = result.id.partition("[")
    return result.platform, behaviour, subject.rstrip("]")


def _found(results: dict[_Key, Result], key: _Key, others: dict[_Key, Result]) -> Result | None:
    """Return the result for a check; where it could run for nothing, the result that says so.

    The other way round, a result for nothing is not there where the other report has results for something:
    each of those is compared with it.
    """
    platform, behaviour, subject = key
    if key in results:
        told = subject == NOTHING and key not in others and any(one[:2] == key[:2] for one in others)
        return None if told else results[key]
    return results.get((platform, behaviour, NOTHING))


def _turned(before: Result | None, after: Result | None) -> Kind | None:
    """Return what the change of one check means, None: there is none."""
    if after is None:
        return None if before is None else Kind.VANISHED if before.outcome in _JUDGED else Kind.OTHER
    if before is None:
        return {Outcome.FAILED: Kind.FAILED, Outcome.ERROR: Kind.ERROR}.get(after.outcome, Kind.NEW)
    if before.outcome is after.outcome:
        return _firmness(before, after) if after.outcome is Outcome.PASSED else None
    if after.outcome in _REFUSED:
        return _REFUSED[after.outcome] if before.outcome in _JUDGED else Kind.OTHER
    return {Outcome.FAILED: Kind.FAILED, Outcome.ERROR: Kind.ERROR}.get(after.outcome, Kind.BETTER)


def _firmness(before: Result, after: Result) -> Kind | None:
    if after.fidelity < before.fidelity or before.confirmed > after.confirmed:
        return Kind.WEAKER
    return Kind.BETTER if (after.fidelity, after.confirmed) != (before.fidelity, before.confirmed) else None


def _said(result: Result) -> str:
    subject = _key(result)[2]
    return (result.promise or result.id) + (f" ({subject})" if subject not in ("", NOTHING) else "")


def _word(result: Result | None) -> str:
    return result.outcome.label if result else ""


def _firm_word(result: Result | None) -> str:
    more = (result.fidelity.label, "" if result.confirmed else "unconfirmed") if result else ()
    return ", ".join(filter(None, (_word(result), *more)))


# -- proofs -------------------------------------------------------------------------------------------

def _proofs(before: Report, after: Report) -> Iterator[Change]:
    first, second = (_matrix(report) for report in (before, after))
    gone = _gone(before, after)
    if first and not second:
        yield Change(kind=Kind.UNPROVED, said=f"all {len(first)} proofs: the second run was made without --prove")
        return
    for key in dict.fromkeys([*second, *first]):
        here, there = first.get(key), second.get(key)
        kind = _proved(here, there)
        if kind is not None and key[0] not in gone:
            yield Change(kind=kind, platform=key[0], id=key[1], fault=key[2],
                         said=f"{key[2]} by {_sentence(key[1])}",
                         before=here.ending if here else "", after=there.ending if there else "",
                         cause=there.cause if there else "", reproduce=there.reproduce if there else "")
    survived = {kill.fault for kill in second.values() if kill.ending in (SURVIVED, OTHERWISE)}
    for fault in dict.fromkeys(after.uncaught_faults):
        if fault not in survived.union(before.uncaught_faults):
            yield Change(kind=Kind.SURVIVED, fault=fault, said=f"{fault}: no behaviour was seen to catch it")
    for pair in () if after.selection or before.selection else after.unseen_pairs:
        if pair not in before.unseen_pairs and not any(key[1:] == (pair.behaviour, pair.fault) for key in second):
            yield Change(kind=Kind.SURVIVED, id=pair.behaviour, fault=pair.fault,
                         said=f"{pair.fault} by {_sentence(pair.behaviour)}: it was seen on no platform")


def _matrix(report: Report) -> dict[_Key, Kill]:
    # Of two tries the later one here counts: survived outranks caught.
    ordered = sorted(report.kill_matrix, key=lambda kill: (not kill.caught, kill.ending == SURVIVED))
    return {(kill.platform, kill.behaviour, kill.fault): kill for kill in ordered}


def _proved(before: Kill | None, after: Kill | None) -> Kind | None:
    was, now = (kill.ending if kill else "" for kill in (before, after))
    if was == now:
        return None
    bad = {SURVIVED: Kind.SURVIVED, OTHERWISE: Kind.SURVIVED, Outcome.ERROR.label: Kind.ERROR}
    if now in bad:
        return bad[now]
    if now == CAUGHT:
        return Kind.BETTER if was else Kind.NEW
    return Kind.UNPROVED if was in (CAUGHT, SURVIVED, OTHERWISE) else Kind.OTHER


def _sentence(behaviour: str) -> str:
    return behaviour.rpartition("::")[2].replace("_", " ")


# -- the run ------------------------------------------------------------------------------------------


def _runs(before: Report, after: Report) -> Iterator[Change]:
    if after.interrupted and not before.interrupted:
        yield Change(kind=Kind.ERROR, said="the run was interrupted: what is not in its report did not run")
    for text in dict.fromkeys(after.troubles):
        if text not in before.troubles:
            said, _, more = text.partition("\n")
            yield Change(kind=Kind.ERROR, said=said, cause=more.strip())
