"""What can be said of a Rego module without an engine: its package, what it refers to, and the same under a prefix."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from graphlib import TopologicalSorter

# Texts and comments first, so that nothing in them is taken for a name.
_NAMES = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*'
    r"|(?<![\w.])(?P<root>data)(?P<path>(?:\.\w+)+|(?=\s*\[))"
    r"|^package[ \t]+(?P<package>[^\n]*?)(?=[ \t]*(?:#|$))", re.MULTILINE)
_WORDS = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*|^(?P<import>(?:import|package)\b[^\n]*)'
    r"|(?<![\w.])(?P<word>[A-Za-z_]\w*)(?P<path>(?:\.\w+)*)", re.MULTILINE)
_HEAD = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|#[^\n]*'
    r"|^(?:default\s+)?(?!(?:import|package)\b)(?P<name>[A-Za-z_]\w*)", re.MULTILINE)
_IMPORT = re.compile(r"import\s+(?P<path>[\w.]+)(?:\s+as\s+(?P<alias>\w+))?")


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


class CannotBeMerged(Exception):
    """What a module refers to has no name in the whole."""


@dataclass(frozen=True)
class Merged:
    """Several modules as one, each with its own names and on lines of its own."""

    source: str
    findings: Mapping[str, str]
    """The new name of the rule `findings` of each module that has one, by the module's name."""
    starts: Mapping[str, int]
    """The line, from 0, on which each module begins."""

    def place(self, line: int) -> tuple[str, int]:
        """Return module and line for a line, from 1, of the whole."""
        name = max((name for name, start in self.starts.items() if start < line), key=self.starts.__getitem__)
        return name, line - self.starts[name]


def merged(modules: Mapping[str, str], into: str) -> Merged:
    """Return modules as one module of the package `into`; data that they refer to stands beside that package.

    A name of a module gets the module's number. Raises CannotBeMerged for what only the engine can resolve.
    """
    numbers = {package(source): number for number, source in enumerate(modules.values())}
    heads = [{found["name"] for found in _HEAD.finditer(source) if found["name"]} for source in modules.values()]
    parts, starts, line = [f"package {into}", ""], {}, 2
    for number, (name, source) in enumerate(modules.items()):
        parts.append(_own(source, number, heads[number], numbers, into))
        starts[name] = line
        line += source.count("\n") + 1
    found = {name: _numbered(number, "findings") for number, name in enumerate(modules) if "findings" in heads[number]}
    return Merged("\n".join(parts), found, starts)


def _numbered(number: int, name: str) -> str:
    return f"m{number}_{name}"


def _own(source: str, number: int, names: set[str], packages: Mapping[str, int], into: str) -> str:
    aliases = {found["alias"] or found["path"].rpartition(".")[2]: found["path"] for found in _IMPORT.finditer(source)}

    def below_data(path: list[str]) -> str:
        whole = ".".join(["", *path])
        if any(f".{package}.".startswith(f"{whole}.") for package in packages):
            raise CannotBeMerged(f"refers to all of data{whole}")
        for length in range(len(path) - 1, 0, -1):
            other = packages.get(".".join(path[:length]))
            if other is not None:
                return ".".join([_numbered(other, path[length]), *path[length + 1:]])
        return ".".join(["data", *into.split(".")[:-1], *path])

    def one(found: re.Match[str]) -> str:
        if found["import"] or found[0].startswith("#"):
            return ""
        word, path = found["word"], found["path"]
        if word is None:
            return found[0]
        if word in names:
            return _numbered(number, word) + path
        root, *rest = f"{aliases.get(word, word)}{path}".split(".")
        if root == "data":
            return below_data(rest)
        return ".".join([root, *rest])

    return _WORDS.sub(one, source)
