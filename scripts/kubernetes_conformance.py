"""Runs Kubernetes' conformance tests on a local cluster and writes docs/kubernetes-conformance.md.

Run by ./scripts/kubernetes-conformance, which says how. Tests, ginkgo and the programs of the test images are
upstream's, from the modules of scripts/kubernetes-e2e; upstream's images cannot be had without a registry, so Debian
stands in for what they have besides.
"""

import argparse
import hashlib
import io
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from conformance import builds
from conformance.builds import toolchain
from conformance.builds.catalogue import PROGRAMS
from conformance.builds.images import write_archive
from conformance.clusters import local
from conformance.clusters.kind.node_image import apt_source
from conformance.clusters.machine import cgroups
from conformance.errors import SeatrialError

ROOT = Path(__file__).parents[1]
MODULES = ROOT / "scripts" / "kubernetes-e2e"
PAGE = ROOT / "docs" / "kubernetes-conformance.md"
FOLDER = Path(os.environ.get("SEATRIAL_CONFORMANCE") or "/var/tmp/seatrial-conformance")  # noqa: S108 -- root's
KUBERNETES = "k8s.io/kubernetes"
IMAGES = f"{KUBERNETES}/test/images"
REGISTRY = "registry.k8s.io/e2e-test-images"
NODES = 2
PARTS = {
    "parallel": "Conformance && !Slow && !Serial && !Disruptive",
    "slow": "Conformance && Slow && !Serial && !Disruptive",
    "serial": "Conformance && Serial && !Disruptive",
    "disruptive": "Conformance && Disruptive",
}
"""The label filter of each part; together they are all tests of conformance, each once."""
ALONE = ("serial", "disruptive")
"""Parts whose tests run one after the other."""
PACKAGES = ("bash", "bind9-dnsutils", "ca-certificates", "curl", "iperf", "iproute2", "iputils-ping", "netcat-openbsd",
            "nginx-light", "procps", "wget")
NGINX = "server { listen 80; root /usr/share/nginx/html; index index.html; }\n"
PATH = "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


STANDS_IN = """\
## What is upstream's, and what stands in for it

The tests, ginkgo, kubectl and the programs of the test images (agnhost, nonewprivs, sample-apiserver of this release)
are built from their pinned Go modules. Upstream's images cannot be pulled without a registry: a Debian system takes the
place of Alpine below agnhost, kitten and nautilus, and that of the images nginx, perl, jessie-dnsutils, ipc-utils,
nonroot and nonewprivs; etcd and pause are Seatrial's own. The image busybox is Debian's static busybox with a static
bash as its `sh`. It keeps variables that are no names for a shell, as upstream's does, for which four tests ask; but it
does not say "can't create /file", as upstream's does, which "Kubelet when scheduling a read only busybox container"
reads. With busybox's own `sh` of Debian that test passes, and those four do not.

Not run are the tests that upstream does not count as conformance: those of CSI drivers, NFS, block devices, AppArmor,
IPv6 and load balancers among them.
"""


BEFORE = """\
## Before

On 28 November 2026 all 441 conformance tests of Kubernetes 1.35.4 passed on the local cluster of that day (containerd
1.6.20, commit 922c0a2), run by hand: 437 at once, and those four after the `sh` of the image busybox was exchanged.
"""


def say(text: str) -> None:
    """Print what is being done."""
    print(f"== {text}", file=sys.stderr, flush=True)


def key(*parts: str) -> str:
    """Return a short hash: what is made from other parts is another file, and is made anew."""
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:12]


def pins() -> str:
    """Return what pins the tests and the programs of their images."""
    return "".join((MODULES / name).read_text() for name in ("go.mod", "go.sum"))


def kubernetes() -> str:
    """Return the version of Kubernetes that is run and that the tests are of. Raises SeatrialError when they differ."""
    wanted = PROGRAMS["kubelet"].version
    if f"{KUBERNETES} {wanted}" not in (MODULES / "go.mod").read_text():
        raise SeatrialError(f"{MODULES}/go.mod has no tests of Kubernetes {wanted}", f"pin {KUBERNETES} {wanted} there")
    return wanted


def built() -> dict[str, Path]:
    """Return the tests, ginkgo and the images' programs by name, building what is missing. Raises SeatrialError."""
    found = re.search(r"^go (\S+)", (MODULES / "go.mod").read_text(), re.MULTILINE)
    assert found
    go, out = toolchain.find_go(found[1]), FOLDER / f"programs-{key(pins())}"
    out.mkdir(parents=True, exist_ok=True)
    major, minor, _ = kubernetes().lstrip("v").split(".")
    where = "k8s.io/component-base/version"
    flags = f"-s -w -X {where}.gitVersion={kubernetes()} -X {where}.gitMajor={major} -X {where}.gitMinor={minor}"
    wanted = {"e2e.test": ("test", f"{KUBERNETES}/test/e2e"), "ginkgo": ("build", "github.com/onsi/ginkgo/v2/ginkgo"),
              "agnhost": ("build", f"{IMAGES}/agnhost"), "nnp": ("build", f"{IMAGES}/nonewprivs"),
              "sample-apiserver": ("build", "k8s.io/sample-apiserver")}
    for name, (verb, package) in wanted.items():
        if not (out / name).exists():
            say(f"building {name}")
            more = ["-c"] if verb == "test" else []
            try:
                go.run([verb, *more, "-trimpath", "-ldflags", flags, "-o", str(out / f"{name}.part"), package],
                       cwd=MODULES, scratch=out, heard=lambda _: None)
            except toolchain.GoFailed as failure:
                raise toolchain.reason(failure, name) from None
            (out / f"{name}.part").rename(out / name)
    return {name: out / name for name in wanted}


def source(package: str) -> Path:
    """Return the folder of a Go package's sources."""
    go = toolchain.find_go("1.26.0")
    folder = go.run(["list", "-f", "{{.Module.Dir}}", package], cwd=MODULES, scratch=FOLDER, heard=lambda _: None)
    return Path(folder.strip()) / package.removeprefix(f"{KUBERNETES}/")


def debian() -> Path:
    """Return a tar file of a Debian system with what the test images need, making it when there is none."""
    out, root = FOLDER / f"debian-{key(*PACKAGES)}.tar", FOLDER / "debian"
    if out.exists():
        return out
    say("installing Debian for the test images")
    where = apt_source()
    shutil.rmtree(root, ignore_errors=True)
    make = """
        debootstrap --variant=minbase --components="$3" --include="$4" "$5" "$1" "$6" >&2
        # Not adduser: it puts everybody into the group `users` too, which upstream's image does not.
        chroot "$1" useradd -u 1000 -U -M user-defined-in-image
        chroot "$1" groupadd -g 50000 group-defined-in-image
        chroot "$1" usermod -aG group-defined-in-image user-defined-in-image
        rm -f "$1"/var/cache/apt/archives/*.deb "$1"/var/lib/apt/lists/*_*
        tar --create --file="$2" --directory="$1" --numeric-owner --exclude='./proc/*' --exclude='./sys/*' .
    """
    subprocess.run(["unshare", "--mount", "--pid", "--fork", "--mount-proc", "bash", "-euc", make, "make", root,
                    f"{out}.part", where.components, ",".join(PACKAGES), where.suite, where.mirror],
                   check=True, stdout=sys.stderr)
    shutil.rmtree(root)
    Path(f"{out}.part").rename(out)
    return out


def layer(name: str, files: Mapping[str, Path | str], *, links: Mapping[str, str] | None = None,
          mode: int = 0o755) -> Path:
    """Return a tar file of files by their place in an image: from a file, or with a text."""
    out = FOLDER / "layers" / f"{name}.tar"
    out.parent.mkdir(exist_ok=True)
    with tarfile.open(out, "w") as tar:
        for place, content in files.items():
            data = content.read_bytes() if isinstance(content, Path) else content.encode()
            info = tarfile.TarInfo(place)
            info.size, info.mode = len(data), mode
            tar.addfile(info, io.BytesIO(data))
        for place, target in (links or {}).items():
            info = tarfile.TarInfo(place)
            info.type, info.linkname = tarfile.SYMTYPE, target
            tar.addfile(info)
    return out


def images(programs: Mapping[str, Path]) -> Path:
    """Return the OCI archive of all test images under upstream's names and tags, writing it when there is none."""
    ours = builds.build(["coredns", "etcd"])
    out = FOLDER / f"images-{key(pins(), Path(__file__).read_text(), *(one.sha256 for one in ours.values()))}.tar"
    if out.exists():
        return out
    system, coredns = debian(), ours["coredns"].path
    say("writing the test images")
    porter = source(f"{IMAGES}/agnhost") / "porter"
    agnhost = [system, layer("agnhost", {
        "agnhost": programs["agnhost"], "coredns": coredns, "uploads/.keep": "",
        **{name: porter / name for name in ("localhost.crt", "localhost.key")}}, links={"agnhost-2": "agnhost"})]
    web = [system, layer("nginx", {"etc/nginx/sites-enabled/default": NGINX}, mode=0o644)]
    runs = {"Entrypoint": ["/agnhost"], "WorkingDir": "/", "Env": [PATH]}
    shell = {"Cmd": ["bash"], "WorkingDir": "/", "Env": [PATH]}
    found: dict[str, tuple[Sequence[Path], Mapping[str, Any]]] = {
        **{f"{REGISTRY}/agnhost:{tag}": (agnhost, runs | {"Cmd": ["pause"]}) for tag in ("2.55", "2.59")},
        **{f"{REGISTRY}/nginx:{tag}": (web, shell | {"Cmd": ["nginx", "-g", "daemon off;"]})
           for tag in ("1.14-4", "1.15-4")},
        f"{REGISTRY}/jessie-dnsutils:1.7": ([system, layer("coredns", {"coredns": coredns})], shell),
        f"{REGISTRY}/ipc-utils:1.3": ([system], shell),
        f"{REGISTRY}/perl:5.26": ([system], shell),
        f"{REGISTRY}/nonroot:1.4": ([system], shell | {"User": "1234"}),
        f"{REGISTRY}/nonewprivs:1.3": ([system, layer("nnp", {"usr/local/bin/nnp": programs["nnp"]}, mode=0o4755)],
                                       shell | {"Cmd": ["nnp"]}),
        f"{REGISTRY}/sample-apiserver:1.29.2": (
            [system, layer("sample-apiserver", {"sample-apiserver": programs["sample-apiserver"]})],
            shell | {"Entrypoint": ["/sample-apiserver"]}),
        "registry.k8s.io/etcd:3.6.6-0": (
            [system, layer("etcd", {"usr/local/bin/etcd": ours["etcd"].path})], shell),
    }
    for name, html in (("kitten", "kitten.jpg"), ("nautilus", "nautilus.jpg")):
        pages = source(f"{IMAGES}/agnhost").parent / name / "html"
        found[f"{REGISTRY}/{name}:1.7"] = (
            [*agnhost, layer(name, {each: pages / each for each in (html, "data.json")})],
            runs | {"Cmd": ["test-webserver"]})
    write_archive(found, out.with_suffix(".part"))
    out.with_suffix(".part").rename(out)
    return out


def busybox() -> Path:
    """Return the archive of our shell image under upstream's name of it."""
    ours = "seatrial.local/busybox:1"
    path, out = builds.images(["busybox"])[ours], FOLDER / "busybox.tar"
    with tarfile.open(path) as tar, tarfile.open(out, "w") as under_their_name:
        for member in tar:
            file = tar.extractfile(member)
            assert file is not None
            data = file.read()
            if member.name == "index.json":
                data = data.replace(ours.encode(), f"{REGISTRY}/busybox:1.37.0-1".encode())
                member.size = len(data)
            under_their_name.addfile(member, io.BytesIO(data))
    return out


def run(part: str, programs: Mapping[str, Path], kubeconfig: Path, *, processes: int, focus: str) -> dict[str, Any]:
    """Run a part of the tests and return how it went; what they print is in the folder `results`."""
    results = FOLDER / "results"
    results.mkdir(exist_ok=True)
    report = results / f"{part}.json"
    report.unlink(missing_ok=True)
    kubectl = builds.build(["kubectl"])["kubectl"].path
    command = [str(programs["ginkgo"]), "run", f"--procs={1 if part in ALONE else processes}",
               f"--label-filter={PARTS[part]}", *([f"--focus={focus}"] if focus else []), "--timeout=4h",
               "--no-color", "--silence-skips",
               f"--output-dir={results}", f"--json-report={report.name}", str(programs["e2e.test"]), "--",
               f"--kubeconfig={kubeconfig}", "--provider=skeleton", f"--kubectl-path={kubectl}", "--disable-log-dump",
               f"--num-nodes={NODES}", f"--report-dir={results / 'junit'}"]
    say(f"running the part {part}; see {results}/{part}.log")
    begun = time.monotonic()
    with (results / f"{part}.log").open("wb") as log:
        subprocess.run(command, stdout=log, stderr=log, check=False)
    if not report.exists():
        raise SeatrialError(f"the part {part} left no report", f"see {results}/{part}.log")
    took_s = time.monotonic() - begun
    states = [(name, state) for name, state in specs(json.loads(report.read_text())) if state != "skipped"]
    failed = sorted(f"{name} ({state})" for name, state in states if state != "passed")
    say(f"{part}: {len(states) - len(failed)} of {len(states)} passed in {took_s / 60:.0f} min")
    for one in failed:
        say(f"  not passed: {one}")
    return {"tests": len(states), "failed": failed, "took_s": round(took_s),
            "processes": 1 if part in ALONE else processes}


def specs(report: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield (name, state) of every test of a ginkgo report in JSON; those that the filter left out are `skipped`."""
    for suite in report:
        for one in suite["SpecReports"] or ():
            if one["LeafNodeType"] == "It":
                yield " ".join([*(one["ContainerHierarchyTexts"] or ()), one["LeafNodeText"]]), one["State"]


def record(part: str) -> Path:
    """Return the file that says how the last whole run of a part went."""
    return FOLDER / "results" / f"{part}.went.json"


def page() -> str | None:
    """Return the page: what ran where, when and how it went; None while no part has been run whole.

    Raises SeatrialError when the parts were run on different versions of Kubernetes or containerd.
    """
    parts = {part: json.loads(record(part).read_text()) for part in PARTS if record(part).exists()}
    if not parts:
        return None
    not_run = [part for part in PARTS if part not in parts]
    grounds = [part["ground"] for part in parts.values()]
    if len({(ground["kubernetes"], ground["container_runtime"]) for ground in grounds}) > 1:
        raise SeatrialError("the parts were run on different versions", f"rm {FOLDER}/results/*.went.json, and run all")
    last = max(grounds, key=lambda ground: str(ground["time"]))
    tests, missed = (sum(part[word] if word == "tests" else len(part[word]) for part in parts.values())
                     for word in ("tests", "failed"))
    failed = [f"- {one}" for part in parts.values() for one in part["failed"]]
    rows = [f"| {name} | {part['processes']} | {part['tests']} | {part['tests'] - len(part['failed'])} "
            f"| {part['took_s'] / 60:.0f} min | {part['ground']['day']}, {part['ground']['seatrial']} |"
            for name, part in parts.items()]
    release = last["kubernetes"].lstrip("v")
    return "\n".join([
        "# Kubernetes' conformance tests on a local cluster", "",
        f"On {last['day']}, {tests - missed} of the {tests} conformance tests of Kubernetes {release} that were run",
        f"passed on a local cluster of {NODES} nodes; `./scripts/kubernetes-conformance` repeats it and writes this "
        "page.",
        *([f"Not run: the parts {', '.join(not_run)}."] if not_run else []), "",
        "| part | processes | tests | passed | took | day, Seatrial |", "|---|---|---|---|---|---|", *rows, "",
        *(["Not passed:", "", *failed] if failed else ["No test failed, and none was run a second time."]), "",
        f"Where: Kubernetes {release}, {last['container_runtime'].replace('://', ' ')}, {last['runc']}, Linux "
        f"{last['kernel']},", f"{last['cgroups']}, {last['cpus']} CPUs. The tests are those that upstream labels "
        "`[Conformance]`; the parts are upstream's",
        "labels too (slow, serial, disruptive), and parallel is the rest.", "", STANDS_IN, BEFORE])


def main() -> int:
    """Run what is asked for; 0 when every test passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--part", action="append", choices=PARTS,
                        help="run only this part (may be given several times)")
    parser.add_argument("--focus", default="", metavar="REGEX",
                        help="run only tests whose name matches; no page is written")
    parser.add_argument("--processes", type=int, default=6, help="of the parallel parts (default: %(default)s)")
    args = parser.parse_args()
    programs = built()
    archives = {"images": images(programs), "busybox": busybox()}
    say(f"bringing up {NODES} nodes")
    cluster = local.up(f"conformance-{os.getpid()}", real_nodes=NODES, gpus_per_node=0, owned=True)
    try:
        say("loading the test images")
        cluster.load_images(archives)
        now = datetime.now(UTC)
        ground = {**cluster.describe(), "time": now.isoformat(), "day": f"{now:%-d %B %Y}",
                  "seatrial": version("seatrial"), "kernel": platform.release().partition("-")[0],
                  "cpus": str(os.cpu_count()),
                  "runc": local.container_runtime().partition("build, ")[2],
                  "cgroups": "cgroup v2" if cgroups.is_v2() else "cgroup v1"}
        held = True
        for part in args.part or PARTS:
            went = run(part, programs, cluster.kubeconfig, processes=args.processes, focus=args.focus)
            held &= bool(went["tests"]) and not went["failed"]
            if not args.focus:
                record(part).write_text(json.dumps({**went, "ground": ground}, indent=1))
    finally:
        cluster.close()
    if text := None if args.focus else page():
        PAGE.write_text(text)
        say(f"{PAGE} is written")
    return 0 if held else 1


if __name__ == "__main__":
    try:
        sys.exit(main())
    except SeatrialError as error:
        print(f"seatrial: {error.message}\n  way out: {error.way_out}", file=sys.stderr)
        sys.exit(3)
