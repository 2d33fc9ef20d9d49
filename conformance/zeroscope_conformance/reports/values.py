"""Reports as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from ..report import Report
from ..results import Finding, Result
from .groups import count_of, group_failures
from .recorded import record

_MAX_BODY = 16_000


def to_json(reports: Sequence[Report], options: Mapping[str, Any] | None = None) -> str:
    """Return reports as a JSON document.

    Args:
        reports: The reports.
        options: The options of the runs, from which `zeroscope conformance replay` repeats a failure.
    """
    values: dict[str, Any] = {"passed": all(report.passed for report in reports)}
    if options is not None:
        values["options"] = dict(options)
    return json.dumps({**values, "runs": [_run(report) for report in reports]}, indent=2) + "\n"


def _run(report: Report) -> dict[str, Any]:
    coverage, values = report.coverage, report.to_dict()
    for result, rule in zip(report.results, values["rules"], strict=True):
        rule["findings"] = [_finding(result, finding) for finding in result.findings]
    values["causes"] = [
        {
            "cause": group.title,
            "count": group.count,
            "rules": group.rules,
            "failures": [one.id for _, one in group.failures],
        }
        for group in group_failures(report)
    ]
    return values if coverage is None else {**values, "coverage": coverage.to_dict()}


def _finding(result: Result, finding: Finding) -> dict[str, Any]:
    values: dict[str, Any] = {**finding.to_dict(), "count": count_of(result, finding)}
    if finding.exchange is None:
        return values
    recorded = record(finding.exchange, 0, _MAX_BODY)
    return {
        **values,
        "request": {
            "method": recorded.method,
            "url": recorded.base_url + recorded.path,
            "headers": dict(recorded.request_headers),
            "body": recorded.request_body,
        },
        "response": {
            "status": recorded.status,
            "headers": dict(recorded.response_headers),
            "body": recorded.response_body,
        },
    }
