"""Where manifests come from: files, folders, patterns, standard input."""

import glob
import io
import os
import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from conformance.kube.yaml import Document, documents
from conformance.model.finding import Problem, Step, Stretch
from conformance.policy import rendering

SUFFIXES = (".yaml", ".yml", ".json")
MAX_FILE_MIB = 64
STDIN = "-"
_MIB = 1024 * 1024
Source = str | Path
"""A file, or - for standard input; a Path is a folder that must be rendered: a chart, a kustomization."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """One Kubernetes object of the input."""

    document: Document
    prefix: tuple[Step, ...]
    """The way from the document to the object: objects also stand in the `items` of a List."""
    data: dict[str, Any]

    @property
    def file(self) -> str:
        """The file that it stands in."""
        return self.document.file

    def place(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return line and column, from 1, of a part of the object, or of the nearest part that is written."""
        return self.document.place((*self.prefix, *path))

    def first(self, path: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the way to the first scalar that is written at that place."""
        return self.document.part.first((*self.prefix, *path))[len(self.prefix):]

    @property
    def stretch(self) -> Stretch:
        """Where it is written."""
        return self.document.stretch(self.prefix)

    @property
    def kind(self) -> str:
        """`group/Kind`; the core group has no name: `Pod`."""
        group, slash, _ = str(self.data["apiVersion"]).rpartition("/")
        return f"{group}{slash}{self.data['kind']}"

    @property
    def name(self) -> str:
        """`Kind namespace/name`, for people."""
        metadata = self.data.get("metadata")
        metadata = metadata if isinstance(metadata, dict) else {}
        name = metadata.get("name") or metadata.get("generateName") or "(no name)"
        namespace = metadata.get("namespace")
        return f"{self.data['kind']} {f'{namespace}/' if namespace else ''}{name}"


@dataclass(frozen=True, slots=True)
class PassedOver:
    """A document that is no Kubernetes object: neither `apiVersion` nor `kind`."""

    file: str


def files(words: Iterable[str]) -> Iterator[Source | Problem]:
    """Yield the files that the words of a command line mean: files, folders, patterns, `-` for standard input.

    A folder means every .yaml, .yml and .json file in it and below; hidden folders are left out, and a folder that
    links lead to more than once is read once. So is a file that two words mean: its objects are not there twice. A
    chart is rendered instead, and so is a kustomization with all that it lists; what stands beside and is not listed
    is read. A folder without any file is a Problem.
    """
    seen: set[str] = set()
    for found in _meant(words):
        name = "" if isinstance(found, Problem) else found if found == STDIN else os.path.abspath(found)
        if name not in seen:
            yield found
        if name:
            seen.add(name)


def _meant(words: Iterable[str]) -> Iterator[Source | Problem]:
    for word in words:
        if word == STDIN:
            yield word
        elif Path(word).is_dir():
            found = list(_below(word))
            yield from found or [Problem(file=word, message="is a folder without manifests: nothing in it ends with "
                                         + " or ".join(SUFFIXES), way_out="name another folder")]
        elif Path(word).exists() or not glob.has_magic(word):
            yield word
        else:
            matching = sorted(glob.glob(word, recursive=True))
            for name in matching:
                yield from _below(name) if Path(name).is_dir() else [name]
            if not matching:
                yield Problem(file=word, message="matches no file")


def manifests(file: Source, stdin: BinaryIO) -> Iterator[Manifest | PassedOver | Problem]:
    """Yield the objects of a file or rendered folder, and a Problem for each part that cannot be judged."""
    text = rendering.rendered(file) if isinstance(file, Path) else _text(file, stdin)
    name = "<stdin>" if file == STDIN else str(file)
    if isinstance(text, Problem):
        yield replace(text, file=name)
        return
    parts = manifests_in(text, name)
    first = next(parts, None)
    if first is not None:
        yield first
        yield from parts
    elif file == STDIN:
        yield Problem(file=name, message="is empty: there is nothing to judge",
                      way_out="look at what the command before the pipe says")


def manifests_in(text: str, file: str) -> Iterator[Manifest | PassedOver | Problem]:
    """Yield the objects of a text; `file` is what findings call it."""
    for document in documents(text, file):
        if isinstance(document, Problem):
            yield document
        else:
            yield from _objects(document, (), document.data)


def _objects(document: Document, prefix: tuple[Step, ...], data: Any) -> Iterator[Manifest | PassedOver | Problem]:
    if not isinstance(data, dict) or not ("apiVersion" in data or "kind" in data):
        yield PassedOver(document.file)
        return
    for key in ("apiVersion", "kind"):
        if not isinstance(data.get(key), str) or not data[key]:
            line, column = document.place(prefix)
            yield Problem(file=document.file, line=line, column=column, message=f"is no Kubernetes object: {key} is "
                          + ("no text" if data.get(key) else "missing"), way_out=f"add {key}")
            return
    items = data.get("items")
    if data["kind"].endswith("List") and isinstance(items, list):
        for index, item in enumerate(items):
            yield from _objects(document, (*prefix, "items", index), item)
        return
    yield Manifest(document, prefix, data)


def _below(folder: str) -> Iterator[Source | Problem]:
    seen: set[tuple[int, int]] = set()
    listed: set[str] = set()
    problems: list[Problem] = []

    def refused(error: OSError) -> None:
        problems.append(Problem(file=str(error.filename), message=f"cannot be read: {error.strerror}"))

    for at, folders, names in os.walk(folder, followlinks=True, onerror=refused):
        about = os.stat(at)
        if (about.st_dev, about.st_ino) in seen:
            folders.clear()
            continue
        seen.add((about.st_dev, about.st_ino))
        if rendering.is_chart(Path(at)):
            folders.clear()
            yield Path(at)
            continue
        kustomization = rendering.kustomization(Path(at))
        if kustomization:
            said = _in_kustomization(kustomization)
            if os.path.abspath(at) not in listed and said.get("kind") != "Component":  # no part of another
                yield Path(at)
            listed |= {os.path.abspath(kustomization), *_listed(said, at)}
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield from (path for name in sorted(names) if name.lower().endswith(SUFFIXES)
                    and os.path.abspath(path := os.path.join(at, name)) not in listed)
    yield from problems


def _in_kustomization(file: Path) -> dict[str, Any]:
    text = _text(str(file), io.BytesIO())
    found = next(documents(text, str(file)), None) if isinstance(text, str) else None
    return found.data if isinstance(found, Document) and isinstance(found.data, dict) else {}


def _listed(kustomization: dict[str, Any], folder: str) -> Iterator[str]:
    """Yield the paths of all that a kustomization names and that is there: resources, patches, files of generators."""
    stack: list[Any] = [kustomization]
    while stack:
        part = stack.pop()
        if isinstance(part, dict | list):
            stack += part.values() if isinstance(part, dict) else part
        elif isinstance(part, str):
            for word in (part, part.partition("=")[2]):  # files: [name=path]
                if word and os.path.exists(path := os.path.join(folder, word)):
                    yield os.path.abspath(path)


def _text(file: str, stdin: BinaryIO) -> str | Problem:
    try:
        if file == STDIN:
            raw = stdin.read(MAX_FILE_MIB * _MIB + 1)
        else:
            # A pipe or a device would be waited for without end.
            if not stat.S_ISREG(os.stat(file).st_mode):
                return Problem(file=file, message="is no regular file")
            with open(file, "rb") as opened:
                raw = opened.read(MAX_FILE_MIB * _MIB + 1)
    except OSError as error:
        return Problem(file=file, message=f"cannot be read: {error.strerror}")
    if len(raw) > MAX_FILE_MIB * _MIB:
        return Problem(file=file, message=f"is larger than {MAX_FILE_MIB} MiB, which is the most that is read",
                       way_out="split the file")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = raw.count(b"\n", 0, error.start) + 1
        return Problem(file=file, line=line, message="is not text in UTF-8", way_out="save the file as UTF-8")
