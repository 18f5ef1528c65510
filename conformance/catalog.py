"""Finds behaviours, components and faults by walking packages, and refuses half-made ones."""

import importlib
import inspect
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from types import ModuleType
from typing import Any, TypeVar

from conformance.errors import UsageError
from conformance.model.behaviour import Behaviour, Catch
from conformance.model.component import Component
from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.fidelity import Fidelity
from conformance.model.permit import Disturbance
from conformance.model.promise import Team
from conformance.model.report import Pair
from conformance.model.role import Role
from conformance.requirements import requirements

SUITES = "conformance.suites"
COMPONENTS = "conformance.components"
MARK = "seatrial_behaviour"
SHORTEST_WORD = 4
ANY_CAUSE = "expected to become within; expected to stay for; after saw; an assertion without a message did not hold"
"""What the cause of any failure may say, whatever it is about."""
PROMISES = frozenset(Team.__dataclass_fields__) - {"name", "namespace", "queue", "component"}

F = TypeVar("F", bound=Callable[..., Any])

_declared: dict[str, tuple[str, int]] = {}


class HalfMade(UsageError):
    """A behaviour or a component that may not enter the catalogue."""


def behaviour(*, requirement: str, needs: Sequence[Feature], fidelity: Fidelity, catches: Mapping[str, str],
              promise: str | None = None, where: Callable[[Team], bool] | None = None,
              alone: bool = True, disturbs: Sequence[Disturbance] = (Disturbance.COHORT,),
              priorities: Sequence[int] = (), limit_s: float = 600, roles: Sequence[Role] = (),
              cluster_objects: Callable[[Component], Iterable[str]] = lambda _: ()) -> Callable[[F], F]:
    """Declare a test function as a behaviour; its name and docstring say what the platform promises.

    `catches` holds, by name of a fault, the word that the cause of the failure must contain: one that only this
    behaviour's own claim says, or a failure on the way there would count as a catch. It runs for each team when it
    takes `team`. `promise` names the field of a team's promises that it proves: it runs for the teams that were
    promised that, and of these for those that `where` says yes to. `alone`: whether it needs the GPUs that its team
    may reach to itself. `roles`: the parts of a platform that must be played, by one product each: it runs
    once for each stack of such products. `limit_s`: after how many seconds it is stopped, and ends as an error.
    `disturbs`, `priorities` and `cluster_objects` say what it does on a cluster that others use: see `Behaviour`.
    Raises HalfMade when the declaration is not whole or names something unknown.
    """

    def declare(function: F) -> F:
        identity = _identity(function)
        title, _, why = (function.__doc__ or "").strip().partition("\n")
        if not title:
            raise HalfMade(f"{identity}: it has no docstring",
                           "say in its first line what the platform promises")
        _check_known(identity, "requirement", [requirement], requirements())
        _check_known(identity, "feature", needs, list(Feature))
        _check_known(identity, "role", roles, list(Role))
        _check_known(identity, "fault", [*catches], faults())
        _check_known(identity, "promise", [promise] if promise else [], PROMISES)
        if not catches:
            raise HalfMade(f"{identity}: it catches no fault",
                           "name a fault that makes it fail: what was never seen failing proves nothing")
        for fault, word in catches.items():
            _check_word(identity, fault, word)
        by_team = "team" in inspect.signature(function).parameters
        if promise and not by_team:
            raise HalfMade(f"{identity}: it proves {promise}, which a team was promised, and takes no team",
                           "give the function the argument team")
        if roles and by_team:
            raise HalfMade(f"{identity}: it needs a stack, and runs for each team",
                           "leave out roles, or the argument team")
        _check_unique(identity, function)
        setattr(function, MARK, Behaviour(
            id=identity, title=title.strip(), why=" ".join(why.split()), requirement=requirement,
            needs=tuple(Feature(need) for need in needs), fidelity=fidelity,
            catches=tuple(Catch(fault=fault, word=word) for fault, word in catches.items()), by_team=by_team,
            promise=promise, where=where, alone=alone, disturbs=tuple(disturbs), priorities=tuple(priorities),
            roles=tuple(Role(role) for role in roles),
            limit_s=limit_s, cluster_objects=cluster_objects))
        return function

    return declare


def declared(function: object) -> Behaviour | None:
    """Return the behaviour that a test function was declared as, or None."""
    found = getattr(function, MARK, None)
    return found if isinstance(found, Behaviour) else None


def behaviours() -> tuple[Behaviour, ...]:
    """Return all behaviours of the shipped suites. Raises HalfMade for a test that declares none."""
    return tuple(found for module in _modules(SUITES) for found in _behaviours_of(module))


@cache
def components() -> Mapping[str, Component]:
    """Return all components by name, with what stands in the files of their folders. Raises HalfMade."""
    package = importlib.import_module(COMPONENTS)
    return {found.name: found for entry in pkgutil.iter_modules(package.__path__, f"{COMPONENTS}.")
            # What is no package is shared by components.
            if entry.ispkg and (found := _whole(importlib.import_module(entry.name)))}


def _whole(module: ModuleType) -> Component:
    """Return the component of a package. Raises HalfMade that names what is missing."""
    component = getattr(module, "COMPONENT", None)
    where = module.__name__
    if not isinstance(component, Component):
        raise HalfMade(f"{where}: it has no COMPONENT", "set COMPONENT to a model.component.Component")
    name = where.rpartition(".")[2].replace("_", "-")
    if component.name != name:
        raise HalfMade(f"{where}: its component is called {component.name}",
                       f"call it {name}: files of a component are found by the name of its folder")
    if not component.roles:
        raise HalfMade(f"{where}: nobody says which part of a platform it plays",
                       f"set roles, of {', '.join(Role)}")
    if component.of_ground:
        return component
    if not component.version:
        raise HalfMade(f"{where}: nobody says which version it is", "set version")
    for begun in (component.install, component.detect, component.dress):
        # What `seatrial new component` writes says so until it is written.
        if "NotImplementedError" in getattr(getattr(begun, "__code__", None), "co_names", ()):
            raise HalfMade(f"{where}: {begun.__name__} is not written", "write it, see docs/writing-a-component.md")
    if Feature.QUOTA in component.provides and (component.queues is None or component.live is None):
        raise HalfMade(f"{where}: it provides quota, and nobody says how its queues share GPUs",
                       "set queues and live to modules that are a model.component.Queues and LiveQueues")
    if Feature.ADMISSION_RULES in component.provides and component.rules is None:
        raise HalfMade(f"{where}: it provides admission rules, and none is written down", "set rules")
    schema = Path(*module.__path__) / "settings.schema.json"
    if not schema.is_file():
        raise HalfMade(f"{where}: it has no {schema.name}",
                       "write the JSON Schema of its settings in platform.yaml; without settings: "
                       '{"type": "object", "additionalProperties": false}')
    if not schema.with_name("rights.yaml").is_file():
        raise HalfMade(f"{where}: it has no rights.yaml",
                       "write what an account must be allowed to do on a cluster of others: survey, run, changes, "
                       "cluster-objects; at least what detect reads")
    return replace(component, settings_schema=json.loads(schema.read_text(encoding="utf-8")))


def faults() -> dict[str, tuple[Component, Fault]]:
    """Return all faults by name, each with its component. Raises HalfMade for a name used twice."""
    return faults_of(components())


def faults_of(some: Mapping[str, Component]) -> dict[str, tuple[Component, Fault]]:
    """Return the faults of some components by name. Raises HalfMade for a name used twice."""
    found: dict[str, tuple[Component, Fault]] = {}
    for component in some.values():
        for fault in component.faults:
            if fault.name in found:
                other = found[fault.name][0].name
                raise HalfMade(f"fault {fault.name}: both {other} and {component.name} have one of that name")
            found[fault.name] = (component, fault)
    return found


def claims() -> tuple[Pair, ...]:
    """Return every pair of a behaviour and a fault that it claims to catch."""
    return tuple(Pair(behaviour=found.id, fault=catch.fault) for found in behaviours() for catch in found.catches)


def uncaught_faults() -> tuple[str, ...]:
    """Return the names of faults that no behaviour claims to catch."""
    return tuple(sorted(faults().keys() - {claim.fault for claim in claims()}))


def areas() -> tuple[str, ...]:
    """Return the areas of the shipped suites, for example `scheduling`."""
    package = importlib.import_module(SUITES)
    return tuple(sorted(entry.name for entry in pkgutil.iter_modules(package.__path__) if entry.ispkg))


def _modules(package_name: str) -> Iterator[ModuleType]:
    package = importlib.import_module(package_name)
    for entry in pkgutil.walk_packages(package.__path__, f"{package_name}."):
        yield importlib.import_module(entry.name)


def _behaviours_of(module: ModuleType) -> Iterator[Behaviour]:
    for name, value in vars(module).items():
        if not name.startswith("test_") or not callable(value):
            continue
        found = declared(value)
        if found is None:
            raise HalfMade(f"{module.__name__}.{name}: it declares no behaviour",
                           "put @behaviour(...) above it")
        yield found


def _identity(function: Callable[..., Any]) -> str:
    """Return area, subject and sentence: `scheduling/gang::a_gang_...`; all of it from where it stands."""
    code = function.__code__
    file = Path(code.co_filename)
    subject = f"{file.parent.name}/{file.stem.removeprefix('test_')}"
    return f"{subject}::{function.__name__.removeprefix('test_')}"


def _check_known(identity: str, what: str, names: Sequence[str], known: Any) -> None:
    for name in names:
        if name not in known:
            raise HalfMade(f"{identity}: no {what} {str(name)!r}", f"known: {', '.join(sorted(map(str, known)))}")


def _check_word(identity: str, fault: str, word: str) -> None:
    if len(word.strip()) < SHORTEST_WORD or word.lower() in ANY_CAUSE:
        raise HalfMade(f"{identity}: {word!r} tells no failure by {fault} from any other one",
                       "take words that stand only in what this behaviour says when it fails")


def _check_unique(identity: str, function: Callable[..., Any]) -> None:
    # The same lines may be imported twice under two module names; two functions may not share a name.
    place = (function.__code__.co_filename, function.__code__.co_firstlineno)
    if _declared.setdefault(identity, place) != place:
        file, line = _declared[identity]
        raise HalfMade(f"{identity}: declared twice, at {file}:{line} and at line {place[1]} of {place[0]}")
