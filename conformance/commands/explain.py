"""`seatrial explain POLICY`: why a policy is there, what to write instead, and when to waive it."""

import argparse
from pathlib import Path

from conformance import assets
from conformance.commands import Purpose
from conformance.policy import policies

PURPOSE = Purpose.JUDGE
HELP = "say why a policy is there, what to write instead, and when to waive it"
EXAMPLES = (
    "seatrial explain\n"
    "seatrial explain kueue\n"
    "seatrial explain kueue/borrowing-limit-needs-a-cohort\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("policy", nargs="?", metavar="POLICY", help="for example kueue/lenders-can-reclaim; "
                        "a category lists its policies, nothing lists all")
    parser.add_argument("--policies", type=Path, action="append", default=[], metavar="DIR",
                        help="policies of your own, besides ours")


def run(args: argparse.Namespace) -> int:
    """Print the policy's page, or the list of policies."""
    corpus = policies.load(*args.policies)
    chosen = corpus.only([args.policy]) if args.policy else corpus
    if args.policy in corpus.policies:
        policy = corpus.policies[args.policy]
        print(f"{policy.id} ({policy.policy_class}, {policy.severity.label})\n")
        pages = (folder / policy.id / "README.md" for folder in (assets.folder(policies.FOLDER), *args.policies))
        page = next((page for page in pages if page.is_file()), None)
        print(page.read_text(encoding="utf-8") if page else "It has no README.md.\n", end="")
        return 0
    width = max(len(name) for name in chosen.policies)
    for policy in chosen.policies.values():
        print(f"{policy.id:{width}}  {policy.severity.label:7}  {policy.policy_class:9}  {policy.title}")
    return 0
