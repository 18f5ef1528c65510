"""`seatrial audit`: judge manifests by the policies, with no cluster."""

import argparse
import datetime
import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from importlib import import_module
from io import TextIOWrapper
from pathlib import Path
from typing import Any

from conformance import masking, servers
from conformance.commands import Purpose
from conformance.errors import UsageError
from conformance.model.finding import Audit, Finding, Problem, Severity, Waiver
from conformance.policy import facts, policies, sources, waivers
from conformance.policy.engine import Engine, Regorus
from conformance.policy.judge import Judge

PURPOSE = Purpose.JUDGE
HELP = "judge manifests by the policies, with no cluster"
EXAMPLES = (
    "seatrial audit manifests/\n"
    "helm template my-chart | seatrial audit -\n"
    "seatrial audit manifests/ --output sarif > audit.sarif\n"
)

FORMS = {"text": "text", "json": "as_json", "sarif": "sarif", "junit": "junit", "github": "github",
         "markdown": "markdown", "html": "html"}
"""Forms of the answer, and the module of `conformance.report.audit` that renders each."""
HELD, FOUND, UNREADABLE = 0, 1, 2
WAIVERS = Path("seatrial-waivers.yaml")
_FAIL_ON = {"error": Severity.ERROR, "warning": Severity.WARNING, "never": None}


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare its arguments."""
    add = parser.add_argument
    add("paths", nargs="*", metavar="PATH",
        help="files, folders, patterns; - reads standard input, for example a rendered chart")
    add("--only", action="append", default=[], metavar="POLICY", help="only this policy, or category of policies")
    add("--policies", type=Path, action="append", default=[], metavar="DIR", help="policies of your own, besides ours")
    add("--facts", metavar="FILE|cluster",
        help="facts about the cluster (nodes, kserve, metrics): a YAML file, or `cluster` to read them from it")
    add("--cluster", action="store_true", help="judge what runs on a cluster; needs the verb list, changes nothing")
    add("--kubeconfig", type=Path, metavar="FILE",
        help="kubeconfig of the cluster (default: KUBECONFIG, ~/.kube/config)")
    add("--context", metavar="NAME", help="context of the kubeconfig (default: its current one)")
    add("--namespace", metavar="NAME", help="judge only this namespace of the cluster (default: all)")
    add("--output", choices=FORMS, default="text", help="output format (default: text)")
    add("--fail-on", choices=_FAIL_ON, default="error",
        help="lowest severity that makes the exit code 1 (default: error)")
    add("--waivers", type=Path, metavar="FILE",
        help=f"waivers: findings that an owner answers for until a day (default: {WAIVERS}, if it is there)")
    add("--baseline", type=Path, metavar="FILE", help="findings that are known: only new ones count")
    add("--fix", action="store_true", help="edit the files where the fix is certain, then report the rest")
    add("--allow-empty", action="store_true",
        help="exit 0 where there is no Kubernetes object to judge, as in a hook that names the changed files")
    add("--dry-run", action="store_true", help="with --fix: show the edits, write nothing")
    add("--jobs", type=int, default=1, metavar="N", help="judge the files in so many processes (default: 1)")
    add("--engine", choices=("regorus", "opa"), default="regorus",
        help="what runs the policies: regorus in this process, or OPA (default: regorus)")
    add("--opa-url", metavar="URL", help="an OPA server that is there (default: one of our own is started)")
    add("--opa-as", choices=servers.FORMS,
        help="how our own server runs (default: as a container where seatrial[containers] is installed and an engine "
             "answers, else as a process)")
    add("--opa-token-file", type=Path, metavar="FILE",
        help="file with the bearer token of that server (default: SEATRIAL_OPA_TOKEN)")
    add("--opa-timeout", type=float, default=30, metavar="S",
        help="seconds to wait for an answer of that server (default: 30)")
    add("--write-baseline", type=Path, metavar="FILE", help="write all that is found as a baseline, and exit 0")


def run(args: argparse.Namespace) -> int:
    """Judge, print, and return 0: nothing found, 1: something found, 2: a part of the input could not be judged."""
    _check(args)
    corpus = policies.load(*args.policies)
    known = _facts(args)
    accepted = _waivers(args.waivers, corpus)
    baseline = waivers.read_baseline(args.baseline) if args.baseline else None
    corpus = corpus.only(args.only) if args.only else corpus
    with _engine(args, corpus, known) as engine:
        judge = Judge(corpus, engine, known)
        _judge_all(args, judge, corpus, known)
        audit = judge.audit() if args.allow_empty else _not_empty(judge.audit())
        if args.write_baseline:
            return _write_baseline(args.write_baseline, audit)
        today = datetime.datetime.now(tz=datetime.UTC).date()
        audit = waivers.accept(audit, [*accepted, *judge.waivers], today, baseline)
        if args.fix:
            audit = _fix(audit, lambda: Judge(corpus, engine, known), dry_run=args.dry_run)
    render: Callable[..., str] = import_module(f"conformance.report.audit.{FORMS[args.output]}").render
    colour = {"colour": _colour()} if args.output == "text" else {}
    _print(render(audit, corpus.policies, **colour))
    return exit_code(audit, _FAIL_ON[args.fail_on])


def exit_code(audit: Audit, fail_on: Severity | None) -> int:
    """Return 2 when something could not be judged, 1 for a finding of that severity or an expired waiver, else 0."""
    if audit.problems:
        return UNREADABLE
    if fail_on is None:
        return HELD
    return FOUND if audit.expired or any(finding.severity >= fail_on for finding in audit.findings) else HELD


def _not_empty(audit: Audit) -> Audit:
    """Return the audit; one that judged nothing has a problem that says so: it looks like one that found nothing."""
    if audit.objects or audit.problems:
        return audit
    what = "none of the documents is a Kubernetes object" if audit.passed_over else "there is no Kubernetes object"
    return replace(audit, problems=(Problem(
        file="nothing was judged", message=f"{what} in {audit.files} file{'' if audit.files == 1 else 's'}",
        way_out="name the manifests; where there may be none: --allow-empty"),))


def _check(args: argparse.Namespace) -> None:
    if not args.paths and not args.cluster:
        raise UsageError("nothing to audit", "name files or folders, - for standard input, or --cluster")
    if args.dry_run and not args.fix:
        raise UsageError("--dry-run is about --fix", "add --fix, or take --dry-run out")
    if args.opa_url and args.engine != "opa":
        raise UsageError("--opa-url is about --engine opa", "add --engine opa")
    if args.jobs < 1:
        raise UsageError("--jobs must be 1 or more", "the number of cores is a good one")
    if args.opa_as and (args.opa_url or args.engine != "opa"):
        raise UsageError("--opa-as is about our own OPA server", "add --engine opa, take --opa-url out")
    if args.jobs > 1 and args.engine == "opa":
        raise UsageError("--jobs is about the engine in this process", "take --jobs or --engine opa out")


def _judge_all(args: argparse.Namespace, judge: Judge, corpus: policies.Corpus, known: dict[str, Any]) -> None:
    files = _progress(sources.files(args.paths))
    if args.jobs == 1:
        judge.files(files, sys.stdin.buffer)
    else:
        from conformance.policy.side_by_side import Workers  # noqa: PLC0415 -- slow imports, for who asks for it

        with Workers(args.jobs, corpus, known) as workers:
            workers.judge(judge, files, sys.stdin.buffer)
    if args.cluster:
        from conformance.kube.api import Api  # noqa: PLC0415 -- the client of Kubernetes takes half a second to load
        from conformance.policy import live  # noqa: PLC0415

        judge.file(live.manifests(Api.open(args.kubeconfig, args.context), live.kinds(corpus), args.namespace))


@contextmanager
def _engine(args: argparse.Namespace, corpus: policies.Corpus, known: dict[str, Any]) -> Iterator[Engine]:
    data = facts.data(known)
    if args.engine == "regorus":
        yield Regorus(corpus, data)
        return
    from conformance.policy import opa  # noqa: PLC0415 -- slow imports, for who asks for it

    with opa.connected(corpus, data, opa.server(args.opa_url, args.opa_token_file), timeout_s=args.opa_timeout) \
            if args.opa_url else opa.started(corpus, data, timeout_s=args.opa_timeout,
                                             form=args.opa_as or servers.fitting()) as engine:
        yield engine


def _fix(audit: Audit, judge: Callable[[], Judge], *, dry_run: bool) -> Audit:
    """Mend the files, or show how; return the audit without what was mended. Says on stderr what was not, and why."""
    from conformance.policy import fixes  # noqa: PLC0415 -- for who asks for it

    def findings_in(text: str, file: str) -> tuple[Finding, ...]:
        alone = judge()
        alone.file(sources.manifests_in(text, file))
        return alone.audit().findings

    mended: set[str] = set()
    by_file: dict[str, list[Finding]] = {}
    for finding in audit.findings:
        if finding.fix is not None and Path(finding.file).is_file():
            by_file.setdefault(finding.file, []).append(finding)
    for file, findings in by_file.items():
        done = fixes.fixed(fixes.read(file), file, findings, partial(findings_in, file=file))
        if dry_run:
            sys.stderr.write(fixes.unified_diff(done))
        elif done.applied:
            fixes.write(done)
        mended |= {finding.fingerprint for finding in done.applied}
        for finding, why in done.refused:
            print(f"{file}:{finding.line}: {finding.policy} is not mended: {masking.masked(why)}", file=sys.stderr)
    verb = "would be mended" if dry_run else "mended"
    print(f"{len(mended)} {'finding' if len(mended) == 1 else 'findings'} {verb}", file=sys.stderr)
    if dry_run:
        return audit
    return replace(audit, findings=tuple(finding for finding in audit.findings if finding.fingerprint not in mended))


def _facts(args: argparse.Namespace) -> dict[str, Any]:
    if args.facts != "cluster":
        return facts.read(Path(args.facts)) if args.facts else {}
    from conformance.kube.api import Api  # noqa: PLC0415 -- as above
    from conformance.policy import live  # noqa: PLC0415

    found, unread = live.facts(Api.open(args.kubeconfig, args.context))
    for why in dict.fromkeys(unread):
        print(f"seatrial: {masking.masked(why)}", file=sys.stderr)
    return found


def _waivers(file: Path | None, corpus: policies.Corpus) -> list[Waiver]:
    if file is None and not WAIVERS.exists():
        return []
    return waivers.read(file or WAIVERS, corpus.policies)


def _write_baseline(file: Path, audit: Audit) -> int:
    for problem in audit.problems:
        print(f"seatrial: {problem}", file=sys.stderr)
    try:
        file.write_text(waivers.as_baseline(audit.findings), encoding="utf-8")
    except OSError as error:
        raise UsageError(f"{file}: cannot be written: {error.strerror}") from None
    number = len(audit.findings)
    print(f"{file} knows {number} finding{'' if number == 1 else 's'}", file=sys.stderr)
    return UNREADABLE if audit.problems else HELD


def _print(text: str) -> None:
    if isinstance(sys.stdout, TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a stream that cannot show a letter must not stop the report
    sys.stdout.write(text)


def _colour() -> bool:
    return sys.stdout.isatty() and not os.environ.get("NO_COLOR")


def _progress(files: Iterator[sources.Source | Problem]) -> Iterator[sources.Source | Problem]:
    """Say on a terminal how many files were judged, once it takes longer than anyone would wait in silence."""
    if not sys.stderr.isatty():
        yield from files
        return
    told = 0
    for number, file in enumerate(files):
        if number and number % 500 == 0:
            print(f"\r{number} files judged", end="", file=sys.stderr, flush=True)
            told = number
        yield file
    if told:
        print("\r\033[K", end="", file=sys.stderr, flush=True)
