"""`seatrial policy export DIR`: the policies as Gatekeeper's ConstraintTemplates and Constraints."""

import argparse
from pathlib import Path

from conformance.commands import Purpose
from conformance.policy import export, facts, policies

PURPOSE = Purpose.JUDGE
HELP = "hold the policies at admission, by Gatekeeper"
EXAMPLES = (
    "seatrial policy export gatekeeper/\n"
    "seatrial policy export gatekeeper/ --enforcement deny --only kueue\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("what", choices=["export"], help="write them as Gatekeeper's templates")
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR",
        help=f"gets {export.TEMPLATES}/ and {export.CONSTRAINTS}/; must be empty or not be there")
    add("--enforcement", choices=export.ENFORCEMENTS, default="audit",
        help="deny: errors are refused at admission, and the lesser ones draw a warning; audit: all are only reported "
             "(default: %(default)s)")
    add("--only", action="append", default=[], metavar="POLICY", help="only this policy, or category of policies")
    add("--policies", type=Path, action="append", default=[], metavar="DIR", help="policies of your own, besides ours")


def run(args: argparse.Namespace) -> int:
    """Write the files and say how to apply them; return 0. Raises UsageError, SeatrialError."""
    corpus = policies.load(*args.policies)
    corpus = corpus.only(args.only) if args.only else corpus
    exported = list(export.export(corpus, facts.data({}), args.enforcement))
    export.write(args.folder, exported)
    left = len(corpus.policies) - len(exported)
    print(f"{len(exported)} policies are in {args.folder}"
          + (f"; {left} stay with the audit: they see several objects, need facts of the cluster, or look at fields "
             "that it drops before admission" if left else ""))
    print(f"kubectl apply -f {args.folder / export.TEMPLATES}\n"
          "kubectl wait --for=jsonpath='{.status.created}'=true constrainttemplates --all --timeout=5m\n"
          f"kubectl apply -f {args.folder / export.CONSTRAINTS}")
    return 0
