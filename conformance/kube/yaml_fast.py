"""The data of a YAML document in the form that manifests have most often, read line by line: ten times faster.

What it knows: block mappings and lists, plain and quoted scalars on one line, `|`, flow collections on one line,
comments. Of everything else (anchors, tags, escapes, scalars over several lines, a key that stands twice, an odd
letter, whatever could be an error) it says that it does not know it, and `yaml` reads the document by libyaml. A test
holds the two against each other.
"""

import re
from collections.abc import Callable
from typing import Any

MOST_LETTERS = 1_000_000
"""Of one document: what bounds the number of its values is counted by the other reader."""
_MOST_LEVELS = 50
_ODD = re.compile("[^\n\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]")
_KEY = re.compile(r"""(?:([A-Za-z0-9_/.][A-Za-z0-9_/.-]{0,99})|"([A-Za-z0-9_/. -]{1,99})"|'([A-Za-z0-9_/. -]{1,99})')"""
                  r""":(?: +|$)""")
_QUOTED = re.compile(r""""([^"\\]*)"(?: +#.*| *)\Z|'([^']*)'(?: +#.*| *)\Z""")
_FIRST = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_./$+()=~<;^\\")
"""Letters that a plain scalar begins with; a dash before another letter is one, too."""
_FLOW_PLAIN = re.compile(r"(?:[A-Za-z0-9_./$+=~]|-(?=[A-Za-z0-9]))(?:[A-Za-z0-9_./$+=~-]|:(?=[A-Za-z0-9_/])"
                         r"| +(?=[A-Za-z0-9_./$+=~-]))*")
_FLOW_QUOTED = re.compile(r""""([^"\\]*)"|'([^']*)'(?!')""")
_FLOW_END = re.compile(r" *(?: #.*)?\Z")


Place = list[Any]
"""Line and column of a part, from 0, and the places of what is in it by key or index: None for a scalar or for what is
not known in detail; a line of -1: the place itself is not known."""


class Unknown(Exception):
    """The document has something that this reader leaves to the other."""


class _Level:
    __slots__ = ("column", "data", "is_list", "places")

    def __init__(self, column: int, data: Any, *, is_list: bool) -> None:
        self.column, self.data, self.is_list = column, data, is_list
        self.places: dict[str | int, Place] = {}


def read(text: str, scalar: Callable[[str], Any]) -> tuple[Any, Place]:
    """Return the data of one document and its place, None when it is empty; `scalar` says what a plain scalar means.

    The text begins after the document's `---`. Raises Unknown.
    """
    if len(text) > MOST_LETTERS or _ODD.search(text):
        raise Unknown
    lines = _Lines(text.split("\n"), scalar)
    return lines.data(), lines.place


class _Lines:
    def __init__(self, lines: list[str], scalar: Callable[[str], Any]) -> None:
        self._lines, self._scalar = lines, scalar
        self._at = 0
        self._root: Any = None
        self.place: Place = [-1, 0, None]
        self._levels: list[_Level] = []
        self._open: tuple[Any, Any, Place] | None = None
        """The collection and the key whose value may begin on the next line, and the place of both."""

    def data(self) -> Any:
        lines, number = self._lines, len(self._lines)
        while self._at < number:
            line = lines[self._at]
            self._at += 1
            rest = line.lstrip(" ")
            if rest and rest[0] != "#":
                self._entry(len(line) - len(rest), rest)
        return self._root

    def _entry(self, column: int, rest: str) -> None:
        """Take one line: dashes, then a key with its value, or a value."""
        fresh = True  # the line's first word: it may end what stands deeper
        while rest[0] == "-" and (len(rest) == 1 or rest[1] == " "):
            level = self._level(column, fresh=fresh, is_list=True)
            place: Place = [-1, 0, None]
            self._open = level.data, len(level.data), place
            level.places[len(level.data)] = place
            level.data.append(None)
            fresh = False
            after = rest[1:].lstrip(" ")
            if not after or after[0] == "#":
                return
            column += len(rest) - len(after)
            place[:2] = self._at - 1, column
            rest = after
        key = _KEY.match(rest)
        if key is None:
            if fresh:
                raise Unknown
            self._value(rest)
            return
        plain, double, single = key.groups()
        name = plain or double or single
        if plain is not None and type(self._scalar(plain)) is not str:
            raise Unknown
        level = self._level(column, fresh=fresh, is_list=False)
        if name in level.data:
            raise Unknown
        level.data[name] = None
        place = level.places[name] = [self._at - 1, column, None]
        self._open = level.data, name, place
        value = rest[key.end():]
        if value and value[0] != "#":
            self._value(value)

    def _level(self, column: int, *, fresh: bool, is_list: bool) -> _Level:
        """Return the collection that an entry at a column belongs to; it may begin with it."""
        levels, opened = self._levels, self._open
        self._open = None
        if fresh:
            while levels and levels[-1].column > column:
                levels.pop()
                opened = None
        if levels and levels[-1].column == column and fresh:
            top = levels[-1]
            if top.is_list == is_list:
                return top
            if top.is_list:  # a list that stands as far left as the key that it belongs to
                levels.pop()
                if levels and levels[-1].column == column:
                    return levels[-1]
                raise Unknown
        elif levels and opened is None:
            raise Unknown
        if (opened is None) != (not levels) or (not levels and self._root is not None) or len(levels) >= _MOST_LEVELS:
            raise Unknown
        data: Any = [] if is_list else {}
        level = _Level(column, data, is_list=is_list)
        place = self.place
        if opened is None:
            self._root = data
        else:
            opened[0][opened[1]] = data
            place = opened[2]
        if place[0] < 0:  # what belongs to no key begins with its first entry
            place[:2] = self._at - 1, column
        place[2] = level.places
        levels.append(level)
        return level

    def _value(self, text: str) -> None:
        """Take the value that stands behind a key or a dash."""
        if self._open is None:
            raise Unknown
        data, key, _ = self._open
        self._open = None
        first = text[0]
        if first in _FIRST or (first == "-" and text[1:2] not in ("", " ")):
            data[key] = self._plain(text)
        elif first in "\"'":
            quoted = _QUOTED.match(text)
            if quoted is None:
                raise Unknown
            data[key] = quoted[1] if quoted[1] is not None else quoted[2]
        elif first in "{[":
            data[key], at = self._flow(text, 0, 0)
            if not _FLOW_END.match(text, at):
                raise Unknown
        elif first == "|" and text.rstrip(" ") in ("|", "|-"):
            data[key] = self._block(keeps_end=text.rstrip(" ") == "|")
        else:
            raise Unknown

    def _plain(self, text: str) -> Any:
        comment = text.find(" #")
        text = (text if comment < 0 else text[:comment]).rstrip(" ")
        if ": " in text or text[-1] == ":":
            raise Unknown
        value = self._scalar(text)
        if type(value) is float:
            raise Unknown
        return value

    def _block(self, *, keeps_end: bool) -> str:
        column, lines, at = self._levels[-1].column, self._lines, self._at
        first = next((line for line in lines[at:] if line.strip(" ")), "")
        indent = len(first) - len(first.lstrip(" "))
        if not first or indent <= column:
            raise Unknown
        found, blank = list[str](), 0
        while at < len(lines):
            line = lines[at]
            if not found and line and not line.strip(" "):
                raise Unknown
            if len(line) <= indent and not line.strip(" "):
                blank += 1
            elif line[:indent].strip(" "):
                break
            else:
                found += [""] * blank
                found.append(line[indent:])
                blank = 0
            at += 1
        self._at = at
        return "\n".join(found) + ("\n" if keeps_end else "")

    def _flow(self, text: str, at: int, depth: int) -> tuple[Any, int]:
        """Return the value at a place within a flow collection, and where it ends."""
        first = text[at:at + 1]
        if first not in ("{", "["):
            return self._flow_scalar(text, at)
        if depth >= _MOST_LEVELS:
            raise Unknown
        mapping: dict[str, Any] = {}
        found: list[Any] = []
        closing = "}" if first == "{" else "]"
        at = self._blanks(text, at + 1)
        if text[at:at + 1] == closing:
            return (mapping if first == "{" else found), at + 1
        while True:
            if first == "{":
                quoted = text[at:at + 1] in ("'", '"')
                key, at = self._flow_scalar(text, at)
                if type(key) is not str or key in mapping or text[at:at + 2] != ": " or len(key) > 100 \
                        or (not key and not quoted):
                    raise Unknown
                at = self._blanks(text, at + 2)
                mapping[key], at = self._flow(text, at, depth + 1)
            else:
                value, at = self._flow(text, at, depth + 1)
                found.append(value)
            at = self._blanks(text, at)
            after = text[at:at + 1]
            if after == closing:
                return (mapping if first == "{" else found), at + 1
            if after != ",":
                raise Unknown
            at = self._blanks(text, at + 1)

    def _flow_scalar(self, text: str, at: int) -> tuple[Any, int]:
        quoted = _FLOW_QUOTED.match(text, at)
        if quoted is not None:
            return (quoted[1] if quoted[1] is not None else quoted[2]), quoted.end()
        plain = _FLOW_PLAIN.match(text, at)
        if plain is None:
            raise Unknown
        value = self._scalar(plain[0])
        if type(value) is float:
            raise Unknown
        return value, plain.end()

    @staticmethod
    def _blanks(text: str, at: int) -> int:
        while text[at:at + 1] == " ":
            at += 1
        return at
