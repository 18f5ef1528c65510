"""`seatrial kind`: what clusters of kind need where there is no registry, or no usable Docker."""

import argparse
import json

from conformance.clusters.kind import engine, node_image
from conformance.clusters.kind.docker import Docker
from conformance.commands import Purpose, Steps, told
from conformance.errors import UsageError

PURPOSE = Purpose.CLUSTERS
HELP = "make what clusters of kind need: a node image, a Docker engine"
EXAMPLES = (
    "seatrial kind image\n"
    'eval "$(seatrial kind engine up)"\n'
    "seatrial kind engine status\n"
    "seatrial kind engine down\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of `seatrial kind`."""
    parts = parser.add_subparsers(dest="part", metavar="PART", required=True)

    def part(name: str, does: str) -> argparse.ArgumentParser:
        return parts.add_parser(name, help=does, **told(f"kind {name}", does, EXAMPLES))

    image = part("image", "make a node image from Debian packages and our own builds: no registry")
    image.add_argument("--name", default=node_image.default_name(),
                       help="name and tag of the image (default: %(default)s)")
    image.add_argument("--docker-host", metavar="ADDRESS",
                       help="address of the Docker engine that the image is loaded into (default: DOCKER_HOST, else "
                            "our own engine where it runs, else the machine's)")
    own = part("engine", "run a Docker engine of our own, apart from the machine's")
    own.add_argument("action", choices=("up", "down", "status"),
                     help="up: start it, and print the DOCKER_HOST that docker and kind obey; down: stop it, and all "
                          "its containers; status: say whether it runs")
    own.add_argument("--purge", action="store_true", help="with down: delete its images too")
    own.add_argument("--output", choices=("text", "json"), default="text",
                     help="output format of status (default: %(default)s)")


def run(args: argparse.Namespace) -> int:
    """Do the named part; return the exit code. Raise SeatrialError, UsageError."""
    return _image(args) if args.part == "image" else _engine(args)


def _image(args: argparse.Namespace) -> int:
    docker, say = Docker(args.docker_host) if args.docker_host else engine.chosen(), Steps()
    made = node_image.make(args.name, docker, say)
    say(f"{args.name} is made" if made else f"{args.name} is cached: nothing changed")
    print(args.name)
    return 0


def _engine(args: argparse.Namespace) -> int:
    if args.purge and args.action != "down":
        raise UsageError("--purge is about `engine down`", "take --purge out, or: seatrial kind engine down --purge")
    if args.action == "up":
        say = Steps()
        address = engine.up(say)
        say("the engine is up; it goes with: seatrial kind engine down")
        print(f"export DOCKER_HOST={address}")
    elif args.action == "down":
        there = engine.down(purge=args.purge)
        print("the engine is gone" if there else "there was nothing to remove")
    else:
        found = engine.state()
        print(json.dumps(found, indent=2) if args.output == "json" else
              f"{found['state']:8} {found['containers']} containers  {found['docker_host']}")
    return 0
