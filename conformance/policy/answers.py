"""What policies said of an object before, for one that comes again with other names, labels or words of a command.

A thousand jobs of a sweep are a few jobs under many names, with a seed each. Of what differs so often a policy of ours
sees only what its metadata says that it looks at: what it says of one object holds for every other that looks the same
to it, whatever the rule does.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

from conformance.model.finding import LOOKS_AT
from conformance.policy.engine import Question, Raw
from conformance.policy.policies import Corpus

MOST = 20_000
"""Answers that are remembered: of 1,200 jobs that all differ 2,800 took 340 bytes each."""


class Answers:
    """Answers of policies, by what they were shown."""

    def __init__(self, corpus: Corpus) -> None:
        everything = frozenset(LOOKS_AT)
        self._seen = {policy.id: everything if policy.id in corpus.added else policy.looks_at
                      for policy in corpus.policies.values()}
        self._apart: dict[tuple[str, ...], dict[frozenset[str], tuple[str, ...]]] = {}
        self._said: dict[bytes, Sequence[Raw]] = {}

    def asked(self, kind: str, data: Mapping[str, Any], policies: tuple[str, ...]) -> Iterator["Asked"]:
        """Yield what policies are asked of an object of one `kind`: each of what it looks at."""
        if policies not in self._apart:
            apart: dict[frozenset[str], list[str]] = {}
            for policy in policies:
                apart.setdefault(self._seen[policy], []).append(policy)
            self._apart[policies] = {seen: tuple(those) for seen, those in apart.items()}
        if not policies:
            return
        hidden: dict[str, list[Any]] = {part: [] for part in LOOKS_AT}
        left = _parted(data, frozenset(), hidden)
        if _name(data) is not None:
            hidden["name"].append(left["metadata"].pop("name"))
        same = json.dumps([kind, left])
        written = {part: json.dumps(hidden[part]) for part in LOOKS_AT}
        for seen, those in self._apart[policies].items():
            key = "\n".join([*those, same, *(written[part] for part in sorted(seen))])
            yield Asked(self._said, blake2b(key.encode(), digest_size=16).digest(), kind, those, data, seen)


@dataclass(frozen=True, slots=True)
class Asked:
    """What some policies, which look at the same parts of an object, are asked of it."""

    said: dict[bytes, Sequence[Raw]]
    key: bytes
    """Equal for all objects that look the same to them."""
    kind: str
    policies: tuple[str, ...]
    data: Mapping[str, Any]
    seen: frozenset[str]

    def answer(self) -> Sequence[Raw] | None:
        """Return what they said of an object that looked the same to them, None where there was none."""
        return self.said.get(self.key)

    def learn(self, answer: Sequence[Raw]) -> None:
        """Remember their answer."""
        if len(self.said) < MOST:
            self.said[self.key] = answer

    def question(self) -> Question:
        """Return the question for an engine."""
        return Question(self.policies, self.kind, {"object": shown(self.data, self.seen)})


def shown(data: Mapping[str, Any], seen: frozenset[str]) -> Mapping[str, Any]:
    """Return an object with those parts of LOOKS_AT that are seen, and without the others.

    Only the object loses its own name: entries of a list are told apart by theirs.
    """
    found = dict(_parted(data, seen))
    if "name" not in seen and _name(data) is not None:
        found["metadata"] = {key: value for key, value in found["metadata"].items() if key != "name"}
    return found


_WORDS = frozenset({"command", "args", "env"})
_MARKS = frozenset({"labels", "annotations"})


def _name(data: Mapping[str, Any]) -> Any:
    metadata = data.get("metadata")
    return metadata.get("name") if isinstance(metadata, dict) else None


def _parted(data: Any, seen: frozenset[str], hidden: dict[str, list[Any]] | None = None) -> Any:
    """Return a copy of data without words, labels and annotations that are not seen.

    With `hidden` they are added to it, and null stands where words were: what is left and what is hidden are then equal
    for equal objects alone.
    """
    if isinstance(data, dict):
        left: dict[str, Any] = {}
        for key, value in data.items():
            if key in _WORDS and "words" not in seen:
                if hidden is not None:
                    hidden["words"].append(value)
                    left[key] = None
            elif key in _MARKS and isinstance(value, dict) and key not in seen:
                left[key] = {name: text for name, text in value.items() if _is_of_somebody(name)}
                if hidden is not None:
                    hidden[key].append({name: text for name, text in value.items() if not _is_of_somebody(name)})
            elif isinstance(value, dict | list):
                left[key] = _parted(value, seen, hidden)
            else:
                left[key] = value
        return left
    return [_parted(value, seen, hidden) if isinstance(value, dict | list) else value for value in data]


def _is_of_somebody(mark: str) -> bool:
    """Whether a label or annotation has a meaning that somebody gave it: `kueue.x-k8s.io/queue-name`, not `app`."""
    return "/" in mark or "." in mark
