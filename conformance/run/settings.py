"""Every setting of a run, its value, and where the value came from."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import UsageError, nearest
from conformance.model.permit import Disturbance, Permit
from conformance.model.workload import Placement

DEFAULT_PLATFORM = "team-queues"
DEFAULT_CLUSTER_NAME = "seatrial"
EXISTING = "existing"


@dataclass(frozen=True, kw_only=True)
class Option:
    """An option of `seatrial run` that its pytest process takes too; `given` is what argparse wants to know of it."""

    flag: str
    given: Mapping[str, Any]

    @property
    def name(self) -> str:
        """The setting, for example `max_gpus`."""
        return self.flag.removeprefix("--").replace("-", "_")

    def words(self, value: Any) -> list[str]:
        """Return the words of a command line that say a value; none for what was not given."""
        many = value if isinstance(value, list | tuple) else [] if value is None else [value]
        return [word for one in many for word in (self.flag, str(one))]


def _option(flag: str, metavar: str, text: str, **more: Any) -> Option:
    return Option(flag=flag, given={"metavar": metavar, "help": text, **more})


_PERMIT = Permit(prefix="")
CONNECTION = (
    _option("--kubeconfig", "FILE", "opens the existing cluster (default: KUBECONFIG, ~/.kube/config)"),
    _option("--context", "NAME", "of the kubeconfig (default: its current one)"),
)
PERMISSIONS = (
    _option("--allow-changes", "PREFIX",
            "on an existing cluster: what is made there lies in namespaces that begin so (default: nothing is made)"),
    _option("--max-gpus", "N", f"GPUs that our work may ask for at any one time (default: {_PERMIT.max_gpus})",
            type=int),
    _option("--max-pods", "N", f"pods that our work may have at any one time (default: {_PERMIT.max_pods})", type=int),
    _option("--max-seconds", "S", f"when nothing more is created (default: {_PERMIT.max_seconds})", type=int),
    _option("--node-selector", "KEY=VALUE", "where our pods may run; may be given more than once (default: anywhere)",
            action="append"),
    _option("--priority-class", "NAME", "what our pods are (default: what pods are there that say nothing)"),
    _option("--image", "IMAGE", "what our pods run: sh, sleep and echo are needed (default: Seatrial's own, which only "
                                "fake nodes and nodes of Seatrial have)"),
    _option("--may-disturb", "WHOM", f"let behaviours disturb others: {', '.join(Disturbance)}", action="append"),
    _option("--cluster-object", "KIND/NAME", "an object without a namespace that may be made there", action="append"),
)
"""What the owner of an existing cluster allows."""
EXISTING_OPTIONS = (*CONNECTION, *PERMISSIONS)

_PREFIX = re.compile(r"[a-z]([a-z0-9-]{0,27}[a-z0-9])?-")
_TAKEN = ("kube-", "openshift-")
"""How namespaces begin that are the cluster's own."""


@dataclass(frozen=True, kw_only=True)
class Settings:
    """What the person who started the run decided, and what was taken for granted."""

    cluster: str
    cluster_name: str
    kubeconfig: Path | None
    context: str | None
    platform: Path
    prove: bool
    only: tuple[str, ...]
    results: Path | None
    diagnostics: Path | None
    """The folder that gets what tells why something went wrong; None: nothing is kept."""
    keep_cluster: bool
    permit: Permit | None
    """What may be done on an existing cluster; None: it is only read."""
    words: tuple[str, ...] = ()
    """The words of a command line that name the cluster and what is allowed there."""
    sources: Mapping[str, str] = field(default_factory=dict)
    """For each setting `option` or `default`."""

    def header(self) -> str:
        """Return one line that names what matters most, with where it came from."""
        which = (f"context {self.context}" if self.context else "current context") if self.cluster == EXISTING \
            else self.cluster_name
        words = {"cluster": f"{self.cluster} ({which})", "platform": str(self.platform)}
        if self.prove:
            words["prove"] = "yes"
        return "seatrial: " + ", ".join(f"{name} {value} from {self.sources.get(name, 'option')}"
                                        for name, value in words.items())


def settings(given: Mapping[str, object]) -> Settings:
    """Return the settings for options by name; None means not given.

    Raises UsageError for options that contradict each other.
    """
    sources = {name: "default" if given.get(name) in (None, False, [], ()) else "option" for name in
               ("cluster", "cluster_name", "platform", "prove", "only", "keep_cluster", "allow_changes")}
    from conformance.clusters import kind_of  # noqa: PLC0415 -- the plugin takes its options from here in every run

    cluster = kind_of(str(given.get("cluster") or "local")).name
    for option in EXISTING_OPTIONS:
        if given.get(option.name) and cluster != EXISTING:
            raise UsageError(f"{option.flag} is about a cluster that exists", f"add --cluster {EXISTING}")
    only = given.get("only") or ()
    return Settings(
        cluster=cluster, kubeconfig=Path(str(given["kubeconfig"])) if given.get("kubeconfig") else None,
        context=str(given["context"]) if given.get("context") else None,
        cluster_name=str(given.get("cluster_name") or DEFAULT_CLUSTER_NAME),
        platform=Path(str(given["platform"])) if given.get("platform")
        else assets.folder("reference-manifests") / DEFAULT_PLATFORM,
        prove=bool(given.get("prove")), only=tuple(only) if isinstance(only, list | tuple) else (str(only),),
        results=Path(str(given["results"])) if given.get("results") else None,
        diagnostics=Path(str(given["diagnostics"])) if given.get("diagnostics") else None,
        keep_cluster=bool(given.get("keep_cluster")), permit=_permit(given), words=_words(cluster, given),
        sources=sources)


def _words(cluster: str, given: Mapping[str, object]) -> tuple[str, ...]:
    return ("--cluster", cluster,
            *(word for option in EXISTING_OPTIONS for word in option.words(given.get(option.name))))


def _permit(given: Mapping[str, object]) -> Permit | None:
    """Return what is allowed on an existing cluster. Raises UsageError for what cannot be meant."""
    prefix = given.get("allow_changes")
    if not prefix:
        for option in PERMISSIONS:
            if given.get(option.name):
                raise UsageError(f"{option.flag} is about what may be made on the cluster, and nothing may",
                                 "add --allow-changes PREFIX, or leave it out")
        return None
    limits = {name: _positive(name, given[name]) for name in ("max_gpus", "max_pods", "max_seconds")
              if given.get(name) is not None}
    seconds = limits.get("max_seconds", _PERMIT.max_seconds)
    return Permit(
        prefix=checked_prefix(str(prefix)), **limits,
        may_disturb=frozenset(_disturbance(word) for word in _many(given, "may_disturb")),
        cluster_objects=frozenset(_cluster_object(word) for word in _many(given, "cluster_object")),
        placement=Placement(node_selector=tuple(_label(word) for word in _many(given, "node_selector")),
                            priority_class=str(given.get("priority_class") or ""),
                            image=str(given.get("image") or ""), ends_after_s=seconds))


def checked_prefix(prefix: str) -> str:
    """Return the prefix of namespaces. Raises UsageError for one that is none, or that others have."""
    if not _PREFIX.fullmatch(prefix):
        raise UsageError(f"{prefix!r} is no prefix of namespaces",
                         "take at most 30 small letters, digits and dashes, with one dash at the end: seatrial-")
    if prefix.startswith(_TAKEN):
        raise UsageError(f"namespaces that begin with {prefix} belong to the cluster itself",
                         "take a prefix of your own")
    return prefix


def _many(given: Mapping[str, object], name: str) -> list[str]:
    value = given.get(name) or ()
    return [str(one) for one in value] if isinstance(value, list | tuple) else [str(value)]


def _positive(name: str, value: object) -> int:
    if not isinstance(value, int) or value < 1:
        raise UsageError(f"--{name.replace('_', '-')} {value} is no limit", "give a whole number of at least 1")
    return value


def _disturbance(word: str) -> Disturbance:
    try:
        return Disturbance(word)
    except ValueError:
        raise UsageError(f"--may-disturb {word}: there is no such disturbance", nearest(word, Disturbance)) from None


def _label(word: str) -> tuple[str, str]:
    key, equals, value = word.partition("=")
    if not key or not equals:
        raise UsageError(f"--node-selector {word} is no label", "write KEY=VALUE")
    return key, value


def _cluster_object(word: str) -> str:
    kind, slash, name = word.partition("/")
    if not kind or not slash or not name:
        raise UsageError(f"--cluster-object {word} names no object", "write KIND/NAME, as the refusal does")
    return word
