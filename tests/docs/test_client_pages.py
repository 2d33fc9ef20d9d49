"""What the pages on the client show, run."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from zeroscope import errors
from zeroscope_mock import MockServer

DOCS = Path(__file__).parents[2] / "docs"
PAGES = ["getting-started.md", "waiting-and-errors.md", "many-videos.md", "from-replicate.md"]


def text_of(name: str) -> str:
    return (DOCS / name).read_text(encoding="utf-8")


def python_of(name: str) -> list[str]:
    """The Python blocks of a page."""
    return re.findall(r"```python\n(.*?)```", text_of(name), re.DOTALL)


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """The server that the pages' clients talk to instead of the service."""
    server = MockServer(journal_limit=10_000)
    for name, http in (("Zeroscope", httpx.Client), ("AsyncZeroscope", httpx.AsyncClient)):
        connect = partial(getattr(zeroscope, name), "a-token", clock=server.clock)
        monkeypatch.setattr(
            zeroscope,
            name,
            lambda connect=connect, http=http, **settings: connect(
                http_client=http(transport=server.transport), **settings
            ),
        )
    return server


@pytest.mark.parametrize("page", PAGES)
def test_page__runs_as_shown(
    page: str, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of a page run from first to last, as one program, and print what is shown."""
    monkeypatch.chdir(tmp_path)
    blocks = python_of(page)
    assert blocks
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    printed = capsys.readouterr().out
    assert all(shown in printed for shown in re.findall(r"```text\n(.*?)```", text_of(page), re.DOTALL))


def test_lost_create__is_found_as_shown(server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The way out of an unknown outcome, which the page shows, leads to the video without a second create."""
    server.faults.lost_create()
    (block,) = [block for block in python_of("waiting-and-errors.md") if "error.find()" in block]
    names: dict[str, Any] = {}
    exec(compile(block, "waiting-and-errors.md", "exec"), names)
    assert names["videos"][0].read()[4:8] == b"ftyp"
    assert sum(exchange.operation == "createPrediction" for exchange in server.journal) == 1


def test_errors__are_all_in_the_table() -> None:
    """Each error that is raised by itself has a row, and no other has one."""
    rows = re.findall(r"^\| ((?:`\w+Error`(?:, )?)+) \|", text_of("waiting-and-errors.md"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    bases = {"ZeroscopeError", "APIError", "PredictionError"}
    assert named == {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ZeroscopeError) and name not in bases
    }


@pytest.mark.parametrize("call", re.findall(r"\| `([^`]*)`[^|`]*\|$", text_of("from-replicate.md"), re.MULTILINE))
def test_calls_side_by_side__are_there(call: str) -> None:
    """Every name on our side of the table of calls exists."""
    client = MockServer().client()
    known: dict[str, Any] = {
        "client": client,
        "prediction": zeroscope.Prediction,
        "video": zeroscope.Video,
        "webhooks": zeroscope.webhooks,
    }
    found = re.match(r"(?:await )?(\w+)((?:\.\w+)*)", call)
    assert found
    value = known.get(found[1], getattr(zeroscope, found[1], None))
    for name in found[2].split(".")[1:]:
        value = getattr(value, name)
    assert value is not None or call.startswith(("from ", "init_video"))
