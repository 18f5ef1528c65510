"""Reads a platform folder: `platform.yaml` and the manifests it names.

`platform.schema.json` is the documented format; what a component's `settings` may hold is in the component's folder.
"""

import functools
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from conformance import catalog
from conformance.clusters import fake_nodes
from conformance.components.manifests import of_kind
from conformance.errors import UsageError, nearest
from conformance.folder import promises
from conformance.kube import schema as json_schema
from conformance.kube import yaml
from conformance.kube.yaml import Document
from conformance.model.folder import ComponentSpec, Manifest, PlatformFolder
from conformance.model.promise import Promises, Team

PLATFORM_FILE = "platform.yaml"
MANIFEST_ENDINGS = (".yaml", ".yml", ".json")
_HERE = Path(__file__).parent
_BUILT_IN_NAMESPACES = frozenset({"default", "kube-system", "kube-public", "kube-node-lease"})


@functools.cache
def schema() -> dict[str, Any]:
    """Return the JSON Schema of `platform.yaml`, with the settings of all components that a platform may name."""
    whole: dict[str, Any] = json.loads((_HERE / "platform.schema.json").read_text(encoding="utf-8"))
    named = {name: one for name, one in catalog.components().items() if not one.of_ground}
    component = whole["$defs"]["component"]
    component["properties"]["name"] = _one_of(component["properties"]["name"], named)
    component["allOf"] = [
        {"if": {"properties": {"name": {"const": name}}, "required": ["name"]},
         "then": {"properties": {"settings": one.settings_schema}}} for name, one in named.items()]
    keeps = whole["$defs"]["team"]["properties"]
    keeps["component"] = _one_of(keeps["component"], [
        name for name, one in named.items() if one.queues])
    return whole


def _one_of(text: Mapping[str, Any], names: Iterable[str]) -> dict[str, Any]:
    return {"description": text["description"], "enum": [*names]}


def load(path: Path) -> PlatformFolder:
    """Return what a platform folder says.

    Raises UsageError with file and line for everything that is wrong with `platform.yaml` or with the
    manifests as text. Whether the manifests do what is promised is not asked here.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: there is no such folder", f"name a folder that holds a {PLATFORM_FILE}")
    file = path / PLATFORM_FILE
    if not file.is_file():
        raise UsageError(f"{file}: there is no such file",
                         f"a platform folder needs a {PLATFORM_FILE}; reference-manifests/ has examples")
    documents = yaml.read(file)
    if len(documents) != 1:
        raise UsageError(f"{file}: must be one YAML document, is {len(documents)}")
    document = documents[0]
    json_schema.check(document, schema())
    said = document.data
    nodes, gpus = _nodes(document, path)
    folder = PlatformFolder(
        name=said.get("name", path.resolve().name), description=said["description"], path=path,
        nodes=nodes, gpus=gpus,
        components=tuple(_components(document)), manifests=_manifests(document, path),
        promises=_promises(said["promises"]) if "promises" in said else None, place=document.place)
    # Reading all limits once makes a quantity that is none an error here, not in the middle of a run.
    for queues in promises.all_queues().values():
        queues.check(folder)
    if folder.promises:
        _check_promises(document, folder, folder.promises)
    return folder


def _nodes(document: Document, path: Path) -> tuple[str | None, int | None]:
    nodes = document.data.get("nodes")
    if nodes is None:
        return None, None
    own = path / nodes
    try:
        profile = fake_nodes.load_profile(own if own.is_file() else nodes)
    except UsageError as error:
        raise UsageError(f"{document.where('nodes')}: {error.message}", error.way_out) from None
    return str(own) if own.is_file() else str(nodes), profile.gpus


def _components(document: Document) -> Iterator[ComponentSpec]:
    seen = set()
    for index, said in enumerate(document.data["components"]):
        name, version = said["name"], said["version"]
        where = functools.partial(document.where, "components", index)
        if name in seen:
            raise UsageError(f"{where('name')}: {name} stands twice among the components")
        seen.add(name)
        known = catalog.components()[name]
        if version != known.version:
            raise UsageError(f"{where('version')}: Seatrial does not build {name} {version}",
                             f"write version: {known.version}")
        settings = dict(said.get("settings") or {})
        known.check_settings(settings, functools.partial(where, "settings"))
        yield ComponentSpec(name=name, version=version, settings=settings)


def _manifests(document: Document, path: Path) -> tuple[Manifest, ...]:
    wanted = json.loads((_HERE / "manifest.schema.json").read_text(encoding="utf-8"))
    found: list[Manifest] = []
    first: dict[tuple[str, ...], Manifest] = {}
    for file in _files(document, path):
        for written in yaml.read(file):
            for part in _objects(written):
                json_schema.check(part, wanted)
                manifest = Manifest(file=file, object=part.data, place=part.place)
                key = (manifest.group, manifest.kind, manifest.namespace, manifest.name)
                if key in first:
                    raise UsageError(f"{manifest.where()}: {manifest.kind} {manifest.name} stands twice: "
                                     f"also in {first[key].where()}", "keep one of the two")
                first[key] = manifest
                found.append(manifest)
    return tuple(found)


def _objects(document: Document) -> Iterator[Document]:
    """A List of objects stands for the objects in it."""
    data = document.data
    if not (isinstance(data, dict) and data.get("kind") == "List" and isinstance(data.get("items"), list)):
        yield document
        return
    for index in range(len(data["items"])):
        yield document.inner("items", index)


def _files(document: Document, path: Path) -> list[Path]:
    found: dict[Path, None] = {}
    for index, entry in enumerate(document.data["manifests"]):
        target = path / entry
        if target.is_dir():
            files = _texts(target)
        elif target.is_file():
            files = [target]
        else:
            files = _matches(path, entry)
        files = [file for file in files if file.name != PLATFORM_FILE]
        if not files:
            there = {str(file.relative_to(path)) for file in _texts(path)} - {PLATFORM_FILE}
            raise UsageError(f"{document.where('manifests', index)}: {entry!r} names no manifest",
                             _nearest_of(entry, there, "manifest"))
        found.update(dict.fromkeys(files))
    return list(found)


def _matches(path: Path, pattern: str) -> list[Path]:
    if not re.search(r"[*?\[]", pattern):
        return []
    try:
        return sorted(file for file in path.glob(pattern) if file.is_file())
    except (NotImplementedError, ValueError):
        # An absolute pattern, or stars where none can be: it names nothing in this folder.
        return []


def _texts(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.suffix in MANIFEST_ENDINGS and file.is_file())


def _promises(said: Mapping[str, Any]) -> Promises:
    # JSON Schema takes 16.0 for a whole number; messages should not.
    teams: list[dict[str, Any]] = [
        {key: int(value) if isinstance(value, float) else value for key, value in team.items()}
        for team in said["teams"]]
    return Promises(confirmed_by=said["confirmed_by"], teams=tuple(Team(**team) for team in teams))


def _check_promises(document: Document, folder: PlatformFolder, said: Promises) -> None:
    namespaces = {manifest.name for manifest in of_kind(folder.manifests, "", "Namespace")}
    seen: set[str] = set()
    for index, team in enumerate(said.teams):
        def wrong(key: str, message: str, way_out: str = "", *,
                  index: int = index, name: str = team.name) -> UsageError:
            where = document.where("promises", "teams", index, key)
            return UsageError(f"{where}: team {name}: {message}", way_out)

        if team.name in seen:
            raise wrong("name", "stands twice among the teams")
        seen.add(team.name)
        if not folder.component(team.component):
            raise wrong("component", f"the platform has no component {team.component}",
                        f"use one of: {', '.join(component.name for component in folder.components)}")
        if team.namespace not in namespaces | _BUILT_IN_NAMESPACES:
            raise wrong("namespace", f"there is no Namespace {team.namespace!r} in the manifests",
                        _nearest_of(team.namespace, namespaces, "Namespace"))
        kind, here = promises.queues_of(team).names(team.namespace, folder)
        if team.queue not in here:
            raise wrong("queue", f"there is no {kind} called {team.queue!r} in the manifests",
                        _nearest_of(team.queue, here, kind))


def _nearest_of(word: str, known: set[str], what: str) -> str:
    return nearest(word, known) if known else f"the folder has no {what} at all"
