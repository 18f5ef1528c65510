"""The report as Markdown, for the summary of a job."""

from collections.abc import Iterable, Iterator
from html import escape

from conformance.model.outcome import Outcome
from conformance.model.report import Report, Result
from conformance.report.letters import clean, in_markdown
from conformance.report.numbers import value
from conformance.report.run.roll_up import (
    by_platform,
    by_requirement,
    catch_nothing,
    counts,
    escaped,
    seen_pairs,
    sentence,
    word,
)
from conformance.report.run.terminal import claim, ground

MAX_LETTERS = 900_000
"""GitHub takes no job summary above 1 MiB."""
NOTEWORTHY = (Outcome.INCONCLUSIVE, Outcome.INVALID, Outcome.FAILED, Outcome.ERROR)
MARKS = {Outcome.PASSED: "✅", Outcome.DISABLED: "⚪", Outcome.UNSUPPORTED: "⚪", Outcome.INCONCLUSIVE: "❔",
         Outcome.INVALID: "❗", Outcome.FAILED: "❌",
         Outcome.ERROR: "❗", None: "—"}


def render(report: Report) -> str:
    """Return the report as Markdown; failures that would make it too long are counted instead."""
    found = counts(report.results)
    tally = ", ".join(f"{found[outcome]} {outcome.label}" for outcome in Outcome if found[outcome]) or "nothing ran"
    parts = ["## Seatrial", f"**{in_markdown(sentence(report))}** {tally}; {report.duration_s:.0f} s; "
             f"{in_markdown(ground(report))}; Seatrial {in_markdown(report.seatrial)}"]
    if report.results:
        parts.append("\n".join(_requirements(report)))
    parts += _measured(report.results)
    parts += _bad(report.results)
    if report.kill_matrix:
        caught = sum(kill.caught for kill in report.kill_matrix)
        parts.append(f"### Faults\n\n{caught} of {len(report.kill_matrix)} proofs caught their fault.")
    parts += _listed("Not caught", (f"{kill.platform}: {kill.fault} by {kill.behaviour}: {kill.ending}"
                                    for kill in escaped(report)))
    if report.selection and report.unseen_pairs:
        seen = seen_pairs(report)
        parts.append(f"{seen} of {seen + len(report.unseen_pairs)} claims were seen in this selection.")
    else:
        parts += _listed("Claims that were seen on no platform", map(claim, report.unseen_pairs))
        parts += _listed("Behaviours that were seen to catch nothing", catch_nothing(report))
    parts += _listed("No behaviour was seen to catch", report.uncaught_faults)
    parts += _listed("Errors outside of any check", report.troubles)
    parts += _listed("Limits in the manifests that no promise covers", report.uncovered_limits)
    return "\n\n".join(parts) + "\n"


def _requirements(report: Report) -> Iterator[str]:
    platforms = by_platform(report)
    yield f"| Requirement | {' | '.join(map(in_markdown, platforms))} |"
    yield "|---|" + "---|" * len(platforms)
    for name in by_requirement(report):
        cells = (f"{MARKS[rolled[name]]} {word(rolled[name])}" for rolled in platforms.values())
        yield f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"


def _measured(results: Iterable[Result]) -> Iterator[str]:
    rows = [(one.platform, one.promise or one.id, one.subject, measured.name, value(measured))
            for one in results for measured in one.measurements]
    if rows:
        yield "\n".join(["### Measured", "", "| Platform | Promise | For | What | Value |", "|---|---|---|---|---|",
                         *(f"| {' | '.join(map(in_markdown, row))} |" for row in rows)])


def _bad(results: Iterable[Result]) -> Iterator[str]:
    bad = sorted((one for one in results if one.outcome in NOTEWORTHY),
                 key=lambda one: -one.outcome)
    letters = 0
    for number, result in enumerate(bad):
        text = "\n\n".join(_one(result))
        letters += len(text.encode(errors="replace"))
        if letters > MAX_LETTERS:
            yield f"{len(bad) - number} more do not fit: see report.json."
            return
        yield text


def _one(result: Result) -> Iterator[str]:
    about = ", ".join(filter(None, (result.platform, result.subject, result.component, result.fidelity.label)))
    yield f"### {MARKS[result.outcome]} {in_markdown(result.promise or result.id)}"
    yield f"{result.outcome.label} on {in_markdown(about)}: {in_markdown(result.cause)}"
    seen = "\n".join(map(clean, filter(None, (*result.trace.splitlines(), result.reproduce))))
    if seen:
        # An HTML block: whatever the trace holds, nothing in it is Markdown.
        yield f"<pre>\n{escape(seen)}\n</pre>"


def _listed(title: str, entries: Iterable[str]) -> Iterator[str]:
    found = list(dict.fromkeys(entries))
    if found:
        yield "\n".join([f"### {title}", "", *(f"- {in_markdown(entry)}" for entry in found)])
