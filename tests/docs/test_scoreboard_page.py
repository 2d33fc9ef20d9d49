"""The scoreboard's page: it has the rules of the suite."""

from __future__ import annotations

import re
from pathlib import Path

from zeroscope_conformance import RULES

PAGE = Path(__file__).parents[2] / "docs/scoreboard.md"


def test_page__has_every_rule() -> None:
    """A rule that is added or renamed needs another `make scoreboard`."""
    table = PAGE.read_text(encoding="utf-8").partition("## The rules")[2]
    assert re.findall(r"^\| `([a-z0-9-]+)` \|", table, re.MULTILINE) == [rule.name for rule in RULES]
