"""Failures as SARIF 2.1.0."""

from __future__ import annotations

import json
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from helpers.failures import TOKEN, exchange, faulty_report, make_results, report_of
from helpers.pages import ROOT
from helpers.report_validators import sarif_errors
from zeroscope_conformance import Baseline, DocumentSource, Report, to_sarif
from zeroscope_conformance.recorded import RecordedReport
from zeroscope_conformance.recorded.drift import Drift

SOURCE = DocumentSource.load(folder=ROOT)


def written(*reports: Report, source: DocumentSource = SOURCE, baseline: Baseline | None = None) -> Any:
    """Return the SARIF of reports, as JSON values."""
    return json.loads(to_sarif(reports, source, baseline))


def test_result__points_into_the_document() -> None:
    """The place is a line of openapi.yaml, by a relative URI, and the line has the name of the place."""
    run = written(faulty_report())["runs"][0]
    found = {result["ruleId"]: result for result in run["results"]}

    location = found["bounds-enforced"]["locations"][0]
    physical = location["physicalLocation"]
    assert physical["artifactLocation"] == {"uri": "openapi.yaml", "uriBaseId": "%SRCROOT%", "index": 0}
    line = SOURCE.text.splitlines()[physical["region"]["startLine"] - 1]
    assert line.strip().startswith("minimum:")
    name = "#/components/schemas/PredictionInput/properties/width/minimum"
    assert location["logicalLocations"][0]["fullyQualifiedName"] == name
    assert found["bounds-enforced"]["occurrenceCount"] == 2
    assert run["tool"]["driver"]["rules"][found["bounds-enforced"]["ruleIndex"]]["id"] == "bounds-enforced"
    assert TOKEN not in json.dumps(run)


def test_runs__have_a_category_each() -> None:
    """GitHub takes one run of each category."""
    runs = written(faulty_report(), faulty_report(dialect="published"))["runs"]

    assert len({run["automationDetails"]["id"] for run in runs}) == 2


def test_built_in_document__is_told_and_included(tmp_path: Path) -> None:
    """Where no file has the lines, the report has the text, and says which document it is."""
    source = DocumentSource.load(folder=tmp_path)
    run = written(faulty_report(), source=source)["runs"][0]

    assert "built-in" in run["artifacts"][0]["description"]["text"]
    lines = run["artifacts"][0]["contents"]["text"].splitlines()
    found = next(result for result in run["results"] if result["ruleId"] == "bounds-enforced")
    physical = found["locations"][0]["physicalLocation"]
    assert lines[physical["region"]["startLine"] - 1].strip().startswith("minimum:")
    # A file of the repository is not marked.
    assert physical["artifactLocation"] == {"uri": "built-in-document.yaml", "index": 0}
    assert run["artifacts"][0]["location"] == {"uri": "built-in-document.yaml"}


def test_result__without_a_place() -> None:
    """It is about no line; code scanning refuses a report in which a result has no file."""
    results = make_results()
    results.check("outputs-fetchable", False, "x", "y", exchange(None, 404, b"", path="/video.mp4"))
    result = written(report_of(results))["runs"][0]["results"][0]

    artifact = {"uri": "openapi.yaml", "uriBaseId": "%SRCROOT%", "index": 0}
    assert result["locations"] == [{"physicalLocation": {"artifactLocation": artifact}}]


def test_known_failures__are_suppressed() -> None:
    """With a baseline, each result is new or unchanged."""
    report = faulty_report()
    all_known = Baseline().updated([report])
    some = Baseline([one for one in all_known.failures if one.rule == "bounds-enforced"])
    results = written(report, baseline=some)["runs"][0]["results"]

    states = {result["ruleId"]: (result["baselineState"], len(result["suppressions"])) for result in results}
    assert states.pop("bounds-enforced") == ("unchanged", 1)
    assert set(states.values()) == {("new", 0)}
    assert "baselineState" not in written(report)["runs"][0]["results"][0]


def test_suite__tells_its_own_errors() -> None:
    """Errors of the suite and rules that were not reached are notifications, not results."""
    report = replace(report_of(make_results()), errors=["completion: a mistake"])
    run = written(report)["runs"][0]

    assert run["results"] == [] and run["invocations"][0]["executionSuccessful"] is False
    texts = [one["message"]["text"] for one in run["invocations"][0]["toolExecutionNotifications"]]
    assert texts[0] == "The suite itself failed: completion: a mistake"
    assert any(text.startswith("cancel-ends was not reached: ") for text in texts)


def recorded() -> RecordedReport:
    """The report of recorded traffic with drift, once where the document has no such place."""
    found = [
        Drift("field", "getPrediction", "/components/schemas/Prediction/properties", "cost", "5 (a.har, entry 1)", 3),
        Drift("operation", "", "/paths", "GET /account", "200 application/json: {} (a.har, entry 2)"),
    ]
    report = report_of(make_results())
    values = {one.name: getattr(report, one.name) for one in fields(report)}
    return RecordedReport(**{**values, "drift": found})


def test_drift__is_a_note_at_its_place() -> None:
    """The service may part from the document without a failure; the line is that of the place in openapi.yaml."""
    run = written(recorded())["runs"][0]
    field, operation = run["results"]

    assert {(one["kind"], one["level"], one["ruleId"]) for one in run["results"]} == {("fail", "note", "drift")}
    rule = run["tool"]["driver"]["rules"][field["ruleIndex"]]
    assert (rule["id"], rule["defaultConfiguration"]) == ("drift", {"level": "note"})
    assert field["message"]["text"] == "drift (field): getPrediction: cost\nseen: 5 (a.har, entry 1)"
    assert field["occurrenceCount"] == 3
    lines = [one["locations"][0]["physicalLocation"]["region"]["startLine"] for one in (field, operation)]
    assert [SOURCE.text.splitlines()[line - 1].strip() for line in lines] == ["properties:", "paths:"]
    assert field["partialFingerprints"] != operation["partialFingerprints"]
    assert "drift" not in json.dumps(written(faulty_report()))


@pytest.mark.parametrize("with_baseline", [False, True])
def test_report__is_valid_against_the_official_schema(tmp_path: Path, with_baseline: bool) -> None:
    """The schema of the standard accepts a report with everything in it, and refuses another version."""
    failed, empty = faulty_report(), replace(report_of(make_results()), errors=["a mistake"], interrupted=True)
    baseline = Baseline().updated([failed]) if with_baseline else None
    path = tmp_path / "report.sarif"
    path.write_text(
        to_sarif([failed, empty, recorded()], DocumentSource.load(folder=tmp_path), baseline), encoding="utf-8"
    )

    assert sarif_errors(path) == ""
    path.write_text('{"version": "1.0.0", "runs": []}', encoding="utf-8")
    assert "version" in sarif_errors(path)
