"""What a whole run amounts to: the worst of what could run, and nothing run is never success."""

from collections import Counter, defaultdict
from collections.abc import Iterable

from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Report, Result
from conformance.model.requirement import REQUIREMENTS

HELD, FAILED, USAGE, OUR_ERROR, INTERRUPTED = 0, 1, 2, 3, 130


def exit_code(report: Report) -> int:
    """Return what the command ends with: 0 all held, 1 something failed, 3 our error, 130 interrupted."""
    if report.interrupted:
        return INTERRUPTED
    if report.troubles or not report.results or _any(report, Outcome.ERROR):
        return OUR_ERROR
    failed = any(result.outcome is Outcome.FAILED for result in report.results)
    return FAILED if failed or survivors(report) or report.uncaught_faults else HELD


def sentence(report: Report) -> str:
    """Return what the run amounts to, for people."""
    if report.interrupted:
        return "Interrupted: what is not listed did not run."
    if report.troubles or _any(report, Outcome.ERROR):
        return "Seatrial could not judge everything: mend the errors first."
    if not report.results:
        return "Nothing ran, and nothing run proves nothing: see what -k and --only select."
    if exit_code(report) == FAILED:
        return "The platform does not keep its promises." if _failed(report) else "Some faults go unnoticed."
    if all(result.outcome is not Outcome.PASSED for result in report.results):
        return "Nothing failed, but nothing was proved either."
    return "All promises that could be tested held."


def counts(results: Iterable[Result]) -> Counter[Outcome]:
    """Return how many results ended how."""
    return Counter(result.outcome for result in results)


def by_requirement(report: Report) -> dict[str, Outcome | None]:
    """Return the outcome of every requirement over all platforms; None: nothing ran, it is not covered.

    It is the worst of what could run, and `unsupported` only where nothing could: what one platform has not
    hides nothing that another one proved.
    """
    return {requirement: _rolled_up(report.results, requirement) for requirement in REQUIREMENTS}


def by_platform(report: Report) -> dict[str, dict[str, Outcome | None]]:
    """Return the outcome of every requirement on each platform, by the same rule."""
    results: dict[str, list[Result]] = defaultdict(list)
    for result in report.results:
        results[result.platform].append(result)
    return {platform: {requirement: _rolled_up(found, requirement) for requirement in REQUIREMENTS}
            for platform, found in results.items()}


def _rolled_up(results: Iterable[Result], requirement: str) -> Outcome | None:
    found = {result.outcome for result in results if result.requirement == requirement}
    return Outcome.worst(found - {Outcome.UNSUPPORTED} or found)


def word(outcome: Outcome | None) -> str:
    """Return the word for a rolled-up outcome."""
    return "not covered" if outcome is None else outcome.label


def survivors(report: Report) -> tuple[Kill, ...]:
    """Return the proofs in which the behaviour did not notice the fault."""
    return tuple(kill for kill in report.kill_matrix if kill.outcome is Outcome.PASSED)


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
