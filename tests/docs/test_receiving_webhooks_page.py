"""Runs the code that the page on receiving webhooks shows."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.pages import code_blocks, read_page
from zeroscope import webhooks
from zeroscope._service import spec as _spec
from zeroscope_mock import MockServer
from zeroscope_mock.webhooks.events import THROTTLE
from zeroscope_mock.webhooks.sender import RETRIED_STATUSES

PAGE = read_page("receiving-webhooks.md")
BLOCKS = code_blocks(PAGE, "python")


def test_page__runs_as_shown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The blocks run in order as one program, which receives each webhook twice."""
    monkeypatch.chdir(tmp_path)
    received: list[httpx.Request] = []
    names: dict[str, Any] = {"new_secret": "whsec_bmV3"}

    def receiver(request: httpx.Request) -> Any:
        received.append(request)
        return names["receive"](request.headers, request.content)

    server = MockServer(receiver=receiver)
    server.clock.set(time.time())
    client = server.client()
    monkeypatch.setattr(zeroscope, "Zeroscope", lambda: client)
    create, *others = BLOCKS
    exec(compile(create, "receiving-webhooks.md", "exec"), names)
    for block in others:
        exec(compile(block, "receiving-webhooks.md", "exec"), names)
        if "def receive" not in block:
            continue
        server.faults.add(operation="receivePredictionEvent", duplicate=True)
        server.clock.advance(120)
        names |= {"headers": received[-1].headers, "body": received[-1].content}

    assert [attempt.event for attempt in server.deliveries] == ["start"] * 2 + ["completed"] * 2
    assert {attempt.status for attempt in server.deliveries} == {204}
    assert capsys.readouterr().out == f"{names['prediction'].id} succeeded\n"
    assert Path("lighthouse.mp4").read_bytes()[4:8] == b"ftyp"
    assert names["webhook"].prediction.id == names["prediction"].id
    assert names["receive"](names["headers"], names["body"] + b" ") == 400


def test_page__has_the_numbers_of_the_code() -> None:
    """Events, statuses and times are those of the spec and of the code."""
    schemas = _spec.spec()["components"]["schemas"]
    events = dict(re.findall(r"^\| `(\w+)` \|.*\|([^|]*)\|$", PAGE, re.MULTILINE))
    assert sorted(events) == sorted(schemas["WebhookEvent"]["enum"])
    assert {int(number) for number in re.findall(r"\d+", events["completed"])} == RETRIED_STATUSES
    assert f"at most every {THROTTLE * 1000:g} ms" in PAGE
    assert webhooks.verify.__defaults__ == (None, 300) and "more than 300 seconds from now" in PAGE
    assert webhooks.MAX_TOLERANCE == 24 * 60 * 60 and "up to a day" in PAGE
