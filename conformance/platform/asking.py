"""A caller of a model: one small request after the other, and who answered each."""

import http.client
import json
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from conformance.errors import SeatrialError
from conformance.model.address import Address
from conformance.waiting import Stop, patience

PAUSE_S = 0.05
"""Between two requests: enough of them to meet a replica that is not ready for a second, few enough for two cores."""
NOBODY = "nobody"
"""Who is said to have lost a request that no pod answered."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """What came of a request. `why` is empty when it was answered as asked."""

    at: float
    pod: str
    revision: str
    why: str


class Requests:
    """Asks a model for completions, each on a connection of its own, while it is open; bounded by the body."""

    def __init__(self, address: Address, model: str, what: str) -> None:
        self._address, self._what = address, what
        self._body = json.dumps({"model": model, "prompt": "say who you are", "max_tokens": 8})
        self._timeout_s = patience().apply
        self._stop = Stop()
        self._news = threading.Condition()
        self._answers: list[Answer] = []
        self._broken = ""
        self._thread = threading.Thread(target=self._ask_on, daemon=True, name=f"requests to {what}")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join(2 * self._timeout_s)
        if self._thread.is_alive():
            raise SeatrialError(f"requests to {self._what} did not end within {2 * self._timeout_s:g} s")

    @property
    def answered(self) -> "Counted":
        """How many requests were answered, by pod."""
        return Counted(self, lambda one: "" if one.why else one.pod, f"requests that {self._what} answered, by pod")

    @property
    def answered_by_revision(self) -> "Counted":
        """How many requests were answered, by revision."""
        return Counted(self, lambda one: "" if one.why else one.revision,
                       f"requests that {self._what} answered, by revision")

    @property
    def lost(self) -> "Counted":
        """How many requests were not answered as asked, by the pod that said so, or nobody."""
        return Counted(self, lambda one: one.pod if one.why else "", f"requests that {self._what} lost, by pod")

    def reasons(self) -> list[str]:
        """Return why the last requests that were lost were, each reason once."""
        return [*dict.fromkeys(f"{one.pod}: {one.why}" for one in self._since(0) if one.why)][-5:]

    def _since(self, position: int) -> list[Answer]:
        with self._news:
            if self._broken:
                raise SeatrialError(f"nobody asks {self._what} any more: {self._broken}")
            return self._answers[position:]

    def _await(self, known: int, timeout_s: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._broken or len(self._answers) > known, timeout_s)

    def _ask_on(self) -> None:
        try:
            while not self._stop.is_set():
                answer = self._ask()
                with self._news:
                    self._answers.append(answer)
                    self._news.notify_all()
                self._stop.wait(PAUSE_S)
        except Exception as error:  # whoever looks at what came of it hears of it
            with self._news:
                self._broken = str(error) or type(error).__name__
                self._news.notify_all()

    def _ask(self) -> Answer:
        pod, revision = NOBODY, NOBODY
        there = http.client.HTTPConnection(self._address.host, self._address.port, timeout=self._timeout_s)
        try:
            there.request("POST", "/v1/completions", self._body, {"Content-Type": "application/json"})
            response = there.getresponse()
            pod, revision = response.headers.get("X-Pod", NOBODY), response.headers.get("X-Revision", NOBODY)
            text = response.read().decode(errors="replace")
            why = _wrong(text) if response.status == http.HTTPStatus.OK else f"{response.status} {text.strip()}"
        except (OSError, http.client.HTTPException) as error:
            why = str(error) or type(error).__name__
        finally:
            there.close()
        return Answer(at=time.monotonic(), pod=pod, revision=revision, why=why)


def _wrong(text: str) -> str:
    """Return what is wrong with a completion; nothing when it is whole."""
    try:
        said = json.loads(text)
        whole = bool(said["choices"][0]["text"]) and said["usage"]["completion_tokens"] > 0
    except (ValueError, LookupError, TypeError):
        return f"no completion: {text[:80]}"
    return "" if whole else "a completion without tokens"


class Counted:
    """An observable (`conformance.waiting.Observable`): how many requests, by what `key` says; those of "" left out."""

    def __init__(self, requests: Requests, key: Callable[[Answer], str], what: str) -> None:
        self._requests, self._key, self.what = requests, key, what

    def history(self, since: float) -> Sequence[tuple[float, dict[str, int]]]:
        """Return the counts that held at `since`, stamped with it, then every change after it."""
        counts: Counter[str] = Counter()
        changes: list[tuple[float, dict[str, int]]] = []
        start: dict[str, int] = {}
        for one in self._requests._since(0):
            if not (key := self._key(one)):
                continue
            counts[key] += 1
            if one.at <= since:
                start = dict(counts)
            else:
                changes.append((one.at, dict(counts)))
        return [(since, start), *changes]

    def await_change(self, since: float, known: int, timeout_s: float) -> None:
        """Block until `history(since)` has more than `known` entries, or for `timeout_s` seconds."""
        end = time.monotonic() + timeout_s
        while (left_s := end - time.monotonic()) > 0:
            seen = len(self._requests._since(0))
            if len(self.history(since)) > known:
                return
            self._requests._await(seen, left_s)

    def story(self) -> Sequence[str]:
        """Return why requests were lost."""
        return self._requests.reasons()
