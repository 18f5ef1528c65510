"""Changes by which rules of components are broken."""

from collections.abc import Callable

from conformance.model.rule import Object


def put(*path: str, value: object) -> Callable[[Object], None]:
    """Return a change that puts a value where a path leads."""
    def change(obj: Object) -> None:
        for key in path[:-1]:
            obj = obj[key]
        obj[path[-1]] = value

    return change
