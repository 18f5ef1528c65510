"""A cache of its own for each test, and a Go toolchain that does as it is told."""

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from conformance.builds.progress import PlainProgress
from conformance.builds.toolchain import find_go
from conformance.errors import SeatrialError

FakeGo = Callable[[str], None]


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "cache"
    monkeypatch.setenv("SEATRIAL_CACHE", str(folder))
    return folder


@pytest.fixture
def fake_go(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakeGo:
    """Put a `go` on PATH whose `go build -o $OUT` runs the given shell lines."""
    folder = tmp_path / "fake-go"
    folder.mkdir()
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")

    def behave(build: str) -> None:
        (folder / "go").write_text(f"""#!/bin/sh
case "$1" in
env) echo go1.99.0 ;;
list) echo xxx ;;
build)
  while [ "$1" != -o ]; do shift; done
  OUT=$2
  {build}
esac
""")
        (folder / "go").chmod(0o755)

    behave('echo some/package >&2; echo built > "$OUT"; chmod 755 "$OUT"')
    return behave


@pytest.fixture
def real_go() -> Path:
    try:
        return find_go("1.26.0").path
    except SeatrialError as missing:
        pytest.skip(str(missing))


@pytest.fixture
def no_go(monkeypatch: pytest.MonkeyPatch) -> None:
    """From here on there is no Go toolchain on this machine."""
    def none(needed: str) -> None:
        raise AssertionError(f"somebody asked for Go {needed}")

    monkeypatch.setattr("conformance.builds.builder.find_go", none)
    monkeypatch.setattr("conformance.builds.manifests.find_go", none)


@pytest.fixture
def quiet() -> Iterator[PlainProgress]:
    with Path(os.devnull).open("w") as nowhere:
        yield PlainProgress(nowhere)


@pytest.fixture
def own_mounts() -> list[str]:
    """The start of a command line that runs in a mount namespace of its own."""
    if os.geteuid() or not shutil.which("unshare"):
        pytest.skip("only root may mount a small disk")
    program = 'mount -t tmpfs -o size="$1" none "$2" && shift 2 && exec "$@"'
    return ["unshare", "--mount", "sh", "-c", program, "sh"]


@pytest.fixture
def python() -> list[str]:
    return [sys.executable, "-c"]
