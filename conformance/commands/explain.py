"""`seatrial explain POLICY`: why a policy is one, and when to waive it."""

import argparse

from conformance import assets
from conformance.commands import Purpose
from conformance.policy import policies

PURPOSE = Purpose.JUDGE
HELP = "say why a policy is one, and when to waive it"
EXAMPLES = (
    "seatrial explain\n"
    "seatrial explain kueue\n"
    "seatrial explain kueue/borrowing-limit-needs-a-cohort\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("policy", nargs="?", metavar="POLICY", help="for example kueue/lenders-can-reclaim; "
                        "a category lists its policies, nothing lists all")


def run(args: argparse.Namespace) -> int:
    """Print the policy's page, or the list of policies."""
    corpus = policies.load()
    chosen = corpus.only([args.policy]) if args.policy else corpus
    if args.policy in corpus.policies:
        policy = corpus.policies[args.policy]
        print(f"{policy.id} ({policy.policy_class}, {policy.severity.label})\n")
        print((assets.folder(policies.FOLDER) / policy.id / "README.md").read_text(encoding="utf-8"), end="")
        return 0
    width = max(len(name) for name in chosen.policies)
    for policy in chosen.policies.values():
        print(f"{policy.id:{width}}  {policy.severity.label:7}  {policy.policy_class:9}  {policy.title}")
    return 0
