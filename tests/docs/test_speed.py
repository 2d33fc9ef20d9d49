"""Compares the figures in the README with the benchmark results."""

from __future__ import annotations

import json
import re

from helpers.pages import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
SECTION = README.partition("\n## Speed\n")[2].partition("\n## ")[0]


def test_ratios__are_those_of_the_results() -> None:
    """Each row has the ratio of results.json, with two digits."""
    shown = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([\d.]+) × \|$", SECTION, re.MULTILINE)
    measured = {(row["what"], row["beside"]): row["ratio"] for row in RESULTS["rows"]}
    assert len(shown) == 4
    for what, beside, ratio in shown:
        assert ratio == f"{measured[what, beside]:.2g}", (what, beside)


def test_machine__is_named() -> None:
    """The section names the machine that the figures are from."""
    assert RESULTS["machine"]["processor"] in SECTION


def test_page__has_all_rows_and_every_reason() -> None:
    """RESULTS.md and results.json are from the same run, and each missed goal has a reason."""
    page = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8")
    assert page.count("\n| ") - 1 == len(RESULTS["rows"])
    assert [row["what"] for row in RESULTS["rows"] if row["reached"] is False and not row["reason"]] == []
    assert "not known yet" not in page
