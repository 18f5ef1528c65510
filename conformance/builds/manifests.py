"""Upstream manifests, kept from the pinned modules when their program is built.

They are read from the cache afterwards, so that a second run needs neither Go nor a network. Damaged ones are
fetched again.
"""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from conformance.builds import store
from conformance.builds.catalogue import KIND, UPSTREAM, Program, go_line, place_of, requirements
from conformance.builds.progress import Progress, fitting_progress
from conformance.builds.toolchain import GoFailed, find_go, reason
from conformance.errors import SeatrialError

KEPT = {
    "kind-network": ("kind", KIND, "pkg/build/nodeimage", "const_cni.go"),
    "kind-node": ("kind", KIND, "images/base/files", ""),
    **{name: (one.folder, one.module, one.kept, one.applied) for name, one in UPSTREAM.items()},
}
"""By component: the set, the module, the folder that is kept, and what of it is applied."""
BUILT_WITH = {one.programs[0].name: name for name, one in UPSTREAM.items()}
"""The component whose manifests are kept when a program is built."""
RENDERING = "-rendered"
"""Its lock and its workspace are its own: rendering takes a second, and a build that others wait for minutes."""


def rendered(component: str, *, progress: Progress | None = None) -> Path:
    """Return the YAML file of a component's upstream manifests, rendered if they are a kustomize tree.

    Raises SeatrialError when they cannot be fetched or rendered.
    """
    from conformance.builds.builder import build  # noqa: PLC0415 -- building keeps manifests: each needs the other

    progress = progress or fitting_progress()
    program = next(name for name, kept in BUILT_WITH.items() if kept == component)
    build([program], progress=progress)
    source = kept(component, progress=progress)
    if source.is_file():
        return source
    path = store.entry("rendered", f"{component}.yaml", _key(component))
    if not store.is_good(path):
        kubectl = build(["kubectl"], progress=progress)["kubectl"].path
        with store.lock(progress.note, of=RENDERING), store.workspace(of=RENDERING) as work:
            made = work / path.name
            with made.open("wb") as out:
                done = subprocess.run([kubectl, "kustomize", source], stdout=out,
                                      stderr=subprocess.PIPE, check=False)
            if done.returncode:
                raise SeatrialError(f"the manifests of {component} cannot be rendered: "
                                    f"{done.stderr.decode(errors='replace').strip()}")
            store.add(path, made)
    return path


def kept(component: str, *, progress: Progress | None = None) -> Path:
    """Return what is kept of a component's module, as it is: a file or a folder. Raises SeatrialError."""
    progress = progress or fitting_progress()
    if not store.is_good(_place(component)):
        with store.lock(progress.note):
            _fetch(component, progress)
    return _place(component) / KEPT[component][3]


def keep(program: Program, progress: Progress) -> None:
    """Fetch the manifests that belong to a program. Call under the store's lock. Raises SeatrialError."""
    if component := BUILT_WITH.get(program.name):
        _fetch(component, progress)


def _fetch(component: str, progress: Progress) -> None:
    folder, module, kept, _ = KEPT[component]
    place = _place(component)
    if store.is_good(place):
        return
    go = find_go(go_line(folder))
    with store.workspace() as work:
        try:
            said = go.run(["mod", "download", "-json", module], cwd=place_of(folder), scratch=work,
                          heard=progress.note)
        except GoFailed as failure:
            raise reason(failure, f"the manifests of {component}") from None
        made = work / component
        _copy(Path(json.loads(said)["Dir"]) / kept, made)
        store.add(place, made)


def _copy(source: Path, target: Path) -> None:
    # Contents only: the module cache is read-only, and a copy of its modes could not be swept.
    target.mkdir()
    for each in source.iterdir():
        if each.is_dir():
            _copy(each, target / each.name)
        else:
            shutil.copyfile(each, target / each.name)


def _place(component: str) -> Path:
    return store.entry("manifests", component, _key(component))


def _key(component: str) -> str:
    folder, module, kept, _ = KEPT[component]
    return hashlib.sha256(f"{module}@{requirements(folder)[module]}/{kept}".encode()).hexdigest()
