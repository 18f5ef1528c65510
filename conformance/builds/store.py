"""The cache: entries by content, written whole or not at all, and looked at before they are trusted.

An entry is a file or a folder with a `.json` beside it that holds its SHA-256 and the stamp (size, times,
inode) it had when that was computed. What still has its stamp is as it was; anything else is hashed again.
"""

import errno
import hashlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import platformdirs

from conformance import locks
from conformance.errors import SeatrialError

FOLDER_VARIABLE = "SEATRIAL_CACHE"
KINDS = ("programs", "images", "manifests", "rendered")
UNUSED_DAYS = 30
LIMIT_BYTES = 20 << 30
"""Above this the entries that were longest unused go too: all that one version of everything takes is under 3 GiB
(23 programs, their images and manifests), so that several versions in turn stay."""
DAY_S = 86_400
BUILT_WITHIN_S = 2 * 3600
"""How long another build may take: all of them take about 15 minutes on two idle cores."""


def root() -> Path:
    """Return the cache's folder. Raises SeatrialError when it cannot be made."""
    folder = Path(os.environ.get(FOLDER_VARIABLE) or platformdirs.user_cache_path("seatrial"))
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise SeatrialError(f"the cache {folder} cannot be made: {error.strerror}",
                            f"point {FOLDER_VARIABLE} at a folder of yours") from error
    return folder


@contextmanager
def lock(waiting: Callable[[str], None], *, of: str = "") -> Iterator[None]:
    """Hold the lock under which the cache is written; `waiting` hears it when another process holds it.

    What takes minutes and is nobody else's business has a lock (and a workspace) `of` its own.
    Raises SeatrialError when the cache cannot be written, or another build does not end.
    """
    with ExitStack() as held:
        with _disk_trouble():
            held.enter_context(locks.held(root() / f".lock{of}", what="another build", within=BUILT_WITHIN_S,
                                          waiting=waiting))
        yield


def entry(kind: str, name: str, key: str) -> Path:
    """Return where an entry's file is or will be; `key` stands for all that it is made from."""
    return root() / kind / f"{name}-{key[:16]}" / name


def is_good(path: Path, *, verify: bool = False) -> bool:
    """Whether an entry is there and undamaged; `verify` hashes it whatever its stamp says."""
    try:
        said = json.loads(_record(path).read_text())
        if not verify and said["stamp"] == _stamp(path):
            _note_use(path)
            return True
        good: bool = said["sha256"] == digest(path)
    except (OSError, ValueError, KeyError, TypeError):
        return False
    if good:
        _write_record(path, said)
    return good


def facts(path: Path) -> dict[str, Any]:
    """Return what was recorded of a good entry: `sha256` and whatever `add` was given."""
    return dict(json.loads(_record(path).read_text()))


def add(path: Path, made: Path, **more: Any) -> None:
    """Move a finished file or folder into its place; a reader sees nothing or all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"sha256": digest(made), **more}
    if path.is_dir():
        shutil.rmtree(path)  # a damaged one: only files are replaced in one step
    os.replace(made, path)
    _write_record(path, said)


@dataclass(frozen=True, kw_only=True)
class Pruned:
    """An entry that was removed."""

    name: str
    """Kind, name and the beginning of its key: `programs/kueue-0123456789abcdef`."""
    size_bytes: int
    unused_days: float


def prune(*, now_s: float | None = None, limit_bytes: int = LIMIT_BYTES) -> list[Pruned]:
    """Remove entries that nobody asked for in `UNUSED_DAYS`, then, above the limit, those longest unused.

    What was asked for within a day stays: a cluster may run from it. Call under `lock`. Returns what went. `now_s` is
    in seconds since the epoch (None: now). Raises SeatrialError when the cache cannot be written.
    """
    now_s = time.time() if now_s is None else now_s
    found = sorted((_last_use_s(folder), folder) for kind in KINDS for folder in (root() / kind).glob("*")
                   if folder.is_dir())
    sizes = {folder: sum(file.stat().st_size for file in _files(folder)) for _, folder in found}
    total, gone = sum(sizes.values()), []
    with _disk_trouble():
        for used_s, folder in found:
            unused_days = (now_s - used_s) / DAY_S
            if unused_days > UNUSED_DAYS or (total > limit_bytes and unused_days > 1):
                shutil.rmtree(folder)
                total -= sizes[folder]
                gone.append(Pruned(name=str(folder.relative_to(root())), size_bytes=sizes[folder],
                                   unused_days=unused_days))
    return gone


def _last_use_s(folder: Path) -> float:
    # An entry without a record was never finished: its folder's own time says how old it is.
    return max((file.stat().st_mtime for file in folder.glob("*.json")), default=folder.stat().st_mtime)


def _note_use(path: Path) -> None:
    record = _record(path)
    if time.time() - record.stat().st_mtime > DAY_S:
        with suppress(OSError):  # a cache that may only be read is used all the same
            os.utime(record)


@contextmanager
def workspace(*, of: str = "") -> Iterator[Path]:
    """Yield an empty folder on the cache's disk; call under `lock`, since it sweeps what a killed build left.

    Raises SeatrialError when the disk is full or the cache cannot be written.
    """
    parent = root() / f"unfinished{of}"
    shutil.rmtree(parent, ignore_errors=True)
    with _disk_trouble():
        try:
            parent.mkdir()
            yield Path(tempfile.mkdtemp(dir=parent))
        finally:
            shutil.rmtree(parent, ignore_errors=True)


@contextmanager
def _disk_trouble() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise disk_full(Path(error.filename or root())) from error
        if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
            raise SeatrialError(f"the cache {root()} cannot be written: {error.strerror}",
                                f"make it writable, or point {FOLDER_VARIABLE} at another") from error
        raise


def disk_full(where: Path) -> SeatrialError:
    """Return the error for a full disk: the one that `where` is on."""
    there = next(each for each in (where, *where.parents) if each.exists())
    return SeatrialError(
        f"the disk that holds {there} is full",
        f"free space there, or point {FOLDER_VARIABLE}, GOCACHE and GOMODCACHE at a larger disk")


def digest(path: Path) -> str:
    """Return the SHA-256 of a file, or of the names and contents in a folder, in hex."""
    if path.is_dir():
        listing = "".join(f"{digest(file)} {file.relative_to(path)}\n" for file in _files(path))
        return hashlib.sha256(listing.encode()).hexdigest()
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.rglob("*") if file.is_file())


def _stamp(path: Path) -> list[int]:
    stamp = []
    for file in _files(path) if path.is_dir() else [path]:
        stat = file.stat()
        # ctime too: whoever changes a file can set its mtime back, but not its ctime.
        stamp += [stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino]
    return stamp


def _write_record(path: Path, said: dict[str, Any]) -> None:
    part = _record(path).with_suffix(".part")
    part.write_text(json.dumps(said | {"stamp": _stamp(path)}))
    part.replace(_record(path))
