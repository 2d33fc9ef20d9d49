"""The lines that the command prints of failures."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from helpers.failures import DOCUMENT, HOSTILE, PREDICTION, TOKEN, exchange, faulty_report, make_results, report_of
from helpers.pages import ROOT
from zeroscope_conformance import Baseline, DocumentSource
from zeroscope_conformance.reports import format_report

SOURCE = DocumentSource.load(folder=ROOT)


def test_failures__of_one_cause_are_one_group() -> None:
    """A missing field breaks two rules, and is told once, with its line and the id of each failure."""
    report = faulty_report()
    lines = list(format_report(report, SOURCE))
    start = lines.index("Responses lack the required property `id`")
    group = lines[start : lines.index("", start)]

    assert [line[:12] for line in group[1:]] == [f"  {name:10}" for name in ("expected", "seen", "repeat")] + [
        "  document  ",
        "  failure   ",
        "            ",
    ]
    assert "openapi.yaml, line " in group[4] and group[4].endswith(": #/components/schemas/Prediction/properties/id")
    ids = {finding.rule: finding.id for result in report.results for finding in result.findings}
    end = "of createPrediction at properties/id, once"
    assert group[5] == f"  failure   {ids['response-schema-conformance']} response-schema-conformance {end}"
    assert group[6] == f"            {ids['created-readable']} created-readable {end}: POST /v1/predictions, 201"
    assert sum("createPrediction accepts requests that break `minimum`" in line for line in lines) == 1
    assert any("bounds-enforced of createPrediction at width/minimum, 2 times" in line for line in lines)


def test_thirty_failures__of_a_missing_field_are_one_group() -> None:
    """Thirty failures under twelve rules take a dozen lines."""
    results = make_results()
    # No response explains a failure of these.
    others = {"response-headers-conformance", "token-kept"}
    rules = [name for name in results.by_name if name not in others][:12]
    for number in range(30):
        shown = exchange(["getPrediction", "cancelPrediction"][number % 2], body={"status": "starting"})
        results.check(rules[number % 12], False, "a prediction", shown.summary, shown)
    lines = list(format_report(report_of(results), SOURCE))

    titles = [line for line in lines if line.startswith("Responses ")]
    assert titles == ["Responses lack the required property `id`"]
    assert sum("  expected  " in line for line in lines) == 1
    # The first failure of each rule is listed, with its request.
    assert lines[lines.index("") :].index("", 1) == 18
    assert sum(line.endswith(f": GET /v1/predictions/{PREDICTION['id']}, 200") for line in lines) == 5


@pytest.mark.parametrize(("fields", "more"), [(1, ""), (2, ", and 1 other place"), (3, ", and 2 other places")])
def test_places__are_counted(fields: int, more: str) -> None:
    """A cause at several places shows that of the first failure."""
    results = make_results()
    for name in ("width", "height", "batch_size")[:fields]:
        shown = exchange("createPrediction", 201, sent=DOCUMENT.body({name: 0}))
        results.check("bounds-enforced", False, "422", shown.summary, shown)
    lines = [line for line in format_report(report_of(results), SOURCE) if line.startswith("  document  ")]

    assert len(lines) == 1 and lines[0].endswith(
        f": #/components/schemas/PredictionInput/properties/width/minimum{more}"
    )


def test_request__has_no_token() -> None:
    """The token of a URL is masked, and a request without a response says so."""
    results = make_results()
    for rule in ("created-readable", "cancel-ends"):
        shown = exchange(status=0, path=f"/predictions?token={TOKEN}")
        results.check(rule, False, "a prediction", "nothing", shown)
    text = "\n".join(format_report(report_of(results), SOURCE))

    assert TOKEN not in text and ": GET /v1/predictions?token=" in text and ", no response" in text


def test_document__that_is_no_file(tmp_path: Path) -> None:
    """A failure has no line of a text that the reader does not have."""
    lines = list(format_report(faulty_report(), DocumentSource.load(folder=tmp_path)))
    places = [line for line in lines if line.startswith("  document  ")]

    assert places and all(line.startswith("  document  the built-in document: #/") for line in places)


def test_requests__are_counted() -> None:
    """One request is no plural."""
    results = make_results()
    results.check("always-answered", True, "", "")

    assert "; 1 request in 1.5 s" in "\n".join(format_report(report_of(results), SOURCE))


def test_texts__have_no_control_characters() -> None:
    """Whatever a server sends, and whatever is in an error of the suite, reaches the terminal as escapes."""
    report = replace(faulty_report(), errors=[f"completion:\n{HOSTILE}"])
    report.results[0].inapplicable = HOSTILE
    report.results[0].checked = report.results[0].failed = 0
    text = "\n".join(format_report(report, SOURCE))

    assert all(line.isprintable() for line in text.split("\n"))
    assert r"\x1b[31m" in text and "completion:\n" in text


def test_known_failures__are_marked() -> None:
    """The first failure that is not known is shown, and the known ones say so."""
    report = faulty_report()
    baseline = Baseline().updated([report])
    known = {one.id for one in baseline.failures if one.rule == "response-schema-conformance"}
    lines = list(format_report(report, SOURCE, known))

    assert any(
        line.endswith(
            " response-schema-conformance of createPrediction at properties/id, once, known: POST /v1/predictions, 201"
        )
        for line in lines
    )
    assert lines[lines.index("Responses lack the required property `id`") + 1] == "  expected  a prediction"
