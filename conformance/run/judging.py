"""Decides how a behaviour ended: the endings are told apart here and nowhere else."""

import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import _pytest
import pytest

from conformance.errors import Disabled, Inconclusive, Invalid, SeatrialError, Unsupported
from conformance.model.behaviour import Behaviour
from conformance.model.fault import Fault, Site
from conformance.model.fidelity import Fidelity
from conformance.model.outcome import Outcome
from conformance.waiting import Unmet

TIMEOUT_MARK = "Timeout (>"
"""How pytest-timeout begins what it says."""
_PYTEST = Path(_pytest.__file__).parent


@dataclass(frozen=True)
class Verdict:
    """How a phase of a test, or a whole test, ended. `cause` is one line."""

    outcome: Outcome
    cause: str = ""
    trace: str = ""
    needs_samples: int = 0
    """How many more samples it takes, where it is inconclusive."""


PASSED = Verdict(Outcome.PASSED)


class PlatformLeftBroken(SeatrialError):
    """A fault could not be taken back: nothing after it can be judged."""


def judge(error: BaseException | None, *, phase: str, module: str,  # noqa: PLR0911 -- one return for each ending
          limit_s: float = 0) -> Verdict:
    """Return the verdict on one phase (`setup`, `call` or `teardown`) that ended with `error` or without.

    `module` is the file of the behaviour: only what is asserted there, or waited for, is about the platform.
    `limit_s` is how long the behaviour may take, in seconds.
    """
    if error is None:
        return PASSED
    if isinstance(error, Unsupported | pytest.skip.Exception):
        return Verdict(Outcome.UNSUPPORTED, _first_line(error), getattr(error, "trace", ""))
    if isinstance(error, Disabled):
        return Verdict(Outcome.DISABLED, _one_line(error))
    if isinstance(error, Invalid):
        return Verdict(Outcome.INVALID, _one_line(error))
    if isinstance(error, Inconclusive):
        return Verdict(Outcome.INCONCLUSIVE, _one_line(error), needs_samples=error.needs_samples)
    if phase == "call" and isinstance(error, Unmet):
        return Verdict(Outcome.FAILED, error.cause, error.trace)
    if phase == "call" and _is_asserted_in(module, error):
        cause, _, trace = (str(error) or "an assertion without a message did not hold").partition("\n")
        return Verdict(Outcome.FAILED, cause, trace)
    if isinstance(error, pytest.fail.Exception) and str(error).startswith(TIMEOUT_MARK):
        cause = f"it was not over within its limit_s, {limit_s:g} seconds"
    else:
        cause = _one_line(error) if isinstance(error, SeatrialError) else _named(error)
    return Verdict(Outcome.ERROR, cause if phase == "call" else f"{phase}: {cause}")


def worst(verdicts: list[Verdict]) -> Verdict:
    """Return the worst of a test's verdicts, the first of those; what else went wrong is in its cause."""
    found = max(verdicts, key=lambda verdict: verdict.outcome)
    others = [verdict.cause for verdict in verdicts if verdict is not found and verdict.cause]
    if not others:
        return found
    return replace(found, cause=f"{found.cause}; also: {'; '.join(others)}", trace=found.trace or
                   "\n".join(verdict.trace for verdict in verdicts if verdict.trace))


def stands_on(behaviour: Behaviour, ground: Fidelity) -> Fidelity:
    """Return how real the ground of a verdict is: pretend hardware proves no more than was asked of it."""
    return ground if ground is Fidelity.HARDWARE else min(behaviour.fidelity, ground)


def too_unreal(behaviour: Behaviour, ground: Fidelity) -> str:
    """Return why this ground cannot prove a behaviour, or nothing when it can."""
    if behaviour.fidelity <= ground:
        return ""
    return f"it takes a ground of fidelity {behaviour.fidelity.label}, this cluster is {ground.label}"


@contextmanager
def applied(fault: Fault, site: Site) -> Iterator[None]:
    """Keep a fault applied. Raises SeatrialError when it cannot be applied or taken back: never a catch.
    A fault that this platform cannot have raises Unsupported.

    Taking it back is tried whatever happened inside, and what went wrong in doing so outweighs that.
    """
    breaking = fault.applied(site)
    try:
        breaking.__enter__()
    except Unsupported:
        raise  # this platform cannot have that fault: another one has to show it
    except Exception as error:
        raise SeatrialError(f"fault {fault.name} could not be applied: {_first_line(error)}") from error
    try:
        yield
    finally:
        try:
            breaking.__exit__(None, None, None)
        except Exception as error:
            cause = _first_line(error)
            raise PlatformLeftBroken(f"fault {fault.name} could not be taken back: {cause}") from error


def proof(verdict: Verdict, *, control: Verdict | None, fault: str) -> Verdict:
    """Return the verdict on a behaviour that ran with a fault: FAILED means caught, if the cause has the right word.

    `control` is the verdict on the same behaviour without the fault: if it did not pass, the proof is void,
    and what could not run without the fault could not be proved either.
    """
    if control is not None and control.outcome in (Outcome.UNSUPPORTED, Outcome.DISABLED):
        return Verdict(control.outcome, control.cause)
    if control is None or control.outcome is not Outcome.PASSED:
        state = ("did not run; choose proofs by the behaviour's name (-k), not by the fault's" if control is None
                 else f"ended as {control.outcome.label}")
        return Verdict(Outcome.ERROR, f"void: without the fault the behaviour {state}")
    if verdict.outcome is Outcome.PASSED:
        return Verdict(Outcome.PASSED, f"survived: the behaviour passes although {fault} is there")
    return verdict


def _is_asserted_in(module: str, error: BaseException) -> bool:
    """Whether a behaviour itself said so, by `assert`, `pytest.raises` or `pytest.fail`: an assertion of what it calls
    is our own and says nothing about the platform.
    """
    if not isinstance(error, AssertionError | pytest.fail.Exception):
        return False
    files = [frame.f_code.co_filename for frame, _ in traceback.walk_tb(error.__traceback__)]
    return next((file == module for file in reversed(files) if not Path(file).is_relative_to(_PYTEST)), False)


def _first_line(error: BaseException) -> str:
    return (str(error) or type(error).__name__).strip().splitlines()[0]


def _named(error: BaseException) -> str:
    return f"{type(error).__name__}: {_first_line(error)}"


def _one_line(error: SeatrialError) -> str:
    text = " ".join(error.message.split())
    return f"{text} (way out: {error.way_out})" if error.way_out else text
