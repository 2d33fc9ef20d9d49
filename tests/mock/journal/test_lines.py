"""Lines about exchanges, and the text of the journal."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import Exchange, MockServer
from zeroscope_mock.journal import Journal
from zeroscope_mock.journal.lines import describe, fold

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
Create = Callable[..., dict[str, Any]]


def poll(path: str, body: str = "", *, time: float = 0.0, method: str = "GET", **fields: Any) -> Exchange:
    values: dict[str, Any] = {"operation": "getPrediction", "status": 200, "tenant": None, "request_body": ""}
    return Exchange(**{**values, "time": time, "method": method, "path": path, "response_body": body, **fields})


def columns(server: MockServer) -> list[list[str]]:
    """The columns of the lines of a journal."""
    lines = str(server.journal).splitlines()
    return [re.split(" {2,}|(?<=s  GET) |(?<=s  POST) ", line.strip()) for line in lines]


def test_text__of_a_whole_run(server: MockServer, api: httpx.Client, create: Create) -> None:
    """The prompt at the create, the status at polls, the file at the download; repeated polls on one line."""
    server.scripts.add({"startup": 2, "run": 3})
    body = create(prompt="a horse", num_frames=1)
    id = body["id"]
    for _ in range(8):
        server.clock.advance(0.25)
        api.get(body["urls"]["get"])
    server.clock.advance(2)
    api.get(body["urls"]["get"])
    server.clock.advance(2)
    size = len(api.get(api.get(body["urls"]["get"]).json()["output"][0]).content)
    api.get("/predictions")

    path, output = f"/v1/predictions/{id}", f"/v1/outputs/{id}/output-0.mp4"
    assert columns(server) == [
        [
            "0.000 s",
            "POST",
            "/v1/predictions",
            "createPrediction",
            "201",
            f'created prediction {id} (starting): "a horse"',
        ],
        ["0.250 s", "GET", path, "getPrediction", "200", f"{id} starting", "× 7, until 1.750 s"],
        ["2.000 s", "GET", path, "getPrediction", "200", f"{id} processing", "× 2, until 4.000 s"],
        ["6.000 s", "GET", path, "getPrediction", "200", f"{id} succeeded"],
        ["6.000 s", "GET", output, "getOutput", "200", f"{id} succeeded: {size} bytes of video/mp4"],
        ["6.000 s", "GET", "/v1/predictions", "listPredictions", "200", "1 result"],
    ]
    # The columns stand below each other.
    assert len({line.index("  20", 30) for line in str(server.journal).splitlines()}) == 1


def test_text__of_errors(server: MockServer, api: httpx.Client, create: Create) -> None:
    """Why a request was refused or a prediction failed, with the fault and the note."""
    create_failing = create(prompt="mock:fail out of memory")
    server.clock.advance(60)
    api.get(create_failing["urls"]["get"])
    api.post("/predictions", json={"version": VERSION, "input": {"width": 100}})
    api.get("/nowhere")
    server.faults.add(status=503, operation="getPrediction", times=1)
    api.get(create_failing["urls"]["get"])
    server.faults.add(reset="before")
    with pytest.raises(httpx.ReadError):
        api.get("/account")

    id = create_failing["id"]
    assert [line[-2:] for line in columns(server)[1:]] == [
        ["200", f"{id} failed: out of memory"],
        ["422", "input.width: 100 < 256"],
        ["404", describe(server.journal[3])],
        ["503", describe(server.journal[4])],
        ["cut off", describe(server.journal[5])],
    ]
    assert "the nearest is" in describe(server.journal[3])
    assert describe(server.journal[4]).startswith(f"{id}: ")
    assert describe(server.journal[4]).endswith("[fault: status 503 (1 of 1)]")
    assert describe(server.journal[5]).startswith("the connection was cut [fault: ")


def test_text__of_an_empty_journal(server: MockServer) -> None:
    """It says so, and `repr` counts."""
    assert str(server.journal) == "No request has reached the server."
    assert repr(server.journal) == "<Journal: 0 exchanges, 0 dropped>"


def test_text__is_of_the_latest_lines() -> None:
    """Earlier ones are counted; polls count as often as they were made."""
    server = MockServer(journal_limit=110)
    with httpx.Client(transport=server.transport) as client:
        for _ in range(61):
            client.get("https://h.test/x")
        for number in range(59):
            client.get(f"https://h.test/{number}")

    first, *lines = str(server.journal).splitlines()
    assert first == "70 earlier ones are left out, of which the journal dropped 10."
    assert [line.split()[3] for line in lines] == [f"/{number}" for number in range(9, 59)]


def test_text__counts_seconds_of_the_servers_clock() -> None:
    """From the start of the server, or from the first exchange for a journal without one."""
    journal = Journal()
    journal.load([poll("/a", time=100.0), poll("/b", time=101.5)])
    assert [line.split()[0] for line in str(journal).splitlines()] == ["0.000", "1.500"]


def test_text__of_exchanges_from_before_the_start() -> None:
    """A restored journal may be older than the server's process; its times count from its first exchange."""
    journal = Journal(start=lambda: 101.0)
    journal.load([poll("/a", time=100.0), poll("/b", time=101.5)])
    assert [line.split()[0] for line in str(journal).splitlines()] == ["0.000", "1.500"]


@pytest.mark.parametrize(
    ("paths", "folded"),
    [
        ("aaaa", [("a", 4)]),
        ("abababab", [("a", 4), ("b", 4)]),
        ("aabbaa", [("a", 4), ("b", 2)]),
        ("aaPaa", [("a", 2), ("P", 1), ("a", 2)]),
        ("PP", [("P", 1), ("P", 1)]),
        ("", []),
    ],
)
def test_fold__joins_polls_with_the_same_result(paths: str, folded: list[tuple[str, int]]) -> None:
    """Also where polls alternate, unless another request comes between them."""
    exchanges = [poll(path, method="POST" if path == "P" else "GET", time=time) for time, path in enumerate(paths)]
    lines = fold(exchanges)
    assert [(line.first.path, line.count) for line in lines] == folded
    for line in lines:
        same = [one for one in exchanges if one.path == line.first.path]
        assert line.last in same and line.first in same and line.first.time <= line.last.time


@pytest.mark.parametrize(
    "changes",
    [
        {"status": 404},
        {"status": 202},
        {"path": "/b"},
        {"tenant": "other"},
        {"prediction": "a", "status_after": "processing"},
        {"fault": "delay 1 s (hit 1)"},
        {"note": "x"},
        {"method": "HEAD"},
    ],
)
def test_fold__keeps_other_results_apart(changes: dict[str, Any]) -> None:
    """A poll that differs in anything that lines show has its own line, and so have those after it."""
    same: dict[str, Any] = {"path": "/a", "prediction": "a", "status_after": "starting"}
    lines = fold([poll(**same), poll(**same), poll(**{**same, **changes}), poll(**{**same, **changes})])
    assert [line.count for line in lines] == [2, 2]


def test_line__as_text() -> None:
    """The request, its status, what happened and how often."""
    (line,) = fold([poll("/a\x1b[2J", prediction="x", status_after="processing")] * 3)
    assert str(line) == "GET /a [2J 200 x processing × 3"
    assert str(fold([poll("/a", status=None)])[0]) == "GET /a cut off the connection was cut"


HOSTILE = ["\x1b[31mred\x1b[0m", "two\r\nlines", "\x1b]0;title\x07", "\u202eevil", "a\u2028b", "\x9b2J", "\0", "\ud800"]


@pytest.mark.parametrize("text", HOSTILE, ids=ascii)
def test_lines__of_hostile_texts_are_harmless(server: MockServer, api: httpx.Client, text: str) -> None:
    """No prompt, error, note, fault or path has a control character or breaks a line."""
    server.scripts.add({"startup": 0, "run": 1, "outcome": "failed", "error": text.replace("\ud800", "?")})
    create = api.post("/predictions", json={"version": VERSION, "input": {"prompt": text.replace("\ud800", "?")}})
    server.clock.advance(10)
    if create.status_code == 201:
        api.get(create.json()["urls"]["get"])
    journal = server.journal[:]
    for name in ("fault", "note", "operation", "method", "prediction"):
        fields: dict[str, Any] = {"status": 400, name: text}
        journal.append(poll(f"/{text}", f'{{"detail": "{text}"}}', **fields))
    server.journal.load(journal)

    for line in str(server.journal).splitlines():
        assert line.isprintable(), line
    assert len(str(server.journal).splitlines()) == len(journal)
    assert all(str(line).isprintable() for line in fold(server.journal))
