"""Finds the policies by walking `policies/`, and makes of them what an engine runs."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import SeatrialError, UsageError, nearest
from conformance.kube import yaml
from conformance.model.finding import LOOKS_AT, Policy, PolicyClass, Severity

FOLDER = "policies"
LIBRARY = "lib"
PODS = "pods"
_KNOWN = {"class", "severity", "kinds", "remedy", "upstream", "sources", "facts", "across", "fixable", "files_only",
          "mentions", "looks_at"}

BEGUN = (BEGUN_REMEDY, BEGUN_SOURCE, BEGUN_CONDITION) = (
    "say what to write instead", "project version file", "replace-this-condition")
"""What stands in a rule that `seatrial new policy` began and nobody has written."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """All policies and the modules that they share."""

    policies: Mapping[str, Policy]
    """By id, in order."""
    library: Mapping[str, str]
    """Name and Rego of each shared module."""
    added: frozenset[str] = frozenset()
    """Ids of the policies that are not ours: no test of ours has read them."""

    def only(self, wanted: Iterable[str]) -> "Corpus":
        """Return the corpus with the named policies and categories alone. Raises UsageError for an unknown name."""
        wanted = list(wanted)
        names = {*self.policies, *(policy.category for policy in self.policies.values())}
        for name in wanted:
            if name not in names:
                raise UsageError(f"there is no policy {name}", nearest(name, names, listed_by="seatrial explain"))
        return replace(self, policies={
            policy.id: policy for policy in self.policies.values() if {policy.id, policy.category} & set(wanted)})


def load(*more: Path) -> Corpus:
    """Return our policies and those under the folders in `more`, which may use our library and bring their own.

    Raises SeatrialError for a policy of ours that is half made, naming it and what it lacks, and UsageError for such a
    one of `more` and for a folder without policies.
    """
    library: dict[str, str] = {}
    found: dict[str, Policy] = {}
    added: set[str] = set()
    for folder in (assets.folder(FOLDER), *more):
        try:
            here = {policy.id: policy
                    for policy in (_policy(rule, folder) for rule in sorted(folder.glob("*/*/rule.rego")))}
        except SeatrialError as error:
            if folder not in more:
                raise
            raise UsageError(error.message, error.way_out) from error
        twice = sorted(here.keys() & found.keys())
        if not here or twice:
            raise UsageError(f"{folder} " + (f"has a second policy {twice[0]}" if twice else "holds no policies"),
                             "a policy is a folder <category>/<what-must-hold> with a rule.rego")
        found |= here
        added |= here.keys() if folder in more else set()
        library |= {f"{folder.name}/{LIBRARY}/{file.name}": file.read_text(encoding="utf-8")
                    for file in sorted((folder / LIBRARY).glob("*.rego")) if not file.name.endswith("_test.rego")}
    return Corpus(policies=dict(sorted(found.items())), library=library, added=frozenset(added))


def _policy(rule: Path, folder: Path) -> Policy:
    identity = rule.parent.relative_to(folder).as_posix()
    source = rule.read_text(encoding="utf-8")
    said, package = _metadata(source, identity)
    custom = said.get("custom", {})
    category, name = identity.split("/")
    if package != f'policies.{category}["{name}"]':
        raise SeatrialError(f'{rule}: the package must be policies.{category}["{name}"], is {package}')
    for key in custom:
        if key not in _KNOWN:
            raise SeatrialError(f"{rule}: unknown key {key!r} in custom", nearest(key, _KNOWN))
    for number, line in enumerate(source.splitlines(), 1):
        if any(begun in line for begun in BEGUN):
            raise SeatrialError(f"{rule}:{number}: is not written yet: {line.strip()}",
                                "write it; seatrial policy test says whether the examples agree with the rule")
    try:
        return Policy(
            id=identity, title=said["title"], severity=Severity[custom["severity"].upper()],
            policy_class=PolicyClass(custom["class"]), kinds=tuple(custom["kinds"]), remedy=custom["remedy"],
            upstream=custom.get("upstream", ""), sources=tuple(custom["sources"]),
            facts=tuple(custom.get("facts", ())), across=custom.get("across", False),
            mentions=tuple(custom.get("mentions", ())), fixable=custom.get("fixable", False),
            files_only=custom.get("files_only", False), looks_at=_looks_at(custom), source=source)
    except KeyError as missing:
        raise SeatrialError(f"{rule}: its metadata says nothing of {missing}") from None
    except ValueError as wrong:
        raise SeatrialError(f"{rule}: {wrong}") from None


def _looks_at(custom: Mapping[str, Any]) -> frozenset[str]:
    parts = custom.get("looks_at", ())
    for part in parts:
        if part not in LOOKS_AT:
            raise ValueError(f"unknown part {part!r} in looks_at: {nearest(part, LOOKS_AT)}")
    return frozenset(parts)


def _metadata(source: str, identity: str) -> tuple[dict[str, Any], str]:
    lines = source.splitlines()
    if not lines or lines[0] != "# METADATA":
        raise SeatrialError(f"policy {identity}: its rule does not begin with # METADATA")
    comment: list[str] = []
    for line in lines[1:]:
        if not line.startswith("#"):
            break
        comment.append(line[2:])
    package = next((line.removeprefix("package ") for line in lines if line.startswith("package ")), "")
    try:
        (found,) = yaml.parse("\n".join(comment), f"policy {identity}: its metadata")
    except UsageError as error:
        raise SeatrialError(error.message) from None
    return found.data, package
