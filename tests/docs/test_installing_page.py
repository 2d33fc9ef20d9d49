"""Compares what the pages say of installing with the project."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest
from release.materials import requirements
from release.project import read_project

from helpers.pages import DOCS, ROOT, broken_links, read_page

PAGE = read_page("installing.md")
README = (ROOT / "README.md").read_text(encoding="utf-8")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGES = [*sorted(DOCS.glob("*.md")), *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md"))]
LINES = [(page.name, line) for page in PAGES for line in page.read_text(encoding="utf-8").splitlines()]
INSTALLED = [
    (name, extras) for name, line in LINES for extras in re.findall(r"pip install '[^']*\[([a-z0-9,]+)\]", line)
]


def test_extras__are_all_named() -> None:
    """The table of the page has every extra and no other, and the README's block names them all."""
    extras = set(PROJECT["optional-dependencies"])
    assert set(re.findall(r"^\| `(\w+)` \|", PAGE, re.MULTILINE)) == extras
    block = README.partition("```console\n")[2].partition("```")[0]
    assert {name for found in re.findall(r"\[(.*)\]", block) for name in found.split(",")} == extras


@pytest.mark.parametrize(("page", "extras"), INSTALLED)
def test_command__names_extras_that_exist(page: str, extras: str) -> None:
    """Each command of a page that installs the project names its extras as pyproject.toml does."""
    assert set(extras.split(",")) <= {*PROJECT["optional-dependencies"], "redis", "socks"}, page


def test_client__has_the_dependencies_that_the_pages_name() -> None:
    """What the pages say that the client needs is what it requires."""
    required = {re.split(r"[^\w-]", line)[0] for line in PROJECT["dependencies"]}
    (readme,) = re.findall(r"# the client: (.+)$", README, re.MULTILINE)
    (page,) = re.findall(r"the client alone, with (.+)\.$", PAGE, re.MULTILINE)
    assert set(readme.split(", ")) == set(re.split(", | and ", page)) == required


def test_gpl__comes_with_the_extras_that_the_page_names() -> None:
    """PyAV is required by the two extras that the page and the README warn of, and by nothing else."""
    assert requirements(read_project(ROOT))["av"] == {"mock", "conformance"}
    assert "**the extras `mock`\nand `conformance` install PyAV" in PAGE
    assert "`mock` and\n`conformance` install encoders under the GPL" in README


@pytest.mark.parametrize("page", [DOCS / "installing.md", ROOT / "SECURITY.md", ROOT / "CONTRIBUTING.md"], ids=str)
def test_links__lead_somewhere(page: Path) -> None:
    """Each relative link leads to a file and a heading."""
    assert broken_links(page) == []
