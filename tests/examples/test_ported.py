"""The tests in examples/ported, beside the same ones with a fake made by hand."""

from __future__ import annotations

import itertools
import re
import shutil
import sys
from pathlib import Path

import pytest

from helpers.pages import ROOT
from helpers.projects import run_node, run_pytest

EXAMPLES = ROOT / "examples"
PORTED = EXAMPLES / "ported"
# The tests with the mock server, and those with a fake.
PAIRS = sorted((re.sub("[._]by.hand", "", path.name), path.name) for path in PORTED.glob("*by?hand*"))


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A copy of the folder, beside those that it uses."""
    copy = shutil.copytree(EXAMPLES, tmp_path / "examples", ignore=shutil.ignore_patterns("__pycache__"))
    return copy / "ported"


@pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="replicate 1.0.7 cannot be imported: it needs pydantic's version 1"
)
def test_python_tests__pass() -> None:
    """The tests of both kinds pass, with the folder's own settings instead of this repository's."""
    assert "16 passed" in run_pytest(PORTED)


@pytest.mark.slow
def test_node_tests__pass(project: Path) -> None:
    """The same holds for Node.js."""
    assert "# pass 6\n" in run_node(project, "nock", "--test", "--test-reporter=tap")


@pytest.mark.parametrize(("ported", "by_hand"), PAIRS)
def test_ported_tests__are_shorter_than_the_fake(ported: str, by_hand: str) -> None:
    """A file has the same tests as the one with the fake, in at most two thirds of its lines, and waits for nothing."""
    assert names_of_tests(ported) == names_of_tests(by_hand) != []
    assert 3 * code_lines(ported) <= 2 * code_lines(by_hand)
    assert not re.search(r"sleep|setTimeout", (PORTED / ported).read_text(encoding="utf-8"))


def test_ported_page__lists_every_pair() -> None:
    """The table has each pair, with its numbers of lines."""
    readme = (PORTED / "README.md").read_text(encoding="utf-8")
    cells = [re.findall(r"\| \[(\S+)\]\((\S+)\), (\d+) lines ", row) for row in readme.splitlines()]
    listed = [cell for cell in cells if cell]

    assert sorted((ported[0], by_hand[0]) for ported, by_hand in listed) == PAIRS
    for name, link, lines in itertools.chain(*listed):
        assert (name, int(lines)) == (link, code_lines(name))


def names_of_tests(name: str) -> list[str]:
    """The names of a file's tests, in order."""
    text = (PORTED / name).read_text(encoding="utf-8")
    return re.findall(r'^(?:def |test\()(test_\w+|"[^"]+")', text, re.MULTILINE)


def code_lines(name: str) -> int:
    """The number of a file's lines with code."""
    text = (PORTED / name).read_text(encoding="utf-8")
    without_docstrings = re.sub(r'^ *""".*?"""$', "", text, flags=re.MULTILINE | re.DOTALL)
    return len(re.findall(r"^ *(?!#|//)\S", without_docstrings, re.MULTILINE))
