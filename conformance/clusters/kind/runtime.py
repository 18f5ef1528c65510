"""An OCI runtime for machines that lack CAP_SYS_RESOURCE: asks runc for no more than the machine may give.

The private engine runs this file in place of runc, by itself and without the package: standard library only.
Privileged containers of Docker ask for every capability, and runc refuses them all when one cannot be had.
"""

import json
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

CAPABILITY, NUMBER = "CAP_SYS_RESOURCE", 24


def may_be_given(status: str) -> bool:
    """Whether processes of this machine may have the capability, by the text of `/proc/self/status`."""
    bounds = next(line.split()[1] for line in status.splitlines() if line.startswith("CapBnd:"))
    return bool(int(bounds, 16) >> NUMBER & 1)


def without(asked: dict[str, Any]) -> dict[str, Any]:
    """Return a container's `config.json`, or what `runc exec` is told of a process, without what needs the capability.

    That is the capability itself, and an oom_score_adj below zero, which the kernel lets nobody else set.
    """
    process = asked.get("process", asked)
    given = process.get("capabilities") or {}
    kept = {**process}
    if given:
        kept["capabilities"] = {kind: [one for one in names if one != CAPABILITY] for kind, names in given.items()}
    if (process.get("oomScoreAdj") or 0) < 0:
        del kept["oomScoreAdj"]
    return {**asked, "process": kept} if "process" in asked else kept


def told(arguments: Sequence[str]) -> list[Path]:
    """Return the files in which runc is told of a process, by its arguments."""
    found = []
    for argument, following in zip(arguments, [*arguments[1:], ""], strict=True):
        option, equals, value = argument.partition("=")
        value = value if equals else following
        if option in {"--bundle", "-b"}:
            found.append(Path(value) / "config.json")
        elif option in {"--process", "-p"}:
            found.append(Path(value))
    return [path for path in found if path.is_file()]


def main(runc: str, arguments: Sequence[str]) -> None:
    """Take out of the files what cannot be had, and become runc."""
    for path in told(arguments):
        path.write_text(json.dumps(without(json.loads(path.read_text()))))
    os.execv(runc, [runc, *arguments])  # noqa: S606 -- that is what a runtime is asked by


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2:])
