"""Reports as SARIF 2.1.0, whose results point into the document."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Mapping, Sequence
from importlib import metadata
from typing import Any

from ..baseline import Baseline
from ..report import Report
from ..results import Finding, Result
from ..rules import RULES
from ..source import DocumentSource
from .groups import count_of

_VERSION = "2.1.0"
_SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_INDEXES = {rule.name: index for index, rule in enumerate(RULES)}
_DRIFT = "drift"
_DRIFT_SAYS = "Recorded traffic is as the document describes it."
_DRIFT_WHY = "Where the document and the service part, clients that follow the document may fail one day."
# Where the paths of locations start: the root of the repository.
_ROOT = "%SRCROOT%"


def to_sarif(reports: Sequence[Report], source: DocumentSource, baseline: Baseline | None = None) -> str:
    """Return the failures of reports, and the drift of recorded traffic, as SARIF, a run for each report.

    Args:
        reports: The reports.
        source: The document that the failures point into.
        baseline: The known failures, which are suppressed.
    """
    known = None if baseline is None else baseline.ids
    runs = [_run(report, source, known) for report in reports]
    return json.dumps({"$schema": _SCHEMA, "version": _VERSION, "runs": runs}, indent=2) + "\n"


def _run(report: Report, source: DocumentSource, known: Collection[str] | None) -> dict[str, Any]:
    artifact: dict[str, Any] = {
        "location": _artifact_location(source),
        "description": {"text": source.note},
    }
    if not source.is_file:
        artifact["contents"] = {"text": source.text}
    category = "/".join(filter(None, ("zeroscope-conformance", report.dialect, report.model)))
    notifications = [_notification("error", f"The suite itself failed: {error}") for error in report.errors]
    for result in report.results:
        if result.rule.name in report.missed:
            text = f"{result.rule.name} was not reached: {result.rule.says}"
            notifications.append(_notification("warning", text, result.rule.name))
    drift = report.to_dict().get("drift", [])
    return {
        "tool": {"driver": _driver(with_drift=bool(drift))},
        # One of each category, as GitHub allows.
        "automationDetails": {"id": f"{category}/"},
        "invocations": [
            {
                "executionSuccessful": not report.errors and not report.interrupted,
                "toolExecutionNotifications": notifications,
            }
        ],
        "artifacts": [artifact],
        "results": [
            *(
                _result(result, finding, report, source, known)
                for result in report.results
                for finding in result.findings
            ),
            *(_drift(one, report, source, known) for one in drift),
        ],
        "columnKind": "unicodeCodePoints",
    }


def _artifact_location(source: DocumentSource) -> dict[str, Any]:
    return {"uri": source.uri, **({"uriBaseId": _ROOT} if source.is_file else {})}


def _driver(*, with_drift: bool) -> dict[str, Any]:
    rules = [_rule(rule.name, rule.says, rule.why, "error") for rule in RULES]
    if with_drift:
        rules.append(_rule(_DRIFT, _DRIFT_SAYS, _DRIFT_WHY, "note"))
    driver: dict[str, Any] = {"name": "zeroscope conformance", "rules": rules}
    try:
        driver["version"] = metadata.version("zeroscope")
    except metadata.PackageNotFoundError:
        # Run from its sources.
        pass
    return driver


def _rule(name: str, says: str, why: str, level: str) -> dict[str, Any]:
    return {
        "id": name,
        "shortDescription": {"text": says},
        "fullDescription": {"text": says},
        "help": {"text": why},
        "defaultConfiguration": {"level": level},
    }


def _result(
    result: Result, finding: Finding, report: Report, source: DocumentSource, known: Collection[str] | None
) -> dict[str, Any]:
    message = f"{finding.cause or result.rule.says}\nexpected: {finding.expected}\nseen: {finding.seen}"
    if finding.curl:
        message += f"\nrepeat: {finding.curl}"
    values: dict[str, Any] = {
        "ruleId": finding.rule,
        "ruleIndex": _INDEXES[finding.rule],
        "kind": "fail",
        "level": "error",
        "message": {"text": message},
        "locations": [_location(source, finding.pointer)],
        "partialFingerprints": {"zeroscopeFailure/v1": finding.id},
        "occurrenceCount": count_of(result, finding),
        "properties": {"server": report.url, "step": finding.step},
    }
    if known is not None:
        is_known = finding.id in known
        values["baselineState"] = "unchanged" if is_known else "new"
        values["suppressions"] = [{"kind": "external", "justification": "a known failure"}] if is_known else []
    return values


def _drift(
    drift: Mapping[str, Any], report: Report, source: DocumentSource, known: Collection[str] | None
) -> dict[str, Any]:
    """One way in which the service differs from the document, which is no failure."""
    where = f"{drift['operation']}: " if drift["operation"] else ""
    place = "\0".join((drift["kind"], drift["operation"], drift["pointer"], drift["what"]))
    values: dict[str, Any] = {
        "ruleId": _DRIFT,
        "ruleIndex": len(RULES),
        "kind": "fail",
        "level": "note",
        "message": {"text": f"drift ({drift['kind']}): {where}{drift['what']}\nseen: {drift['example']}"},
        "locations": [_location(source, drift["pointer"])],
        "partialFingerprints": {"zeroscopeDrift/v1": hashlib.sha256(place.encode("utf-8", "replace")).hexdigest()},
        "occurrenceCount": drift["count"],
        "properties": {"server": report.url},
    }
    # A baseline has failures only, but either all results have a state or none.
    return values if known is None else {**values, "baselineState": "new", "suppressions": []}


def _location(source: DocumentSource, pointer: str) -> dict[str, Any]:
    # Without a place, it is about the whole file, which code scanning demands.
    location: dict[str, Any] = {"physicalLocation": {"artifactLocation": {**_artifact_location(source), "index": 0}}}
    if pointer:
        location["physicalLocation"]["region"] = {"startLine": source.line(pointer)}
        location["logicalLocations"] = [{"fullyQualifiedName": f"#{pointer}", "kind": "member"}]
    return location


def _notification(level: str, text: str, rule: str = "") -> dict[str, Any]:
    values: dict[str, Any] = {"level": level, "message": {"text": text}}
    associated: Mapping[str, Any] = {"associatedRule": {"id": rule, "index": _INDEXES[rule]}} if rule else {}
    return {**values, **associated}
