"""Baselines: known failures, and what a run changes of them."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from helpers.failures import exchange, faulty_report, make_results, report_of
from zeroscope_conformance import Baseline, Report
from zeroscope_conformance.baseline import BaselineError, KnownFailure
from zeroscope_conformance.recorded import RecordedReport
from zeroscope_conformance.results import Results

CANCEL = ("cancel-ends", "status canceled")


def run(*failed: tuple[str, str], passed: tuple[str, ...] = ()) -> Report:
    """Return the report of a run that reached some rules."""
    results: Results = make_results()
    for name, expected in failed:
        results.check(name, False, expected, "seen", exchange())
    for name in passed:
        results.check(name, True, "", "")
    return report_of(results, [exchange()])


def known(*reports: Report) -> Baseline:
    """Return the baseline of runs, as it is read from its file."""
    return Baseline().updated(reports)


@pytest.mark.parametrize(
    ("before", "after", "changes", "passed"),
    [
        (run(CANCEL), run(CANCEL), {"known": 1}, True),
        (run(), run(CANCEL), {"new": 1, "newly_reached": 1}, False),
        (run(CANCEL), run(CANCEL, ("cancel-ends", "ended")), {"known": 1, "new": 1}, False),
        (run(CANCEL), run(passed=("cancel-ends",)), {"mended": 1}, True),
        (run(CANCEL), run(("cancel-ends", "ended")), {"mended": 1, "new": 1}, False),
        (run(CANCEL), run(), {"unchecked": 1, "newly_not_reached": 1}, False),
        (run(), run(passed=("cancel-ends",)), {"newly_reached": 1}, True),
        (run(passed=("cancel-ends",)), run(), {"newly_not_reached": 1}, False),
    ],
)
def test_comparison__sorts_failures(before: Report, after: Report, changes: dict[str, int], passed: bool) -> None:
    """New failures and rules that are no longer reached fail; mended ones do not."""
    comparison = known(before).compare([after])

    values: dict[str, Any] = {name: getattr(comparison, name) for name in comparison.__dataclass_fields__}
    assert {name: len(value) for name, value in values.items() if value} == changes
    assert comparison.passed is passed
    text = "\n".join(comparison.lines())
    assert text.endswith(", ".join(f"{changes.get(name, 0)} {name}" for name in ("new", "known", "mended")))
    assert ("mended: " in text) is ("mended" in changes or "newly_reached" in changes)


def test_comparison__names_failures_of_unknown_rules() -> None:
    """A failure of a rule that the suite does not have is told, and fails nothing."""
    baseline = Baseline([KnownFailure("aaaaaaaa", "an-old-rule")], run().named("not reached"))
    comparison = baseline.compare([run()])

    assert comparison.passed and "unknown to this version of the suite: aaaaaaaa an-old-rule" in comparison.lines()
    assert baseline.updated([run()]).failures == []


def test_update__keeps_what_was_not_checked() -> None:
    """A run that does not reach a rule does not forget its failures; one that does forgets the mended."""
    baseline = known(run(CANCEL))

    assert baseline.updated([run()]).ids == baseline.ids
    assert baseline.updated([run(passed=("cancel-ends",))]).ids == frozenset()


RECORDED_RUN = RecordedReport(**vars(run(CANCEL)))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (RECORDED_RUN, run(passed=("cancel-ends",))),
        (run(CANCEL), RecordedReport(**vars(run(passed=("cancel-ends",))))),
        (run(CANCEL), replace(run(passed=("cancel-ends",)), dialect="published")),
        (RECORDED_RUN, replace(RecordedReport(**vars(run(passed=("cancel-ends",)))), exchanges=[])),
    ],
    ids=["recorded, then run", "run, then recorded", "another dialect", "recorded without the operation"],
)
def test_comparison__with_a_report_that_cannot_have_the_failure(before: Report, after: Report) -> None:
    """Failures are mended only where they would have been seen; an update keeps the others."""
    baseline = known(before)
    comparison = baseline.compare([after])

    assert [one.rule for one in comparison.unchecked] == ["cancel-ends"] and not comparison.mended
    assert baseline.updated([after]).ids == baseline.ids


def test_comparison__of_recorded_traffic() -> None:
    """A failure that a later recording of the same operation does not have is mended; no rule has to be reached."""
    comparison = known(RECORDED_RUN).compare([RecordedReport(**vars(run(passed=("cancel-ends",))))])
    assert len(comparison.mended) == 1 and comparison.passed

    baseline = known(run())
    recorded = RecordedReport(**vars(run(passed=("cancel-ends",))))
    assert not baseline.compare([recorded]).newly_reached
    assert baseline.updated([recorded]).not_reached == baseline.not_reached


def test_comparison__of_a_file_without_kinds() -> None:
    """Failures of an older file are of any report."""
    older = Baseline([replace(one, operation="", kind="") for one in known(RECORDED_RUN).failures])

    assert len(older.compare([run(passed=("cancel-ends",))]).mended) == 1


def test_rules_that_are_not_reached__are_one_line() -> None:
    """A first baseline has dozens of them."""
    report = run()
    lines = list(Baseline().compare([report]).lines())

    assert lines == [f"new: {', '.join(report.missed)} are not reached", "baseline: 0 new, 0 known, 0 mended"]


def test_runs__are_compared_together() -> None:
    """A failure of one of several runs is not mended."""
    comparison = known(run(CANCEL)).compare([run(passed=("cancel-ends",)), run(CANCEL)])

    assert (len(comparison.known), len(comparison.mended)) == (1, 0)


def test_file__is_read_as_it_was_written(tmp_path: Path) -> None:
    """The order does not depend on the run, so that a diff shows what has changed."""
    path = tmp_path / "known.json"
    baseline = known(faulty_report())
    path.write_text(baseline.to_json(), encoding="utf-8")

    read = Baseline.load(path)
    assert (read.ids, set(read.not_reached)) == (baseline.ids, set(baseline.not_reached))
    assert read.to_json() == baseline.to_json()
    rules = [one["rule"] for one in json.loads(path.read_bytes())["failures"]]
    assert rules == sorted(rules) and len(rules) > 2


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"failures": [3], "not_reached": []}', '{"failures": {}}'])
def test_file__of_something_else(tmp_path: Path, content: str) -> None:
    """A file that is no baseline is refused in a sentence."""
    path = tmp_path / "known.json"
    path.write_text(content, encoding="utf-8")

    with pytest.raises(BaselineError, match=r"known\.json is not a baseline, which --update-baseline writes"):
        Baseline.load(path)


def test_file__that_cannot_be_read(tmp_path: Path) -> None:
    """The reason is in the sentence."""
    load: Callable[[Path], Baseline] = Baseline.load
    with pytest.raises(BaselineError, match="cannot be read: Is a directory"):
        load(tmp_path)
