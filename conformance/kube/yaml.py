"""YAML 1.2 as plain data, with the line of each part, and a JSON Schema held against it in plain words."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from conformance.errors import UsageError, nearest
from conformance.model.folder import Step

_WORDS = {"object": "keys and values", "array": "a list", "string": "text", "integer": "a whole number",
          "number": "a number", "boolean": "true or false", "null": "nothing"}


@dataclass(frozen=True, kw_only=True)
class Document:
    """One document of a YAML file."""

    file: Path
    line: int
    """Counted from 1."""
    data: Any
    """Dicts, lists and scalars."""
    lines: Mapping[tuple[Step, ...], int]
    """The line of each part of `data`, by the way that leads to it."""

    def where(self, *path: Step) -> str:
        """Return `file:line` of a part, or of the nearest part around it that is written."""
        while path and path not in self.lines:
            path = path[:-1]
        return f"{self.file}:{self.lines.get(path, self.line)}"


def read(file: Path) -> list[Document]:
    """Return the documents of a YAML (or JSON) file, without the empty ones.

    Raises UsageError, with line and column, when it cannot be read or is not YAML.
    """
    try:
        text = file.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise UsageError(f"{file}: there is no such file") from None
    except UnicodeDecodeError:
        raise UsageError(f"{file}: is not text in UTF-8", "save the file as UTF-8") from None
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}") from None
    return parse(text, file)


def parse(text: str, file: Path) -> list[Document]:
    """Return the documents of a text; `file` is what messages call it. Raises as `read` does."""
    try:
        return [_document(found, file) for found in YAML(typ="rt").load_all(text) if found is not None]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        at = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        twice = re.match(r'found duplicate key "(.*?)" with value', str(error.problem))
        if twice:
            raise UsageError(f"{file}{at}: the key {twice[1]!r} stands twice in one place",
                             "keep one of the two") from None
        raise UsageError(f"{file}{at}: is not YAML: {error.problem or error.context}") from None
    except YAMLError as error:
        raise UsageError(f"{file}: is not YAML: {' '.join(str(error).split())}") from None
    except RecursionError:
        raise UsageError(f"{file}: is nested without end", "an alias must not contain itself") from None


def check(document: Document, schema: Mapping[str, Any]) -> None:
    """Hold a document against a JSON Schema.

    Raises UsageError with the place of the first thing that is wrong, what is right there, and the nearest
    word for one that nobody knows.
    """
    validator = Draft202012Validator(schema)
    found = (problem for error in validator.iter_errors(document.data) for problem in _problems(error))
    wrong = sorted(found, key=lambda problem: problem.rank(document))
    if wrong:
        first = wrong[0]
        more = f" (and {len(wrong) - 1} more)" if len(wrong) > 1 else ""
        raise UsageError(f"{document.where(*first.path)}: {first.message}{more}", first.way_out)


def place(path: Iterable[Step]) -> str:
    """Return a way into an object for people, for example `promises.teams[0].queue`."""
    return "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in path).removeprefix(".")


@dataclass(frozen=True, kw_only=True)
class _Problem:
    path: tuple[Step, ...]
    message: str
    way_out: str = ""
    missing: bool = False

    def rank(self, document: Document) -> tuple[bool, int]:
        """A misspelt key comes before the missing one that it was meant to be."""
        return self.missing, int(document.where(*self.path).rpartition(":")[2])


def _problems(error: ValidationError) -> Iterator[_Problem]:
    path = tuple(error.absolute_path)
    inside = f" in {place(path)}" if path else ""
    schema: Any = error.schema
    properties = schema.get("properties", {})
    instance: Any = error.instance
    required: Any = error.validator_value
    if error.validator == "additionalProperties":
        for key in instance:
            if key not in properties:
                yield _Problem(path=(*path, key), message=f"unknown key {key!r}{inside}",
                               way_out=nearest(str(key), properties))
    elif error.validator == "required":
        # One error for each key that is missing; its message begins with the key in quotes.
        for key in required:
            if error.message.startswith(repr(key)):
                about = properties.get(key, {}).get("description", "")
                yield _Problem(path=path, message=f"the key {key!r} is missing{inside}", missing=True,
                               way_out=f"add {key}: {about}" if about else f"add {key}")
    else:
        message, way_out = _value_problem(error)
        yield _Problem(path=path, message=f"{place(path) or 'the file'} {message}", way_out=way_out)


def _value_problem(error: ValidationError) -> tuple[str, str]:
    shown = _shown(error.instance)
    expected: Any = error.validator_value
    schema: Any = error.schema
    match error.validator:
        case "type":
            types = [expected] if isinstance(expected, str) else expected
            return f"must be {' or '.join(_WORDS[kind] for kind in types)}, is {shown}", ""
        case "enum":
            return f"cannot be {shown}", nearest(str(error.instance), map(str, expected))
        case "const" | "minimum":
            exactly = "" if error.validator == "const" else "at least "
            return f"must be {exactly}{expected!r}, is {shown}", ""
        case "minLength" | "minItems":
            return "must not be empty", ""
        case "pattern":
            return f"cannot be {shown}", str(schema.get("description", ""))
    return f"is wrong: {error.message}", ""


def _shown(value: Any) -> str:
    if isinstance(value, dict):
        return "keys and values"
    if isinstance(value, list):
        return "a list"
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return str(value).lower()
    return repr(value) if not isinstance(value, str) else f"the text {value!r}"


def _document(found: Any, file: Path) -> Document:
    lines: dict[tuple[Step, ...], int] = {}
    data = _plain(found, (), lines)
    line = found.lc.line + 1 if isinstance(found, CommentedMap | CommentedSeq) else 1
    return Document(file=file, line=line, data=data, lines=lines)


def _plain(value: Any, path: tuple[Step, ...], lines: dict[tuple[Step, ...], int]) -> Any:
    if isinstance(value, CommentedMap):
        said = {}
        for key, part in value.items():
            step = str(key)
            # A key that came by a merge (`<<`) has no line of its own.
            if key in (value.lc.data or ()):
                lines[(*path, step)] = value.lc.key(key)[0] + 1
            said[step] = _plain(part, (*path, step), lines)
        return said
    if isinstance(value, CommentedSeq):
        for index in range(len(value)):
            lines[(*path, index)] = value.lc.item(index)[0] + 1
        return [_plain(part, (*path, index), lines) for index, part in enumerate(value)]
    if isinstance(value, bool) or value is None:
        return value
    # Round-trip scalars remember how they were written; whoever reads them wants plain ones.
    if isinstance(value, datetime.date):
        return value.isoformat()
    return next((plain(value) for plain in (int, float, str) if isinstance(value, plain)), str(value))
