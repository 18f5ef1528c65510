"""An audit as JUnit XML: a suite for each file, a case for each finding."""

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from conformance.model.finding import Audit, Finding, Policy, Problem, Severity
from conformance.report.audit.summary import FACTS_WAY_OUT, sentence, waiver, xml
from conformance.report.letters import clean


def render(audit: Audit, policies: Mapping[str, Policy]) -> str:  # noqa: ARG001 -- all forms are called alike
    """Return the audit as XML in letters of ASCII: it survives any stream."""
    root = Element("testsuites", name="seatrial audit")
    for file, findings in groupby(audit.findings, key=lambda finding: finding.file):
        _suite(root, file, (_finding(finding) for finding in findings))
    if audit.problems:
        _suite(root, "could not be judged", (_problem(problem) for problem in audit.problems))
    _suite(root, "seatrial audit", _rest(audit))
    for attribute in ("tests", "failures", "errors", "skipped"):
        root.set(attribute, str(sum(int(suite.get(attribute, "0")) for suite in root)))
    indent(root)
    raw: bytes = tostring(root, encoding="us-ascii", xml_declaration=True)
    return raw.decode("ascii") + "\n"


def _suite(root: Element, name: str, cases: Iterable[Element]) -> None:
    suite = SubElement(root, "testsuite", name=xml(clean(name)))
    suite.extend(cases)
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))


def _case(name: str, group: str, tag: str = "", message: str = "", text: str = "", kind: str = "") -> Element:
    case = Element("testcase", classname=xml(clean(group)), name=xml(clean(name)), time="0")
    if tag:
        verdict = SubElement(case, tag, message=xml(clean(message)))
        verdict.text = xml(text) or None
        if kind:
            verdict.set("type", kind)
    return case


def _finding(finding: Finding) -> Element:
    place = f"{finding.file}:{finding.line}:{finding.column}"
    case = _case(f"{finding.object} at {finding.line}:{finding.column}", finding.policy,
                 "skipped" if finding.severity is Severity.INFO else "failure",
                 f"{finding.severity.label}: {finding.message}",
                 f"{place}\n{finding.object}: {finding.message}\ninstead: {finding.remedy}",
                 "" if finding.severity is Severity.INFO else finding.severity.label)
    case.set("file", xml(clean(finding.file)))
    case.set("line", str(finding.line))
    return case


def _problem(problem: Problem) -> Element:
    return _case(f"{problem.file} at {problem.line}:{problem.column}" if problem.line else problem.file, "seatrial",
                 "error", problem.message, "\n".join(filter(None, (str(problem), problem.way_out))))


def _rest(audit: Audit) -> Iterator[Element]:
    dirty = {*(finding.file for finding in audit.findings), *(problem.file for problem in audit.problems)}
    clean_files = max(audit.files - len(dirty), 0)
    if clean_files or not (audit.findings or audit.problems):
        yield _case(f"nothing found in {clean_files} of {audit.files} files", "seatrial")
    for policy, facts in audit.undecided.items():
        yield _case("undecided", policy, "skipped", f"needs {', '.join(facts)} ({FACTS_WAY_OUT})")
    for finding, covering in audit.waived:
        yield _case(f"{finding.object} at {finding.file}:{finding.line}", finding.policy, "skipped",
                    f"waived: {waiver(covering)}")
    for expired in audit.expired:
        yield _case("expired waiver", expired.policy, "failure", waiver(expired), sentence(audit), "error")
