"""What can be built: one entry per program, its versions read from the sets' go.mod files.

What only one component is built from is said in its folder, in `build.toml`.
"""

import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from conformance import assets
from conformance.errors import UsageError

SETS = Path(__file__).parent
KUBERNETES = "k8s.io/kubernetes"
KWOK, OPA = "sigs.k8s.io/kwok", "github.com/open-policy-agent/opa"
KIND, CRI_TOOLS = "sigs.k8s.io/kind", "sigs.k8s.io/cri-tools"
CONTAINERD = "github.com/containerd/containerd/v2"


@dataclass(frozen=True, kw_only=True)
class Image:
    """The container image that a program is packed as, under its upstream name.

    `tag` None means the module's version. `path` and `user` are those of upstream's image.
    """

    repository: str
    path: str
    tag: str | None = None
    user: str = "65532:65532"


@dataclass(frozen=True, kw_only=True)
class Program:
    """One program: `package` of `module`, built in the module set `folder`.

    One that is built `on_request` only is none of those that building everything means.
    """

    name: str
    folder: str
    module: str
    package: str
    image: Image | None = None
    on_request: bool = False
    tags: tuple[str, ...] = ()
    """Go's build tags."""
    effort_s: int = 20
    """About how many seconds it takes on two cores after those before it: a guess to begin with, see `builder.Pace`.

    Up to coredns measured on an idle machine with nothing cached, of components estimated."""

    @property
    def version(self) -> str:
        """The module's version in the set's go.mod; our own programs have none."""
        return requirements(self.folder).get(self.module, "")

    @property
    def reference(self) -> str:
        """The image's name and tag. Raises UsageError when the program is not packed."""
        if self.image is None:
            raise UsageError(f"{self.name} is not packed as an image")
        return f"{self.image.repository}:{self.image.tag or self.version}"

    @property
    def ldflags(self) -> str:
        """The linker's flags: no symbol tables, and the version that the program reports."""
        flags = "-s -w"
        if self.module == CRI_TOOLS:
            flags += f" -X {CRI_TOOLS}/pkg/version.Version={self.version}"
        if self.module == CONTAINERD:
            flags += f" -X {CONTAINERD}/version.Version={self.version}"
        if self.module == KUBERNETES:
            # Without them /version is a placeholder and some components refuse to start.
            major, minor, _ = self.version.lstrip("v").split(".")
            where = "k8s.io/component-base/version"
            flags += f" -X {where}.gitVersion={self.version}"
            flags += f" -X {where}.gitMajor={major} -X {where}.gitMinor={minor}"
        return flags


def _kubernetes(name: str, effort_s: int, *, on_request: bool = False) -> Program:
    return Program(name=name, folder="kubernetes", module=KUBERNETES, package=f"{KUBERNETES}/cmd/{name}",
                   on_request=on_request, effort_s=effort_s)


def _containerd(name: str, effort_s: int) -> Program:
    # Snapshotters that need C libraries or a disk of their own are left out.
    return Program(name=name, folder="containerd", module=CONTAINERD, package=f"{CONTAINERD}/cmd/{name}",
                   tags=("no_btrfs", "no_devmapper", "no_zfs"), effort_s=effort_s)


@dataclass(frozen=True, kw_only=True)
class Upstream:
    """What a component is built from: a module of a set, its programs, and the manifests that are kept of it."""

    folder: str
    """The module set: a folder of `SETS`, or the component's own."""
    module: str
    kept: str
    """The folder of the module that is kept."""
    applied: str
    """What of it is applied: a file, or a folder with a kustomization."""
    programs: tuple[Program, ...]

    @property
    def version(self) -> str:
        """The version that the set pins."""
        return requirements(self.folder)[self.module]


def _upstream(component: str, file: Path) -> Upstream:
    said: Mapping[str, Any] = tomllib.loads(file.read_text(encoding="utf-8"))
    folder, module = said.get("set", component), said["module"]
    programs = tuple(
        Program(name=name, folder=folder, module=module,
                package=f"{module}/{one['package']}" if "package" in one else module,
                effort_s=one.get("effort_s", Program.effort_s),
                image=Image(**one["image"]) if "image" in one else None)
        for name, one in said["programs"].items())
    return Upstream(folder=folder, module=module, kept=said["manifests"]["folder"],
                    applied=said["manifests"]["applied"], programs=programs)


UPSTREAM = {name: _upstream(name, file) for name, file in assets.of_components("build.toml").items()}
"""By component."""


def _programs(*own: Program) -> Iterator[Program]:
    yield from own
    for upstream in UPSTREAM.values():
        yield from upstream.programs


PROGRAMS = {program.name: program for program in _programs(
    Program(name="etcd", folder="etcd", module="go.etcd.io/etcd/server/v3",
            package="go.etcd.io/etcd/server/v3", effort_s=60),
    _kubernetes("kube-apiserver", 270), _kubernetes("kube-controller-manager", 65), _kubernetes("kube-scheduler", 6),
    _kubernetes("kubelet", 20), _kubernetes("kube-proxy", 10), _kubernetes("kubectl", 20),
    _containerd("containerd", 75), _containerd("containerd-shim-runc-v2", 2), _containerd("ctr", 4),
    _kubernetes("kubeadm", 10, on_request=True),
    Program(name="kwok", folder="controllers", module=KWOK, package=f"{KWOK}/cmd/kwok", effort_s=105,
            image=Image(repository="registry.k8s.io/kwok/kwok", path="/usr/local/bin/kwok", user="0")),
    Program(name="kwokctl", folder="controllers", module=KWOK, package=f"{KWOK}/cmd/kwokctl"),
    Program(name="coredns", folder="coredns", module="github.com/coredns/coredns", package=".", effort_s=95,
            image=Image(repository="registry.k8s.io/coredns/coredns", path="/coredns")),
    Program(name="opa", folder="opa", module=OPA, package=OPA),
    Program(name="pause", folder="own", module="seatrial/builds/own", package="./pause", effort_s=1,
            image=Image(repository="registry.k8s.io/pause", path="/pause", tag="3.10.1", user="65535:65535")),
    # In a set of its own: nodes of kind are made anew when the programs of `own` change.
    Program(name="model-server", folder="stand-ins", module="seatrial/builds/stand-ins", package="./modelserver",
            image=Image(repository="seatrial.local/model-server", path="/model-server", tag="1")),
    Program(name="kind", folder="kind", module=KIND, package=KIND, on_request=True),
    Program(name="crictl", folder="cri-tools", module=CRI_TOOLS, package=f"{CRI_TOOLS}/cmd/crictl", on_request=True),
    Program(name="kindnetd", folder="own", module="seatrial/builds/own", package="./kindnetd", on_request=True),
)}

BUSYBOX = Image(repository="seatrial.local/busybox", path="/bin/busybox", tag="1", user="0")
"""The programs of test pods: the machine's own static busybox, with its static bash as `sh`; not built by us."""


def reference(name: str) -> str:
    """Return the image name and tag of a program. Raises UsageError for an unknown one."""
    if name == "busybox":
        return f"{BUSYBOX.repository}:{BUSYBOX.tag}"
    return select([name])[0].reference


def select(names: Iterable[str] | None) -> list[Program]:
    """Return programs by name, or all but those on request. Raises UsageError that lists the known ones."""
    if names is None:
        return [program for program in PROGRAMS.values() if not program.on_request]
    wanted = list(dict.fromkeys(names))
    for name in wanted:
        if name not in PROGRAMS:
            raise UsageError(f"there is no build called {name}", f"one of: {', '.join(PROGRAMS)}")
    return [PROGRAMS[name] for name in wanted]


def version(component: str) -> str:
    """Return the version of a component that its module set pins."""
    return UPSTREAM[component].version


def place_of(folder: str) -> Path:
    """Return where a module set is: in `SETS`, or in the folder of the component that has it to itself."""
    shared = SETS / folder / "go.mod"
    return (shared if shared.is_file() else assets.of_components("go.mod").get(folder, shared)).parent


@cache
def requirements(folder: str) -> dict[str, str]:
    """Return version by module of a set's go.mod, replacements taken into account."""
    text = (place_of(folder) / "go.mod").read_text()
    found = dict(re.findall(r"^\s*(?:require )?(\S+) (v\S+)", text, re.MULTILINE))
    return found | dict(re.findall(r"^\s*(?:replace )?\S+ => (\S+) (v\S+)", text, re.MULTILINE))


def go_needed() -> str:
    """Return the Go version that building everything (but what is on request) takes."""
    lines = {go_line(program.folder) for program in select(None)}
    return max(lines, key=lambda line: tuple(map(int, line.split("."))))


def go_line(folder: str) -> str:
    """Return the Go version that a set's go.mod asks for, for example `1.26.0`."""
    found = re.search(r"^go (\S+)", (place_of(folder) / "go.mod").read_text(), re.MULTILINE)
    assert found, f"{folder}/go.mod has no go line"
    return found[1]
