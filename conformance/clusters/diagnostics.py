"""What is kept of a cluster when something went wrong on it: events, what runs, and its servers' logs."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path

from conformance.kube.api import Api, Object
from conformance.masking import masked, masked_object

NOT_COLLECTED = "not-collected.txt"


def collect(folder: Path, parts: Mapping[str, Callable[[], None]]) -> None:
    """Collect each part by its name; one that cannot be had keeps none of the others back, and is listed with why."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, part in parts.items():
        try:
            part()
        except Exception as error:  # whatever it is: there is worse trouble to tell of already
            with (folder / NOT_COLLECTED).open("a", encoding="utf-8") as file:
                file.write(f"{name}: {masked(str(error))}\n")


def of_api(api: Callable[[], Api], folder: Path, namespaces: Sequence[str] | None = None,
           ) -> dict[str, Callable[[], None]]:
    """Return the parts that every API server can give: events and pods of namespaces (None: all), and nodes."""
    def listed(kind: str) -> list[Object]:
        where: Sequence[str | None] = (None,) if namespaces is None else namespaces
        return [one for namespace in where for one in api().list(kind, namespace)]

    return {
        "events": lambda: _write(folder / "events.txt", map(_event, sorted(listed("v1/Event"), key=_when))),
        "pods": lambda: _write_json(folder / "pods.json", listed("v1/Pod")),
        "nodes": lambda: _write_json(folder / "nodes.json", api().list("v1/Node")),
    }


def copied(sources: Iterable[Path], folder: Path) -> None:
    """Copy files and folders that are there into a folder, under their own names, secrets masked."""
    folder.mkdir(parents=True, exist_ok=True)
    for source in sources:
        if source.is_dir():
            shutil.copytree(source, folder / source.name, symlinks=True, dirs_exist_ok=True, copy_function=_copy)
        elif source.exists():
            _copy(source, folder / source.name)


def _copy(source: str | Path, target: str | Path) -> None:
    text = Path(source).read_bytes().decode("utf-8", errors="surrogateescape")
    Path(target).write_bytes(masked(text).encode("utf-8", errors="surrogateescape"))


def _when(event: Object) -> str:
    return str(event.get("lastTimestamp") or event.get("eventTime") or event["metadata"]["creationTimestamp"])


def _event(event: Object) -> str:
    about, source = event["involvedObject"], event.get("source", {}).get("component") or event.get("reportingComponent")
    where = f"{about['namespace']}/" if about.get("namespace") else ""
    return (f"{_when(event)}  {event.get('type', ''):7}  {about.get('kind')} {where}{about.get('name')}  "
            f"{event.get('reason', '')}: {' '.join((event.get('message') or '').split())}  [{source}]")


def _write(path: Path, lines: Iterable[str]) -> None:
    path.write_text(masked("".join(f"{line}\n" for line in lines)), encoding="utf-8")


def _write_json(path: Path, found: list[Object]) -> None:
    path.write_text(json.dumps(masked_object(found), indent=1), encoding="utf-8")
