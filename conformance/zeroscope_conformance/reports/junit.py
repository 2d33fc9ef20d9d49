"""Reports as JUnit XML."""

from __future__ import annotations

from collections.abc import Sequence
from xml.etree import ElementTree

from ..report import Report


def to_junit(reports: Sequence[Report]) -> str:
    """Return reports as JUnit XML: a suite for each run, a case for each rule."""
    root = ElementTree.Element("testsuites", name="zeroscope conformance")
    for report in reports:
        results = report.results
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=_xml_text(report.title),
            tests=str(len(results) + len(report.errors)),
            failures=str(len(report.named("failed")) + len(report.missed)),
            skipped=str(len(report.named("not applicable")) + len(report.named("not reached")) - len(report.missed)),
            errors=str(len(report.errors)),
            time=f"{report.seconds:.3f}",
        )
        for result in results:
            case = ElementTree.SubElement(suite, "testcase", classname="conformance", name=result.rule.name, time="0")
            if result.verdict == "not reached":
                kind = "failure" if result.rule.name in report.missed else "skipped"
                ElementTree.SubElement(case, kind, message="not reached").text = result.rule.says
            if result.verdict == "not applicable":
                ElementTree.SubElement(case, "skipped", message=result.inapplicable)
            for finding in result.findings:
                text = f"expected: {finding.expected}\nseen: {finding.seen}\n{finding.curl}\nfailure: {finding.id}"
                message = finding.cause or result.rule.says
                ElementTree.SubElement(case, "failure", message=_xml_text(message)).text = _xml_text(text)
        for error in report.errors:
            case = ElementTree.SubElement(suite, "testcase", classname="conformance", name="the suite itself", time="0")
            ElementTree.SubElement(case, "error", message="the suite failed").text = _xml_text(error)
    ElementTree.indent(root)
    return ElementTree.tostring(root, encoding="unicode", xml_declaration=True) + "\n"


def _xml_text(text: str) -> str:
    """Return a string in which � replaces the characters that XML does not allow."""
    return "".join(
        c if c in "\t\n" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff" else "�" for c in text
    )
