"""Judges many files in several processes: each worker has an engine of its own and is given some files at a time.

Each also has a line of its own, which says when it dies, be it in the middle of a word. On a line that several share
nobody would hear that the rest of a message never comes.
"""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from typing import Any, BinaryIO

from conformance.errors import SeatrialError
from conformance.model.finding import Problem
from conformance.policy import facts
from conformance.policy.answers import Answers
from conformance.policy.engine import Regorus
from conformance.policy.judge import Heard, Judge
from conformance.policy.policies import Corpus
from conformance.policy.sources import STDIN, Source

AT_ONCE = 32
"""How many files a worker is given at a time."""
_AHEAD = 3
"""How many such parts are begun for each worker before the first answer is taken: memory stays bounded."""


@dataclass(eq=False)
class _Part:
    """Some files, and what was heard of them."""

    files: list[Source | Problem]
    heard: Heard | None = None


class Workers:
    """Processes that judge; all of them end with the block, and with us."""

    def __init__(self, number: int, corpus: Corpus, known: Mapping[str, Any]) -> None:
        """`known` is what is known of the cluster."""
        self._number = number
        self._told = corpus, dict(known)
        self._workers: list[_Worker] = []

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, *_: object) -> None:
        for worker in self._workers:
            worker.end()

    def judge(self, judge: Judge, files: Iterable[Source | Problem], stdin: BinaryIO) -> None:
        """Let `judge` hear what it would hear from `judge.files`, to the letter.

        Raises SeatrialError when a worker dies.
        """
        parts = map(_Part, _parts(files))
        begun: deque[_Part] = deque()
        queue: deque[_Part] = deque()
        while True:
            ahead = list(islice(parts, self._number * _AHEAD - len(begun)))
            begun += ahead
            queue += (part for part in ahead if part.files != [STDIN])
            if not begun:
                return
            self._give(queue)
            first = begun[0]
            if first.files == [STDIN]:
                judge.files(first.files, stdin)
            elif first.heard is not None:
                judge.add(first.heard)
            else:
                self._hear()
                continue
            begun.popleft()

    def _give(self, queue: deque[_Part]) -> None:
        for worker in self._workers:
            if queue and worker.idle:
                worker.take(queue.popleft())
        starting = sum(worker.starting for worker in self._workers)
        for _ in range(min(len(queue) - starting, self._number - len(self._workers))):
            self._workers.append(_Worker())

    def _hear(self) -> None:
        busy: dict[Any, _Worker] = {worker.line: worker for worker in self._workers if not worker.idle}
        for line in wait(busy):
            busy[line].hear(self._told)


class _Worker:
    """A process that judges what it is given; seen from here."""

    def __init__(self) -> None:
        # Not forked: a native engine is no thing to copy, and a thread of ours may run.
        context = multiprocessing.get_context("spawn")
        self.line, its_end = context.Pipe()
        self.idle = False
        self._part: _Part | None = None
        # What it has to know it will ask for: it is started with a few words, for a start with many never ends when
        # the process dies before it has read them.
        self._process = context.Process(target=_work, args=(its_end,), daemon=True)
        # What stays blocked in it, Ctrl-C, is for us to hear. Python starts its tracker with the first worker and then
        # unblocks it (CPython 3.11, multiprocessing/resource_tracker.py), so the tracker comes first.
        resource_tracker.ensure_running()
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            self._process.start()
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
            its_end.close()

    @property
    def starting(self) -> bool:
        """It has not asked yet."""
        return self._part is None and not self.idle

    def take(self, part: _Part) -> None:
        """Give it files to judge. Raises SeatrialError when it is dead."""
        self._part, self.idle = part, False
        with _alive():
            self.line.send(part.files)

    def hear(self, told: tuple[Corpus, dict[str, Any]]) -> None:
        """Take what it says: an answer, or that it is there to be told. Raises SeatrialError when it is dead."""
        with _alive():
            said = self.line.recv()
            if self._part is None:
                self.line.send(told)
        if isinstance(said, Exception):
            raise said
        if self._part is not None:
            self._part.heard, self._part = said, None
        self.idle = True

    def end(self) -> None:
        """End it; it holds nothing that must be put away."""
        self.line.close()
        self._process.kill()
        self._process.join()


@contextmanager
def _alive() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        raise SeatrialError("a process that judged files has died",
                            "it may have lacked memory: try a smaller --jobs") from None


def _parts(files: Iterable[Source | Problem]) -> Iterator[list[Source | Problem]]:
    """Yield files in groups; standard input, which only one process can read, stands alone."""
    files = iter(files)
    while part := list(islice(files, AT_ONCE)):
        while STDIN in part:
            at = part.index(STDIN)
            yield from filter(None, (part[:at], [STDIN]))
            part = part[at + 1:]
        if part:
            yield part


def _work(line: Connection) -> None:
    """Judge what comes by the line until nobody is at its other end. This runs in a worker."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        line.send(None)
        corpus, known = line.recv()
        engine, answers = Regorus(corpus, facts.data(known)), Answers(corpus)
        while True:
            line.send(_heard(Judge(corpus, engine, known, answers), line.recv()))
    except (EOFError, OSError):
        return


def _heard(judge: Judge, files: list[Source | Problem]) -> Heard | Exception:
    try:
        with open(os.devnull, "rb") as nothing:
            judge.files(files, nothing)
        return judge.heard()
    except Exception as error:  # the other end raises it
        return error


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
