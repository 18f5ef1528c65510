"""What can be said of a Rego module without an engine: its package, what it refers to, and the same under a prefix."""

import re
from collections.abc import Callable, Iterable, Mapping
from graphlib import TopologicalSorter

# Texts and comments first, so that nothing in them is taken for a name.
_NAMES = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*'
    r"|(?<![\w.])(?P<root>data)(?P<path>(?:\.\w+)+|(?=\s*\[))"
    r"|^package[ \t]+(?P<package>[^\n]*?)(?=[ \t]*(?:#|$))", re.MULTILINE)


def package(source: str) -> str:
    """Return the module's package, for example `lib.kind`."""
    return next((found["package"] for found in _NAMES.finditer(source) if found["package"]), "")


def references(source: str) -> set[str]:
    """Return what the module names below `data`, for example `lib.kind` or `lib.kind.of`."""
    return {found["path"][1:] for found in _NAMES.finditer(source) if found["path"]}


def needed(source: str, library: Iterable[str]) -> set[str]:
    """Return the packages of a library that a module refers to."""
    named = references(source)
    return {one for one in library if any(name == one or name.startswith(f"{one}.") for name in named)}


def in_order(library: Mapping[str, str]) -> dict[str, str]:
    """Return the modules of a library, each after those that it refers to."""
    packages = {name: package(source) for name, source in library.items()}
    order = TopologicalSorter({
        name: [other for other in library
               if packages[other] != packages[name] and packages[other] in needed(source, packages.values())]
        for name, source in library.items()})
    return {name: library[name] for name in order.static_order()}


def renamed(source: str, new: Callable[[str], str]) -> str:
    """Return the module with each package and each path below `data` replaced, line for line."""
    def one(found: re.Match[str]) -> str:
        if found["root"]:
            path = new(found["path"][1:])
            return f"data.{path}" if path else "data"
        return f"package {new(found['package'])}" if found["package"] else found[0]

    return _NAMES.sub(one, source)


def under(prefix: str, source: str) -> str:
    """Return the module with its package and all that it refers to below `data` under a prefix."""
    return renamed(source, lambda path: f"{prefix}.{path}".rstrip("."))
