"""`seatrial policy export DIR`: the policies as Gatekeeper's ConstraintTemplates; `policy test DIR`: their examples."""

import argparse
from pathlib import Path

from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.policy import examples, export, facts, policies

PURPOSE = Purpose.JUDGE
HELP = "export the policies for admission by Gatekeeper; test policies of your own"
EXAMPLES = (
    "seatrial policy test my-policies/\n"
    "seatrial policy export gatekeeper/\n"
    "seatrial policy export gatekeeper/ --enforcement deny --only kueue\n"
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    parser.add_argument("what", choices=["export", "test"],
                        help="export: write the policies as Gatekeeper's templates; test: hold the examples of "
                             "policies of your own against what their rules find")
    add = parser.add_argument
    add("folder", type=Path, metavar="DIR",
        help=f"export: gets {export.TEMPLATES}/ and {export.CONSTRAINTS}/, and must be empty or not be there; test: "
             "the folder of the policies")
    add("--enforcement", choices=export.ENFORCEMENTS, default="audit",
        help="deny: errors are refused at admission, and the lesser ones draw a warning; audit: all are only reported "
             "(default: %(default)s)")
    add("--only", action="append", default=[], metavar="POLICY", help="only this policy, or category of policies")
    add("--policies", type=Path, action="append", default=[], metavar="DIR", help="policies of your own, besides ours")


def run(args: argparse.Namespace) -> int:
    """Do what was asked; 1: an example and its rule do not agree. Raises UsageError, SeatrialError."""
    return _test(args) if args.what == "test" else _export(args)


def _test(args: argparse.Namespace) -> int:
    """Hold the examples of the policies in a folder against their rules, and say which do not agree."""
    corpus = policies.load(*args.policies, args.folder)
    tested = [policy for policy in corpus.only(args.only).policies if policy in corpus.added] if args.only else [
        *corpus.added]
    tested = sorted(policy for policy in tested if (args.folder / policy).is_dir())
    if not tested:
        raise UsageError(f"{args.folder} holds none of the policies of --only", "take --only out")
    lines = [line for policy in tested for line in examples.wrong(corpus, args.folder / policy, policy)]
    for line in lines:
        print(line)
    count = f"{len(tested)} {'policy' if len(tested) == 1 else 'policies'}"
    print(f"{count}: " + (f"{len(lines)} wrong" if lines else "every example is found, or let be, as it says"))
    return 1 if lines else 0


def _export(args: argparse.Namespace) -> int:
    """Write the files and say how to apply them."""
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
