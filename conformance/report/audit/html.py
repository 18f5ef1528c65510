"""An audit as one HTML file that needs nothing else: no network, no other file, and without its script still whole."""

import base64
import hashlib
from collections.abc import Iterable, Iterator, Mapping
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template

from conformance.model.finding import Audit, Finding, Policy, PolicyClass, Severity
from conformance.report.audit.excerpt import Excerpt, Lines, excerpts, read_lines
from conformance.report.audit.summary import (
    CLASSES,
    FACTS_WAY_OUT,
    counts,
    facts_needed,
    namespace,
    sentence,
    version,
    waiver,
    xml,
)
from conformance.report.letters import clean

_HERE = Path(__file__).parent
_CLUSTER_WIDE = "(none)"


def render(audit: Audit, policies: Mapping[str, Policy], *, lines: Lines = read_lines) -> str:
    """Return the page, in letters of ASCII: it survives any stream. `lines` returns the lines of a file."""
    page, style, script = (_HERE.joinpath(name).read_text(encoding="utf-8")
                           for name in ("audit.html", "audit.css", "audit.js"))
    found = counts(audit)
    files = groupby(excerpts(audit, lines), key=lambda pair: pair[0].file)
    return Template(page).substitute(
        # Only our own script may run, whatever a manifest holds.
        script=script, style=style, script_hash=_hash(script), style_hash=_hash(style),
        sentence=_text(sentence(audit)), version=_text(version()),
        tiles="".join(_tile(severity, found[severity.label]) for severity in reversed(Severity)),
        policies=_options(finding.policy for finding in audit.findings),
        namespaces=_options(namespace(finding) or _CLUSTER_WIDE for finding in audit.findings),
        findings="\n".join(_file(file, pairs, policies) for file, pairs in files),
        apart="\n".join(_apart(audit, policies)),
    ).encode("ascii", "xmlcharrefreplace").decode("ascii")


def _hash(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _text(text: str) -> str:
    return escape(xml(clean(text)))


def _tile(severity: Severity, number: int) -> str:
    return (f'<label class="tile {severity.label}"><input type="checkbox" name="severity" value="{severity.label}" '
            f'checked><b>{number}</b> {severity.label}</label>')


def _options(names: Iterable[str]) -> str:
    return "".join(f'<option value="{_text(name)}">{_text(name)}</option>' for name in sorted(set(names)))


def _file(file: str, pairs: Iterable[tuple[Finding, Excerpt | None]], policies: Mapping[str, Policy]) -> str:
    cards = "\n".join(_card(finding, excerpt, policies.get(finding.policy)) for finding, excerpt in pairs)
    return f'<section class="file"><h2>{_text(file)}</h2>\n{cards}\n</section>'


def _card(finding: Finding, excerpt: Excerpt | None, policy: Policy | None) -> str:
    severity = finding.severity.label
    rows = [f'<article class="finding {severity}" data-severity="{severity}" data-policy="{_text(finding.policy)}" '
            f'data-namespace="{_text(namespace(finding) or _CLUSTER_WIDE)}">',
            f'<h3><span class="badge">{severity}</span> {_text(finding.message)}</h3>',
            f'<p class="about"><span class="place">{finding.line}:{finding.column}</span> '
            f'<span>{_text(finding.object)}</span> <code>{_text(finding.policy)}</code></p>']
    if excerpt is not None:
        pad = " " * (len(str(excerpt.line)) + 2)
        rows.append(f"<pre><i>{excerpt.line}</i>  {escape(xml(excerpt.text))}\n"
                    f'{pad}{" " * excerpt.indent}<b class="caret">^</b></pre>')
    fix = ' <span class="hint">(<code>--fix</code> does it)</span>' if finding.fix is not None else ""
    rows.append(f'<p class="remedy"><b>Instead:</b> {_text(finding.remedy)}{fix}</p>')
    if policy is not None:
        rows.append(_about(policy))
    return "\n".join([*rows, "</article>"])


def _about(policy: Policy) -> str:
    refused = f"<p>Refused with: <q>{_text(policy.upstream)}</q></p>" \
        if policy.policy_class is PolicyClass.REJECTED else ""
    sources = "".join(f"<li>{_text(source)}</li>" for source in policy.sources)
    return (f"<details><summary>{_text(policy.title)}: {CLASSES[policy.policy_class]}</summary>{refused}"
            f"<p>Source:</p><ul>{sources}</ul></details>")


def _apart(audit: Audit, policies: Mapping[str, Policy]) -> Iterator[str]:
    problems = [str(problem) + (f" (way out: {problem.way_out})" if problem.way_out else "")
                for problem in audit.problems]
    undecided = [f"{policy} needs {', '.join(facts)}" + (f": {policies[policy].title}" if policy in policies else "")
                 for policy, facts in audit.undecided.items()]
    for title, rows in (
            ("Could not be judged", problems),
            (f"Undecided, for want of facts: {', '.join(facts_needed(audit))} ({FACTS_WAY_OUT})", undecided),
            ("Expired waivers", [waiver(one) for one in audit.expired]),
            ("Waivers that cover nothing", [waiver(one) for one in audit.unused]),
            ("Waived", [f"{finding.file}:{finding.line}: {finding.message}; {waiver(one)}"
                        for finding, one in audit.waived])):
        if rows:
            yield f'<section class="apart"><h2>{_text(title)}</h2><ul>' \
                + "".join(f"<li>{_text(row)}</li>" for row in rows) + "</ul></section>"
