"""Failures as annotations of GitHub."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

from helpers.failures import TOKEN, exchange, faulty_report, make_results, report_of
from helpers.pages import ROOT
from zeroscope_conformance import Baseline, DocumentSource
from zeroscope_conformance.reports import to_github

SOURCE = DocumentSource.load(folder=ROOT)


def test_annotation__of_each_cause() -> None:
    """One for each cause, at its line of openapi.yaml, with the rules and ids; hostile texts stay on their line."""
    lines = list(to_github([faulty_report()], SOURCE))

    # The rules that were not reached come last.
    assert len(lines) == 4 and lines[-1].startswith("::warning title=Rules not reached::")
    place = re.fullmatch(r"::error file=openapi\.yaml,line=(\d+),title=([^:,]*)::(.*)", lines[0])
    assert place is not None
    assert SOURCE.text.splitlines()[int(place[1]) - 1].strip() == "id:"
    assert place[2] == "Responses lack the required property `id`"
    assert place[3].startswith("2 times, by response-schema-conformance, created-readable (live)%0A")
    assert all(line.isprintable() for line in lines) and "%0A" in lines[0]
    assert TOKEN not in "".join(lines)


def test_title__ends_no_property() -> None:
    """Commas and colons, which separate properties, are encoded."""
    results = make_results()
    results.check("cancel-ends", False, "x", "y", exchange(), cause="a,b::c")
    error = next(iter(to_github([report_of(results)], SOURCE)))

    assert ",title=a%2Cb%3A%3Ac::once, by cancel-ends (live)" in error


def test_annotation__of_known_failures() -> None:
    """Known failures are notices."""
    report = faulty_report()
    known = Baseline().updated([report])

    levels = {line.split()[0] for line in to_github([report], SOURCE, known)}
    assert levels == {"::notice"}


def test_annotation__of_rules_that_are_no_longer_reached() -> None:
    """Rules that are known not to be reached are not told again."""
    report = faulty_report()
    known = replace(Baseline().updated([report]), not_reached=report.missed[1:])
    warnings = [line for line in to_github([report], SOURCE, known) if line.startswith("::warning")]

    assert warnings == [f"::warning title=Rules not reached::{report.missed[0]}"]


def test_annotation__of_a_failure_without_a_place() -> None:
    """It has no file and no line."""
    results = make_results()
    results.check("outputs-fetchable", False, "x", "y", exchange(None, 404, b"", path="/video.mp4"))
    error = next(iter(to_github([report_of(results)], SOURCE)))

    assert error.startswith("::error title=outputs-fetchable%3A ")


def test_annotation__without_a_file(tmp_path: Path) -> None:
    """A document that is no file gets no place."""
    lines = list(to_github([faulty_report()], DocumentSource.load(folder=tmp_path)))

    assert not any("file=" in line for line in lines) and lines[0].startswith("::error title=")


def test_annotation__of_the_suite() -> None:
    """An error of the suite itself is one annotation, with its lines."""
    report = replace(report_of(make_results()), errors=["completion:\n100% broken\x1b[31m"])
    error = next(iter(to_github([report], SOURCE)))

    assert error == "::error title=The suite itself failed::completion:%0A100%25 broken\\x1b[31m"
