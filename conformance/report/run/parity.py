"""The same trial on several grounds, side by side: a table for the documents."""

from collections.abc import Iterator, Sequence

from conformance.model.outcome import Outcome
from conformance.model.report import Report
from conformance.report.letters import in_code, in_markdown
from conformance.report.numbers import value
from conformance.report.run.roll_up import by_requirement, counts, word
from conformance.requirements import requirements


def render(reports: Sequence[Report]) -> str:
    """Return requirement by ground as Markdown, with what was run where and when, and every check that differs."""
    return "\n\n".join(["\n".join(_grounds(reports)), *_measured(reports), "\n".join(_requirements(reports)),
                        "\n".join(_differing(reports))]) + "\n"


def _grounds(reports: Sequence[Report]) -> Iterator[str]:
    yield "| Ground | Kubernetes | Fidelity | Day | Seatrial |"
    yield "|---|---|---|---|---|"
    for name, report in zip(_names(reports), reports, strict=True):
        cells = (name, report.cluster.get("kubernetes", "-"), report.cluster.get("fidelity", "-"),
                 report.started.partition("T")[0], report.seatrial)
        yield f"| {' | '.join(map(in_markdown, cells))} |"


def _requirements(reports: Sequence[Report]) -> Iterator[str]:
    yield f"| Requirement | {' | '.join(map(in_markdown, _names(reports)))} |"
    yield "|---|" + "---|" * len(reports)
    rolled = [by_requirement(report) for report in reports]
    for name in requirements():
        cells = (_cell(report, name, found[name]) for report, found in zip(reports, rolled, strict=True))
        yield f"| {name.replace('_', ' ')} | {' | '.join(cells)} |"
    if any(report.kill_matrix for report in reports):
        cells = (f"{sum(kill.caught for kill in report.kill_matrix)} of {len(report.kill_matrix)}"
                 if report.kill_matrix else "not tried" for report in reports)
        yield f"| faults caught | {' | '.join(cells)} |"


def _cell(report: Report, requirement: str, outcome: Outcome | None) -> str:
    found = counts(one for one in report.results if one.requirement == requirement)
    numbers = ", ".join(f"{found[one]} {one.label}" for one in Outcome if found[one])
    return f"{word(outcome)} ({numbers})" if numbers else word(outcome)


def _differing(reports: Sequence[Report]) -> Iterator[str]:
    verdicts = [{(one.platform, one.id): f"{one.outcome.label} ({one.fidelity.label})" for one in report.results}
                for report in reports]
    every = dict.fromkeys(key for found in verdicts for key in found)
    differing = [key for key in every if len({found.get(key) for found in verdicts}) > 1]
    yield f"{len(every) - len(differing)} of {len(every)} checks end alike, and with the same fidelity, everywhere."
    if differing:
        yield ""
        yield f"| Platform | Check | {' | '.join(map(in_markdown, _names(reports)))} |"
        yield "|---|---|" + "---|" * len(reports)
    for platform, check in differing:
        cells = (found.get((platform, check), "not there") for found in verdicts)
        yield f"| {in_markdown(platform)} | {in_code(check)} | {' | '.join(cells)} |"


def _measured(reports: Sequence[Report]) -> Iterator[str]:
    """Return what was measured on the grounds: numbers may differ, and are no verdicts."""
    found = [{(one.platform, one.id, measured.name): value(measured) for one in report.results
              for measured in one.measurements} for report in reports]
    every = dict.fromkeys(key for some in found for key in some)
    if every:
        names = " | ".join(map(in_markdown, _names(reports)))
        yield "\n".join([f"| Platform | Check | Measured | {names} |", "|---|---|---|" + "---|" * len(reports), *(
            f"| {in_markdown(key[0])} | {in_code(key[1])} | {in_markdown(key[2])} | "
            f"{' | '.join(in_markdown(some.get(key, '-')) for some in found)} |" for key in every)])


def _names(reports: Sequence[Report]) -> list[str]:
    """Return a name for each ground: its kind, with a number where several are of one kind."""
    kinds = [report.cluster.get("kind", "no cluster") for report in reports]
    return [f"{kind} {kinds[:place + 1].count(kind)}" if kinds.count(kind) > 1 else kind
            for place, kind in enumerate(kinds)]
