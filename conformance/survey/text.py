"""A survey for people."""

from collections.abc import Iterable, Iterator, Sequence

from conformance.model.survey import Check, GpuNodes, Present, Queue, Survey
from conformance.requirements import requirements

WIDTH = 14


def text(survey: Survey) -> str:
    """Return a survey as lines of text."""
    whose = f" (context {survey.context})" if survey.context else ""
    lines = [f"Survey of {survey.server}{whose}: Kubernetes {survey.kubernetes}", ""]
    lines += _nodes(survey)
    lines += _listed("Components", map(_present, survey.components), "none that Seatrial knows")
    lines += _listed("Also there", map(_present, survey.apis))
    lines += _listed("Queues", map(_queue, survey.queues), "none for GPUs")
    lines += _listed("Gateways", map(_present, survey.gateways), "none")
    lines += _listed("Metric APIs", map(_present, survey.metrics), "none")
    lines += _listed("Admission", map(_present, survey.admission), "no policies")
    if survey.unread:
        lines += ["", "What may not be read, and so is not in here:"]
        lines += [f"  {one.what}: {one.why}" for one in survey.unread]
        ways_out = dict.fromkeys(one.way_out for one in survey.unread if one.way_out)
        lines += [f"  way out: {way_out}" for way_out in ways_out]
    return "\n".join([*lines, *_checks(survey)])


def _listed(title: str, entries: Iterable[str], nothing: str = "") -> list[str]:
    found = [*entries] or ([nothing] if nothing else [])
    return [f"{title if place == 0 else '':{WIDTH}}{entry}" for place, entry in enumerate(found)]


def _present(one: Present) -> str:
    return " ".join(filter(None, (one.name, one.version))) + (f": {one.about}" if one.about else "")


def _nodes(survey: Survey) -> list[str]:
    nodes = survey.nodes
    said = f"{nodes.nodes}, {nodes.ready} of them ready"
    said += f"; {nodes.fake} are KWOK's, where pods only say that they run" if nodes.fake else ""
    pods = "may not be read" if nodes.pods is None else f"{nodes.pods}, {nodes.gpu_pods} of them hold GPUs"
    drivers = ", ".join(nodes.dra_drivers)
    return [*_listed("Nodes", [said]), *_listed("GPUs", map(_gpus, nodes.gpu_nodes), "no node offers any"),
            *_listed("DRA", [f"devices of {drivers}"] if drivers else []), *_listed("Pods", [pods])]


def _gpus(group: GpuNodes) -> str:
    name = group.product or "a model that no label names (is GPU Feature Discovery there?)"
    size = f" of {group.memory_mib / 1024:.0f} GiB" if group.memory_mib else ""
    offered = ", ".join(f"{number} {resource} ({group.in_use.get(resource, 0)} in use)"
                        for resource, number in sorted(group.devices.items())) or "nothing that pods could ask for"
    how_many = f"{group.gpus} GPUs" if group.gpus else "GPUs"
    where = f"on {group.nodes} {'real' if group.real else 'fake'} node{'s'[:group.nodes ^ 1]}"
    how = [f"shared by {group.sharing}, {group.replicas} pods each"] if group.sharing != "none" else []
    how += [f"MIG {group.mig}"] if group.mig != "none" else []
    how += [f"layout {group.mig_config}"] if group.mig_config else []
    return f"{name}{size}: {how_many} {where}: {offered}; {', '.join(how) or 'whole'}"


def _queue(queue: Queue) -> str:
    words = [f"{queue.guaranteed_gpus} GPUs" if queue.guaranteed_gpus is not None else "no guarantee",
             f"may borrow {queue.may_borrow_gpus}" if queue.may_borrow_gpus else "",
             f"lends {queue.lends_gpus}" if queue.lends_gpus else "", f"cohort {queue.cohort}" if queue.cohort else "",
             f"{queue.gpus_in_use} in use", f"doors {', '.join(queue.doors)}" if queue.doors else ""]
    return f"{queue.kind} {queue.name}: {', '.join(filter(None, words))}"


def _checks(survey: Survey) -> Iterator[str]:
    whose = f"drafted from the cluster's queues ({survey.platform}), confirmed by nobody" if survey.drafted \
        else f"of {survey.platform}"
    yield ""
    yield f"What can be checked here, by promises {whose}:"
    for requirement in requirements():
        yield from _requirement(requirement, [check for check in survey.checks if check.requirement == requirement])


def _requirement(requirement: str, checks: Sequence[Check]) -> Iterator[str]:
    here = [check for check in checks if check.fidelity]
    subjects = ", ".join(dict.fromkeys(check.subject for check in here))
    levels = " and ".join(dict.fromkeys(check.fidelity or "" for check in here))
    yield f"  {requirement.replace('_', ' ')}: " + (
        f"{len(here)} of {len(checks)} checks, at fidelity {levels}, for {subjects}" if here else "not here")
    for options in dict.fromkeys(check.allowed_by for check in here):
        yield f"      with {' '.join(options)}"
    for missing, supplied_by in dict.fromkeys((check.missing, check.supplied_by) for check in checks if check.missing):
        yield f"      missing: {missing}" + (f"; supplied by {supplied_by}" if supplied_by else "")
