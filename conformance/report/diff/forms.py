"""A diff for a person at a terminal, for the summary of a job, and for programs."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

from rich.console import Console
from rich.text import Text

from conformance.model.report import Report
from conformance.report.diff import TOLERABLE, Change, Diff, Kind
from conformance.report.letters import clean, in_markdown
from conformance.report.numbers import value
from conformance.report.run.terminal import ground

FORMAT = 1
"""Goes up when a field of the JSON form changes its meaning or goes away."""
TITLES = {
    Kind.FAILED: "Fails now: the platform does not do what it promises",
    Kind.SURVIVED: "Not caught now: a fault that goes unnoticed, or is noticed for another reason",
    Kind.ERROR: "Could not be judged: an error of Seatrial or of its ground",
    Kind.VANISHED: "Gone: judged before, not in the second report",
    Kind.UNSUPPORTED: "Not judged any more: the platform or the ground cannot",
    Kind.UNMEASURED: "Not judged any more: a measurement that is invalid or inconclusive",
    Kind.DISABLED: "Not judged any more: the operator said no",
    Kind.UNPROVED: "Not proved any more: faults that were tried before",
    Kind.WEAKER: "Stands on less: a less real ground, or promises that nobody confirmed",
    Kind.BETTER: "Better",
    Kind.NEW: "New",
}
"""What is told one by one; the rest is only counted, and listed in the JSON form."""


def text(diff: Diff, to: Console) -> None:
    """Print a diff, what counts last: that is where the eye is."""
    for name, report in (("before", diff.before), ("after", diff.after)):
        to.print(Text(f"{name:8}", style="dim") + Text(clean(_run(report))))
    for kind in reversed(TITLES):
        found = _of(diff, kind)
        if found:
            to.print()
            counted = diff.counts(kind)
            to.print(Text(_title(diff, kind), style="bold red" if counted else "bold"))
            for change in found:
                _change(change, to, whole=counted)
    if diff.measured:
        to.print()
        to.print(Text(f"Measured in both ({len(diff.measured)})", style="bold"))
    for one in diff.measured:
        about = Text(f"  {clean(one.platform)}  {clean(one.id)}  ", style="dim")
        to.print(about + Text(clean(f"{one.after.name}: {value(one.before)} -> {value(one.after)}")))
    to.print()
    to.print(Text(sentence(diff), style="bold red" if diff.regressions else "bold green"))
    if hint := way_out(diff):
        to.print(Text(f"  {hint}", style="dim"))


def _change(change: Change, to: Console, *, whole: bool) -> None:
    about = Text(f"  {clean(change.platform)}  " if change.platform else "  ") + Text(clean(change.said))
    to.print(about + Text(f"  {_turn(change)}" if _turn(change) else "", style="dim"))
    if whole:
        for row in filter(None, (change.cause, f"again: {change.reproduce}" if change.reproduce else "")):
            to.print(Text(f"      {clean(row)}"))


def markdown(diff: Diff) -> str:
    """Return a diff as Markdown, what counts first: who opens a page begins at its top."""
    parts = ["## Seatrial: one run and the next", f"**{in_markdown(sentence(diff))}**",
             "\n".join([f"- before: {in_markdown(_run(diff.before))}", f"- after: {in_markdown(_run(diff.after))}"])]
    parts += ["\n".join([f"### {in_markdown(_title(diff, kind))}", "", *_table(_of(diff, kind))])
              for kind in TITLES if _of(diff, kind)]
    if diff.measured:
        rows = ((one.platform, one.id, one.after.name, value(one.before), value(one.after)) for one in diff.measured)
        parts.append("\n".join(["### Measured in both", "", "| Platform | Check | What | Before | After |",
                                "|---|---|---|---|---|",
                                *(f"| {' | '.join(map(in_markdown, row))} |" for row in rows)]))
    if hint := way_out(diff):
        parts.append(in_markdown(hint))
    return "\n\n".join(parts) + "\n"


def _table(changes: list[Change]) -> Iterator[str]:
    yield "| Platform | What | Verdict | Why |"
    yield "|---|---|---|---|"
    for change in changes:
        cells = (change.platform, change.said, _turn(change), change.cause)
        yield f"| {' | '.join(map(in_markdown, cells))} |"


def as_json(diff: Diff) -> dict[str, Any]:
    """Return a diff as JSON types; `diff.schema.json` beside this file says what is in it."""
    return {"version": FORMAT, "summary": sentence(diff), "regressions": len(diff.regressions),
            "still_failing": diff.still_failing, "tolerated": sorted(diff.tolerated),
            "before": _who(diff.before), "after": _who(diff.after),
            "measured": [asdict(one) for one in diff.measured],
            "changes": [{"kind": change.kind.value, "regression": diff.counts(change.kind),
                         **{name: getattr(change, name) for name in
                            ("platform", "id", "fault", "said", "before", "after", "cause", "reproduce")}}
                        for change in diff.changes]}


def sentence(diff: Diff) -> str:
    """Return what a diff amounts to."""
    found = Counter(change.kind for change in diff.changes)
    worse = len(diff.regressions)
    said = ("No regression" if not worse else f"{worse} regression{'s' if worse > 1 else ''}")
    tolerated = sum(found[kind] for kind in diff.tolerated)
    more = [f"{tolerated} tolerated" if tolerated else "", *(
        f"{found[kind]} {kind}" for kind in (Kind.BETTER, Kind.NEW, Kind.OTHER) if found[kind]),
        f"{diff.still_failing} as failing as before" if diff.still_failing else ""]
    told = ", ".join(filter(None, more))
    return f"{said} ({told})." if told else f"{said}."


def way_out(diff: Diff) -> str:
    """Return the flag under which the regressions that two grounds may differ in do not count, or nothing."""
    kinds = dict.fromkeys(change.kind for change in diff.regressions if change.kind in TOLERABLE)
    return f"Where that is meant: {' '.join(f'--tolerate {kind}' for kind in kinds)}" if kinds else ""


def _of(diff: Diff, kind: Kind) -> list[Change]:
    return [change for change in diff.changes if change.kind is kind]


def _title(diff: Diff, kind: Kind) -> str:
    return f"{TITLES[kind]} ({len(_of(diff, kind))}{', tolerated' if kind in diff.tolerated else ''})"


def _turn(change: Change) -> str:
    if not (change.before or change.after):
        return ""
    return f"{change.before or 'not there'} -> {change.after or 'not there'}"


def _run(report: Report) -> str:
    return f"{ground(report)}; {report.started}, Seatrial {report.seatrial}, {len(report.results)} checks"


def _who(report: Report) -> dict[str, Any]:
    return {"seatrial": report.seatrial, "started": report.started, "cluster": report.cluster,
            "checks": len(report.results)}
