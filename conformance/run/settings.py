"""Every setting of a run, its value, and where the value came from.

The command resolves them once and hands them to its pytest processes as a file: nobody reads a command line twice.
"""

import json
import os
import re
import shlex
from argparse import Action, ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NoReturn

from conformance import assets
from conformance.clusters import KINDS, kind_of
from conformance.errors import UsageError, nearest
from conformance.model.permit import Disturbance, Permit
from conformance.model.workload import Placement

DEFAULT_PLATFORM = "team-queues"
DEFAULT_CLUSTER_NAME = "seatrial"
DEFAULT_CLUSTER = "local"
EXISTING = "existing"
DEFAULT, OPTION = "default", "option"
"""Where a value came from; others are `environment variable NAME` and `file PATH`."""

_PERMIT = Permit(prefix="")
_PREFIX = re.compile(r"[a-z]([a-z0-9-]{0,27}[a-z0-9])?-")
_TAKEN = ("kube-", "openshift-")
"""How namespaces begin that are the cluster's own."""


# -- the options ----------------------------------------------------------------------------------

def _said(word: str) -> str:
    # An empty word is most often a variable that is not set: to take the default then may be another cluster.
    if not word:
        raise ArgumentTypeError("it is empty")
    return word


def add_connection(parser: ArgumentParser) -> list[Action]:
    """Add the options that open an existing cluster, and return them."""
    add = parser.add_argument
    return [
        add("--kubeconfig", metavar="FILE", type=_said,
            help="kubeconfig of the existing cluster (default: KUBECONFIG, ~/.kube/config)"),
        add("--context", metavar="NAME", type=_said, help="context of the kubeconfig (default: its current one)"),
    ]


def add_permissions(parser: ArgumentParser) -> list[Action]:
    """Add the options by which the owner of an existing cluster allows something, and return them."""
    add = parser.add_argument
    return [
        add("--allow-changes", metavar="PREFIX", type=_said,
            help="prefix of the namespaces that may be made on an existing cluster; all that is made lies in them "
                 "(default: nothing is made)"),
        add("--max-gpus", metavar="N", type=int,
            help=f"GPUs that our work may ask for at any one time (default: {_PERMIT.max_gpus})"),
        add("--max-pods", metavar="N", type=int,
            help=f"pods that our work may have at any one time (default: {_PERMIT.max_pods})"),
        add("--max-seconds", metavar="S", type=int,
            help=f"seconds after which nothing more is created (default: {_PERMIT.max_seconds})"),
        add("--node-selector", metavar="KEY=VALUE", action="append", type=_said,
            help="label of the nodes where our pods may run; may be given more than once (default: anywhere)"),
        add("--priority-class", metavar="NAME", type=_said,
            help="the PriorityClass of our pods (default: the cluster's default PriorityClass)"),
        add("--image", metavar="IMAGE", type=_said,
            help="image of our pods: sh, sleep and echo are needed (default: Seatrial's own, which only "
                 "fake nodes and nodes of Seatrial have)"),
        add("--may-disturb", metavar="WHOM", action="append", type=_said,
            help=f"let behaviours disturb others: {', '.join(f'{one} ({one.deed})' for one in Disturbance)}; may be "
                 "given more than once"),
        add("--cluster-object", metavar="KIND/NAME", action="append", type=_said,
            help="an object without a namespace that may be made there; may be given more than once"),
    ]


def add_cluster(parser: ArgumentParser) -> list[Action]:
    """Add the options that say on which cluster, and what may be done there; return them."""
    add = parser.add_argument
    return [
        add("--cluster", metavar="KIND", type=_said,
            help="the kind of cluster: " + "; ".join(f"{kind.name}: {kind.what}" for kind in KINDS.values())
                 + f" (default: {DEFAULT_CLUSTER})"),
        add("--cluster-name", metavar="NAME", type=_said,
            help="a cluster of ours to use, left up when it is up already (default: a new one)"),
        *add_connection(parser),
        *add_permissions(parser),
    ]


def add_options(parser: ArgumentParser) -> None:
    """Add every option that is a setting of a run of behaviours, whoever starts it."""
    add = parser.add_argument
    add("--platform", action="append", metavar="DIR", type=_said,
        help="a platform folder; may be given more than once (default: all that ship)")
    add_cluster(parser)
    add("--prove", action="store_true",
        help="run each behaviour with each fault that it claims to catch, and print the kill matrix")
    add("--only", action="append", metavar="AREA", type=_said, help="only this area, for example scheduling")
    add("--keep", action="store_true", help="leave the cluster up")


def spoken(declare: Callable[[ArgumentParser], Sequence[Action]], values: Mapping[str, Any]) -> list[str]:
    """Return the words of a command line that give these values, by name, to the options that `declare` adds.

    What is None, False or empty needs no words.
    """
    return [word for action in declare(ArgumentParser(add_help=False)) if values.get(action.dest)
            for word in _words(action.option_strings[0], values[action.dest])]


def _words(flag: str, value: Any) -> list[str]:
    if value is True:
        return [flag]
    each = value if isinstance(value, list | tuple) else [value]
    # A value that looks like an option would be taken for one.
    return [word for one in map(str, each) for word in ([f"{flag}={one}"] if one.startswith("-") else [flag, one])]


# -- the settings ---------------------------------------------------------------------------------

@dataclass(frozen=True)
class Chosen:
    """The value of one setting, of a type that JSON has, and where it came from."""

    value: Any
    source: str = OPTION


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
    """The file that gets verdicts as JSON lines; None: none are written."""
    diagnostics: Path | None
    """The folder that gets what tells why something went wrong; None: nothing is kept."""
    keep: bool
    permit: Permit | None
    """What may be done on an existing cluster; None: it is only read."""
    chosen: Mapping[str, Chosen] = field(default_factory=dict)
    """What all of this was made of, by name; what is missing there is the default."""

    def header(self) -> str:
        """Return one line that names what matters most, with where it came from."""
        words = {"cluster": self.cluster}
        words |= {"context": self.context or "the current one", "kubeconfig": str(self.kubeconfig or "~/.kube/config")
                  } if self.cluster == EXISTING else {"cluster name": self.cluster_name}
        words |= {"platform": str(self.platform)} | ({"prove": "yes"} if self.prove else {})
        return "seatrial: " + ", ".join(f"{name} {value} from {self.source(name.replace(' ', '_'))}"
                                        for name, value in words.items())

    def source(self, name: str) -> str:
        """Return where the value of a setting came from."""
        return self.chosen[name].source if name in self.chosen else DEFAULT

    def again(self, test: str, *, control: str = "") -> str:
        """Return the command that runs one test again on such a cluster; `test` is pytest's name of it.

        A proof is nothing without its `control`, which has a name too.
        """
        values = {name: one.value for name, one in self.chosen.items() if one.source != DEFAULT}
        return shlex.join(["seatrial", "run", *_words("--platform", self.platform),
                           *spoken(add_cluster, {**values, "cluster": self.cluster}), *(["--prove"] if control else []),
                           *_words("-k", f"{control} or {test}" if control else test)])

    def of_this_run(self, **values: str | Path) -> "Settings":
        """Return them with values by name that nobody chose: they belong to one run."""
        return settings({**self.chosen, **{name: Chosen(str(value), DEFAULT) for name, value in values.items()
                                           if name not in self.chosen}})

    def text(self) -> str:
        """Return them as JSON, for another process."""
        return json.dumps({name: {"value": one.value, "source": one.source} for name, one in self.chosen.items()},
                          indent=2)


def read(file: Path) -> Settings:
    """Return the settings that a file holds. Raises UsageError when it holds none."""
    try:
        return from_text(file.read_text(encoding="utf-8"))
    except OSError as error:
        raise UsageError(f"{file}: {error.strerror}", "name a file that seatrial run wrote") from error
    except (ValueError, TypeError, AttributeError) as error:
        raise UsageError(f"{file} holds no settings", "name a file that seatrial run wrote") from error


def from_text(text: str) -> Settings:
    """Return the settings that `Settings.text` made a text of. Raises UsageError for those that cannot work."""
    return settings({name: Chosen(**one) for name, one in json.loads(text).items()})


def by_hand(words: str) -> Settings:
    """Return the settings of a person who runs pytest and gives us the options of `seatrial run` in one string.

    Raises UsageError for what `seatrial run` would not take, and for more than one platform.
    """
    parser = _Parser(add_help=False)
    add_options(parser)
    try:
        args = parser.parse_args(shlex.split(words))
    except ValueError as error:
        raise UsageError(f"--seatrial: {error}: {words}", "close what is quoted") from error
    platforms = args.platform or []
    if len(platforms) > 1:
        raise UsageError(f"--seatrial: pytest runs one platform, and {len(platforms)} are named",
                         "seatrial run takes several")
    found = chosen_by(args)
    return settings({**found, "platform": Chosen(platforms[0])} if platforms else found)


class _Parser(ArgumentParser):
    def error(self, message: str) -> NoReturn:
        raise UsageError(f"--seatrial: {message}", "it takes options of seatrial run that say on which cluster, which "
                                                   "platform and what: seatrial run --help; others are pytest's own")


def chosen_by(args: Namespace) -> dict[str, Chosen]:
    """Return what was chosen by the options of `add_options`, or by what stands in for them; not the platform.

    Raises UsageError when the kubeconfig of an existing cluster cannot be read.
    """
    names = {action.dest for action in add_cluster(ArgumentParser(add_help=False))} | {"prove", "only", "keep"}
    given = {name: getattr(args, name) for name in sorted(names)}
    found = {name: Chosen(value) for name, value in given.items() if value is not None and value is not False}
    if args.cluster != EXISTING:
        return found
    from conformance.kube.api import current_context, kubeconfig  # noqa: PLC0415 -- slow, and only needed here

    if not args.kubeconfig and os.environ.get("KUBECONFIG"):
        found["kubeconfig"] = Chosen(os.environ["KUBECONFIG"], "environment variable KUBECONFIG")
    # From here on it is that one: somebody may change the file while we run.
    named = Path(args.kubeconfig) if args.kubeconfig else None
    if not args.context and (current := current_context(named)):
        found["context"] = Chosen(current, f"file {kubeconfig(named)}")
    return found


def settings(choice: Mapping[str, Chosen]) -> Settings:
    """Return the settings for what was chosen, by name; the rest is the default.

    Raises UsageError for what is not known and what contradicts itself.
    """
    given = {name: one.value for name, one in choice.items()}
    cluster = kind_of(str(given.get("cluster") or DEFAULT_CLUSTER)).name
    if cluster != EXISTING:
        _refuse((add_connection, add_permissions), given, "is about a cluster that exists", f"add --cluster {EXISTING}")
    return Settings(
        cluster=cluster, kubeconfig=_path(given.get("kubeconfig")), context=given.get("context"),
        cluster_name=given.get("cluster_name") or DEFAULT_CLUSTER_NAME,
        platform=_path(given.get("platform")) or assets.folder("reference-manifests") / DEFAULT_PLATFORM,
        prove=bool(given.get("prove")), only=tuple(given.get("only") or ()), results=_path(given.get("results")),
        diagnostics=_path(given.get("diagnostics")), keep=bool(given.get("keep")), permit=_permit(given),
        chosen=dict(choice))


def _path(value: Any) -> Path | None:
    return Path(value) if value else None


def _refuse(kinds: Iterable[Callable[[ArgumentParser], Sequence[Action]]], given: Mapping[str, Any], why: str,
            way_out: str) -> None:
    """Raise UsageError when an option of these kinds was given."""
    for declare in kinds:
        for action in declare(ArgumentParser(add_help=False)):
            if action.dest in given:
                raise UsageError(f"{action.option_strings[0]} {why}", way_out)


def _permit(given: Mapping[str, Any]) -> Permit | None:
    """Return what is allowed on an existing cluster. Raises UsageError for what cannot be meant."""
    prefix = given.get("allow_changes")
    if not prefix:
        _refuse([add_permissions], given, "is about what may be made on the cluster, and nothing may",
                "add --allow-changes PREFIX, or leave it out")
        return None
    limits = {name: _positive(name, given[name]) for name in ("max_gpus", "max_pods", "max_seconds") if name in given}
    seconds = limits.get("max_seconds", _PERMIT.max_seconds)
    return Permit(
        prefix=checked_prefix(str(prefix)), **limits,
        may_disturb=frozenset(_disturbance(word) for word in given.get("may_disturb") or ()),
        cluster_objects=frozenset(_cluster_object(word) for word in given.get("cluster_object") or ()),
        placement=Placement(node_selector=tuple(_label(word) for word in given.get("node_selector") or ()),
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
