"""Promises of a platform folder, drafted ones where it has none, and who shares GPUs with whom."""

import dataclasses

from conformance import catalog
from conformance.errors import SeatrialError
from conformance.kube import yaml
from conformance.model.component import Queues
from conformance.model.folder import PlatformFolder
from conformance.model.promise import Promises, Team


def promised(folder: PlatformFolder) -> Promises:
    """Return the promises of the folder, or drafted ones when it has none."""
    return folder.promises or draft(folder)


def draft(folder: PlatformFolder) -> Promises:
    """Return promises that say what the manifests already do, one team for each queue that can be used."""
    return Promises(confirmed_by=None, teams=tuple(
        team for queues in all_queues().values() for team in queues.drafts(folder)))


def all_queues() -> dict[str, Queues]:
    """Return how each component that holds queues shares GPUs, by its name."""
    return {name: one.queues for name, one in catalog.components().items() if one.queues is not None}


def queues_of(team: Team) -> Queues:
    """Return how the component that serves a team shares GPUs. Raises SeatrialError where it holds no queues."""
    found = all_queues().get(team.component)
    if found is None:
        raise SeatrialError(f"{team.component} holds no queues, and team {team.name} is to be served by it")
    return found


def teams_by_component(folder: PlatformFolder) -> dict[str, list[Team]]:
    """Return the teams of a folder by the component that serves them."""
    return {name: [team for team in promised(folder).teams if team.component == name] for name in all_queues()}


def pool(team: Team, folder: PlatformFolder) -> str:
    """Return a name for a team and all that it shares GPUs with, directly or through others."""
    return f"{team.component}: {queues_of(team).pool(team, folder)}"


def sharing_with(team: Team, folder: PlatformFolder) -> list[Team]:
    """Return the other teams that a team shares GPUs with, directly or through others."""
    mine = pool(team, folder)
    return [other for other in promised(folder).teams if other != team and pool(other, folder) == mine]


def as_yaml(promises: Promises) -> str:
    """Return the `promises` section of a `platform.yaml`, ready to be pasted and corrected."""
    section = {"promises": {
        "confirmed_by": promises.confirmed_by,
        "teams": [{key: value for key, value in dataclasses.asdict(team).items() if value is not None}
                  for team in promises.teams],
    }}
    return yaml.written(section)


