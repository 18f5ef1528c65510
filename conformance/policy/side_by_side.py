"""Judges many files in several processes: each worker has an engine of its own and is given some files at a time."""

import multiprocessing
import os
import signal
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from itertools import islice
from typing import Any, BinaryIO

from conformance.errors import SeatrialError
from conformance.model.finding import Problem
from conformance.policy import facts
from conformance.policy.engine import Engine, Regorus
from conformance.policy.judge import Heard, Judge
from conformance.policy.policies import Corpus
from conformance.policy.sources import STDIN, Source

AT_ONCE = 32
"""How many files a worker is given at a time."""
_AHEAD = 3
"""How many such parts are begun for each worker before the first answer is taken: memory stays bounded."""


class Workers:
    """Processes that judge; all of them end with the block, and with us."""

    def __init__(self, number: int, corpus: Corpus, known: Mapping[str, Any]) -> None:
        """`known` is what is known of the cluster."""
        self._number = number
        # Not forked: a native engine is no thing to copy, and a thread of ours may run.
        self._pool = ProcessPoolExecutor(number, mp_context=multiprocessing.get_context("spawn"),
                                         initializer=_begin, initargs=(corpus, dict(known)))

    def __enter__(self) -> "Workers":
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is not None:
            for child in multiprocessing.active_children():
                child.kill()  # it holds nothing that must be put away
        self._pool.shutdown(cancel_futures=True)

    def judge(self, judge: Judge, files: Iterable[Source | Problem], stdin: BinaryIO) -> None:
        """Let `judge` hear what it would hear from `judge.files`, to the letter.

        Raises SeatrialError when a worker dies.
        """
        begun: deque[list[Source | Problem] | Future[Heard]] = deque()
        try:
            for part in _parts(files):
                begun.append(part if part == [STDIN] else self._begun(part))
                if len(begun) > self._number * _AHEAD:
                    _take(begun.popleft(), judge, stdin)
            while begun:
                _take(begun.popleft(), judge, stdin)
        except BrokenProcessPool:
            raise SeatrialError("a process that judged files has died",
                                "it may have lacked memory: try a smaller --jobs") from None

    def _begun(self, part: list[Source | Problem]) -> Future[Heard]:
        # A worker may be started here, half a one would complain; what stays blocked in it, Ctrl-C, is for us to hear.
        before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        try:
            return self._pool.submit(_judge, part)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _take(part: "list[Source | Problem] | Future[Heard]", judge: Judge, stdin: BinaryIO) -> None:
    if isinstance(part, Future):
        judge.add(part.result())
    else:
        judge.files(part, stdin)


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


# In a worker

_work: tuple[Corpus, Engine, dict[str, Any]]


def _begin(corpus: Corpus, known: dict[str, Any]) -> None:
    global _work  # noqa: PLW0603 -- what all calls in this process share
    threading.Thread(target=_end_with_parent, daemon=True).start()
    _work = corpus, Regorus(corpus, facts.data(known)), known


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)


def _judge(files: list[Source | Problem]) -> Heard:
    judge = Judge(*_work)
    with open(os.devnull, "rb") as nothing:
        judge.files(files, nothing)
    return judge.heard()
