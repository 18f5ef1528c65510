"""`seatrial build`: builds programs and writes their images, or lists what there is."""

import argparse
import dataclasses
import hashlib
import json
import sys
from collections.abc import Sequence

from conformance.builds import store
from conformance.builds.builder import Built, build, key, state
from conformance.builds.catalogue import BUSYBOX, PROGRAMS, Program, select
from conformance.builds.images import images
from conformance.builds.manifests import BUILT_WITH, rendered
from conformance.commands import Purpose
from conformance.errors import SeatrialError

PURPOSE = Purpose.CLUSTERS
HELP = "build the servers from their pinned sources"
EXAMPLES = (
    "seatrial build\n"
    "seatrial build kueue kwok\n"
    "seatrial build --list\n"
    "seatrial build --prune\n"
)

_HEADINGS = ("component", "version", "source module", "size", "cached")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `seatrial build`."""
    parser.add_argument("names", nargs="*", metavar="NAME",
                        help="program to build, for example kueue (default: all that runs and tests need)")
    parser.add_argument("--list", action="store_true",
                        help="show what can be built and what is cached; build nothing")
    parser.add_argument("--key", action="store_true",
                        help="print a cache key for CI: it changes with the pinned sources, the flags and the "
                             "machine; build nothing")
    parser.add_argument("--prune", action="store_true",
                        help=f"remove cached builds that were not used for {store.UNUSED_DAYS} days, and above "
                             f"{store.LIMIT_BYTES >> 30} GiB those longest unused; build nothing. A build that adds to "
                             "the cache does the same")
    parser.add_argument("--verify", action="store_true",
                        help="hash every cached file, not only those that look changed")
    parser.add_argument("--output", choices=("table", "json"), default="table",
                        help="output format (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Build and pack what is named, or list it; return the exit code. Raise SeatrialError, UsageError."""
    if args.key:
        print(_key(select(args.names or None)))
        return 0
    if args.prune:
        _prune(args)
        return 0
    if args.list:
        rows = [_row(program, built) for program, built in state(args.names or PROGRAMS)]
    else:
        chosen = select(args.names or None)
        try:
            rows = [_row(PROGRAMS[name], built) for name, built in _everything(chosen, args).items()]
        except KeyboardInterrupt:
            done = sum(built is not None for _, built in state(args.names or None))
            raise SeatrialError(f"interrupted: {done} of {len(chosen)} programs are built and kept",
                                "the same command goes on from there") from None
    if args.output == "json":
        print(json.dumps(rows, indent=2))
    else:
        _print_table([[row["component"], row["version"] or "-", row["module"], _size(row["size_bytes"]),
                       "yes" if row["cached"] else "no"] for row in rows])
    return 0


def _prune(args: argparse.Namespace) -> None:
    with store.lock(lambda text: print(text, file=sys.stderr, flush=True)):
        gone = store.prune()
    if args.output == "json":
        print(json.dumps([dataclasses.asdict(one) for one in gone], indent=2))
        return
    for one in gone:
        print(f"{one.name}  {_size(one.size_bytes)}  unused for {one.unused_days:.0f} days")
    print(f"freed {_size(sum(one.size_bytes for one in gone))}" if gone else
          f"nothing to free: all of {store.root()} was used within {store.UNUSED_DAYS} days, and it is small enough")


def _key(programs: Sequence[Program]) -> str:
    # A CI system keeps the cache under this name: it changes with the pinned sources, the flags and the machine.
    return hashlib.sha256("\n".join(f"{program.name} {key(program)}" for program in programs).encode()).hexdigest()


def _everything(chosen: Sequence[Program], args: argparse.Namespace) -> dict[str, Built]:
    names = [program.name for program in chosen]
    built = build(names, verify=args.verify)
    for name in names:
        if name in BUILT_WITH:
            rendered(BUILT_WITH[name])
    packed = [program.name for program in chosen if program.image]
    # Test pods need a shell too: it is the machine's own, so only a build of everything packs it.
    images(packed if args.names else [*packed, BUSYBOX.repository.rpartition("/")[2]])
    return built


def _row(program: Program, built: Built | None) -> dict[str, str | int | bool | None]:
    return {"component": program.name, "version": program.version, "module": program.module,
            "size_bytes": built.size_bytes if built else None, "sha256": built.sha256 if built else None,
            "path": str(built.path) if built else None, "cached": bool(built and built.cached)}


def _size(size_bytes: str | int | bool | None) -> str:
    return f"{size_bytes / (1 << 20):.1f} MiB" if isinstance(size_bytes, int) else "-"


def _print_table(rows: Sequence[Sequence[object]]) -> None:
    texts = [[str(cell) for cell in row] for row in rows]
    if sys.stdout.isatty():
        from rich import box, console, table  # noqa: PLC0415 -- only a terminal needs it

        shown = table.Table(*_HEADINGS, box=box.SIMPLE_HEAD)
        for row in texts:
            shown.add_row(*row)
        console.Console().print(shown)
        return
    widths = [max(map(len, column)) for column in zip(_HEADINGS, *texts, strict=True)]
    for row in [list(_HEADINGS), *texts]:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
