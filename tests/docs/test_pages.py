"""What the pages on the mock server show, run."""

from __future__ import annotations

import gc
import json
import re
from pathlib import Path

import pytest

import zeroscope_mock
from helpers.command import Command
from helpers.pages import broken_links
from zeroscope_mock.faults.settings import FaultSettings
from zeroscope_mock.lifecycle import prompts

DOCS = Path(__file__).parents[2] / "docs"
CONTROL = Path(zeroscope_mock.__file__).parent / "documents" / "control.json"
# The pages whose blocks follow one from another; those on the other doors have tests of their own.
PAGES = ["five-minutes.md", "in-process.md", "on-a-socket.md", "faults-and-time.md"]


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def table(page: str, first: str) -> list[str]:
    """The code in the left column of the table whose head begins with a word."""
    (rows,) = re.findall(rf"^\| {first} \|.*?\n\|[-|]+\n((?:\|.*\n)+)", text_of(page), re.MULTILINE)
    return [word for row in rows.splitlines() for word in re.findall(r"`([^`]+)`", row.split("|")[1])]


# The official client has no way to be closed.
@pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")
@pytest.mark.parametrize("page", PAGES)
def test_page__runs_as_shown(page: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The Python blocks of a page run from first to last, as one program."""
    monkeypatch.chdir(tmp_path)
    blocks = re.findall(r"```python\n(.*?)```", text_of(page), re.DOTALL)
    assert blocks
    names = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    names.clear()
    gc.collect()


@pytest.mark.parametrize("page", sorted(path.name for path in DOCS.glob("*.md")))
def test_links__lead_to_pages_that_exist(page: str) -> None:
    """Relative links are there, and the index knows every page."""
    assert broken_links(DOCS / page) == []
    assert page == "README.md" or f"]({page})" in text_of("README.md")


def test_arguments_of_faults__are_those_there_are() -> None:
    """The table names every argument of `faults.add`, and no other."""
    assert sorted(table("faults-and-time.md", "argument")) == sorted(
        set(FaultSettings.__annotations__) - {"carried_out"}
    )
    assert "carried_out" in text_of("faults-and-time.md")


def test_keys_of_scripts__are_those_there_are() -> None:
    """The table names every key of a script, and no other."""
    script = json.loads(CONTROL.read_bytes())["components"]["schemas"]["Script"]
    assert sorted(table("faults-and-time.md", "key")) == sorted(script["properties"])


def test_prompts__are_those_there_are() -> None:
    """Each prompt that steers is named, and no other."""
    assert set(re.findall(r"`mock:(\w+)", text_of("faults-and-time.md"))) == set(prompts.PROMPTS)


def test_options_of_the_command__are_those_there_are(command: Command) -> None:
    """Each option that the page on sockets names is in the command's help."""
    named = set(re.findall(r"`?(--[a-z-]+)", text_of("on-a-socket.md"))) - {"--help"}
    help_text = command("mock", "--help").out
    assert named
    assert [option for option in sorted(named) if option not in help_text] == []
