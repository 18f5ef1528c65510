"""Which behaviours can be checked on a cluster, how real their verdicts would be, and what is missing for the rest."""

from collections.abc import Collection, Mapping

from conformance import catalog
from conformance.folder import promises
from conformance.model.behaviour import Behaviour
from conformance.model.component import Component
from conformance.model.fidelity import Fidelity
from conformance.model.folder import PlatformFolder
from conformance.model.survey import Check
from conformance.platform import on_existing
from conformance.run import judging, planning
from conformance.run.planning import Subject

PROMISE, ROLE = "promise ", "role "


def checks(folder: PlatformFolder, components: Mapping[str, Component], there: Collection[str], ground: Fidelity, *,
           mixed: bool) -> tuple[Check, ...]:
    """Return one entry for each behaviour and subject.

    `there` are the components that were found on the cluster; it is `mixed` where some nodes are real and some not.
    """
    promised = promises.promised(folder)

    def subjects(behaviour: Behaviour) -> list[Subject]:
        return planning.subjects(behaviour, platform=folder.name, promises=promised, components=components)

    which = ("--node-selector KEY=VALUE",) if mixed else ()
    return tuple(_check(behaviour, subject, there, ground, folder, which)
                 for behaviour in catalog.behaviours() for subject in subjects(behaviour))


def _check(behaviour: Behaviour, subject: Subject, there: Collection[str], ground: Fidelity, folder: PlatformFolder,
           which: tuple[str, ...]) -> Check:
    missing, supplied_by = _missing(behaviour, subject, there, ground)
    if not missing and not subject.team and not promises.promised(folder).teams:
        missing, supplied_by = f"{folder.name} has no team to work for", "a team in the promises of a platform folder"
    return Check(id=f"{behaviour.id}[{subject.id}]", promise=behaviour.title, requirement=behaviour.requirement,
                 subject="" if subject.refusal else subject.id, missing=missing, supplied_by=supplied_by,
                 fidelity=None if missing else judging.stands_on(behaviour, ground).label,
                 allowed_by=() if missing else (*(no.way_out for no in on_existing.not_allowed(
                     behaviour, subject.component, None)), *which))


def _missing(behaviour: Behaviour, subject: Subject, there: Collection[str], ground: Fidelity) -> tuple[str, str]:
    """Return why a behaviour cannot be checked, and what would supply that; nothing when it can."""
    if subject.refusal:
        return subject.refusal, _supplier(subject.lacks)
    if subject.component and subject.component.name not in there:
        if subject.component.of_ground:
            return (f"{subject.component.name} comes with clusters of Seatrial's own",
                    "seatrial up, or seatrial run on a local cluster")
        return f"{subject.component.name} is not there", f"installing {subject.component.name}"
    if unreal := judging.too_unreal(behaviour, ground):
        return unreal, "GPU nodes that are real, or --node-selector where others are KWOK's"
    return "", ""


def _supplier(lacks: str) -> str:
    if lacks.startswith(PROMISE):
        return f"a team with {lacks.removeprefix(PROMISE)} in the promises of a platform folder (--platform DIR)"
    known = catalog.components().values()
    if lacks.startswith(ROLE):
        return " or ".join(component.name for component in known if lacks.removeprefix(ROLE) in component.roles)
    able = [component.name for component in known if lacks in component.provides]
    able += [f"{component.name} with {setting}" for component in known
             for feature, setting in component.added_by if feature == lacks]
    return " or ".join(able)

