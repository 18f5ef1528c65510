"""YAML and JSON as plain data with the place of each part, safe on any input.

Built on libyaml's events, not on its trees: composing a tree recurses in C, and a file of 100,000 brackets ends the
process. Scalars are read as sigs.k8s.io/yaml reads them (go-yaml v2, YAML 1.1): `on` is true, `1:30` is text.
"""

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import yaml

from conformance.model.finding import Problem, Step, Stretch

MAX_DEPTH = 200
MAX_DIGITS = 200
"""Of a whole number: more make it a number with a point, as 65 bits do."""
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
MAX_VALUES = 2_000_000
"""Of one document, with each alias counted as what it stands for."""

_STRING_TAG = "tag:yaml.org,2002:str"
_MERGE = "<<"
_WORDS: dict[str, Any] = {word: value for words, value in (
    (("", "~", "null", "Null", "NULL"), None),
    (("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), True),
    (("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"), False)) for word in words}
del _WORDS["y"], _WORDS["Y"], _WORDS["n"], _WORDS["N"]  # go-yaml v2 leaves the single letters alone
_INTEGER = re.compile(r"[-+]?(0b[01_]+|0x[0-9a-fA-F_]+|0o?[0-7_]+|(?:0|[1-9][0-9_]*))\Z")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_NUMBER_STARTS = frozenset("0123456789+-.")


class Part:
    """Where a part of a document is written. All places are counted from 0, `index` in letters from its start."""

    __slots__ = ("aliased", "end", "key", "parts", "start")

    def __init__(self, start: Any, key: Any = None, *, aliased: bool = False) -> None:
        self.start, self.end, self.key, self.aliased = start, start, key, aliased
        self.parts: dict[str, Part] | list[Part] | None = None

    def inner(self, step: Step) -> "Part | None":
        """Return the place of one part of it, None when that is not written here."""
        try:
            return self.parts[step] if self.parts is not None else None  # type: ignore[index]
        except (KeyError, IndexError, TypeError):
            return None

    def nearest(self, path: tuple[Step, ...]) -> "Part":
        """Return the place of what `path` leads to, or of the nearest part around it that is written."""
        part = self
        for step in path:
            inner = part.inner(step)
            if inner is None:
                return part
            part = inner
        return part

    def first(self, path: tuple[Step, ...]) -> tuple[Step, ...]:
        """Return the way to the first scalar that is written where `nearest` of a path is."""
        part, found = self, []  # type: Part, list[Step]
        for step in path:
            inner = part.inner(step)
            if inner is None:
                break
            part = inner
            found.append(step)
        while part.parts:
            step = next(iter(part.parts)) if isinstance(part.parts, dict) else 0
            part = part.parts[step]  # type: ignore[index]
            found.append(step)
        return tuple(found)

    @property
    def at(self) -> tuple[int, int]:
        """Line and column, from 1, that a person is pointed at: the key where there is one."""
        mark = self.key or self.start
        return mark.line + 1, mark.column + 1


@dataclass(frozen=True, slots=True)
class Document:
    """One document of a file."""

    file: str
    data: Any
    """Dicts, lists and scalars."""
    part: Part
    """Where it is written; lines are counted from the file's start, `first_line` included."""
    first_line: int = 0
    """The line, from 0, at which the marks of `part` begin to count."""
    base: int = 0
    """The letter, from 0, at which the marks of `part` begin to count."""

    def place(self, path: tuple[Step, ...]) -> tuple[int, int]:
        """Return line and column, from 1, of a part, or of the nearest one around it that is written."""
        line, column = self.part.nearest(path).at
        return line + self.first_line, column

    def stretch(self, path: tuple[Step, ...]) -> Stretch:
        """Return from where to where a part is written, or the nearest one around it that is."""
        part = self.part.nearest(path)
        (line, column), end = part.at, part.end
        return Stretch(file=self.file, first=(line + self.first_line, column),
                       last=(end.line + self.first_line + 1, end.column + 1))


def documents(text: str, file: str) -> Iterator[Document | Problem]:
    """Yield the documents of a text, and a Problem for each one that is not YAML: what follows it is read on."""
    base = first_line = 0
    if text.lstrip()[:1] in ('{', '[', '"'):
        # JSON writes the letters beyond U+FFFF as two; YAML would call each half no letter at all.
        text = _PAIR.sub(lambda pair: json.loads(f'"{pair[0]}"'), text)
    while True:
        builder = _Builder(file, first_line, base)
        try:
            yield from builder.documents(text[base:] if base else text)
            return
        except _Broken as broken:
            problem = broken.problem(file, first_line, text)
        except yaml.MarkedYAMLError as error:
            problem = _not_yaml(error, file, first_line, text)
        except yaml.reader.ReaderError as error:
            line = text.count("\n", 0, base + error.position) + 1
            problem = Problem(file=file, line=line, message=f"is not YAML: {error.reason}",
                              way_out=f"take the letter U+{error.character:04X} out")
        yield problem
        following = _next_document(text, after=first_line + builder.last_line, at_least=problem.line - 1)
        if following is None:
            return
        base, first_line = following


class _Broken(Exception):
    """A document that is YAML and still cannot be judged."""

    def __init__(self, message: str, mark: Any, way_out: str = "") -> None:
        super().__init__(message)
        self.message, self.mark, self.way_out = message, mark, way_out

    def problem(self, file: str, first_line: int, text: str) -> Problem:
        """Return it as a problem."""
        line = self.mark.line + first_line + 1
        if _is_template(text, line):
            return Problem(file=file, line=line, column=self.mark.column + 1, **_TEMPLATE)
        return Problem(file=file, message=self.message, way_out=self.way_out, line=line, column=self.mark.column + 1)


_TEMPLATE = {"message": "is a Helm template that was not rendered",
             "way_out": "render it first: helm template CHART | seatrial audit -"}


class _Frame:
    __slots__ = ("anchor", "data", "key", "key_mark", "merges", "merging", "part", "size")

    def __init__(self, data: Any, part: Part, anchor: str | None) -> None:
        self.data, self.part, self.anchor = data, part, anchor
        self.key: str | None = None
        self.key_mark: Any = None
        self.merges: list[Any] = []
        self.merging = False
        self.size = 1


class _Builder:
    """Turns events into documents; it keeps its own stack, so that no input can exhaust the interpreter's."""

    def __init__(self, file: str, first_line: int, base: int) -> None:
        self._file, self._first_line, self._base = file, first_line, base
        self.last_line = 0
        self._stack: list[_Frame] = []
        self._anchors: dict[str, tuple[Any, int]] = {}
        self._root: tuple[Any, Part] | None = None

    def documents(self, text: str) -> Iterator[Document]:
        event: Any  # the stubs know too little of libyaml's events
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            kind = type(event)
            if kind is yaml.ScalarEvent:
                self._scalar(event)
            elif kind is yaml.MappingStartEvent:
                self._open(_Frame({}, self._part(event), event.anchor), event)
                self._stack[-1].part.parts = {}
            elif kind is yaml.SequenceStartEvent:
                self._open(_Frame([], self._part(event), event.anchor), event)
                self._stack[-1].part.parts = []
            elif kind is yaml.MappingEndEvent or kind is yaml.SequenceEndEvent:
                self._close(event)
            elif kind is yaml.AliasEvent:
                self._alias(event)
            elif kind is yaml.DocumentStartEvent:
                self._anchors, self._root = {}, None
                self.last_line = event.start_mark.line
            elif kind is yaml.DocumentEndEvent:
                self.last_line = event.end_mark.line
                if self._root is not None and self._root[0] is not None:
                    yield Document(self._file, *self._root, self._first_line, self._base)

    def _part(self, event: Any, *, aliased: bool = False) -> Part:
        top = self._stack[-1] if self._stack else None
        return Part(event.start_mark, top.key_mark if top is not None else None, aliased=aliased)

    def _open(self, frame: _Frame, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise _Broken(_TOO_DEEP, event.start_mark)
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.data) is dict and top.key is None:
            raise _Broken("has a key that is no text", event.start_mark, "write keys as plain text")
        self._stack.append(frame)

    def _close(self, event: Any) -> None:
        frame = self._stack.pop()
        frame.part.end = event.end_mark
        for merged in frame.merges:
            for key, value in merged.items():
                frame.data.setdefault(key, value)
        if frame.anchor:
            self._anchors[frame.anchor] = frame.data, frame.size
        self._put(frame.data, frame.part, frame.size, event)

    def _scalar(self, event: Any) -> None:
        # Quoted text and blocks stay text; a tag other than !!str asks for a value.
        tagged = event.tag is not None and event.tag != _STRING_TAG and not event.implicit[1]
        value = scalar(event.value) if event.implicit[0] or tagged else event.value
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.data) is dict and top.key is None:
            self._key(top, event, value)
            return
        part = self._part(event)
        part.end = event.end_mark
        if event.anchor:
            self._anchors[event.anchor] = value, 1
        self._put(value, part, 1, event)

    def _key(self, top: _Frame, event: Any, value: Any) -> None:
        # JSON knows text as keys only: `on: 1` becomes "true" and `1: x` becomes "1".
        key = value if type(value) is str else _as_key(value)
        if key == _MERGE and event.implicit[0]:
            top.merging = True  # quoted, it is a key like any other
        elif key in top.data:
            raise _Broken(f"has the key {key!r} twice in one place", event.start_mark, "keep one of the two")
        if event.anchor:
            self._anchors[event.anchor] = value, 1
        top.key, top.key_mark = key, event.start_mark

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise _Broken(f"uses the alias *{event.anchor}, which is not defined before it, or stands inside itself",
                          event.start_mark)
        value, size = self._anchors[event.anchor]
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.data) is dict and top.key is None:
            self._key(top, event, value)
            return
        part = self._part(event, aliased=True)
        part.end = event.end_mark
        self._put(value, part, size, event)

    def _put(self, value: Any, part: Part, size: int, event: Any) -> None:
        if not self._stack:
            self._root = value, part
            return
        top = self._stack[-1]
        top.size += size
        if top.size > MAX_VALUES:
            raise _Broken(f"stands for more than {MAX_VALUES:,} values once its aliases are followed",
                          event.start_mark, "write fewer aliases of aliases")
        if type(top.data) is list:
            top.data.append(value)
            top.part.parts.append(part)  # type: ignore[union-attr]
            return
        key, top.key, top.key_mark = top.key, None, None
        if top.merging:
            top.merging = False
            self._merge(top, value, event)
            return
        top.data[key] = value
        top.part.parts[key] = part  # type: ignore[index,call-overload]

    def _merge(self, top: _Frame, value: Any, event: Any) -> None:
        sources = value if type(value) is list else [value]
        if not all(type(source) is dict for source in sources):
            raise _Broken("merges (<<) something that is not keys and values", event.start_mark)
        top.merges += sources


def scalar(text: str) -> Any:
    """Return what a plain scalar means to Kubernetes: None, a bool, an int, a float or the text itself."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if len(text) <= MAX_DIGITS and _INTEGER.match(text):
        value = _integer(text.replace("_", ""))
        if -2**63 <= value < 2**64:
            return value
    if _FLOAT.match(text) and math.isfinite(number := float(text)):
        return number
    return text


def _integer(digits: str) -> int:
    unsigned = digits.lstrip("+-")
    if len(unsigned) > 1 and unsigned[0] == "0" and unsigned[1] in "01234567o":
        return int(digits.replace("0o", "0").replace("0", "0o", 1), 8)
    return int(digits, 0)


def _as_key(value: Any) -> str:
    if value is None:
        return "null"
    return str(value).lower() if isinstance(value, bool) else str(value)


def _not_yaml(error: yaml.MarkedYAMLError, file: str, first_line: int, text: str) -> Problem:
    mark = error.problem_mark or error.context_mark
    line = mark.line + first_line + 1 if mark else 0
    if _is_template(text, line):
        return Problem(file=file, line=line, column=mark.column + 1 if mark else 0, **_TEMPLATE)
    said = " ".join(filter(None, (error.context, error.problem)))
    if "exceeded maximum nesting" in said:  # libyaml 0.2.6 reads ahead of us, and has a bound of its own
        return Problem(file=file, message=_TOO_DEEP, line=line, column=mark.column + 1 if mark else 0)
    tabs = "YAML is indented by spaces" if "token" in said and "\t" in _line(text, line) else ""
    return Problem(file=file, message=f"is not YAML: {said}", way_out=tabs, line=line,
                   column=mark.column + 1 if mark else 0)


def _is_template(text: str, line: int) -> bool:
    # Helm's braces also stand in good YAML, inside quotes; only where parsing broke do they explain anything.
    return "{{" in _line(text, line) or "{{" in _line(text, line - 1)


def _line(text: str, number: int) -> str:
    lines = text.split("\n", number) if number > 0 else []
    return lines[number - 1] if 0 < number <= len(lines) else ""


def _next_document(text: str, *, after: int, at_least: int) -> tuple[int, int] | None:
    """Return offset and line, from 0, of the first document marker below the line `after`, from `at_least` on."""
    offset = 0
    for number, row in enumerate(text.split("\n")):
        if number > after and number >= at_least and (row.startswith("---") and row[3:4] in ("", " ", "\t", "\r")):
            return offset, number
        offset += len(row) + 1
    return None
