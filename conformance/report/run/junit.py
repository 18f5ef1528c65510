"""The report as JUnit XML, in the dialect that CI systems read: one suite for each platform."""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Pair, Report, Result
from conformance.report.numbers import value
from conformance.requirements import asked

TAGS = {Outcome.PASSED: "", Outcome.DISABLED: "skipped", Outcome.UNSUPPORTED: "skipped",
        Outcome.INCONCLUSIVE: "error", Outcome.INVALID: "error", Outcome.FAILED: "failure", Outcome.ERROR: "error"}
"""JUnit knows three ways not to pass; what was measured in vain is no skip, nobody would look at it."""
NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> Element:
    """Return the `testsuites` element: a suite for each platform, one more for its proofs."""
    root = Element("testsuites", name="seatrial", time=f"{report.duration_s:.3f}")
    kubernetes = report.cluster.get("kubernetes", "")
    for platform in dict.fromkeys(result.platform for result in report.results):
        results = [result for result in report.results if result.platform == platform]
        suite = _suite(root, platform, (_case(result, kubernetes) for result in results), report.started)
        suite.set("time", f"{sum(result.duration_s for result in results):.3f}")
    for platform in dict.fromkeys(kill.platform for kill in report.kill_matrix):
        _suite(root, f"{platform} with faults",
               (_proof(kill) for kill in report.kill_matrix if kill.platform == platform), report.started)
    if report.unseen_pairs and not report.selection:
        _suite(root, "claims that were seen nowhere", map(_unseen, report.unseen_pairs), report.started)
    if report.troubles:
        _suite(root, "seatrial", (_trouble(text) for text in report.troubles), report.started)
    return root


def write(report: Report, folder: Path) -> Path:
    """Write `junit.xml` into a folder, all of it or nothing, and return its path."""
    root = as_junit(report)
    indent(root)
    path = folder / "junit.xml"
    part = path.with_suffix(".xml.part")
    ElementTree(root).write(part, encoding="utf-8", xml_declaration=True)
    part.replace(path)
    return path


def _suite(root: Element, name: str, cases: Iterable[Element], started: str) -> Element:
    suite = SubElement(root, "testsuite", name=_clean(name), timestamp=started)
    suite.extend(cases)
    suite.set("tests", str(len(suite)))
    for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(attribute, str(len(suite.findall(f"testcase/{tag}"))))
    return suite


def _case(result: Result, kubernetes: str) -> Element:
    where, _, name = result.id.partition("::")
    case = Element("testcase", classname=_clean(where), name=_clean(name or result.id),
                   time=f"{result.duration_s:.3f}")
    properties = SubElement(case, "properties")
    for key in ("promise", "requirement", "component", "cluster"):
        SubElement(properties, "property", name=key, value=_clean(getattr(result, key)))
    SubElement(properties, "property", name="fidelity", value=result.fidelity.label)
    for one in asked(result.requirement, kubernetes):
        SubElement(properties, "property", name="answers in part",
                   value=f"{one.id} ({one.level} in Kubernetes AI Conformance {one.release})")
    for measured in result.measurements:
        SubElement(properties, "property", name=_clean(f"measured: {measured.name}"), value=_clean(value(measured)))
    _verdict(case, result.outcome, result.cause, "\n".join(filter(None, (result.trace, result.reproduce))))
    return case


def _proof(kill: Kill) -> Element:
    where, _, name = kill.behaviour.partition("::")
    case = Element("testcase", classname=_clean(where), name=_clean(f"{name} catches {kill.fault}"))
    text = "\n".join(filter(None, (kill.trace, kill.reproduce)))
    if kill.outcome is Outcome.FAILED:
        cause = f"{kill.ending}, its cause was to say {kill.word!r}: {kill.cause}"
        _verdict(case, Outcome.PASSED if kill.caught else Outcome.FAILED, cause, text)
    else:
        _verdict(case, Outcome.FAILED if kill.outcome is Outcome.PASSED else kill.outcome, kill.cause, text)
    return case


def _unseen(pair: Pair) -> Element:
    where, _, name = pair.behaviour.partition("::")
    case = Element("testcase", classname=_clean(where), name=_clean(f"{name} catches {pair.fault} somewhere"))
    _verdict(case, Outcome.FAILED, "it was seen on no platform of this run", "")
    return case


def _trouble(text: str) -> Element:
    case = Element("testcase", classname="seatrial", name="run")
    _verdict(case, Outcome.ERROR, text.partition("\n")[0], text)
    return case


def _verdict(case: Element, outcome: Outcome, cause: str, text: str) -> None:
    if tag := TAGS[outcome]:
        message = cause if outcome in (Outcome.FAILED, Outcome.ERROR) else f"{outcome.label}: {cause}"
        SubElement(case, tag, message=_clean(message)).text = _clean(text) or None


def _clean(text: str) -> str:
    return NOT_XML.sub("�", text)
