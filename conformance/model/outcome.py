"""The endings of a check, kept apart."""

from collections.abc import Iterable
from enum import IntEnum


class Outcome(IntEnum):
    """Ordered from best to worst: a roll-up takes the worst of what could run."""

    PASSED = 0
    DISABLED = 1
    """The operator said no."""
    UNSUPPORTED = 2
    """The platform or the ground cannot."""
    INCONCLUSIVE = 3
    """What was measured says neither yes nor no: it needs more samples."""
    INVALID = 4
    """A measurement that cannot be trusted, for example of a client that was too slow itself."""
    FAILED = 5
    """An assertion about the platform did not hold."""
    ERROR = 6
    """Ours: set-up, clean-up, a crash."""

    @property
    def label(self) -> str:
        """The word used in reports, for example `passed`."""
        return self.name.lower()

    @staticmethod
    def worst(outcomes: "Iterable[Outcome]") -> "Outcome | None":
        """Return the worst of `outcomes`, or None when nothing ran: that is never success."""
        return max(outcomes, default=None)
