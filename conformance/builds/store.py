"""The cache: entries by content, written whole or not at all, and looked at before they are trusted.

An entry is a file with a `.json` beside it that holds its SHA-256 and the stamp (size, mtime, inode) it had
when that was computed. A file whose stamp still holds is as it was; any other is hashed again.
"""

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import platformdirs
from filelock import FileLock

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


def lock() -> FileLock:
    """Return the lock under which the cache is written: two builds wait for each other."""
    return FileLock(root() / ".lock")


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
    """Move a finished file into its place; a reader sees nothing or all of it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    said = {"sha256": digest(made), **more}
    os.replace(made, path)
    _write_record(path, said)


@contextmanager
def workspace() -> Iterator[Path]:
    """Yield an empty folder on the cache's disk; call under `lock`, since it sweeps what a killed build left."""
    parent = root() / "unfinished"
    shutil.rmtree(parent, ignore_errors=True)
    parent.mkdir()
    try:
        yield Path(tempfile.mkdtemp(dir=parent))
    finally:
        shutil.rmtree(parent, ignore_errors=True)


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _record(path: Path) -> Path:
    return path.with_name(f"{path.name}.json")


def _stamp(path: Path) -> list[int]:
    stat = path.stat()
    return [stat.st_size, stat.st_mtime_ns, stat.st_ino]


def _write_record(path: Path, said: dict[str, Any]) -> None:
    part = _record(path).with_suffix(".part")
    part.write_text(json.dumps(said | {"stamp": _stamp(path)}))
    part.replace(_record(path))
