"""Reads what it may, and keeps account of what it may not."""

from collections.abc import Callable, Iterator
from typing import TypeVar

from conformance.errors import SeatrialError
from conformance.kube.api import NOBODY_READS, Api, Forbidden, Object
from conformance.model.survey import Unread

T = TypeVar("T")


class Reader:
    """An API server, of which one part may be closed and the others open. `unread` holds what was closed."""

    def __init__(self, api: Api) -> None:
        self.api = api
        self.unread: dict[str, Unread] = {}
        self.versions: dict[str, str] = {group["name"]: group["preferredVersion"]["groupVersion"]
                                         for group in (api.get("/apis") or {}).get("groups", [])}
        """Group and version that the server prefers, by group."""

    def each(self, group: str, name: str) -> Iterator[Object]:
        """Yield the objects of a kind, as many as can be read; none where the server does not know the kind."""
        if group and group not in self.versions:
            return
        kind = f"{self.versions.get(group, 'v1')}/{name}"
        try:
            if self.api.serves(kind):
                yield from self.api.each(kind)
        except SeatrialError as error:
            self._note(error, f"list {name}")

    def ask(self, question: Callable[[], T], otherwise: T) -> T:
        """Return an answer, or `otherwise` where it cannot be had."""
        try:
            return question()
        except SeatrialError as error:
            self._note(error, "read what is there")
            return otherwise

    def _note(self, error: SeatrialError, doing: str) -> None:
        """Keep account of what cannot be read. Raises the error when nothing can."""
        if isinstance(error, NOBODY_READS):
            raise error
        if isinstance(error, Forbidden):
            doing = f"{error.verb} {error.resource}" + (f" in {error.namespace}" if error.namespace else "")
        self.unread.setdefault(doing, Unread(what=doing, why=error.message, way_out=error.way_out))
