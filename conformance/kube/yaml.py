"""YAML and JSON as kubectl reads them, as plain data with the place of each part: the one reader, safe on any input.

kubectl reads YAML 1.1 by sigs.k8s.io/yaml v1.6 (go.yaml.in/yaml/v2, resolve.go and decode.go) and sends JSON:
`on` and `y` are true, `0400` is 256, `1e3` is 1000, `1:30` and days are text. A test holds this module against that
code. Stricter than kubectl on purpose, where it loses something in silence: a key that stands twice, what follows a
document without `---`, bytes that are no text. Two things that kubectl refuses are read, for nothing is lost by it: a
value that begins beside its `---`, and directives (%).

Built on libyaml's events, not on its trees: composing a tree recurses in C, and a file of 100,000 brackets ends the
process.
"""

import base64
import binascii
import json
import math
import re
import struct
from collections.abc import Iterator
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeGuard

import yaml

from conformance.errors import UsageError
from conformance.model.finding import Problem, Step, Stretch

MAX_DEPTH = 200
_TOO_DEEP = f"is nested deeper than {MAX_DEPTH} levels"
MAX_VALUES = 2_000_000
"""Of one document, with each alias counted as what it stands for."""

_TAG = "tag:yaml.org,2002:"
_MERGE = "<<"
_WORDS: dict[str, Any] = {word: value for words, value in (
    (("", "~", "null", "Null", "NULL"), None),
    (("true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON", "y", "Y"), True),
    (("false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF", "n", "N"), False),
    ((".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF"), math.inf), (("-.inf", "-.Inf", "-.INF"), -math.inf),
    ((".nan", ".NaN", ".NAN"), math.nan)) for word in words}
_INTEGER = re.compile(r"([-+]?)(?:0[bB]([01]+)|0[xX]([0-9a-fA-F]+)|0[oO]?([0-7]+)|(0|[1-9][0-9]{0,19}))\Z")
_BASES = (2, 16, 8, 10)
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?\Z")
_POINT_FIRST = re.compile(r"\.[0-9]+(_[0-9]+)*([eE][-+]?[0-9]+(_[0-9]+)*)?\Z")
_SIGN_AFTER_BASE = re.compile(r"0b[-+][01]{1,64}\Z")
_TAGS = frozenset({"binary", "bool", "int", "float", "null", "timestamp"})
_DAY = re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}(?![0-9])")
_PAIR = re.compile(r"\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}")
_BLANKS = re.compile(r"\s*")
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

    def where(self, *path: Step) -> str:
        """Return `file:line:column` of a part, or of the nearest one around it that is written."""
        line, column = self.place(path)
        return f"{self.file}:{line}:{column}"

    def inner(self, *path: Step) -> "Document":
        """Return a part of it as a document of its own. Raises LookupError when it has no such part."""
        data = self.data
        for step in path:
            data = data[step]
        return replace(self, data=data, part=self.part.nearest(path))

    def stretch(self, path: tuple[Step, ...]) -> Stretch:
        """Return from where to where a part is written, or the nearest one around it that is."""
        part = self.part.nearest(path)
        (line, column), end = part.at, part.end
        return Stretch(file=self.file, first=(line + self.first_line, column),
                       last=(end.line + self.first_line + 1, end.column + 1))


def read(file: Path) -> list[Document]:
    """Return the documents of a YAML or JSON file, without the empty ones.

    Raises UsageError, with line and column, when it cannot be read or one of them is not YAML.
    """
    try:
        text = file.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such file", f"see the path; this folder is {Path.cwd()}") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not text in UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    return parse(text, str(file))


def parse(text: str, file: str) -> list[Document]:
    """Return the documents of a text, without the empty ones; `file` is what messages call it. Raises as `read`."""
    found = []
    for document in documents(text, file):
        if isinstance(document, Problem):
            raise UsageError(str(document), document.way_out)
        found.append(document)
    return found


def documents(text: str, file: str) -> Iterator[Document | Problem]:
    """Yield the documents of a text, and a Problem for each one that is not YAML: what follows it is read on."""
    base = first_line = 0
    if text.lstrip()[:1] in ('{', '[', '"'):
        # JSON writes the letters beyond U+FFFF as two; YAML would call each half no letter at all.
        text = _PAIR.sub(lambda pair: json.loads(f'"{pair[0]}"'), text)
    if text and not text.endswith("\n"):
        text += "\n"  # so does kubectl, and a block at the end of a file keeps it
    while True:
        builder = _Builder(file, first_line, base)
        try:
            yield from builder.documents(text[base:] if base else text)
            return
        except _ERRORS as error:
            if _begins_json(error, text, base):
                yield from _json_stream(text, file, base + error.problem_mark.index)  # type: ignore[union-attr]
                return
            problem = _problem(error, file, first_line, text, base)
        yield problem
        following = _next_document(text, after=first_line + builder.last_line, at_least=problem.line - 1)
        if following is None:
            return
        base, first_line = following


def _json_stream(text: str, file: str, at: int) -> Iterator[Document | Problem]:
    # JSON objects without `---` between them, as jq writes them: kubectl reads on, YAML does not.
    decoder, line = json.JSONDecoder(), text.count("\n", 0, at)
    while at < len(text):
        try:
            end = decoder.raw_decode(text, at)[1]
        except (ValueError, RecursionError):
            end = len(text)
        row = text.rfind("\n", 0, at) + 1
        try:
            # Blanks before it keep its columns right.
            yield from _Builder(file, line, row).documents(" " * (at - row) + text[at:end])
        except _ERRORS as error:
            yield _problem(error, file, line, text, row)
        following = _BLANKS.match(text, end).end()  # type: ignore[union-attr]
        line += text.count("\n", at, following)
        at = following


def _begins_json(error: Exception, text: str, base: int) -> TypeGuard[yaml.MarkedYAMLError]:
    mark = getattr(error, "problem_mark", None)
    return (mark is not None and getattr(error, "problem", "") == "did not find expected <document start>"
            and text[base + mark.index] == "{" and text.lstrip()[:1] == "{")


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


_ERRORS = (_Broken, yaml.MarkedYAMLError, yaml.reader.ReaderError)


def _problem(error: Exception, file: str, first_line: int, text: str, base: int) -> Problem:
    if isinstance(error, _Broken):
        return error.problem(file, first_line, text)
    if isinstance(error, yaml.MarkedYAMLError):
        return _not_yaml(error, file, first_line, text)
    assert isinstance(error, yaml.reader.ReaderError)
    return Problem(file=file, line=text.count("\n", 0, base + error.position) + 1,
                   message=f"is not YAML: {error.reason}", way_out=f"take the letter U+{error.character:04X} out")


class _Frame:
    __slots__ = ("anchor", "data", "key", "key_mark", "merging", "part", "size")

    def __init__(self, data: Any, part: Part, anchor: str | None) -> None:
        self.data, self.part, self.anchor = data, part, anchor
        self.key: str | None = None
        self.key_mark: Any = None
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
        if frame.anchor:
            self._anchors[frame.anchor] = frame.data, frame.size
        self._put(frame.data, frame.part, frame.size, event)

    def _scalar(self, event: Any) -> None:
        # Quoted text and blocks stay text; a tag asks for a value.
        value = scalar(event.value) if event.implicit[0] and event.tag is None else (
            event.value if event.tag is None else _tagged(event))
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.data) is dict and top.key is None:
            if event.value == _MERGE and (event.implicit[0] or event.tag == f"{_TAG}merge"):
                top.merging = True  # quoted, it is a key like any other
            self._key(top, event, value)
            return
        if type(value) is float:
            value = _json_number(value, event)
        part = self._part(event)
        part.end = event.end_mark
        if event.anchor:
            self._anchors[event.anchor] = value, 1
        self._put(value, part, 1, event)

    def _key(self, top: _Frame, event: Any, value: Any) -> None:
        # JSON knows text as keys only: `on: 1` becomes "true" and `1: x` becomes "1".
        key = value if type(value) is str else _as_key(value, event)
        if not top.merging and key in top.part.parts:  # type: ignore[operator]
            raise _Broken(f"has the key {key!r} twice in one place", event.start_mark, "keep one of the two")
        if event.anchor and type(event) is yaml.ScalarEvent:
            self._anchors[event.anchor] = value, 1
        top.key, top.key_mark = key, event.start_mark

    def _alias(self, event: Any) -> None:
        if event.anchor not in self._anchors:
            raise _Broken(f"uses the alias *{event.anchor}, which is not defined before it, or stands inside itself",
                          event.start_mark)
        value, size = self._anchors[event.anchor]
        top = self._stack[-1] if self._stack else None
        if top is not None and type(top.data) is dict and top.key is None:
            if type(value) is dict or type(value) is list:
                raise _Broken("has a key that is no text", event.start_mark, "write keys as plain text")
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
        # As in go-yaml v2, it overrides what stands before it in the same place; and an alias may not stand for a list.
        sources = value if type(value) is list and type(event) is not yaml.AliasEvent else [value]
        if not all(type(source) is dict for source in sources):
            raise _Broken("merges (<<) something that is not keys and values", event.start_mark)
        for source in reversed(sources):
            for key, inner in source.items():
                top.data[key] = inner
                top.part.parts.pop(key, None)  # type: ignore[union-attr,call-arg]


def scalar(text: str) -> Any:  # noqa: PLR0911 -- a way out for each kind, in go-yaml's order
    """Return what a plain scalar means to kubectl: None, a bool, an int, a float or the text itself.

    An int fits 64 bits with a sign: JSON has one kind of number, and a larger one comes back as a float.
    Infinities and nan are returned, though kubectl refuses them.
    """
    if text in _WORDS:
        return _WORDS[text]
    first = text[0]
    if first not in _NUMBER_STARTS:
        return text
    if first == ".":
        # Unlike elsewhere, an underscore must stand between digits here.
        return _number(text, float(text)) if _POINT_FIRST.match(text) else text
    plain = text.replace("_", "") if "_" in text else text
    found = _INTEGER.match(plain)
    if found:
        digits, base = next((group, base) for group, base in zip(found.groups()[1:], _BASES, strict=True) if group)
        value = -int(digits, base) if found[1] == "-" else int(digits, base)
        if -2**63 <= value < 2**63:
            return value
        if value < 2**64 and not found[1]:
            return float(value)
    if _FLOAT.match(plain):
        return _number(text, float(plain))
    return int(plain[2:], 2) if _SIGN_AFTER_BASE.match(plain) else text


def written(data: Any) -> str:
    """Return plain data as YAML that kubectl reads as that data: keys keep their order, lists are indented."""
    return yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, default_flow_style=False)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002 -- PyYAML asks it of each value
        return True

    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:  # noqa: ARG002 -- as above
        super().increase_indent(flow, False)

    def text(self, data: str) -> yaml.ScalarNode:
        # PyYAML knows other numbers and words than kubectl.
        return self.represent_scalar(f"{_TAG}str", data, style=None if type(scalar(data)) is str else "'")


_Dumper.add_representer(str, _Dumper.text)


def _number(text: str, value: float) -> int | float | str:
    if math.isinf(value):
        return text
    if not value.is_integer() or abs(value) >= 2.0**63:
        return value
    # JSON writes 1e3 as 1000, and from 2**53 on the shortest digits that mean the float, filled up with noughts.
    whole = int(value) if abs(value) < 2.0**53 else int(Decimal(repr(value)))
    return whole if -2**63 <= whole < 2**63 else value


def _json_number(value: float, event: Any) -> float:
    if not math.isfinite(value):
        raise _Broken(f"has the number {event.value}, which JSON has not", event.start_mark,
                      "write it as text, in quotes")
    return value


def _tagged(event: Any) -> Any:
    # sigs.k8s.io/yaml leaves values with a tag that it does not know as text.
    tag, text = event.tag.removeprefix(_TAG), event.value
    if tag == event.tag or tag not in _TAGS:
        return text
    if tag == "binary":
        try:
            return base64.b64decode(text.replace("\n", "").replace("\r", ""), validate=True).decode("utf-8")
        except (binascii.Error, UnicodeDecodeError, ValueError):
            raise _Broken("has a !!binary value that is no text in base64", event.start_mark,
                          "leave !!binary out: Kubernetes reads base64 where it wants it") from None
    value = scalar(text)
    if not _is_a(tag, value, text):
        raise _Broken(f"has a value that is no !!{tag}: {text}", event.start_mark, f"leave !!{tag} out")
    return value


def _is_a(tag: str, value: Any, text: str) -> bool:
    number = type(value) is int or type(value) is float
    if tag == "int":
        return number and _is_whole(text)
    if tag == "float":  # go-yaml takes no unsigned integer for one
        return number and not (_is_whole(text) and type(value) is float)
    return {"bool": type(value) is bool, "null": value is None,
            "timestamp": type(value) is str and bool(_DAY.match(text))}[tag]


def _is_whole(text: str) -> bool:
    plain = text.replace("_", "")
    return bool(_INTEGER.match(plain) or _SIGN_AFTER_BASE.match(plain))


def _as_key(value: Any, event: Any) -> str:
    text = event.value if type(event) is yaml.ScalarEvent else str(value)
    whole = _is_whole(text)
    if value is None or (whole and type(value) is float and value <= 2**64):
        raise _Broken(f"has a key that is no text: {text or 'nothing'}", event.start_mark, "write keys as plain text")
    if type(value) is bool:
        return str(value).lower()
    return str(value) if whole and type(value) is int else _as_float_key(float(value))


def _as_float_key(value: float) -> str:
    """Go's strconv.FormatFloat(value, 'g', -1, 32)."""
    if math.isnan(value):
        return ".nan"
    try:
        short = struct.unpack("f", struct.pack("f", value))[0]
    except OverflowError:
        short = math.copysign(math.inf, value)
    if math.isinf(short):
        return ".inf" if short > 0 else "-.inf"
    digits = next(digits for digits in range(9) if struct.pack("f", float(f"{short:.{digits}e}"))
                  == struct.pack("f", short))
    exponent = int(f"{short:.{digits}e}".partition("e")[2])
    if exponent < -4 or exponent >= 6:
        return f"{short:.{digits}e}"
    return f"{short:.{max(digits - exponent, 0)}f}"


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
