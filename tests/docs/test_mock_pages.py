"""Runs the code that the pages on the mock server show."""

from __future__ import annotations

import gc
import json
import re
from pathlib import Path

import pytest

import zeroscope_mock
from helpers.command import Command
from helpers.pages import DOCS, broken_links, code_blocks, read_page
from zeroscope_mock.faults.settings import FaultSettings
from zeroscope_mock.lifecycle import prompts

CONTROL = Path(zeroscope_mock.__file__).parent / "documents" / "control.json"
# The pages whose blocks build on each other; other modules test the remaining pages.
PAGES = ["five-minutes.md", "in-process.md", "on-a-socket.md", "faults-and-time.md", "web-page.md"]


def first_column(page: str, first: str) -> list[str]:
    """The code in the first column of the table whose head begins with a word."""
    (rows,) = re.findall(rf"^\| {first} \|.*?\n\|[-|]+\n((?:\|.*\n)+)", read_page(page), re.MULTILINE)
    return [word for row in rows.splitlines() for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


# The official client cannot be closed.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES)
def test_page__runs_as_shown(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a page run in order as one program."""
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks(read_page(page), "python")
    assert blocks
    names = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    names.clear()
    gc.collect()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_page__has_working_links_and_is_in_the_index(page: str) -> None:
    """The target of each relative link exists, and the index links to the page."""
    assert broken_links(DOCS / page) == []
    assert page == "README.md" or f"]({page})" in read_page("README.md")


def test_fault_table__lists_every_argument() -> None:
    """The table lists exactly the arguments of `faults.add`."""
    assert sorted(first_column("faults-and-time.md", "argument")) == sorted(
        set(FaultSettings.__annotations__) - {"carried_out"}
    )
    assert "carried_out" in read_page("faults-and-time.md")


def test_script_table__lists_every_key() -> None:
    """The table lists exactly the keys of a script."""
    script = json.loads(CONTROL.read_bytes())["components"]["schemas"]["Script"]
    assert sorted(first_column("faults-and-time.md", "key")) == sorted(script["properties"])


def test_prompts__are_all_named() -> None:
    """The page names exactly the prompts that steer a prediction."""
    assert set(re.findall(r"`mock:(\w+)[ `]", read_page("faults-and-time.md"))) == set(prompts.PROMPTS)


def test_options__exist(command: Command) -> None:
    """Each option that the page on sockets names is in the command's help."""
    named = set(re.findall(r"`?(--[a-z][a-z-]+)", read_page("on-a-socket.md"))) - {"--help"}
    help_text = command("mock", "--help").out
    assert named
    assert [option for option in sorted(named) if option not in help_text] == []
