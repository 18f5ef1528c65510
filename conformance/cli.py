"""The command `seatrial`: reads the command line, hands over to the part that does it, tells how it ended.

Exit codes: `model.exit_code`.
"""

import argparse
import importlib
import os
import pkgutil
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any

from conformance import commands as _commands
from conformance.commands import Purpose, told
from conformance.errors import SeatrialError, UsageError
from conformance.masking import masked
from conformance.model.exit_code import ExitCode, table
from conformance.waiting import Unmet


def commands() -> list[str]:
    """Return the names of all commands: the modules of `conformance.commands`."""
    return sorted(entry.name for entry in pkgutil.iter_modules(_commands.__path__))


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """Return the parser of the command line; with a `wanted` command only that one is loaded, and takes arguments."""
    top = argparse.ArgumentParser(
        prog="seatrial", formatter_class=argparse.RawDescriptionHelpFormatter, usage="seatrial COMMAND ...",
        description="Sea trials for a GPU platform on Kubernetes: a real cluster with fake GPUs on this machine,\n"
                    "a platform on it, and what it promises proved.",
        epilog="" if wanted else _overview())
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    each = top.add_subparsers(prog="seatrial", dest="command", title="command", metavar="COMMAND",
                              help="one of those below; COMMAND --help has examples")
    for name in [wanted] if wanted else commands():
        module = _load(name)
        command = each.add_parser(name, **told(name, module.HELP, module.EXAMPLES))
        module.add_arguments(command)
        command.set_defaults(run=module.run)
    return top


def _overview() -> str:
    """Return all commands by purpose, and the exit codes."""
    found = {name: _load(name) for name in commands()}
    width = max(map(len, found))
    parts = []
    for purpose in Purpose:
        lines = [f"  {name:{width}}  {module.HELP}" for name, module in found.items() if module.PURPOSE is purpose]
        parts.append("\n".join([f"{purpose.value}:", *lines]))
    return "\n\n".join([*parts, f"exit codes:\n{table()}"])


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # noqa: PLC0415 -- slow, and seldom asked for

        print(f"seatrial {version('seatrial')}")
        parser.exit()


def _load(name: str) -> ModuleType:
    return importlib.import_module(f"{_commands.__name__}.{name}")


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 -- one return for each way to end
    """Run the command line and return the exit code."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except UsageError as error:
        return _tell(error, ExitCode.USAGE)
    except (SeatrialError, Unmet) as error:
        # A wait that ended unmet outside a behaviour is about the ground, not about the platform.
        return _tell(error, ExitCode.OUR_ERROR)
    except KeyboardInterrupt:
        return _tell("interrupted", ExitCode.INTERRUPTED)
    except BrokenPipeError:
        _forget_output()
        return ExitCode.HELD  # whoever read us has had enough
    except OSError as error:
        if error.filename is None:
            _forget_output()
        return _tell(f"{error.filename or 'the output'}: {error.strerror}", ExitCode.OUR_ERROR)
    except Exception:
        # Python's own exit code would be 1: that of a platform that does not keep its promises.
        sys.stderr.write(masked(traceback.format_exc()))
        return _tell("this is a bug of Seatrial, nothing is said about the platform", ExitCode.OUR_ERROR)


def _run(words: list[str]) -> int:
    known = commands()
    first = next((word for word in words if not word.startswith("-")), "")
    top = parser(wanted=first if first in known else "")
    if not words:
        top.print_help(sys.stderr)
        return ExitCode.USAGE
    args = top.parse_args(words)
    if args.command is None:
        top.error(f"name a command: {', '.join(known)}")
    with _terminated_like_interrupted():
        code = int(args.run(args))
    sys.stdout.flush()  # here a broken pipe can still be told from an error
    return code


def _forget_output() -> None:
    # What is still in the buffer would raise once more when Python exits.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


@contextmanager
def _terminated_like_interrupted() -> Iterator[None]:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    before = {number: signal.signal(number, interrupt) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _tell(what: Exception | str, code: int) -> int:
    print(f"seatrial: {masked(str(what))}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
