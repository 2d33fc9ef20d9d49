"""The first line of each module, which says what the module is."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.pages import ROOT

FOLDERS = ("wrapper", "mock", "conformance", "codegen", "tests", "benchmarks", "examples")
MODULES = [
    path.relative_to(ROOT)
    for folder in FOLDERS
    for path in sorted((ROOT / folder).rglob("*.py"))
    if "node_modules" not in path.parts
]
# The docstring, after comments such as that of the interpreter; to parse a whole module takes several times as long.
DOCSTRING = re.compile(r'(?:#[^\n]*\n|\s)*"""(\S.*?)"""', re.DOTALL)
# A first line begins with a noun or a verb; these begin a clause.
CLAUSE = re.compile(r"(All|Everything|How|What|When|Where|Whether|Which|Who|Why)\b")


@pytest.mark.parametrize("module", MODULES, ids=str)
def test_first_line__is_short_and_a_noun_or_a_verb(module: Path) -> None:
    """The first line has at most 80 characters and begins with what the module is or does."""
    docstring = DOCSTRING.match((ROOT / module).read_text(encoding="utf-8"))
    assert docstring, "the module has no docstring"
    line = docstring[1].splitlines()[0]
    assert len(line) <= 80 and not CLAUSE.match(line)
