"""Reports as JSON and as JUnit XML."""

from __future__ import annotations

import json
from xml.etree import ElementTree

from zeroscope_conformance import Report, to_json, to_junit


def test_reports__have_every_rule_and_finding(report: Report) -> None:
    """Both formats have each rule with its result."""
    values = json.loads(to_json([report, report]))
    suites = ElementTree.fromstring(to_junit([report, report]))

    names = [result.rule.name for result in report.results]
    assert values["passed"] and [run["dialect"] for run in values["runs"]] == [report.dialect] * 2
    assert [rule["rule"] for rule in values["runs"][0]["rules"]] == names
    assert [case.get("name") for case in suites.iter("testcase")] == names * 2
    assert [suite.get("failures") for suite in suites] == ["0", "0"]
