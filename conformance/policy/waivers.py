"""What an owner has accepted for a time: waivers in a file or on the object, and a baseline of what is known."""

import datetime
import json
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from conformance.errors import UsageError, nearest
from conformance.kube import yaml
from conformance.masking import masked
from conformance.model.finding import Audit, Finding, Stretch, Waiver

ANNOTATION = "waiver.seatrial.dev/"
"""On an object, followed by the policy's id with a dot for its slash: {reason, owner, until} as YAML."""
_FIELDS = ("reason", "owner", "until")


def accept(audit: Audit, waivers: Sequence[Waiver], today: datetime.date,
           baseline: Mapping[str, int] | None = None) -> Audit:
    """Return the audit without what a waiver that holds covers, and without what the baseline knows."""
    left, waived, used = [], [], set()
    index = _Index(waivers)
    for finding in audit.findings:
        covering = [waiver for waiver in index.near(finding) if waiver.covers(finding)]
        used |= {id(waiver) for waiver in covering}
        holding = next((waiver for waiver in covering if waiver.holds(today)), None)
        if holding is None:
            left.append(finding)
        else:
            waived.append((finding, holding))
    known = Counter(baseline or {})
    new = []
    for finding in left:
        if known[finding.fingerprint] > 0:
            known[finding.fingerprint] -= 1
        else:
            new.append(finding)
    return replace(
        audit, findings=tuple(new), waived=tuple(waived), known=len(left) - len(new), stale=known.total(),
        expired=tuple(waiver for waiver in waivers if id(waiver) in used and not waiver.holds(today)),
        unused=tuple(waiver for waiver in waivers if id(waiver) not in used))


class _Index:
    """Waivers by what they are about: each of a thousand objects may carry one, and each may have findings."""

    def __init__(self, waivers: Sequence[Waiver]) -> None:
        self._anywhere: dict[tuple[str, str], list[tuple[int, Waiver]]] = {}
        self._patterns: dict[str, list[tuple[int, Waiver]]] = {}
        on_objects: dict[tuple[str, str], list[tuple[tuple[int, int], int, Waiver]]] = {}
        for number, waiver in enumerate(waivers):
            if waiver.within is not None:
                on_objects.setdefault((waiver.policy, waiver.within.file), []).append(
                    (waiver.within.first, number, waiver))
            elif _is_pattern(waiver.object):
                self._patterns.setdefault(waiver.policy, []).append((number, waiver))
            else:
                self._anywhere.setdefault((waiver.policy, waiver.object), []).append((number, waiver))
        self._on_objects = {key: sorted(several, key=lambda one: one[:2]) for key, several in on_objects.items()}

    def near(self, finding: Finding) -> list[Waiver]:
        """Return the waivers that may cover a finding, in the order in which they were given."""
        on_objects = self._on_objects.get((finding.policy, finding.file), [])
        # Objects stand one behind the other: the last that begins before the finding is its own.
        behind = bisect_right(on_objects, (finding.line, finding.column), key=lambda one: one[0])
        found = [*self._anywhere.get((finding.policy, finding.object), ()), *self._patterns.get(finding.policy, ()),
                 *(one[1:] for one in on_objects[max(behind - 1, 0):behind])]
        return [waiver for _, waiver in sorted(found, key=lambda one: one[0])]


def _is_pattern(name: str) -> bool:
    return any(letter in name for letter in "*?[")


def read(file: Path, policies: Iterable[str]) -> list[Waiver]:
    """Return the waivers in a file: `waivers:` is a list of {policy, object, reason, owner, until}.

    Raises UsageError, naming the entry, when one lacks a field or waives a policy that nobody knows.
    """
    documents = yaml.read(file)
    said = documents[0].data if len(documents) == 1 else None
    entries = said.get("waivers") if isinstance(said, dict) else None
    if not isinstance(entries, list):
        raise UsageError(f"{file}: has no list `waivers`")
    known = set(policies)
    return [_waiver(entry, f"{documents[0].where('waivers', number)}: waivers[{number}]", known)
            for number, entry in enumerate(entries)]


def on_object(data: Mapping[str, Any], name: str, at: Stretch, policies: Iterable[str]) -> list[Waiver]:
    """Return the waivers in an object's annotations. Raises UsageError as `read` does."""
    metadata = data.get("metadata")
    annotations = metadata.get("annotations") if isinstance(metadata, dict) else None
    found = []
    for key, value in (annotations.items() if isinstance(annotations, dict) else ()):
        if not str(key).startswith(ANNOTATION):
            continue
        place = f"{at.file}: {name}: annotation {key}"
        entries = list(yaml.documents(str(value), place))
        entry = entries[0].data if len(entries) == 1 and isinstance(entries[0], yaml.Document) else None
        if not isinstance(entry, dict):
            raise UsageError(f"{place}: must be {{reason: ..., owner: ..., until: 2027-01-31}}")
        policy = key.removeprefix(ANNOTATION).replace(".", "/", 1)
        waiver = _waiver({**entry, "policy": policy, "object": _literally(name)}, place, set(policies))
        found.append(replace(waiver, within=at))
    return found


def _waiver(entry: Any, where: str, known: set[str]) -> Waiver:
    if not isinstance(entry, dict):
        raise UsageError(f"{where}: must be keys and values")
    fields = ("policy", "object", *_FIELDS)
    missing = [name for name in fields if not entry.get(name)]
    if missing:
        raise UsageError(f"{where}: lacks {', '.join(missing)}", "a waiver says who answers for what, why and how long")
    for name in entry:
        if name not in fields:
            raise UsageError(f"{where}: unknown key {name!r}", f"known keys: {', '.join(fields)}")
    if entry["policy"] not in known:
        raise UsageError(f"{where}: there is no policy {entry['policy']}",
                         nearest(str(entry["policy"]), known, listed_by="seatrial explain"))
    try:
        until = datetime.date.fromisoformat(str(entry["until"]))
    except ValueError:
        raise UsageError(f"{where}: until must be a day such as 2027-01-31, is {entry['until']!r}") from None
    return Waiver(policy=entry["policy"], object=str(entry["object"]), reason=masked(str(entry["reason"])),
                  owner=masked(str(entry["owner"])), until=until, where=where)


def _literally(name: str) -> str:
    return "".join(f"[{letter}]" if _is_pattern(letter) else letter for letter in name)


def read_baseline(file: Path) -> dict[str, int]:
    """Return how many findings of each fingerprint a baseline knows. Raises UsageError when it is none."""
    try:
        said = json.loads(file.read_text(encoding="utf-8"))
        return {entry["fingerprint"]: int(entry["count"]) for entry in said["findings"]}
    except OSError as error:
        raise UsageError(f"{file}: cannot be read: {error.strerror}",
                         f"write one: seatrial audit ... --write-baseline {file}") from None
    except (ValueError, KeyError, TypeError, RecursionError):
        raise UsageError(f"{file}: is no baseline", f"write one: seatrial audit ... --write-baseline {file}") from None


def as_baseline(findings: Iterable[Finding]) -> str:
    """Return a baseline that knows these findings, as JSON with a line for each, for review by people."""
    counted = Counter((finding.policy, finding.object, finding.fingerprint) for finding in findings)
    lines = [json.dumps({"policy": policy, "object": name, "fingerprint": fingerprint, "count": count})
             for (policy, name, fingerprint), count in sorted(counted.items())]
    return '{"findings": [\n' + ",\n".join(f"  {line}" for line in lines) + "\n]}\n"
