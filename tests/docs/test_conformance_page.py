"""What the page on conformance shows, run."""

from __future__ import annotations

import re
from pathlib import Path

from helpers.command import Command
from zeroscope_conformance import RULES

PAGE = (Path(__file__).parents[2] / "docs/conformance.md").read_text(encoding="utf-8")


def test_rules__are_those_there_are() -> None:
    """The table has every rule in order, with what it demands and why."""
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert rows == [(rule.name, rule.says, rule.why) for rule in RULES]


def test_options__are_those_there_are(command: Command) -> None:
    """Each option of the command that the page names is in its help."""
    shown = command("conformance", "--help").out
    named = set(re.findall(r"`?(--[a-z][a-z-]+)", PAGE)) - {"--token", "--speed"}
    assert named and [option for option in sorted(named) if option not in shown] == []


def test_python__runs_as_shown() -> None:
    """The blocks on Python run, one after the other."""
    blocks = re.findall(r"```python\n(.*?)```", PAGE, re.DOTALL)
    exec(compile("\n".join(blocks), "conformance.md", "exec"), {"__name__": "page"})


def test_breach__is_shown_as_the_command_prints_it() -> None:
    """The rule that the example shows says what it says there."""
    (block,) = re.findall(r"```text\n(.*?)```", PAGE, re.DOTALL)
    name, _, says = block.splitlines()[0].partition(": ")
    assert says == next(rule.says for rule in RULES if rule.name == name)
