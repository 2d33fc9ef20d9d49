"""The report of a run, as JSON and as JUnit XML."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any
from xml.etree import ElementTree

from .results import Result
from .rules import DialectName


@dataclass(frozen=True)
class Report:
    """The report of a run.

    Args:
        url: The base URL of the server.
        dialect: The dialect of the server.
        results: The result of each rule.
        errors: The tracebacks of errors in the suite itself, which are not the server's.
        seconds: The duration, in seconds.
        interrupted: Whether the run was interrupted.
        model: The model whose schema the inputs were made from; None for that of the document.
    """

    url: str
    dialect: DialectName
    results: Sequence[Result]
    errors: Sequence[str]
    seconds: float
    interrupted: bool = False
    model: str | None = None

    @property
    def title(self) -> str:
        """The server, its dialect and the model, on one line."""
        return f"{self.url} ({', '.join(filter(None, (self.dialect, self.model)))})"

    @property
    def passed(self) -> bool:
        """Whether all rules that apply passed, and the run was complete."""
        kept = all(result.verdict in {"passed", "not applicable"} for result in self.results)
        return kept and not self.errors and not self.interrupted

    def named(self, verdict: str) -> list[str]:
        """Return the names of the rules with a verdict: `passed`, `failed`, `not applicable` or `not reached`."""
        return [result.rule.name for result in self.results if result.verdict == verdict]

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        return {
            "url": self.url,
            "dialect": self.dialect,
            "model": self.model,
            "passed": self.passed,
            "interrupted": self.interrupted,
            "seconds": round(self.seconds, 2),
            "rules": [
                {
                    "rule": result.rule.name,
                    "says": result.rule.says,
                    "verdict": result.verdict,
                    "checked": result.checked,
                    "failed": result.failed,
                    "inapplicable": result.inapplicable if result.verdict == "not applicable" else "",
                    "findings": [
                        {name: value for name, value in asdict(finding).items() if name != "rule"}
                        for finding in result.findings
                    ],
                }
                for result in self.results
            ],
            "errors": list(self.errors),
        }


def to_json(reports: Sequence[Report]) -> str:
    """Return reports as a JSON document."""
    passed = all(report.passed for report in reports)
    return json.dumps({"passed": passed, "runs": [report.to_dict() for report in reports]}, indent=2) + "\n"


def to_junit(reports: Sequence[Report]) -> str:
    """Return reports as JUnit XML: a suite for each run, a case for each rule."""
    root = ElementTree.Element("testsuites", name="zeroscope conformance")
    for report in reports:
        results = report.results
        suite = ElementTree.SubElement(
            root,
            "testsuite",
            name=report.title,
            tests=str(len(results) + len(report.errors)),
            failures=str(sum(result.verdict in {"failed", "not reached"} for result in results)),
            skipped=str(len(report.named("not applicable"))),
            errors=str(len(report.errors)),
            time=f"{report.seconds:.3f}",
        )
        for result in results:
            case = ElementTree.SubElement(suite, "testcase", classname="conformance", name=result.rule.name, time="0")
            if result.verdict == "not reached":
                ElementTree.SubElement(case, "failure", message="not reached").text = result.rule.says
            if result.verdict == "not applicable":
                ElementTree.SubElement(case, "skipped", message=result.inapplicable)
            for finding in result.findings:
                text = f"expected: {finding.expected}\nseen: {finding.seen}\n{finding.curl}"
                ElementTree.SubElement(case, "failure", message=_xml_text(result.rule.says)).text = _xml_text(text)
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
