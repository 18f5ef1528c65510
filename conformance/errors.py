"""What a user can run into, said in one line with the way out."""

from collections.abc import Iterable


class SeatrialError(Exception):
    """An error of the ground or of the input, never a verdict on a platform.

    `message` names the object and the cause; `way_out` the command or the change that mends it.
    """

    def __init__(self, message: str, way_out: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.way_out = way_out

    def __str__(self) -> str:
        return f"{self.message}\n  way out: {self.way_out}" if self.way_out else self.message


class UsageError(SeatrialError):
    """The command line or an input file is wrong: exit code 2."""


class Unsupported(SeatrialError):
    """The platform or the ground cannot do what a behaviour needs."""


class Unprepared(Unsupported):
    """What a behaviour needs before it begins was not there: nothing is said about its promise.

    `trace` tells what was seen, with times.
    """

    def __init__(self, message: str, trace: str = "") -> None:
        super().__init__(message)
        self.trace = trace


class Invalid(SeatrialError):
    """A measurement cannot be trusted, for example because the one who measured was too slow."""


class Inconclusive(SeatrialError):
    """A measurement says neither yes nor no: it needs `needs_samples` more samples."""

    def __init__(self, message: str, needs_samples: int) -> None:
        super().__init__(message, f"{needs_samples} more samples")
        self.needs_samples = needs_samples


class Disabled(SeatrialError):
    """The operator said no; `way_out` names the flag that says yes."""


def nearest(word: str, known: Iterable[str], listed_by: str = "") -> str:
    """Return the way out for a word that nobody knows: the nearest known one, or all of them.

    Where they fill a screen, give the command that they are `listed_by`: it is named in place of them.
    """
    import difflib  # noqa: PLC0415 -- for an error only

    known = sorted(known)
    near = difflib.get_close_matches(word, known, n=1, cutoff=0.5)
    if near:
        return f"did you mean {near[0]!r}?"
    return f"use one of those that this lists: {listed_by}" if listed_by else f"use one of: {', '.join(known)}"
