"""The report as JUnit XML, in the dialect that CI systems read: one suite for each platform."""

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree.ElementTree import Element, ElementTree, SubElement, indent

from conformance.model.outcome import Outcome
from conformance.model.report import Kill, Report, Result

NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def as_junit(report: Report) -> Element:
    """Return the `testsuites` element: a suite for each platform, one more for its proofs."""
    root = Element("testsuites", name="seatrial", time=f"{report.duration_s:.3f}")
    for platform in dict.fromkeys(result.platform for result in report.results):
        results = [result for result in report.results if result.platform == platform]
        suite = _suite(root, platform, (_case(result) for result in results), report.started)
        suite.set("time", f"{sum(result.duration_s for result in results):.3f}")
    for platform in dict.fromkeys(kill.platform for kill in report.kill_matrix):
        _suite(root, f"{platform} with faults",
               (_proof(kill) for kill in report.kill_matrix if kill.platform == platform), report.started)
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


def _case(result: Result) -> Element:
    where, _, name = result.id.partition("::")
    case = Element("testcase", classname=_clean(where), name=_clean(name or result.id),
                   time=f"{result.duration_s:.3f}")
    properties = SubElement(case, "properties")
    for key in ("promise", "requirement", "component", "cluster"):
        SubElement(properties, "property", name=key, value=_clean(getattr(result, key)))
    SubElement(properties, "property", name="fidelity", value=result.fidelity.label)
    _verdict(case, result.outcome, result.cause, "\n".join(filter(None, (result.trace, result.reproduce))))
    return case


def _proof(kill: Kill) -> Element:
    where, _, name = kill.behaviour.partition("::")
    case = Element("testcase", classname=_clean(where), name=_clean(f"{name} catches {kill.fault}"))
    turned = {Outcome.FAILED: Outcome.PASSED, Outcome.PASSED: Outcome.FAILED}
    _verdict(case, turned.get(kill.outcome, kill.outcome), kill.cause, "")
    return case


def _trouble(text: str) -> Element:
    case = Element("testcase", classname="seatrial", name="run")
    _verdict(case, Outcome.ERROR, text.partition("\n")[0], text)
    return case


def _verdict(case: Element, outcome: Outcome, cause: str, text: str) -> None:
    tag = {Outcome.PASSED: "", Outcome.FAILED: "failure", Outcome.ERROR: "error"}.get(outcome, "skipped")
    if tag:
        message = cause if tag != "skipped" else f"{outcome.label}: {cause}"
        SubElement(case, tag, message=_clean(message)).text = _clean(text) or None


def _clean(text: str) -> str:
    return NOT_XML.sub("�", text)
