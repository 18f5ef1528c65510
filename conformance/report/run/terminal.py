"""The summary that a person acts on: colour on a terminal, plain text everywhere else."""

import textwrap
from collections.abc import Iterable, Sequence
from io import TextIOWrapper
from typing import IO

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from conformance.model.exit_code import ExitCode
from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Pair, Report, Result
from conformance.report.letters import clean
from conformance.report.numbers import told
from conformance.report.run.roll_up import (
    by_platform,
    by_requirement,
    catch_nothing,
    counts,
    exit_code,
    seen_pairs,
    sentence,
    word,
)

PLAIN_WIDTH = 120
MOST_COLUMNS = 4
"""Of platforms, whose names have one row; of more a name is folded at its hyphens to the width of a verdict."""
VERDICT_LETTERS = len("* unsupported")
NO_VERDICT = (Outcome.DISABLED, Outcome.UNSUPPORTED)
MARKS = {Outcome.PASSED: ("✓", "+", "green"), Outcome.DISABLED: ("○", "o", "yellow"),
         Outcome.UNSUPPORTED: ("·", "-", "yellow"), Outcome.INCONCLUSIVE: ("?", "?", "bold yellow"),
         Outcome.INVALID: ("≠", "#", "bold magenta"), Outcome.FAILED: ("✗", "x", "bold red"),
         Outcome.ERROR: ("!", "!", "bold magenta")}


def console(file: IO[str]) -> Console:
    """Return a console for a stream: lines are never cut where nobody sees a terminal's edge."""
    if isinstance(file, TextIOWrapper):
        file.reconfigure(errors="replace")  # a stream that cannot show a letter must not stop the report
    probe = Console(file=file)
    return Console(file=file, highlight=False, soft_wrap=True,
                   width=None if probe.is_terminal else PLAIN_WIDTH)


def summary(report: Report, to: Console) -> None:
    """Print the whole report for people, what failed last: that is where the eye is."""
    to.print(Text(f"Seatrial {report.seatrial} on {ground(report)}", style="bold"))
    for platform in dict.fromkeys(result.platform for result in report.results):
        of_platform(platform, [result for result in report.results if result.platform == platform], to)
    _kill_matrix(report, to)
    _requirements(report, to)
    _listed("Limits in the manifests that no promise covers:", report.uncovered_limits, to)
    _listed("Faults that no behaviour was seen to catch:", report.uncaught_faults, to)
    _unseen(report, to)
    _listed("Errors outside of any check:", report.troubles, to)
    to.print()
    found = counts(report.results)
    tally = ", ".join(f"{found[outcome]} {outcome.label}" for outcome in Outcome if found[outcome])
    style = "bold green" if exit_code(report) is ExitCode.HELD else "bold red"
    to.print(Text(f"{sentence(report)} ({tally or 'nothing ran'}, {report.duration_s:.0f} s)", style=style))


def contradicted(lines: Sequence[str], to: Console) -> None:
    """Print what manifests cannot keep, if anything."""
    if lines:
        to.print(Text("  The manifests cannot keep:", style="yellow"))
    for text in lines:
        to.print(Text(f"    {clean(text)}"))


def line(result: Result, to: Console) -> Text:
    """Return the one line that tells a verdict."""
    said = result.promise or result.id
    about = (result.subject, result.component, result.fidelity.label, f"{result.duration_s:.1f} s")
    text = Text("  ") + _verdict(result.outcome, result.outcome.label, to) + Text(said)
    joined = (" · " if _pretty(to) else ", ").join(dict.fromkeys(filter(None, about)))
    return text + Text(f"  {joined}", style="dim")


def kill_line(kill: Kill, to: Console) -> Text:
    """Return the one line that tells a proof."""
    text = Text("  ") + _ending(kill, to) + Text(f"{kill.fault} by {_sentence(kill.behaviour)}")
    if kill.caught:
        return text
    wanted = f" (its cause was to say {kill.word!r})" if kill.outcome is Outcome.FAILED else ""
    return text + Text(f": {clean(kill.cause)}{wanted}")


def _ending(kill: Kill, to: Console) -> Text:
    judged = kill.outcome in (Outcome.PASSED, Outcome.FAILED)
    mark = Outcome.PASSED if kill.caught else Outcome.FAILED if judged else kill.outcome
    return _verdict(mark, kill.ending, to)


def of_platform(name: str, results: list[Result], to: Console) -> None:
    """Print the verdicts on one platform, the worst last, each that did not hold with its cause and what was seen."""
    to.print()
    to.print(Text(name, style="bold"))
    if not all(result.confirmed for result in results):
        to.print(Text("  Its promises were drafted from its manifests: nobody has confirmed these promises.",
                      style="yellow"))
    _lacking([result for result in results if result.lacks], to)
    for result in sorted((one for one in results if not one.lacks), key=lambda one: (one.outcome, one.id)):
        to.print(line(result, to))
        for measured in result.measurements:
            to.print(Text(f"      {clean(told(measured))}", style="dim"))
        if result.outcome is Outcome.PASSED:
            continue
        to.print(Text(f"      {clean(result.cause)}"))
        for row in result.trace.splitlines():
            to.print(Text(f"      {clean(row)}", style="dim"))
        _again(result, to)


def _again(one: Result | Kill, to: Console) -> None:
    if one.reproduce and one.outcome not in NO_VERDICT:
        to.print(Text("      again: ") + Text(one.reproduce, style="cyan"))


def _lacking(results: list[Result], to: Console) -> None:
    # A platform need not have everything that there is: one line, so that the others are seen.
    if results:
        those = "1 behaviour needs" if len(results) == 1 else f"{len(results)} behaviours need"
        # Features first: a promise is easier to add.
        lacks = ", ".join(sorted({result.lacks for result in results}, key=lambda lack: (" " in lack, lack)))
        to.print(Text("  ") + _verdict(Outcome.UNSUPPORTED, Outcome.UNSUPPORTED.label, to)
                 + Text(f"{those} what this platform has not: {lacks}"))
        to.print(Text("      each of them, with its reason, is in report.json and in --output json", style="dim"))


def _kill_matrix(report: Report, to: Console) -> None:
    if not report.kill_matrix:
        return
    to.print()
    to.print(Text("Kill matrix: each behaviour on a platform with a fault", style="bold"))
    table = Table(box=box.SIMPLE_HEAD if _pretty(to) else box.ASCII2)
    for column in ("behaviour", "fault", "platform", "verdict"):
        table.add_column(column, overflow="fold")
    for kill in sorted(report.kill_matrix, key=lambda one: (one.behaviour, one.fault, one.platform)):
        table.add_row(Text(_sentence(kill.behaviour)), kill.fault, kill.platform, _ending(kill, to))
    to.print(table, soft_wrap=False)
    for kill in report.kill_matrix:
        if not kill.caught:
            to.print(kill_line(kill, to))
            _again(kill, to)


def _unseen(report: Report, to: Console) -> None:
    if report.selection and report.unseen_pairs:
        to.print()
        seen, unseen = seen_pairs(report), len(report.unseen_pairs)
        to.print(Text(f"{seen} of {seen + unseen} claims (a behaviour catches a fault) were seen in this selection."))
    elif report.unseen_pairs:
        _listed("Claims that were seen on no platform:", map(claim, report.unseen_pairs), to)
        _listed("Behaviours that were seen to catch nothing:", catch_nothing(report), to)


def claim(pair: Pair) -> str:
    """Return a claim as a person would say it."""
    return f"{pair.fault} by {_sentence(pair.behaviour)}"


def _requirements(report: Report, to: Console) -> None:
    if not report.results:
        return
    to.print()
    to.print(Text("Requirements", style="bold"))
    together, platforms = by_requirement(report), by_platform(report)
    if len(platforms) == 1:
        for name, outcome in together.items():
            to.print(Text("  ") + _rolled_up(outcome, to) + Text(name.replace("_", " ")))
        return
    table = Table(box=box.SIMPLE_HEAD if _pretty(to) else box.ASCII2)
    table.add_column("requirement", overflow="fold")
    for column in (*platforms, "together"):
        heading = column if len(platforms) <= MOST_COLUMNS else "\n".join(textwrap.wrap(column, VERDICT_LETTERS))
        table.add_column(heading, overflow="fold", min_width=VERDICT_LETTERS)
    for name in together:
        row = [_rolled_up(found[name], to) for found in (*platforms.values(), together)]
        for cell in row:
            cell.rstrip()
        table.add_row(name.replace("_", " "), *row)
    to.print(table, soft_wrap=False)


def _rolled_up(outcome: Outcome | None, to: Console) -> Text:
    return Text(f"  {word(None):<12} ") if outcome is None else _verdict(outcome, word(outcome), to)


def _listed(title: str, entries: Iterable[str], to: Console) -> None:
    entries = list(dict.fromkeys(entries))
    if entries:
        to.print()
        to.print(Text(title, style="yellow"))
        for entry in entries:
            to.print(Text("\n".join(f"  {clean(row)}" for row in entry.splitlines())))


def _verdict(outcome: Outcome, said: str, to: Console) -> Text:
    pretty, ascii_mark, style = MARKS[outcome]
    return Text(f"{pretty if _pretty(to) else ascii_mark} {said:<12} ", style=style)


def ground(report: Report) -> str:
    """Return what a run stood on, in one line."""
    said = report.cluster
    words = [f"{said['kind']} cluster" if "kind" in said else "no cluster", said.get("name", "")]
    words += [f"{key} {said[key]}" for key in ("kubernetes", "fidelity") if key in said]
    return ", ".join(filter(None, words))


def _sentence(behaviour: str) -> str:
    return behaviour.rpartition("::")[2].replace("_", " ")


def _pretty(to: Console) -> bool:
    return "utf" in to.encoding.lower()
