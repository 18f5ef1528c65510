"""What happened on the cluster, from watch events, with times.

A `Timeline` watches kinds in namespaces and keeps every change; what a test looks at (`pods(...)`)
is any function of the set of objects, worked out at each of those changes.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Generic, Protocol, Self, TypeVar

from conformance.errors import SeatrialError
from conformance.matching import show
from conformance.waiting import Stop, eventually

Object = dict[str, Any]
Selector = Mapping[str, str] | Callable[[Object], bool]

POD = "v1/Pod"
GPU = "nvidia.com/gpu"
OPEN_WITHIN_S = 20
CLOSE_WITHIN_S = 10
LAST_WARNINGS = 5
LONGEST_LIST = 12
LONGEST_LINE = 220

T = TypeVar("T")


class Watchable(Protocol):
    """What a timeline needs of an API server; `conformance.kube.api.Api` is one."""

    def list(self, kind: str, namespace: str | None = None, labels: str = "") -> Sequence[Object]:
        """Return all objects of a kind that match a label selector."""

    def watch(self, kind: str, namespace: str | None = None, labels: str = "", *, stop: Stop,
              ) -> Iterator[tuple[str, Object]]:
        """Yield (event type, object), the current state first, until `stop` is set."""

    def events(self, namespace: str, *, warnings_only: bool = False) -> Sequence[Object]:
        """Return a namespace's events, oldest first."""


class Timeline:
    """Records changes of `kinds` in `namespaces` (None: everywhere) while it is open.

    `warnings_of` names the namespaces whose warning events tell the story of a failure, by default those that are
    watched. `labels` is a selector: what it does not take is not watched. Entering returns when every watch has seen
    what was there before. A watch that breaks is a SeatrialError wherever the timeline is read: what was not watched
    cannot be judged.
    """

    def __init__(self, api: Watchable, *namespaces: str | None, kinds: Iterable[str] = (POD,),
                 warnings_of: Iterable[str] = (), labels: str = "") -> None:
        self._api = api
        self._warnings_of = [*warnings_of] or [namespace for namespace in namespaces if namespace]
        self._namespaces = namespaces or (None,)
        self._kinds = tuple(dict.fromkeys(kinds))
        self._labels = labels
        self._stop = Stop()
        self._news = threading.Condition()
        self._log: list[tuple[float, str, str, Object | None]] = []
        self._broken: SeatrialError | None = None
        self._threads: list[threading.Thread] = []
        self.opened_at = time.monotonic()

    def __enter__(self) -> Self:
        self._threads = [threading.Thread(target=self._record, args=(kind, namespace), daemon=True,
                                          name=f"watch of {kind} in {namespace or 'all namespaces'}")
                         for kind in self._kinds for namespace in self._namespaces]
        for thread in self._threads:
            thread.start()
        try:
            for kind in self._kinds:
                for namespace in self._namespaces:
                    self._await_current_state(kind, namespace)
        except BaseException:
            self._close()
            raise
        self.opened_at = time.monotonic()
        return self

    def __exit__(self, *_: object) -> None:
        self._close()
        alive = [thread.name for thread in self._threads if thread.is_alive()]
        if alive:
            raise SeatrialError(f"{', '.join(alive)}: did not end within {CLOSE_WITHIN_S} s")

    def pods(self, selector: Selector, value: Callable[[Sequence[Object]], T], *,
             what: str = "") -> "Seen[T]":
        """Return an observable of `value`, for example `phases`, over the pods that match.

        `selector` is labels, or a predicate over the pod. `what` names the value in failures.
        """
        return self.objects(POD, selector, value, what=what)

    def objects(self, kind: str, selector: Selector, value: Callable[[Sequence[Object]], T], *,
                what: str = "") -> "Seen[T]":
        """Return an observable of `value` over the objects of a watched kind that match `selector`.

        Raises SeatrialError when that kind is not watched.
        """
        if kind not in self._kinds:
            raise SeatrialError(f"{kind} is not watched", f"watched are: {', '.join(self._kinds)}")
        return Seen(self, kind, selector, value, what or _words(kind, selector, value))

    def story(self) -> list[str]:
        """Return the last warning events of the namespaces, oldest first."""
        warnings = [event for namespace in self._warnings_of
                    for event in self._api.events(namespace, warnings_only=True)]
        if not warnings:
            return []
        # The same words again say nothing new: each stands where it was said last.
        said = [*dict.fromkeys(_warning(event) for event in reversed(warnings))][:LAST_WARNINGS]
        return ["last warnings:", *(f"  {line}" for line in reversed(said))]

    def _record(self, kind: str, namespace: str | None) -> None:
        try:
            for what, obj in self._api.watch(kind, namespace, self._labels, stop=self._stop):
                self._add(kind, obj["metadata"]["uid"], None if what == "DELETED" else obj)
            cause = "it ended by itself"
        except Exception as error:
            cause = str(error) or type(error).__name__
        if not self._stop.is_set():
            with self._news:
                place = namespace or "all namespaces"
                self._broken = SeatrialError(f"the watch of {kind} in {place} broke: {cause}")
                self._news.notify_all()

    def _add(self, kind: str, uid: str, obj: Object | None) -> None:
        with self._news:
            self._log.append((time.monotonic(), kind, uid, obj))
            self._news.notify_all()

    def _await_current_state(self, kind: str, namespace: str | None) -> None:
        """Wait until all that a list shows was also seen by the watch."""

        def unseen() -> set[str]:
            listed: set[str] = {obj["metadata"]["uid"] for obj in self._api.list(kind, namespace, self._labels)}
            return listed - {uid for _, _, uid, _ in self._since(0)}

        eventually(unseen, becomes=set(), within=OPEN_WITHIN_S,
                   because=f"objects that the watch of {kind} has not seen")

    def _since(self, position: int) -> list[tuple[float, str, str, Object | None]]:
        with self._news:
            if self._broken:
                raise self._broken
            return self._log[position:]

    def _await_news(self, position: int, timeout_s: float) -> None:
        with self._news:
            self._news.wait_for(lambda: self._broken or len(self._log) > position, timeout_s)
            if self._broken:
                raise self._broken

    def _close(self) -> None:
        self._stop.set()
        end = time.monotonic() + CLOSE_WITHIN_S
        for thread in self._threads:
            thread.join(max(0.0, end - time.monotonic()))


class Seen(Generic[T]):
    """An observable (`conformance.waiting.Observable`) over the objects of one kind. Safe to share."""

    def __init__(self, timeline: Timeline, kind: str, selector: Selector,
                 value: Callable[[Sequence[Object]], T], what: str) -> None:
        self._timeline = timeline
        self._kind = kind
        self._matches = selector if callable(selector) else _has_labels(selector)
        self._value = value
        self._what = what
        self._lock = threading.Lock()
        self._position = 0
        self._objects: dict[str, Object] = {}
        self._history: list[tuple[float, T]] = [(0.0, value([]))]

    @property
    def what(self) -> str:
        """What is observed, for people."""
        return self._what

    @property
    def now(self) -> T:
        """The value as the watch last saw it."""
        with self._lock:
            self._catch_up()
            return self._history[-1][1]

    def history(self, since: float) -> list[tuple[float, T]]:
        """Return the value that held at `since`, stamped with it, then every change after it."""
        with self._lock:
            self._catch_up()
            first = max(at for at, (moment, _) in enumerate(self._history) if at == 0 or moment <= since)
            return [(since, self._history[first][1]), *self._history[first + 1:]]

    def await_change(self, since: float, known: int, timeout_s: float) -> None:
        """Block until `history(since)` has more than `known` entries, or for `timeout_s` seconds."""
        end = time.monotonic() + timeout_s
        while len(self.history(since)) <= known and (left_s := end - time.monotonic()) > 0:
            self._timeline._await_news(self._position, left_s)

    def story(self) -> list[str]:
        """Return the objects as they are now, one line each, and the last warning events."""
        with self._lock:
            lines = [_line(obj) for obj in self._objects.values()]
        return [*lines[:LONGEST_LIST], *self._timeline.story()]

    def _catch_up(self) -> None:
        for at, kind, uid, obj in self._timeline._since(self._position):
            self._position += 1
            if kind != self._kind or not self._take(uid, obj):
                continue
            value = self._value(list(self._objects.values()))
            if value != self._history[-1][1]:
                self._history.append((at, value))

    def _take(self, uid: str, obj: Object | None) -> bool:
        if obj is not None and self._matches(obj):
            self._objects[uid] = obj
            return True
        return self._objects.pop(uid, None) is not None


# -- values of a set of pods ----------------------------------------------------------------------


def phases(pods: Sequence[Object]) -> Counter[str]:
    """Return how many pods are in each phase; a pod that is being deleted counts as `Terminating`."""
    return Counter("Terminating" if pod["metadata"].get("deletionTimestamp")
                   else pod.get("status", {}).get("phase", "Pending") for pod in pods)


def count(objects: Sequence[Object]) -> int:
    """Return how many objects there are."""
    return len(objects)


def bound(pods: Sequence[Object]) -> int:
    """Return how many pods are bound to a node and have not finished."""
    return len(_holding(pods))


def gpus_held(pods: Sequence[Object]) -> int:
    """Return the GPUs of the pods that are bound to a node and have not finished."""
    return sum(gpus_of(pod) for pod in _holding(pods))


def nodes(pods: Sequence[Object]) -> frozenset[str]:
    """Return the names of the nodes that hold pods which have not finished."""
    return frozenset(pod["spec"]["nodeName"] for pod in _holding(pods))


def domains(of_node: Mapping[str, str]) -> Callable[[Sequence[Object]], frozenset[str]]:
    """Return a function from pods to the racks (or zones) that hold them; `of_node` maps node to rack."""

    def domains_held(pods: Sequence[Object]) -> frozenset[str]:
        return frozenset(of_node.get(node, f"unknown ({node})") for node in nodes(pods))

    return domains_held


def gpus_of(pod: Object) -> int:
    """Return the GPUs that a pod asks for, over all its containers."""
    return sum(int(_asked(container)) for container in pod["spec"].get("containers", []))


def _asked(container: Object) -> str:
    resources = container.get("resources", {})
    asked = {**resources.get("limits", {}), **resources.get("requests", {})}
    return str(asked.get(GPU, "0"))


def _holding(pods: Sequence[Object]) -> list[Object]:
    # A pod that is being deleted still holds its devices: it counts until it is gone.
    return [pod for pod in pods if pod["spec"].get("nodeName")
            and pod.get("status", {}).get("phase") not in ("Succeeded", "Failed")]


def _has_labels(wanted: Mapping[str, str]) -> Callable[[Object], bool]:
    return lambda obj: wanted.items() <= (obj["metadata"].get("labels") or {}).items()


def _words(kind: str, selector: Selector, value: object) -> str:
    name = getattr(value, "__name__", "value").strip("<>_").replace("_", " ")
    which = "" if callable(selector) else ",".join(f"{key}={text}" for key, text in selector.items())
    return f"{name} of {kind.rpartition('/')[2]}s" + (f" with {which}" if which else "")


def _line(obj: Object) -> str:
    meta, status = obj["metadata"], obj.get("status", {})
    where = obj.get("spec", {}).get("nodeName")
    words = [meta["name"], status.get("phase", ""), f"on {where}" if where else ""]
    words += [f"{entry['reason']}: {entry.get('message', '')}" for entry in status.get("conditions", [])
              if entry.get("status") == "False" and entry.get("reason") and not where]
    text = "  ".join(word for word in words if word)
    return text if len(text) <= LONGEST_LINE else text[:LONGEST_LINE - 1] + "…"


def _warning(event: Object) -> str:
    about = event.get("involvedObject", {})
    text = show(event.get("message", "")).strip("'\"")
    return f"{about.get('kind', '')} {about.get('name', '')}: {event.get('reason', '')}: {text}"
