"""A JSON Schema held against a YAML document, in plain words. Apart from the reader: jsonschema is slow to load."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from jsonschema import Draft202012Validator
from jsonschema.exceptions import ValidationError

from conformance.errors import UsageError, nearest
from conformance.kube.yaml import Document
from conformance.model.folder import Step

_WORDS = {"object": "keys and values", "array": "a list", "string": "text", "integer": "a whole number",
          "number": "a number", "boolean": "true or false", "null": "nothing"}


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
        return self.missing, document.place(self.path)[0]


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

