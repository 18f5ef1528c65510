"""The command `seatrial`: reads the command line, hands over to the part that does it, tells how it ended.

Exit codes: 0 all held, 1 something did not, 2 the command line or an input is wrong, 3 our error, 130 interrupted.
"""

import argparse
import importlib
import os
import signal
import sys
import traceback
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from conformance.errors import SeatrialError, UsageError
from conformance.waiting import Unmet

OK, FAILED, USAGE, ERROR, INTERRUPTED = 0, 1, 2, 3, 130

COMMANDS = {
    "run": ("conformance.running", "prove what a platform promises",
            "seatrial run\n"
            "seatrial run --platform my-platform/\n"
            "seatrial run --platform my-platform/ --only scheduling -k quota\n"
            "seatrial run --prove        (every check is seen failing)"),
    "up": ("conformance.commands:up", "bring a cluster up",
           "seatrial up\n"
           "seatrial up --cluster kind --name other\n"
           "seatrial up --name big --nodes 2 --fake-nodes five-hundred-twelve\n"
           "seatrial up --platform reference-manifests/team-queues"),
    "status": ("conformance.commands:status", "list the clusters that Seatrial made", "seatrial status --output json"),
    "kubeconfig": ("conformance.commands:kubeconfig", "print where a cluster's kubeconfig is",
                   "export KUBECONFIG=$(seatrial kubeconfig)"),
    "down": ("conformance.commands:down", "take clusters down, and what a crash left",
             "seatrial down\nseatrial down --name big\nseatrial down --cluster kind --name other\nseatrial down --all\n"
             "seatrial down --cluster existing --context staging --prefix seatrial-"),
    "doctor": ("conformance.commands:doctor", "say what this machine lacks, and what mends it",
               "seatrial doctor\nseatrial doctor --cluster kind"),
    "build": ("conformance.builds.command", "build the servers from their pinned sources",
              "seatrial build\nseatrial build kueue kwok\nseatrial build --list"),
    "kind": ("conformance.kind_command", "make what clusters of kind need: a node image, a Docker engine",
             "seatrial kind image\n"
             "eval $(seatrial kind engine up)\n"
             "seatrial kind engine down"),
    "audit": ("conformance.audit_command", "judge manifests by the policies, with no cluster",
              "seatrial audit manifests/\n"
              "helm template my-chart | seatrial audit -\n"
              "seatrial audit manifests/ --output sarif > audit.sarif"),
    "explain": ("conformance.policies_command:Explain", "say why a policy is one, and when to waive it",
                "seatrial explain\nseatrial explain kueue\n"
                "seatrial explain kueue/borrowing-limit-needs-a-cohort"),
    "snapshot": ("conformance.policies_command:Snapshot", "save what an audit looks at of a cluster, secrets masked",
                 "seatrial snapshot > snapshot.json && seatrial audit snapshot.json"),
    "policy": ("conformance.policies_command:Export", "hold the policies at admission, by Gatekeeper",
               "seatrial policy export gatekeeper/\n"
               "seatrial policy export gatekeeper/ --enforcement deny --only kueue"),
    "new": ("conformance.policies_command:New", "begin a policy of your own",
            "seatrial new policy accelerators/gpu-limit-is-set"),
    "report": ("conformance.report_command", "show reports again, and say what changed from one run to another",
               "seatrial report show seatrial-report/\n"
               "seatrial report diff last-night/ tonight/\n"
               "seatrial report diff local/ existing/ --tolerate disabled --tolerate unproved\n"
               "seatrial report parity local/ kind/ > parity.md"),
    "promises": ("conformance.promises_command", "show what a platform folder promises, and what does not fit",
                 "seatrial promises my-platform/"),
    "survey": ("conformance.survey_command", "say what a cluster has, and which promises can be checked there",
               "seatrial survey\n"
               "seatrial survey --context staging --platform my-platform/\n"
               "seatrial survey --output json > survey.json"),
    "size": ("conformance.size_command", "say where language models and MIG instances fit",
             "seatrial size --list\n"
             "seatrial size --model Llama-3.1-8B --gpu H100-SXM-80GB --context 32768 --sequences 8\n"
             "seatrial size --model my-model/config.json --gpu L40S --context 8192 --tensor-parallel 2\n"
             "seatrial size --gpu H100-SXM-80GB --place 3g.40gb,2g.20gb,2g.20gb\n"
             "seatrial size --gpu H100-SXM-80GB --model Qwen2.5-7B --model Qwen2.5-1.5B --context 8192 --context 512"),
}
"""Name: where `add_arguments` and `run` are (a module, or a class of functions in it), what it does, examples."""


def parser(wanted: str = "") -> argparse.ArgumentParser:
    """Return the parser of the command line, with the arguments of the `wanted` command: others stay unloaded."""
    top = argparse.ArgumentParser(
        prog="seatrial", formatter_class=argparse.RawDescriptionHelpFormatter,
        description="Sea trials for a GPU platform on Kubernetes: a real cluster with fake GPUs on this machine,\n"
                    "a platform on it, and what it promises proved.",
        epilog="exit codes:\n  0 all held   1 something did not   2 wrong usage or input   3 our error")
    top.add_argument("--version", action=_Version, nargs=0, help="print the version and exit")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, (where, what, examples) in COMMANDS.items():
        indented = "\n".join(f"  {line}" for line in examples.splitlines())
        command = commands.add_parser(name, help=what, description=f"{what[0].upper()}{what[1:]}.",
                                      epilog=f"examples:\n{indented}",
                                      formatter_class=argparse.RawDescriptionHelpFormatter)
        if name == wanted:
            handler = _load(where)
            handler.add_arguments(command)
            command.set_defaults(run=handler.run)
    return top


class _Version(argparse.Action):
    def __call__(self, parser: argparse.ArgumentParser, *_: Any) -> None:
        from importlib.metadata import version  # noqa: PLC0415 -- slow, and seldom asked for

        print(f"seatrial {version('seatrial')}")
        parser.exit()


def _load(where: str):  # type: ignore[no-untyped-def]  # a module or a class: both have the two functions
    module, _, inner = where.partition(":")
    found = importlib.import_module(module)
    return getattr(found, inner) if inner else found


def main(arguments: Sequence[str] | None = None) -> int:  # noqa: PLR0911 -- one return for each way to end
    """Run the command line and return the exit code."""
    try:
        return _run(list(sys.argv[1:] if arguments is None else arguments))
    except UsageError as error:
        return _tell(error, USAGE)
    except (SeatrialError, Unmet) as error:
        # A wait that ended unmet outside a behaviour is about the ground, not about the platform.
        return _tell(error, ERROR)
    except KeyboardInterrupt:
        return _tell("interrupted", INTERRUPTED)
    except BrokenPipeError:
        _forget_output()
        return OK  # whoever read us has had enough
    except OSError as error:
        if error.filename is None:
            _forget_output()
        return _tell(f"{error.filename or 'the output'}: {error.strerror}", ERROR)
    except Exception:
        # Python's own exit code would be 1: that of a platform that does not keep its promises.
        traceback.print_exc()
        return _tell("this is a bug of Seatrial, nothing is said about the platform", ERROR)


def _run(words: list[str]) -> int:
    args = parser(wanted=next((word for word in words if word in COMMANDS), "")).parse_args(words)
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
    print(f"seatrial: {what}", file=sys.stderr)
    return code


if __name__ == "__main__":
    sys.exit(main())
