"""What the README says of speed is what was measured."""

from __future__ import annotations

import json
import re
from pathlib import Path

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
RESULTS = json.loads((ROOT / "benchmarks/results.json").read_text(encoding="utf-8"))
SECTION = README.partition("\n## Speed\n")[2].partition("\n## ")[0]


def test_rows__are_those_of_the_results() -> None:
    """Each row has the ratio of the run whose table is in the repository, with two digits."""
    told = re.findall(r"^\| ([^|]+) \| ([^|]+) \| ([\d.]+) × \|$", SECTION, re.MULTILINE)
    measured = {(row["what"], row["beside"]): row["ratio"] for row in RESULTS["rows"]}
    assert len(told) == 4
    for what, beside, ratio in told:
        assert ratio == f"{measured[what, beside]:.2g}", (what, beside)


def test_machine__is_named() -> None:
    """Figures are of a machine, which the section names."""
    assert RESULTS["machine"]["processor"] in SECTION


def test_page__has_all_rows_and_every_reason() -> None:
    """The page for people and the file for programs are of the same run, and a missed goal is explained."""
    page = (ROOT / "benchmarks/RESULTS.md").read_text(encoding="utf-8")
    assert page.count("\n| ") - 1 == len(RESULTS["rows"])
    assert [row["what"] for row in RESULTS["rows"] if row["reached"] is False and not row["reason"]] == []
    assert "not known yet" not in page
