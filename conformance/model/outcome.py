"""The five endings of a check, kept apart."""

from collections.abc import Iterable
from enum import IntEnum


class Outcome(IntEnum):
    """Ordered from best to worst: a roll-up takes the worst of what could run."""

    PASSED = 0
    DISABLED = 1
    """The operator said no."""
    UNSUPPORTED = 2
    """The platform or the ground cannot."""
    FAILED = 3
    """An assertion about the platform did not hold."""
    ERROR = 4
    """Ours: set-up, clean-up, a crash."""

    @property
    def label(self) -> str:
        """The word used in reports, for example `passed`."""
        return self.name.lower()

    @staticmethod
    def worst(outcomes: "Iterable[Outcome]") -> "Outcome | None":
        """Return the worst of `outcomes`, or None when nothing ran: that is never success."""
        return max(outcomes, default=None)
