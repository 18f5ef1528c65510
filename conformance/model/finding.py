"""What a policy found in a manifest."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import IntEnum, StrEnum
from fnmatch import fnmatchcase
from typing import Any

Step = str | int
"""A key of a mapping or an index of a list."""


class Severity(IntEnum):
    """How much it matters, worst last."""

    INFO = 0
    WARNING = 1
    ERROR = 2

    @property
    def label(self) -> str:
        """The word used in reports, for example `warning`."""
        return self.name.lower()


class PolicyClass(StrEnum):
    """What happens to a manifest that a policy denies."""

    REJECTED = "rejected"
    """The API server or a webhook refuses it."""
    REGRETTED = "regretted"
    """It is accepted, and goes wrong at run time."""
    ADVICE = "advice"
    """It works, and costs more than it should."""


LOOKS_AT = ("name", "labels", "annotations", "words")
"""Parts of an object that a policy sees only where it says so: the object's own name, labels and annotations without a
domain such as `app`, and what containers are started with (command, args, env)."""


@dataclass(frozen=True, kw_only=True)
class Policy:
    """One rule: its folder under `policies/` is its package and its id."""

    id: str
    """`<category>/<what-must-hold>`, for example `kueue/borrowing-limit-needs-a-cohort`."""
    title: str
    """What must hold, in one sentence."""
    severity: Severity
    policy_class: PolicyClass
    kinds: tuple[str, ...]
    """`group/Kind` of the objects that it looks at (the core group has no name: `Pod`); `pods`: all that hold pods."""
    remedy: str
    """What to write instead."""
    mentions: tuple[str, ...] = ()
    """It can only find something in an object whose JSON has one of these words; none: in any object."""
    upstream: str = ""
    """For a rejected manifest: a part of the text with which it is refused."""
    sources: tuple[str, ...] = ()
    """Where the rule comes from: project, version, file."""
    facts: tuple[str, ...] = ()
    """Facts of the cluster without which it cannot say anything, for example `metrics`."""
    across: bool = False
    """It looks at all objects of the input together, not at one."""
    files_only: bool = False
    """It is about what an API server drops before anybody at admission, or who lists the object, sees it."""
    looks_at: frozenset[str] = frozenset()
    """Of `LOOKS_AT`, parts that differ between objects most often, it sees these."""
    fixable: bool = False
    """Its findings carry a fix that changes nothing else."""
    source: str = field(default="", repr=False)
    """The rule itself, in Rego."""

    @property
    def category(self) -> str:
        """The folder that it stands in, for example `kueue`."""
        return self.id.partition("/")[0]

    @property
    def at_admission(self) -> bool:
        """Whether it can be held at admission, where one object is seen as it will be stored."""
        return not (self.across or self.facts or self.files_only)


@dataclass(frozen=True, kw_only=True)
class Fix:
    """An edit of a manifest: a value that is set, put in, or taken away."""

    path: tuple[Step, ...]
    """Where it is set; a path that is not there yet is put into the part around it."""
    value: Any = None
    remove: bool = False


@dataclass(frozen=True, kw_only=True)
class Finding:
    """One thing wrong in one object."""

    policy: str
    """The policy's id."""
    severity: Severity
    policy_class: PolicyClass
    file: str
    line: int
    """Counted from 1."""
    column: int
    """Counted from 1."""
    object: str
    """`Kind namespace/name`, for people."""
    path: tuple[Step, ...]
    """The way into the object, for example `("spec", "tasks", 0, "replicas")`."""
    message: str
    remedy: str
    fingerprint: str
    """Stays the same when the file is moved or lines are added: it is made of policy, object and names on the path."""
    fix: Fix | None = None
    hidden: bool = False
    """What is written at its place is a secret, or a variable's value, and is not shown."""


@dataclass(frozen=True, kw_only=True)
class Stretch:
    """A part of a file; lines and columns are counted from 1."""

    file: str
    first: tuple[int, int]
    last: tuple[int, int]


@dataclass(frozen=True, kw_only=True)
class Waiver:
    """A finding that somebody answers for until a day."""

    policy: str
    """Id of a policy."""
    object: str
    """`Kind namespace/name`, as findings name it; `*` stands for anything."""
    reason: str
    owner: str
    until: date
    """The last day on which it holds."""
    where: str
    """Where it is written, for people."""
    within: Stretch | None = None
    """Where the object is written that carries it, for one of the same name elsewhere is another; None: anywhere."""

    def covers(self, finding: Finding) -> bool:
        """Say whether it is about a finding, expired or not."""
        return (self.policy == finding.policy and fnmatchcase(finding.object, self.object)
                and (self.within is None or (finding.file == self.within.file and self.within.first
                                             <= (finding.line, finding.column) <= self.within.last)))

    def holds(self, today: date) -> bool:
        """Say whether it has not expired."""
        return today <= self.until


@dataclass(frozen=True, kw_only=True)
class Problem:
    """A part of the input that could not be judged."""

    file: str
    message: str
    way_out: str = ""
    line: int = 0
    """Counted from 1; 0: it is about the whole file."""
    column: int = 0

    def __str__(self) -> str:
        """Return it with its place, for people."""
        place = ":".join(str(part) for part in (self.file, self.line, self.column) if part)
        return f"{place}: {self.message}"


@dataclass(frozen=True, kw_only=True)
class Audit:
    """What an audit found."""

    findings: tuple[Finding, ...]
    problems: tuple[Problem, ...]
    objects: int
    """How many objects were judged."""
    files: int
    """How many files were read."""
    passed_over: int = 0
    """How many documents are no Kubernetes objects."""
    undecided: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Policies that could not say anything for want of facts, and these facts."""
    waived: tuple[tuple[Finding, Waiver], ...] = ()
    """What a waiver covers; it is in `findings` no more."""
    expired: tuple[Waiver, ...] = ()
    """Waivers that would cover a finding, had their day not passed; the finding is in `findings`."""
    unused: tuple[Waiver, ...] = ()
    """Waivers that cover nothing."""
    known: int = 0
    """How many findings the baseline knows; they are in `findings` no more."""
    stale: int = 0
    """How many entries of the baseline are found no more."""
