"""How a command ends, for scripts and CI."""

from enum import IntEnum


class ExitCode(IntEnum):
    """The exit codes of all commands; where several would be right, a run ends with the first of 130, 3, 1, 5, 4, 0."""

    HELD = 0
    FAILED = 1
    USAGE = 2
    OUR_ERROR = 3
    UNPROVED = 4
    UNMEASURED = 5
    INTERRUPTED = 130

    @property
    def meaning(self) -> str:
        """What it says, as the help of the command has it."""
        return {0: "all held", 1: "something did not hold", 2: "wrong usage, or an input that cannot be read",
                3: "our own error: nothing is said about the platform",
                4: "nothing was proved, though the input could be read (seatrial run --allow-unproved: 0)",
                5: "a measurement is invalid or inconclusive", 130: "interrupted"}[self]


def table() -> str:
    """Return all of them, a line each."""
    return "\n".join(f"{code:5d}  {code.meaning}" for code in ExitCode)
