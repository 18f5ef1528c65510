"""Looks at a cluster and says what can be checked there: reads only, and says what it may not read.

Of nodes and pods it keeps numbers, one page of objects at a time: a large cluster costs it no more memory.
"""

from collections.abc import Mapping
from functools import partial

from conformance import catalog
from conformance.folder import promises
from conformance.kube.api import Api
from conformance.model.component import Component
from conformance.model.folder import ComponentSpec, PlatformFolder
from conformance.model.survey import Present, Survey
from conformance.survey import checks, extras, nodes, queues
from conformance.survey.reader import Reader


def survey(api: Api, folder: PlatformFolder | None = None) -> Survey:
    """Look at a cluster, with the promises of a platform folder or with ones drafted from its queues.

    Raises SeatrialError when the API server does not answer or does not know us.
    """
    kubernetes = api.version()
    reader = Reader(api)
    found = nodes.look(reader)
    known = catalog.components()
    there = {name: version for name, component in known.items()
             if (version := reader.ask(partial(component.detect, api), None))}
    manifests = queues.manifests(reader)
    live = PlatformFolder(
        name=api.context or api.host, description="as it was found", path=queues.HERE, nodes=None, promises=None,
        components=tuple(_spec(reader, known[name], version) for name, version in there.items()
                         if not known[name].of_ground),
        manifests=manifests, gpus=found.whole_gpus)
    about = folder or live
    return Survey(
        server=api.host, context=api.context, kubernetes=kubernetes, fidelity=found.fidelity.label, nodes=found.nodes,
        components=tuple(Present(name=name, version=version) for name, version in sorted(there.items())),
        queues=queues.queues(live), apis=extras.apis(reader), gateways=extras.gateways(reader),
        metrics=extras.metrics(reader), admission=extras.admission(reader),
        platform=about.name, drafted=promises.promised(about).confirmed_by is None,
        checks=checks.checks(about, _components(about, known), there, found.fidelity, mixed=found.mixed),
        unread=tuple(reader.unread.values()))


def _spec(reader: Reader, component: Component, version: str) -> ComponentSpec:
    return ComponentSpec(name=component.name, version=version,
                         settings=reader.ask(partial(component.settings_on, reader.api), {}))


def _components(folder: PlatformFolder, known: Mapping[str, Component]) -> dict[str, Component]:
    """Return the components of a folder as it sets them up, and those that come with a cluster."""
    named = {spec.name: known[spec.name].set_up(spec.settings) for spec in folder.components if spec.name in known}
    return named | {name: component for name, component in known.items() if component.of_ground}
