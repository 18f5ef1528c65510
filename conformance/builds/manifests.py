"""Upstream manifests, kept from the pinned modules when their program is built.

They are read from the cache afterwards, so that a second run needs neither Go nor a network.
"""

import hashlib
import json
import shutil
import subprocess
from pathlib import Path

from conformance.builds import store
from conformance.builds.catalogue import KUEUE, TRAINING, VOLCANO, Program, requirements
from conformance.errors import SeatrialError

KEPT = {
    "kueue": ("controllers", KUEUE, "config", "default"),
    "training-operator": ("controllers", TRAINING, "manifests", "overlays/standalone"),
    "volcano": ("volcano", VOLCANO, "installer", "volcano-development.yaml"),
}
"""By component: the set, the module, the folder that is kept, and what of it is applied."""
BUILT_WITH = {"kueue": "kueue", "training-operator": "training-operator", "vc-scheduler": "volcano"}
"""The component whose manifests are kept when a program is built."""


def rendered(component: str) -> Path:
    """Return the YAML file of a component's upstream manifests, rendered if they are a kustomize tree.

    Raises SeatrialError when kustomize cannot render them.
    """
    from conformance.builds.builder import build  # noqa: PLC0415 -- building keeps manifests: each needs the other

    program = next(name for name, kept in BUILT_WITH.items() if kept == component)
    build([program])
    source, what = _place(component), KEPT[component][3]
    if (source / what).is_file():
        return source / what
    path = store.entry("rendered", f"{component}.yaml", source.name.rpartition("-")[2])
    if not store.is_good(path):
        kubectl = build(["kubectl"])["kubectl"].path
        with store.lock(), store.workspace() as work:
            made = work / path.name
            with made.open("wb") as out:
                done = subprocess.run([kubectl, "kustomize", source / what], stdout=out, stderr=subprocess.PIPE,
                                      check=False)
            if done.returncode:
                raise SeatrialError(f"the manifests of {component} cannot be rendered: "
                                    f"{done.stderr.decode(errors='replace').strip()}")
            store.add(path, made)
    return path


def keep(program: Program, go: str, folder: Path, env: dict[str, str]) -> None:
    """Copy the manifests that belong to a program out of the Go module cache. Call under the store's lock."""
    component = BUILT_WITH.get(program.name)
    if component is None or _place(component).exists():
        return
    done = subprocess.run([go, "list", "-m", "-json", KEPT[component][1]], cwd=folder, env=env, text=True,
                          capture_output=True, check=True)
    source = Path(json.loads(done.stdout)["Dir"]) / KEPT[component][2]
    target = _place(component)
    part = target.with_name(f"{target.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    shutil.copytree(source, part)
    for path in part.rglob("*"):
        path.chmod(0o755 if path.is_dir() else 0o644)  # the module cache is read-only
    part.chmod(0o755)
    part.rename(target)


def _place(component: str) -> Path:
    folder, module, kept, _ = KEPT[component]
    key = hashlib.sha256(f"{module}@{requirements(folder)[module]}/{kept}".encode()).hexdigest()
    return store.root() / "manifests" / f"{component}-{key[:16]}"


