"""Checks and runs what the page on conformance shows."""

from __future__ import annotations

import re

from helpers.command import Command
from helpers.pages import code_blocks, read_page
from zeroscope_conformance import RULES

PAGE = read_page("conformance.md")


def test_rule_table__lists_every_rule() -> None:
    """The table lists every rule in order, with what it demands and why."""
    rows = re.findall(r"^\| `(.*?)` \| (.*?) \| (.*?) \|$", PAGE, re.MULTILINE)
    assert rows == [(rule.name, rule.says, rule.why) for rule in RULES]


def test_option__exists(command: Command) -> None:
    """Each option that the page names is in the command's help."""
    shown = command("conformance", "--help").out + command("conformance", "replay", "--help").out
    # Those of servers.
    named = set(re.findall(r"`?(--[a-z][a-z-]+)", PAGE)) - {"--token", "--speed", "--port"}
    assert named and [option for option in sorted(named) if option not in shown] == []


def test_python__runs_as_shown() -> None:
    """The Python blocks run in order."""
    blocks = code_blocks(PAGE, "python")
    exec(compile("\n".join(blocks), "conformance.md", "exec"), {"__name__": "page"})


def test_breach__is_shown_as_the_command_prints_it() -> None:
    """The rule in the example has the text that the example shows."""
    (block,) = code_blocks(PAGE, "text")
    name, _, says = block.splitlines()[0].partition(": ")
    assert says == next(rule.says for rule in RULES if rule.name == name)
