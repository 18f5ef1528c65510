"""What is being built and what is left: a bar on a terminal, plain lines elsewhere."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bars


class Progress(Protocol):
    """Who is told how far a build is."""

    def note(self, text: str) -> None:
        """Say one line that is worth keeping."""

    def start(self, product: str, left: Sequence[str], about_s: float) -> None:
        """Say that `product` is next, which ones are left after it, and about how long all of them take."""

    def move(self, doing: str, done: int, total: int | None) -> None:
        """Say how far the current product is; `total` None: not known."""

    def finish(self, summary: str) -> None:
        """Say that the current product is done."""

    def close(self) -> None:
        """No more news."""


class PlainProgress:
    """One line per product and per quarter of it."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Print to `stream`, standard error by default."""
        self._stream = stream or sys.stderr
        self._quarter = (" ", 0)

    def note(self, text: str) -> None:
        """Print `text`."""
        print(text, file=self._stream, flush=True)

    def start(self, product: str, left: Sequence[str], about_s: float) -> None:
        """Print the product, how many are left and for how long."""
        rest = f"; {len(left)} left after it: {', '.join(left)}" if left else ""
        self._quarter = ("", 0)
        self.note(f"building {product} ({about(about_s)} for all of it{rest})")

    def move(self, doing: str, done: int, total: int | None) -> None:
        """Print a line when the activity changes or another quarter is done."""
        quarter = (doing, 4 * done // total if total else done // 50)
        if total and quarter != self._quarter and done:
            self.note(f"  {doing}: {done} of {total}")
        elif not total and quarter != self._quarter:
            self.note(f"  {doing}: {done} so far" if done else f"  {doing}")
        self._quarter = quarter

    def finish(self, summary: str) -> None:
        """Print the summary."""
        self.note(f"  {summary}")

    def close(self) -> None:
        """Nothing to do."""


class BarProgress:
    """Two bars: products, and packages of the current one."""

    def __init__(self) -> None:
        """Draw nothing yet."""
        self._bars: Bars | None = None
        self._name = ""
        self._finished = 0

    def _shown(self) -> "Bars":
        if self._bars is None:
            from rich import console, progress  # noqa: PLC0415 -- a warm run draws nothing: do not load it

            self._bars = progress.Progress(
                progress.TextColumn("{task.description}"), progress.BarColumn(bar_width=30),
                progress.MofNCompleteColumn(), progress.TimeElapsedColumn(),
                console=console.Console(stderr=True), transient=True)
            self._all = self._bars.add_task("", total=None)
            self._one = self._bars.add_task("", total=None)
            self._bars.start()
        return self._bars

    def note(self, text: str) -> None:
        """Print `text` above the bars."""
        self._shown().console.print(text, markup=False, highlight=False)

    def start(self, product: str, left: Sequence[str], about_s: float) -> None:
        """Move the upper bar on and empty the lower one."""
        bars, self._name = self._shown(), product
        bars.update(self._all, total=self._finished + 1 + len(left), completed=self._finished,
                    description=f"{about(about_s)}, left: {', '.join(left[:4]) or 'nothing'}"
                                f"{', ...' if len(left) > 4 else ''}")
        bars.reset(self._one, total=None, description=product)

    def move(self, doing: str, done: int, total: int | None) -> None:
        """Move the lower bar."""
        self._shown().update(self._one, completed=done, total=total, description=f"{self._name}: {doing}")

    def finish(self, summary: str) -> None:
        """Keep the summary above the bars."""
        self._finished += 1
        self.note(summary)

    def close(self) -> None:
        """Take the bars away."""
        if self._bars is not None:
            self._bars.stop()
            self._bars = None


def about(seconds: float) -> str:
    """Return about how long something takes, for people: `about 3 min`."""
    return f"about {round(seconds / 60)} min" if seconds >= 90 else "about a minute"


def fitting_progress() -> Progress:
    """Return the bar when standard error is a terminal, else plain lines."""
    return BarProgress() if sys.stderr.isatty() else PlainProgress()
