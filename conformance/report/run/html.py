"""A run as one page, `report.html`, that needs nothing else: no network, no other file, no script."""

import base64
import hashlib
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from conformance.model.exit_code import ExitCode
from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.model.report import CAUGHT, OTHERWISE, SURVIVED, Kill, Report, Result
from conformance.report.letters import clean
from conformance.report.numbers import told
from conformance.report.run.drawn import Drawing, drawn
from conformance.report.run.roll_up import (
    by_platform,
    by_requirement,
    catch_nothing,
    counts,
    exit_code,
    sentence,
    word,
)

if TYPE_CHECKING:
    from jinja2 import Environment

FILE = "report.html"
_HERE = Path(__file__).parent
_QUIET = frozenset({Outcome.PASSED, Outcome.DISABLED, Outcome.UNSUPPORTED})
"""Endings that nobody has to act on."""
MARKS = {"passed": "✓", CAUGHT: "✓", "failed": "✗", SURVIVED: "✗", OTHERWISE: "✗", "inconclusive": "?",
         "disabled": "○", "unsupported": "·",
         "not covered": "·"}
"""Any other ending has an exclamation mark."""
PHASES = {"Running": "layer-2", "Pending": "layer-1", "Succeeded": "layer-0", "Failed": "layer-3",
          "Terminating": "layer-5"}
STANDS_FOR = {
    Fidelity.STATIC: ("the manifests", "no cluster was asked"),
    Fidelity.CONTROL_PLANE: ("API server, etcd, schedulers, controllers and admission webhooks",
                             "nodes, where they are KWOK's: their pods run no container"),
    Fidelity.NODE: ("kubelet, containerd, probes, Services and the device plugin API too",
                    "the GPU: none is behind nvidia.com/gpu"),
    Fidelity.HARDWARE: ("all of it, GPUs included", "nothing"),
}
"""What was real, and what stood in for what was not, where a verdict has that fidelity (model/fidelity.py)."""


@dataclass(frozen=True, kw_only=True)
class Check:
    """One result, as the page shows it."""

    anchor: str
    result: Result
    subject: str
    drawing: Drawing | None

    @property
    def acted_on(self) -> bool:
        """Whether somebody has to look at it."""
        return self.result.outcome not in _QUIET


@dataclass(frozen=True, kw_only=True)
class Area:
    """The checks of one area, such as scheduling."""

    name: str
    promises: Sequence[Sequence[Check]]
    """The checks of one behaviour on one platform that ended the same way, for several teams."""
    lacking: Sequence[Check]
    """Those that the platform has not what it takes for."""
    tally: Sequence[tuple[str, int]]
    """How many ended how, by word."""


@dataclass(frozen=True, kw_only=True)
class Cell:
    """One place of the kill matrix: a behaviour, a fault, and how that ended on each platform."""

    said: str
    """`caught`, `survived`, or how else it ended; the worst of all platforms."""
    about: str


@dataclass(frozen=True, kw_only=True)
class Matrix:
    """The kill matrix as a grid."""

    faults: Sequence[str]
    rows: Sequence[tuple[str, Sequence[Cell | None]]]
    caught: int
    of: int


def render(report: Report) -> str:
    """Return the page, in letters of ASCII: it survives any stream."""
    style = (_HERE / "run.css").read_text(encoding="utf-8")
    checks = [Check(anchor=f"check-{number}", result=result, subject=result.subject,
                    drawing=drawn("\n".join(map(clean, result.trace.splitlines())), clean(result.cause)))
              for number, result in enumerate(_in_order(report.results), 1)]
    requirements, uncovered = _requirements(report)
    page = _pages().get_template("run.html").render(
        report=report, style=style, style_hash=_hash(style), sentence=sentence(report), tone=_tone(report),
        tally=_tally(report.results), total=len(report.results), bad=[one for one in checks if one.acted_on],
        areas=_areas(checks), platforms=list(by_platform(report)), requirements=requirements,
        uncovered=uncovered,
        unconfirmed=list(dict.fromkeys(one.platform for one in report.results if not one.confirmed)),
        matrix=_matrix(report.kill_matrix), idle=catch_nothing(report),
        kills=sorted(report.kill_matrix, key=_kill_order), fidelities=_fidelities(report))
    return page.encode("ascii", "xmlcharrefreplace").decode("ascii")


def write(report: Report, folder: Path) -> Path:
    """Write the page into a folder, all of it or nothing, and return its path."""
    path = folder / FILE
    part = path.with_suffix(".html.part")
    part.write_text(render(report), encoding="ascii")
    part.replace(path)
    return path


@cache
def _pages() -> "Environment":
    from jinja2 import Environment, FileSystemLoader, StrictUndefined  # noqa: PLC0415 -- slow, and a run ends with it

    # Whatever a manifest or a cluster says, each value is escaped, unless a template says otherwise; none does but for
    # our own style sheet. A name that is not given is an error, no empty place.
    pages = Environment(loader=FileSystemLoader(_HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
                        lstrip_blocks=True, finalize=_shown)
    pages.filters.update(told=told, mark=_mark, behaviour=behaviour, colour=_colour,
                         spaced=lambda name: name.replace("_", " "))
    return pages


def _shown(value: object) -> object:
    """A text without what is no letter: control characters, halves of surrogate pairs; it keeps its lines."""
    if type(value) is not str:  # Markup is left as it is
        return value
    return "\n".join(map(clean, value.splitlines())) if "\n" in value else clean(value)


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _tone(report: Report) -> str:
    """How the verdict looks: `held`, `failed`, `broken`, or `open` where it is neither yes nor no."""
    tones = {ExitCode.HELD: "held", ExitCode.FAILED: "failed", ExitCode.UNPROVED: "open",
             ExitCode.UNMEASURED: "open"}
    return tones.get(exit_code(report), "broken")


def _tally(results: Iterable[Result]) -> list[tuple[str, int]]:
    found = counts(results)
    return [(outcome.label, found[outcome]) for outcome in Outcome if found[outcome]]


def _in_order(results: Iterable[Result]) -> list[Result]:
    """What has to be acted on first, then by name."""
    return sorted(results, key=lambda one: (one.outcome in _QUIET, -one.outcome if one.outcome not in _QUIET else 0,
                                            one.platform, one.id))


def _areas(checks: Sequence[Check]) -> list[Area]:
    found: dict[str, list[Check]] = defaultdict(list)
    for check in checks:
        place = check.result.id.partition("::")[0]
        found[place.partition("/")[0] if "/" in place else "other"].append(check)
    return [Area(name=name, promises=_promises(one for one in found[name] if not one.result.lacks),
                 lacking=[one for one in found[name] if one.result.lacks],
                 tally=_tally(one.result for one in found[name])) for name in sorted(found)]


def _promises(checks: Iterable[Check]) -> list[list[Check]]:
    found: dict[object, list[Check]] = defaultdict(list)
    for check in checks:
        one = check.result
        alike = one.id.partition("[")[0], one.platform, one.outcome, one.cause
        found[check.anchor if check.acted_on else alike].append(check)  # what has to be acted on stands alone
    return list(found.values())


def _requirements(report: Report) -> tuple[list[tuple[str, list[str]]], list[str]]:
    """How each requirement ended on each platform, and those that nothing was asked about."""
    platforms = by_platform(report)
    rolled = {name: [word(found[name]) for found in platforms.values()] for name in by_requirement(report)}
    nothing = word(None)
    return ([(name, words) for name, words in rolled.items() if set(words) - {nothing}],
            [name for name, words in rolled.items() if not set(words) - {nothing}])


def _matrix(kills: Iterable[Kill]) -> Matrix | None:
    found: dict[tuple[str, str], list[Kill]] = defaultdict(list)
    for kill in kills:
        found[kill.behaviour, kill.fault].append(kill)
    if not found:
        return None
    behaviours, faults = (sorted({key[place] for key in found}) for place in (0, 1))
    return Matrix(faults=faults, rows=[(name, [_cell(found.get((name, fault))) for fault in faults])
                                       for name in behaviours],
                  caught=sum(_cell_said(every) == CAUGHT for every in found.values()), of=len(found))


def _cell(kills: Sequence[Kill] | None) -> Cell | None:
    if not kills:
        return None
    return Cell(said=_cell_said(kills), about="; ".join(f"{kill.platform}: {kill.ending}" for kill in kills))


def _cell_said(kills: Sequence[Kill]) -> str:
    """Caught on one platform is seen; one that could not have the fault hides nothing; a survivor outweighs all."""
    every = [kill.ending for kill in sorted(kills, key=lambda kill: -kill.outcome)]
    bad = [one for one in every if one not in {CAUGHT, "unsupported", "disabled"}]
    return SURVIVED if SURVIVED in bad else bad[0] if bad else CAUGHT if CAUGHT in every else every[0]


def _kill_order(kill: Kill) -> tuple[int, str, str, str]:
    """What has to be acted on first."""
    order = {SURVIVED: 0, OTHERWISE: 0, CAUGHT: 3, "unsupported": 2, "disabled": 2}
    return order.get(kill.ending, 1), kill.behaviour, kill.fault, kill.platform


def _fidelities(report: Report) -> list[tuple[str, int, str, str]]:
    used = [result.fidelity for result in report.results
            if result.outcome not in (Outcome.DISABLED, Outcome.UNSUPPORTED)]
    return [(one.label, used.count(one), *STANDS_FOR[one]) for one in Fidelity if one in used]


def _colour(name: str, place: int) -> str:
    """The class of an area in a picture: phases of pods look the same everywhere."""
    return PHASES.get(name, f"layer-{place % 6}")


def _mark(what: str) -> str:
    return MARKS.get(what, "!")


def behaviour(name: str) -> str:
    """Return the sentence in a behaviour's id: `scheduling/quota::a_team_gets_its_gpus` says what it promises."""
    return name.rpartition("::")[2].replace("_", " ")
