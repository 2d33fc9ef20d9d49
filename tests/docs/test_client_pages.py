"""Runs the code that the pages on the client show."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.pages import code_blocks, read_page
from zeroscope import errors
from zeroscope._service.spec import spec
from zeroscope_mock import MockServer

PAGES = ["getting-started.md", "waiting-and-errors.md", "many-videos.md", "from-replicate.md"]


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> MockServer:
    """A mock server, to which the clients of the pages are connected."""
    server = MockServer(journal_limit=10_000)
    for name, http in (("Zeroscope", httpx.Client), ("AsyncZeroscope", httpx.AsyncClient)):
        connect = partial(getattr(zeroscope, name), "a-token", clock=server.clock)
        monkeypatch.setattr(
            zeroscope,
            name,
            lambda connect=connect, http=http, **settings: connect(
                # Also in the place of an HTTP client of the page's own, which would use the network.
                **{**settings, "http_client": http(transport=server.transport)}
            ),
        )
    return server


@pytest.mark.parametrize("page", PAGES)
def test_page__runs_as_shown(
    page: str, server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks of a page run in order as one program, and print what the page shows."""
    monkeypatch.chdir(tmp_path)
    blocks = code_blocks(read_page(page), "python")
    assert blocks
    names: dict[str, Any] = {"__name__": "page"}
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    printed = capsys.readouterr().out
    assert all(shown in printed for shown in code_blocks(read_page(page), "text"))


def test_lost_create__is_found_as_shown(server: MockServer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recovery from an unknown outcome that the page shows finds the video without a second create."""
    server.faults.lost_create()
    (block,) = [block for block in code_blocks(read_page("waiting-and-errors.md"), "python") if "error.find()" in block]
    names: dict[str, Any] = {}
    exec(compile(block, "waiting-and-errors.md", "exec"), names)
    assert names["videos"][0].read()[4:8] == b"ftyp"
    assert sum(exchange.operation == "createPrediction" for exchange in server.journal) == 1


def test_error_table__lists_every_error() -> None:
    """Each error class except the base classes has a row, and no other name has one."""
    rows = re.findall(r"^\| ((?:`\w+Error`(?:, )?)+) \|", read_page("waiting-and-errors.md"), re.MULTILINE)
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row)}
    bases = {"ZeroscopeError", "APIError", "PredictionError"}
    assert named == {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, errors.ZeroscopeError) and name not in bases
    }


def test_code_table__is_that_of_the_spec() -> None:
    """The page has the codes of failures with the meanings that the spec gives them."""
    field = spec()["components"]["schemas"]["Prediction"]["properties"]["error"]
    rows = re.findall(r"^\| `(E\d+)` \| (.+) \|$", read_page("waiting-and-errors.md"), re.MULTILINE)
    assert dict(rows) == field["x-error-codes"]["meanings"]


def test_filter_table__has_every_parameter() -> None:
    """The page has a row for each parameter of a list."""
    parameters = spec()["paths"]["/predictions"]["get"]["parameters"]
    for name in (parameter["name"] for parameter in parameters):
        assert re.search(rf'^\| `{name}(="\w+")?` \|', read_page("getting-started.md"), re.MULTILINE), name


@pytest.mark.parametrize("call", re.findall(r"\| `([^`]*)`[^|`]*\|$", read_page("from-replicate.md"), re.MULTILINE))
def test_call_beside_replicate__exists(call: str) -> None:
    """Each zeroscope name in the table of calls exists."""
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
