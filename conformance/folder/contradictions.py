"""Promises that the manifests as written cannot keep: found as text, before anything runs.

The behaviours prove the same on a live platform by themselves; nothing here decides a verdict.
"""

from collections.abc import Iterator

from conformance.folder.promises import all_queues, promised, queues_of, teams_by_component
from conformance.model.folder import PlatformFolder


def contradictions(folder: PlatformFolder) -> tuple[str, ...]:
    """Return a line for each promise that the manifests as written cannot keep, naming place and queue.

    Says only what is certain from the text: a limit that is missing or of another size, a way back that is
    switched off. Silence is no proof.
    """
    teams = teams_by_component(folder)
    return (*(line for name, queues in all_queues().items() for line in queues.contradictions(teams[name], folder)),
            *_more_than_there_is(folder))


def _more_than_there_is(folder: PlatformFolder) -> Iterator[str]:
    if folder.gpus is None:
        return
    promising = [team for team in promised(folder).teams if team.guaranteed_gpus]
    guaranteed = sum(team.guaranteed_gpus or 0 for team in promising)
    if guaranteed > folder.gpus:
        names = sorted({queues_of(team).queue_of(team, folder) for team in promising})
        yield (f"{folder.where('nodes')}: the nodes have {folder.gpus} GPUs, but {guaranteed} are guaranteed "
               f"to the teams of {', '.join(names)}")
    holders = {name: gpus for queues in all_queues().values()
               for name, gpus in queues.handed_out(folder).items() if gpus}
    handed_out = sum(holders.values())
    if guaranteed and handed_out > folder.gpus:
        yield (f"{folder.where('nodes')}: the nodes have {folder.gpus} GPUs, but {', '.join(holders)} together "
               f"hand out {handed_out}: work is admitted for which there are none")
