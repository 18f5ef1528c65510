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
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock, Timeout

from conformance.errors import SeatrialError

FOLDER_VARIABLE = "SEATRIAL_CACHE"


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
    Raises SeatrialError when the cache cannot be written.
    """
    held = FileLock(root() / f".lock{of}")
    with _disk_trouble():
        try:
            held.acquire(timeout=0)
        except Timeout:
            waiting(f"another build is running (it holds {held.lock_file}): waiting for it")
            held.acquire()
    try:
        yield
    finally:
        held.release()


def entry(kind: str, name: str, key: str) -> Path:
    """Return where an entry's file is or will be; `key` stands for all that it is made from."""
    return root() / kind / f"{name}-{key[:16]}" / name


def is_good(path: Path, *, verify: bool = False) -> bool:
    """Whether an entry is there and undamaged; `verify` hashes it whatever its stamp says."""
    try:
        said = json.loads(_record(path).read_text())
        if not verify and said["stamp"] == _stamp(path):
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
