"""Builds the programs that platforms need while the first platforms already run, in the order of need."""

import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from conformance.builds import builder
from conformance.builds.catalogue import select
from conformance.builds.progress import about
from conformance.builds.toolchain import tethered
from conformance.errors import SeatrialError

ENDS_WITHIN_S = 30
"""After which a build that was asked to end is ended."""


class Building:
    """A `seatrial build` beside the run; none is started when everything is there.

    Its words go to `log`; `tell` hears one line whenever another program is there.
    """

    def __init__(self, log: Path, tell: Callable[[str], None]) -> None:
        self._log = log
        self._tell = tell
        self._process: subprocess.Popen[bytes] | None = None
        self._wanted: tuple[str, ...] = ()
        self._left: list[str] = []
        self._began = self._looked = 0.0
        self._pace = builder.Pace()

    def start(self, names: Sequence[str]) -> None:
        """Begin to build what is missing of these, the first one first. Raises UsageError for an unknown name."""
        self._wanted = tuple(dict.fromkeys(names))
        self._left = [program.name for program, built in builder.state(self._wanted) if built is None]
        if not self._left:
            return
        self._began = self._looked = time.monotonic()
        about_so_long = about(self._pace.left_s(select(self._left)))
        self._tell(f"building {len(self._left)} of {len(self._wanted)} programs from their sources, {about_so_long}; a "
                   f"platform starts when its own are there (all that the build says: {self._log})")
        with self._log.open("wb") as log:
            self._process = subprocess.Popen(
                tethered(sys.executable, "-m", "conformance.cli", "build", *self._wanted), stdin=subprocess.DEVNULL,
                stdout=log, stderr=subprocess.STDOUT, start_new_session=True)

    def has(self, names: Sequence[str]) -> bool:
        """Whether all of these are there now. Raises SeatrialError with the build's last words when it has failed."""
        if self._process is not None:
            ended = self._process.poll()  # asked first: what it finished before it ended counts
            self._look()
            if not set(names).isdisjoint(self._left) and ended is not None:
                raise SeatrialError(f"{', '.join(one for one in names if one in self._left)} could not be built: "
                                    f"{self._last_words() or f'seatrial build ended with {ended}'}", f"see {self._log}")
        return set(names).isdisjoint(self._left)

    def stop(self) -> None:
        """End it, if it still runs: what is built is kept."""
        if self._process is not None and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(ENDS_WITHIN_S)
            except subprocess.TimeoutExpired:
                self._process.kill()  # tethered: what it started goes with it
                self._process.wait()

    def _look(self) -> None:
        """Take note of what was finished since the last look."""
        there = [program.name for program, built in builder.state(self._left[:1]) if built]
        if there:
            left = [program.name for program, built in builder.state(self._left) if built is None]
            done = [name for name in self._left if name not in left]
            self._left, now = left, time.monotonic()
            self._pace.add(select(done), now - self._looked)
            self._looked = now
            if left:
                about_so_long = about(self._pace.left_s(select(left)))
                self._tell(f"built {', '.join(done)} ({now - self._began:.0f} s); {len(left)} of {len(self._wanted)} "
                           f"left, {about_so_long}: {', '.join(left)}")
            else:
                self._tell(f"built {', '.join(done)}: everything is there ({now - self._began:.0f} s)")

    def _last_words(self) -> str:
        lines = self._log.read_text(encoding="utf-8", errors="replace").splitlines()
        said = [line for line in lines if line.startswith("seatrial: ")]
        return said[-1].removeprefix("seatrial: ") if said else "\n".join(lines[-1:])
