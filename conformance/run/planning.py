"""Decides what runs: for which teams and components, with which faults, and what may not run side by side."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import product

from conformance.catalog import faults_of
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.fault import Fault
from conformance.model.feature import Feature
from conformance.model.promise import Promises, Team
from conformance.model.report import NOBODY
from conformance.model.role import Role

EVERYTHING = "gpus"


@dataclass(frozen=True, kw_only=True)
class Subject:
    """What a behaviour is run for: a team or a component, on a sound platform or with a fault."""

    component: Component | None = None
    team: Team | None = None
    stack: Mapping[Role, Component] = field(default_factory=dict)
    """Who plays each role that the behaviour needs; `component` plays the first."""
    fault: Fault | None = None
    refusal: str = ""
    """Why it cannot run; then there is neither team nor component."""
    lacks: str = ""
    """What the platform would need for that: a feature, or `promise NAME`; empty when it is not that simple."""

    @property
    def id(self) -> str:
        """The name in square brackets, for example `training-a`."""
        if self.refusal:
            return NOBODY
        name = self.team.name if self.team else self.component.name if self.component else ""
        if self.stack:
            name = "-".join(dict.fromkeys(component.name for component in self.stack.values()))
        return f"{name}-{self.fault.name}" if self.fault else name


def subjects(behaviour: Behaviour, *, platform: str, promises: Promises,
             components: Mapping[str, Component]) -> list[Subject]:
    """Return what a behaviour runs for on a platform that has these components: never nothing.

    Components that hold queues are alternatives to each other; what the other components provide
    comes on top. When nothing can run there is one subject, which says why.
    """
    for need in behaviour.needs:
        if not any(need in component.provides for component in components.values()):
            return [Subject(refusal=f"no component of {platform} provides {need} "
                                    f"(it has {', '.join(sorted(components)) or 'no components'})", lacks=need)]
    able = {name: component for name, component in components.items()
            if set(behaviour.needs) <= component.provides | _on_top(components.values())}
    if behaviour.by_team:
        return _teams(behaviour, platform, promises, able, components.values())
    if behaviour.roles:
        return _stacks(behaviour, platform, able, components.values())
    found = [component for component in able.values()
             if not behaviour.needs or component.provides & set(behaviour.needs)]
    needs = ", ".join(behaviour.needs)
    return [Subject(component=component) for component in found] or [
        Subject(refusal=f"no single component of {platform} provides {needs}")]


def _stacks(behaviour: Behaviour, platform: str, able: Mapping[str, Component], components: Iterable[Component],
            ) -> list[Subject]:
    """Return one subject for each choice of a product for every role; of the first role it must be an able one."""
    first, *others = behaviour.roles
    playing = {first: [component for component in able.values() if first in component.roles]}
    playing |= {role: [component for component in components if role in component.roles] for role in others}
    for role, found in playing.items():
        if not found:
            return [Subject(refusal=f"no component of {platform} plays the role of {role}", lacks=f"role {role}")]
    return [Subject(component=chosen[0], stack=dict(zip(playing, chosen, strict=True)))
            for chosen in product(*playing.values())]


def _teams(behaviour: Behaviour, platform: str, promises: Promises, able: Mapping[str, Component],
           components: Iterable[Component]) -> list[Subject]:
    promised = [team for team in promises.teams
                if (behaviour.promise is None or getattr(team, behaviour.promise) is not None)
                and (behaviour.where is None or behaviour.where(team))]
    if not promised:
        what = behaviour.promise or "anything"
        return [Subject(refusal=f"no team of {platform} was promised {what}", lacks=f"promise {what}")]
    found = [Subject(team=team, component=_acting(behaviour, able[team.component], components))
             for team in promised if team.component in able]
    needs = ", ".join(behaviour.needs)
    return found or [Subject(refusal=f"no component that serves the teams of {platform} provides {needs}")]


def _acting(behaviour: Behaviour, own: Component, components: Iterable[Component]) -> Component:
    """Return the component on top that brings what a team's own one lacks: work is dressed for that one."""
    lacks = set(behaviour.needs) - own.provides
    return next((component for component in components
                 if Feature.QUOTA not in component.provides and lacks & component.provides), own)


def _on_top(components: Iterable[Component]) -> set[Feature]:
    return {feature for component in components if Feature.QUOTA not in component.provides
            for feature in component.provides}


def proofs(behaviour: Behaviour, sound: Sequence[Subject], components: Mapping[str, Component],
           ) -> list[Subject]:
    """Return one subject for each fault that a behaviour claims to catch and that these components have.

    Before them stand the same subjects without a fault: what fails anyway catches nothing.
    """
    runnable = [subject for subject in sound if not subject.refusal]
    if not runnable:
        return list(sound)
    known = faults_of(components)
    chosen: list[Subject] = []
    for catch in behaviour.catches:
        if catch.fault in known:
            owner, fault = known[catch.fault]
            own = [subject for subject in runnable if owner in (subject.component, *subject.stack.values())]
            chosen.append(replace((own or runnable)[0], fault=fault))
    if not chosen:
        return [Subject(refusal=f"no component here has the faults "
                                f"{', '.join(catch.fault for catch in behaviour.catches)}")]
    controls = {control.id: control for control in (replace(subject, fault=None) for subject in chosen)}
    return [*controls.values(), *chosen]


def group(behaviour: Behaviour, *, pool: str | None, prove: bool) -> str | None:
    """Return the name of the group that must not run side by side, None when it may run any time.

    `pool` names those who share GPUs with the one that the behaviour submits work for. A fault breaks the
    platform for everybody, so proofs run one after the other.
    """
    if prove:
        return EVERYTHING
    return (pool or EVERYTHING) if behaviour.alone else None


def selected(behaviour: Behaviour, only: Sequence[str]) -> bool:
    """Return whether a behaviour is in one of the areas asked for; none asked for means all."""
    return not only or behaviour.area in only
