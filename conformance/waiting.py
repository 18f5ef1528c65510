"""The two waiting words, `eventually` and `throughout`: the only loop of the harness that waits.

What is looked at is either a plain callable, which is polled, or an `Observable`, which is not:
every change that a watch recorded is checked, so a state of 200 ms does not slip through.
"""

import math
import os
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar, Union, runtime_checkable

from conformance.errors import SeatrialError, Unprepared, UsageError
from conformance.matching import Matcher, show

PATIENCE_VARIABLE = "SEATRIAL_PATIENCE"
CALM_TASKS_PER_CORE = 4
"""Up to so many tasks that want to run for each core, the waits hold as they are: a trial alone makes about as many."""
MOST_STRAIN = 6
FIRST_POLL_S, LONGEST_POLL_S = 0.05, 0.2
LONGEST_TRACE = 30

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)


class Unmet(AssertionError):
    """The platform did not do what was expected: a failure, never an error.

    `cause` is one line: what was expected of what, and what was seen. `trace` has the changes,
    with times in seconds from the start, and whatever else tells the story.
    """

    def __init__(self, cause: str, trace: str = "") -> None:
        super().__init__(f"{cause}\n{trace}" if trace else cause)
        self.cause = cause
        self.trace = trace


@dataclass(frozen=True, kw_only=True)
class Patience:
    """How long to wait for what, in seconds, and one factor that stretches them all."""

    apply: float = 10
    """Until an object that was written is seen by its controller."""
    schedule: float = 20
    """Until pods that fit are bound and running."""
    ready: float = 60
    """Until a component or a service answers."""
    delete: float = 30
    """Until an object that was deleted is gone."""
    settle: float = 3
    """For how long a thing that must not happen is watched for, at least: see `settled_s`."""

    def stretched(self, factor: float) -> "Patience":
        """Return the same waits, each `factor` times as long."""
        return Patience(apply=self.apply * factor, schedule=self.schedule * factor, ready=self.ready * factor,
                        delete=self.delete * factor, settle=self.settle * factor)


def patience() -> Patience:
    """Return the waits in force: the defaults, stretched by the environment's SEATRIAL_PATIENCE and by `strain`.

    Raises UsageError when that is not a positive number.
    """
    text = os.environ.get(PATIENCE_VARIABLE) or "1"
    try:
        factor = float(text)
    except ValueError:
        factor = math.nan
    if not 0 < factor < math.inf:
        raise UsageError(f"{PATIENCE_VARIABLE}={text!r} is not a factor",
                         "give a positive number, for example 2")
    return Patience().stretched(factor * strain())


def strain() -> float:
    """Return how many times as long things take because others keep this machine busy: from 1 to MOST_STRAIN.

    A cluster runs on this machine or is looked at from here. Waits end when what is waited for is there: longer ones
    cost time where it never comes, and shorter ones would judge the machine.
    """
    tasks_per_core = os.getloadavg()[0] / len(os.sched_getaffinity(0))
    return min(max(1.0, tasks_per_core / CALM_TASKS_PER_CORE), MOST_STRAIN)


_took_s: list[float] = []
"""How long each thing took that the behaviour which runs waited for."""


def begin() -> None:
    """Forget how long things took: another behaviour begins."""
    _took_s.clear()


def settled_s() -> float:
    """Return for how many seconds a thing that must not happen is watched for.

    As long as the slowest of the things took that did happen in this behaviour: on a busy machine a controller that
    would do wrong is as late as one that does right. At most the wait for scheduling, at least the wait for settling.
    """
    waits = patience()
    return max(waits.settle, min(max(_took_s, default=0.0), waits.schedule))


@runtime_checkable
class Observable(Protocol[T_co]):
    """A value that is recorded as it changes. Times are those of `time.monotonic`, in seconds."""

    @property
    def what(self) -> str:
        """What is observed, for people: "pods of gang a"."""

    def history(self, since: float) -> Sequence[tuple[float, T_co]]:
        """Return the value that held at `since`, stamped with it, then every change after it."""

    def await_change(self, since: float, known: int, timeout_s: float) -> None:
        """Block until `history(since)` has more than `known` entries, or for `timeout_s` seconds.

        Raises SeatrialError when nothing more can be observed.
        """

    def story(self) -> Sequence[str]:
        """Return lines that help to understand a failure, such as the last warning events."""


class Stop(threading.Event):
    """An event that also ends what somebody is blocked in, so that nobody has to wake up now and then to look."""

    def __init__(self) -> None:
        super().__init__()
        self._lock = threading.Lock()
        self._endings: list[Callable[[], None]] = []

    def set(self) -> None:
        """Set it, and end what is blocked."""
        super().set()
        with self._lock:
            for end in self._endings:
                end()

    @contextmanager
    def ends(self, end: Callable[[], None]) -> Iterator[None]:
        """Let `set` call `end` while the body runs; at once when it is set already."""
        with self._lock:
            self._endings.append(end)
        if self.is_set():
            end()
        try:
            yield
        finally:
            with self._lock:
                self._endings.remove(end)


Seen = Callable[[], T] | Observable[T]
Expected = Union[T, Matcher, Callable[[T], bool]]  # noqa: UP007 (a bare variable cannot take |)
Story = Callable[[], Iterable[str]]


def eventually(seen: Seen[T], *, becomes: Expected[T], within: float | None = None, because: str = "",
               story: Story | None = None) -> T:
    """Return the first value of `seen` that is as expected.

    `becomes` is a value, compared whole, a matcher such as `like(...)`, or a predicate. `within` is in
    seconds and is not stretched; by default it is the wait for scheduling. `because` names the
    object. Raises Unmet when time is up.
    """
    __tracebackhide__ = True
    limit_s = patience().schedule if within is None else within
    trace: _Trace[T] = _Trace(because or _name(seen), story or getattr(seen, "story", None))
    for at_s, value in _values(seen, limit_s):
        trace.add(at_s, value)
        if not _differences(becomes, value):
            _took_s.append(at_s)
            return value
    last = trace.last
    raise Unmet(f"{trace.what}: expected to become {_wish(becomes)} within {limit_s:g} s; "
                f"saw {show(last)}{_detail(becomes, last)}", trace.text())


def throughout(seen: Seen[T], *, stays: Expected[T], during: float | None = None, because: str = "",
               since: float | None = None, story: Story | None = None) -> T:
    """Return the last value of `seen`, which was as expected all the time.

    `stays` is a value, compared whole, a matcher, or a predicate. `during` is in seconds; by default
    it is `settled_s()`. `since` (a time of `time.monotonic`) makes an observable answer
    for its past too. Raises Unmet at the first value that is not as expected.
    """
    __tracebackhide__ = True
    limit_s = settled_s() if during is None else during
    trace: _Trace[T] = _Trace(because or _name(seen), story or getattr(seen, "story", None))
    for at_s, value in _values(seen, limit_s, since):
        trace.add(at_s, value)
        if _differences(stays, value):
            raise Unmet(f"{trace.what}: expected to stay {_wish(stays)} for {limit_s:g} s; "
                        f"after {at_s:.2f} s saw {show(value)}{_detail(stays, value)}", trace.text())
    last: T = trace.last
    return last


def reached_s(seen: Observable[T], *, becomes: Expected[T], since: float) -> float:
    """Return how many seconds after `since` (a time of `time.monotonic`) a recorded value was as expected for the
    first time. Raises SeatrialError when it never was: wait for it before.
    """
    for at, value in seen.history(since):
        if not _differences(becomes, value):
            return at - since
    raise SeatrialError(f"{seen.what}: was never {_wish(becomes)}, so there is no time to tell")


@contextmanager
def preparing(who: str) -> Iterator[None]:
    """Let what sets the stage for a behaviour be no verdict on what it promises.

    `who` plays a part before it begins. Raises Unprepared, which ends it as unsupported, where a wait in the body is
    unmet: its message names `who` and says why.
    """
    try:
        yield
    except Unmet as unmet:
        raise Unprepared(f"it could not begin, for {who} did not play its part: {unmet.cause}", unmet.trace) from unmet


def _values(seen: Seen[T], limit_s: float, since: float | None = None) -> Iterator[tuple[float, T]]:
    """Yield what is seen, with the seconds since the start, until `limit_s` is over; at least once."""
    return _recorded(seen, limit_s, since) if isinstance(seen, Observable) else _polled(seen, limit_s)


def _recorded(seen: Observable[T], limit_s: float, since: float | None) -> Iterator[tuple[float, T]]:
    now = time.monotonic()
    end, start, known = now + limit_s, now if since is None else since, 0
    while True:
        left_s = end - time.monotonic()
        history = seen.history(start)
        for at, value in history[known:]:
            if at <= end:  # what comes after the end was not asked for
                yield at - start, value
        known = len(history)
        if left_s <= 0:
            return
        seen.await_change(start, known, left_s)


def _polled(seen: Callable[[], T], limit_s: float) -> Iterator[tuple[float, T]]:
    start = time.monotonic()
    pause_s = FIRST_POLL_S
    while True:
        over = time.monotonic() - start >= limit_s
        value = seen()
        yield time.monotonic() - start, value
        if over:  # the last look is a look after the end, so that a slow one is not unfair
            return
        time.sleep(min(pause_s, max(0.0, start + limit_s - time.monotonic())))
        pause_s = min(pause_s * 1.5, LONGEST_POLL_S)


def _differences(expected: object, value: object) -> list[str]:
    if isinstance(expected, Matcher):
        return expected.differences(value)
    holds = expected(value) if callable(expected) else expected == value
    return [] if holds else [show(value)]


def _detail(expected: object, value: object) -> str:
    """Return where a value differs, when that says more than the value."""
    if not isinstance(expected, Matcher) or " like " not in f" {expected} ":
        return ""
    first, *others = expected.differences(value)
    return f" ({first}" + (f" and {len(others)} more" if others else "") + ")"


def _wish(expected: object) -> str:
    if callable(expected) and not isinstance(expected, Matcher):
        name = getattr(expected, "__name__", "")
        return f"as {name.strip('_').replace('_', ' ')}" if name.isidentifier() else "as the condition says"
    return show(expected)


def _name(seen: object) -> str:
    if isinstance(seen, Observable):
        return seen.what
    name = getattr(seen, "__name__", "") or getattr(getattr(seen, "func", None), "__name__", "")
    return name.strip("_").replace("_", " ") if name.isidentifier() else "the value"


@dataclass
class _Trace(Generic[T]):
    """The changes of a value, and how they are told."""

    what: str
    story: Story | None
    changes: list[tuple[float, T]] = field(default_factory=list)

    def add(self, at_s: float, value: T) -> None:
        if not self.changes or self.changes[-1][1] != value:
            self.changes.append((at_s, value))

    @property
    def last(self) -> T:
        return self.changes[-1][1]

    def text(self) -> str:
        lines = [f"{at_s:8.2f} s  {show(value)}" for at_s, value in self.changes]
        left_out = len(lines) - LONGEST_TRACE
        if left_out > 0:
            lines[1:1 + left_out] = [f"           … {left_out} changes left out"]
        return "\n".join([*lines, *self._told()])

    def _told(self) -> list[str]:
        if self.story is None:
            return []
        try:
            return [f"  {line}" for line in self.story()]
        except Exception as error:  # the failure must come out even when its story cannot be had
            return [f"  (its story could not be read: {error})"]
