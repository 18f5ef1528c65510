"""Builds what is missing from the pinned sources with `go build`."""

import hashlib
import os
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.builds import manifests, store
from conformance.builds.catalogue import Program, go_line, place_of, select
from conformance.builds.progress import Progress, fitting_progress
from conformance.builds.toolchain import GoFailed, find_go, reason

FLAGS = ("-trimpath", "-buildvcs=false", "-mod=readonly")


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


def build(names: Sequence[str] | None = None, *, progress: Progress | None = None, verify: bool = False,
          ) -> dict[str, Built]:
    """Return programs by name (None: all but those on request), building those that are not in the cache.

    Needs neither Go nor a network when nothing is missing. `verify` hashes every cached file; `progress`
    (None: a bar on a terminal, else lines, on standard error) hears only of what is missing.
    Raises SeatrialError with the reason in one line, UsageError for an unknown name.
    """
    programs = select(names)
    missing = [program for program in programs if not store.is_good(place(program), verify=verify)]
    if missing:
        progress = progress or fitting_progress()
        pace = Pace()
        try:
            left = list(missing)
            while left:
                # Not held over all of them: what is there already can be packed and used meanwhile.
                with store.lock(progress.note):
                    # Another process may have built them while we waited.
                    left = [one for one in left if not store.is_good(place(one))]
                    if left:
                        about_s = pace.left_s(left)
                        program = left.pop(0)
                        begun = time.monotonic()
                        _build_one(program, [one.name for one in left], about_s, progress)
                        pace.add([program], time.monotonic() - begun)
        finally:
            progress.close()
        with store.lock(progress.note):
            store.prune()  # only what adds to the cache makes room in it
    return {program.name: _built(program, cached=program not in missing) for program in programs}


def state(names: Iterable[str] | None = None) -> list[tuple[Program, Built | None]]:
    """Return programs (None: all but those on request) with their cache entry, or None where one is not built."""
    return [(program, _built(program, cached=True) if store.is_good(place(program)) else None)
            for program in select(names)]


def place(program: Program) -> Path:
    """Return where a program is, or will be, in the cache."""
    return store.entry("programs", program.name, key(program))


def key(program: Program) -> str:
    """Return a hash of everything that the program's bytes depend on, without asking Go."""
    parts = hashlib.sha256()
    folder = place_of(program.folder)
    for file in sorted(folder.rglob("*")):
        if file.suffix in {".go", ".mod", ".sum"}:
            parts.update(f"{program.folder}/{file.relative_to(folder)}\0".encode() + file.read_bytes() + b"\0")
    parts.update("\0".join([program.package, program.ldflags, *FLAGS, *program.tags, os.uname().machine]).encode())
    return parts.hexdigest()


def _built(program: Program, *, cached: bool) -> Built:
    path = place(program)
    return Built(name=program.name, version=program.version, module=program.module, path=path,
                 size_bytes=path.stat().st_size, sha256=store.facts(path)["sha256"], cached=cached)


class Pace:
    """How long builds take here: what each is thought to take, held against what the finished ones took."""

    def __init__(self) -> None:
        self._effort_s = self._took_s = 0.0

    def add(self, programs: Iterable[Program], took_s: float) -> None:
        """Learn from some that took so many seconds together."""
        self._effort_s += sum(program.effort_s for program in programs)
        self._took_s += took_s

    def left_s(self, programs: Iterable[Program]) -> float:
        """Return about how many seconds these will take."""
        factor = self._took_s / self._effort_s if self._effort_s else 1.0
        return factor * sum(program.effort_s for program in programs)


def _build_one(program: Program, left: Sequence[str], about_s: float, progress: Progress) -> None:
    what = f"{program.name} {program.version}".strip()
    if place(program).exists():
        progress.note(f"{what}: the cached copy is damaged, it is built again")
    progress.start(what, left, about_s)
    begun = time.monotonic()
    manifests.keep(program, progress)
    try:
        with store.workspace() as work:
            made = work / program.name
            _compile(program, made, progress)
            store.add(place(program), made)
    except GoFailed as failure:
        raise reason(failure, what) from None
    size_mib = place(program).stat().st_size / (1 << 20)
    progress.finish(f"{what}: {size_mib:.1f} MiB in {time.monotonic() - begun:.0f} s")


def _compile(program: Program, made: Path, progress: Progress) -> None:
    go, folder, scratch = find_go(go_line(program.folder)), place_of(program.folder), made.parent
    flags = (*FLAGS, *([f"-tags={','.join(program.tags)}"] if program.tags else []))
    counts = {"fetching modules": 0, "compiling packages": 0}
    total: int | None = None

    def heard(line: str) -> None:
        doing = "fetching modules" if line.startswith("go: ") else "compiling packages"
        counts[doing] += 1
        progress.move(doing, counts[doing], None if line.startswith("go: ") else total)

    # What Go's own cache holds is not compiled again and prints no line.
    compiled = '{{if and .Stale (ne .StaleReason "not installed but available in build cache")}}x{{end}}'
    total = go.run(["list", "-deps", *flags, "-f", compiled, program.package], cwd=folder, scratch=scratch,
                   heard=heard).count("x")
    progress.move("compiling packages" if total else "linking", 0, total or None)
    go.run(["build", "-v", *flags, "-ldflags", program.ldflags, "-o", str(made), program.package], cwd=folder,
           scratch=scratch, heard=heard)
