"""What a whole run amounts to: the worst of what could run, and nothing run is never success."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from conformance.model.exit_code import ExitCode
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Report, Result
from conformance.requirements import requirements


def exit_code(report: Report, *, allow_unproved: bool = False) -> ExitCode:
    """Return what the command ends with: the worst of what happened; where nothing did, that nothing was proved.

    `allow_unproved`: the owner knows, and does not mind, that nothing may be proved.
    """
    if report.interrupted:
        return ExitCode.INTERRUPTED
    if report.troubles or _any(report, Outcome.ERROR):
        return ExitCode.OUR_ERROR
    if _failed(report) or not _proofs_hold(report):
        return ExitCode.FAILED
    if _any(report, Outcome.INVALID) or _any(report, Outcome.INCONCLUSIVE):
        return ExitCode.UNMEASURED
    if _nothing_proved(report) and not allow_unproved:
        return ExitCode.UNPROVED
    return ExitCode.HELD


def sentence(report: Report) -> str:  # noqa: PLR0911 -- one return for each way to end
    """Return what the run amounts to, for people."""
    match exit_code(report):
        case ExitCode.INTERRUPTED:
            return "Interrupted: what is not listed did not run."
        case ExitCode.OUR_ERROR:
            return "Seatrial could not judge everything: mend the errors first."
        case ExitCode.FAILED if _failed(report):
            return "The platform does not keep its promises."
        case ExitCode.FAILED if escaped(report) or report.uncaught_faults:
            return "Some faults go unnoticed, or are noticed for another reason."
        case ExitCode.FAILED:
            return "Some faults were not seen caught by everyone who claims to catch them."
        case ExitCode.UNMEASURED:
            return "Some measurements are invalid or inconclusive: they say neither yes nor no."
        case ExitCode.UNPROVED if not report.results:
            return "Nothing ran, and nothing run proves nothing: see what -k and --only select."
        case ExitCode.UNPROVED:
            return "Nothing failed, but nothing was proved either: no success, unless --allow-unproved says so."
    return "All promises that could be tested held."


def counts(results: Iterable[Result]) -> Counter[Outcome]:
    """Return how many results ended how."""
    return Counter(result.outcome for result in results)


def by_requirement(report: Report) -> dict[str, Outcome | None]:
    """Return the outcome of every requirement over all platforms; None: nothing ran, it is not covered.

    It is the worst of what could run, and `unsupported` only where nothing could: what one platform has not
    hides nothing that another one proved.
    """
    return {requirement: _rolled_up(report.results, requirement) for requirement in requirements()}


def by_platform(report: Report) -> dict[str, dict[str, Outcome | None]]:
    """Return the outcome of every requirement on each platform, by the same rule."""
    results: dict[str, list[Result]] = defaultdict(list)
    for result in report.results:
        results[result.platform].append(result)
    return {platform: {requirement: _rolled_up(found, requirement) for requirement in requirements()}
            for platform, found in results.items()}


def _rolled_up(results: Iterable[Result], requirement: str) -> Outcome | None:
    found = {result.outcome for result in results if result.requirement == requirement}
    return Outcome.worst(found - {Outcome.UNSUPPORTED} or found)


def word(outcome: Outcome | None) -> str:
    """Return the word for a rolled-up outcome."""
    return "not covered" if outcome is None else outcome.label


def escaped(report: Report) -> tuple[Kill, ...]:
    """Return the proofs in which a behaviour did not notice the fault, or failed for another reason."""
    return tuple(kill for kill in report.kill_matrix
                 if not kill.caught and kill.outcome in (Outcome.PASSED, Outcome.FAILED))


def seen_pairs(report: Report) -> int:
    """Return how many claims were seen to hold, on whatever platform."""
    return len({(kill.behaviour, kill.fault) for kill in report.kill_matrix if kill.caught})


def catch_nothing(report: Report) -> tuple[str, ...]:
    """Return the ids of behaviours of which no claim was seen to hold."""
    seen = {kill.behaviour for kill in report.kill_matrix if kill.caught}
    return tuple(dict.fromkeys(pair.behaviour for pair in report.unseen_pairs if pair.behaviour not in seen))


def once(results: Iterable[Result]) -> tuple[Result, ...]:
    """Return one result for each id and platform, the worst: a worker that died is tried again."""
    found: dict[tuple[str, str], Result] = {}
    for result in results:
        key = (result.platform, result.id)
        if key not in found or result.outcome > found[key].outcome:
            found[key] = result
    return tuple(found.values())


def _failed(report: Report) -> bool:
    return any(result.outcome is Outcome.FAILED for result in report.results)


def _any(report: Report, outcome: Outcome) -> bool:
    return any(entry.outcome is outcome for entry in report.results) or \
        any(kill.outcome is outcome for kill in report.kill_matrix)


def _proofs_hold(report: Report) -> bool:
    unseen = report.unseen_pairs and not report.selection
    return not (escaped(report) or report.uncaught_faults or unseen)


def _nothing_proved(report: Report) -> bool:
    return all(result.outcome is not Outcome.PASSED for result in report.results)
