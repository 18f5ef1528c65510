"""Secrets in what is shown: masks texts by the form of a credential, objects by what their fields are for.

Every output goes through here: findings and their excerpts, errors, diffs, snapshots, diagnostics, reports of a run.
"""

import json
import re
from collections.abc import Callable, Iterator
from functools import lru_cache
from typing import Any

MASK = "***"
LEAST_LETTERS = 6
"""Of a secret value that is looked for in a text: a shorter one, such as `true`, stands in many words."""

_NAMES = ("TOKEN", "KEY", "SECRET", "PASSW", "PASSPHRASE", "CREDENTIAL")
_FIELD = re.compile(r"(?:^|[-_.])(?:token|password|passwd|passphrase|credentials?|client-secret|(?:api|access|secret|"
                    r"private|client)-?key(?:-data)?)$")
_LAST_APPLIED = "kubectl.kubernetes.io/last-applied-configuration"
_WORD = r"(?:(?:api|access|secret|private)[-_]?key|token|passw(?:or)?d|passphrase|secret|credentials?)"
_FLAG = re.compile(rf"--?[\w-]{{0,60}}{_WORD}\Z", re.IGNORECASE)
_REFERENCE = r"""\$[({]?[A-Z_][A-Z0-9_]*[)}]?(?=$|[\s"',;&}\])])|[{\[<|>]|\*\*\*|(?:null|true|false)\b"""
_ASSIGNED = re.compile(rf"""({_WORD}\\*["']?[ \t]?(?:=|:)[ \t]?\\*["']?)(?!{_REFERENCE})[^\s"',;&}}\\]+""",
                       re.IGNORECASE)
_KEY = re.compile(rf"""(\b[A-Z][A-Z0-9_]{{0,60}}_KEY\\*["']?[ \t]?[=:][ \t]?\\*["']?)(?!{_REFERENCE})[^\s"',;&}}\\]+""")
_AFTER_FLAG = re.compile(
    rf"""(--?[\w-]{{0,60}}{_WORD}(?:\s+["']?|\\*["']\s*,?\s*\\*["']))(?!-|{_REFERENCE})[^\s"',\\]{{6,}}""",
    re.IGNORECASE)
_LOGIN = re.compile(r"((?:^|\s)(?:-u|--user)[ =][^\s:]+:)[^\s\"']+")
_IN_URL = re.compile(r"""(\b[a-z][a-z0-9+.-]{0,20}://[^\s/:@"']*:)[^\s/"']+@""", re.IGNORECASE)
_USER_OF_URL = re.compile(r"""(https?://)[^\s/:@"']{16,}@""", re.IGNORECASE)
_SCHEME = r"(?:bearer|basic|token)\s"
_HEADER = re.compile(rf"""(authorization\\*["']?\s*[:=]\s*\\*["']?(?:{_SCHEME}+)?)(?!{_SCHEME}|\$)[^\s"',\\]{{4,}}""",
                     re.IGNORECASE)
_BEARER = re.compile(r"""(\bbearer\s+)(?=[^\s"',\\]*\d|[^\s"',\\]{20})[\w.~+/=-]{6,}""", re.IGNORECASE)
_DOCKER = re.compile(r"""(\\*["'](?:auth|identitytoken)\\*["']\s*:\s*\\*["'])[^\s"'\\]+""")
_FORM = re.compile(r"-----BEGIN (?:[A-Z0-9]+ )*PRIVATE KEY-----(?s:.*?)(?:-----END (?:[A-Z0-9]+ )*PRIVATE KEY-----|\Z)"
                   r"|\b(?:hf_|sk-|nvapi-|gh[pousr]_|github_pat_|glpat-|xox[abprs]-)[\w-]{10,}"
                   r"|\b(?:AKIA|ASIA)[0-9A-Z]{12,}|\bAIza[\w-]{16,}|\bya29\.[\w.-]{10,}"
                   r"|\beyJ[\w-]{8,}\.[\w-]{8,}\.?[\w-]*")

Path = tuple[str | int, ...]


def masked(text: str) -> str:
    """Return a text without what is a credential by its form (`hf_...`) or its place (`--api-key=...`)."""
    return _masked_word(text) if len(text) <= _WORD_LETTERS else _masked(text)


def _masked(text: str) -> str:
    text = _FORM.sub(MASK, text)
    for placed in (_IN_URL, _USER_OF_URL):
        text = placed.sub(rf"\1{MASK}@", text)
    for placed in (_HEADER, _BEARER, _ASSIGNED, _KEY, _AFTER_FLAG, _LOGIN, _DOCKER):
        text = placed.sub(rf"\1{MASK}", text)
    return text


_WORD_LETTERS = 100
_masked_word = lru_cache(maxsize=4096)(_masked)
"""Names and steps of paths come again and again."""


def masked_texts(data: Any) -> Any:
    """Return a copy of JSON data in which every text is masked."""
    if isinstance(data, str):
        return masked(data)
    if isinstance(data, dict):
        return {key: masked_texts(value) for key, value in data.items()}
    return [masked_texts(value) for value in data] if isinstance(data, list | tuple) else data


def masked_object(data: Any) -> Any:
    """Return a copy of a Kubernetes object, or of a list of some, without secret values."""
    copied = json.loads(json.dumps(data))
    for path, _ in list(places(copied)):
        part = copied
        for step in path[:-1]:
            part = part[step]
        part[path[-1]] = MASK
    return masked_texts(copied)


class Secrets:
    """The secrets of an object, or of a list of some, for all that is said of it."""

    def __init__(self, data: Any) -> None:
        found = dict(places(data))
        self._places = frozenset(found)
        values = {str(value) for value in found.values()}
        self._values = sorted((value for value in values if len(value) >= LEAST_LETTERS), key=len, reverse=True)

    def masked(self, text: str) -> str:
        """Return what is said of the object, without its secret values."""
        for value in self._values:
            text = text.replace(value, MASK)
        return masked(text)

    def hides(self, path: Path) -> bool:
        """Say whether the value at a place must not be shown: a secret, or that of a variable."""
        return path in self._places or (len(path) > 2 and path[-3] == "env" and path[-1] == "value")


def masked_message(text: str, data: Any) -> str:
    """Return what is said of an object, without the object's secret values."""
    return Secrets(data).masked(text)


def hidden_in(data: Any) -> Callable[[Path], bool]:
    """Return what says of a place in an object whether its value must not be shown: a secret, or that of a variable."""
    return Secrets(data).hides


def is_named_secret(name: object) -> bool:
    """Say whether a variable or an entry of a ConfigMap has a name that secrets have: HF_TOKEN, api-key."""
    return isinstance(name, str) and any(word in name.upper() for word in _NAMES)


def places(data: Any) -> Iterator[tuple[Path, Any]]:
    """Yield way and value of each scalar of an object, or of a list of some, that its place makes a secret."""
    stack: list[tuple[Path, Any]] = [((), data)]
    while stack:
        path, part = stack.pop()
        if isinstance(part, list):
            for index, value in enumerate(part):
                if index and isinstance(value, str) and isinstance(part[index - 1], str) \
                        and _FLAG.match(part[index - 1]) and not re.match(rf"-|{_REFERENCE}", value):
                    yield (*path, index), value
                elif isinstance(value, list | dict):
                    stack.append(((*path, index), value))
        elif isinstance(part, dict):
            for key, value in part.items():
                whole = part.get("kind") == "Secret" and key in ("data", "stringData")
                named = part.get("kind") == "ConfigMap" and key in ("data", "binaryData") and isinstance(value, dict)
                if whole or named:
                    yield from (found for found in _scalars((*path, key), value)
                                if whole or is_named_secret(found[0][len(path) + 1]))
                elif isinstance(value, list | dict):
                    stack.append(((*path, key), value))
                elif (key == "value" and is_named_secret(part.get("name")) and value is not None) \
                        or key == _LAST_APPLIED or (isinstance(value, str) and _is_secret_field(key)
                                                    and not re.match(_REFERENCE, value)):
                    yield (*path, key), value


@lru_cache(maxsize=4096)
def _is_secret_field(key: object) -> bool:
    # apiKey, api_key and API-Key are one name.
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "-", str(key)).lower().replace("_", "-")
    return bool(_FIELD.search(apart))


def _scalars(path: Path, value: Any) -> Iterator[tuple[Path, Any]]:
    if isinstance(value, list | dict):
        for step, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
            yield from _scalars((*path, step), inner)
    elif value is not None:
        yield path, value
