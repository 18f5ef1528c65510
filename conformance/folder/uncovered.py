"""Limits in the manifests that no promise covers: nobody has said what they are for."""

from conformance.folder.promises import all_queues, teams_by_component
from conformance.model.folder import PlatformFolder


def uncovered_limits(folder: PlatformFolder) -> tuple[str, ...]:
    """Return a line for each limit in manifests and settings that no promise covers: place, object, limit."""
    teams = teams_by_component(folder)
    return tuple(line for name, queues in all_queues().items() for line in queues.uncovered(teams[name], folder))
