"""The journal as an HTTP Archive."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
import jsonschema_rs
import pytest

from helpers.har import HAR
from zeroscope_mock import MockServer, VirtualClock

SCHEMA = jsonschema_rs.validator_for(HAR)
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
TOKEN = "a-token-of-a-test"


def entries(server: MockServer) -> list[dict[str, Any]]:
    """The entries of a valid archive."""
    archive = json.loads(json.dumps(server.journal.har()))
    SCHEMA.validate(archive)
    found: list[dict[str, Any]] = archive["log"]["entries"]
    return found


def test_har__of_no_exchange(server: MockServer) -> None:
    """An empty archive is valid, and names the program."""
    assert entries(server) == []
    assert server.journal.har()["log"]["creator"]["name"] == "zeroscope mock"


def test_har__has_all_of_an_exchange(server: MockServer, api: httpx.Client) -> None:
    """Address, query, headers, both bodies with sizes and types, and what became of the prediction."""
    server.clock.advance(1.25)
    api.post("/predictions?a=1&b=&c=%C3%A9", json={"version": VERSION, "input": {"prompt": "é"}})

    (entry,) = entries(server)
    request, response = entry["request"], entry["response"]
    assert entry["startedDateTime"] == "2026-01-01T00:00:01.250+00:00"
    assert (request["method"], request["url"]) == (
        "POST",
        "https://api.replicate.com/v1/predictions?a=1&b=&c=%C3%A9",
    )
    assert [(one["name"], one["value"]) for one in request["queryString"]] == [("a", "1"), ("b", ""), ("c", "é")]
    assert {"name": "authorization", "value": "Bearer [token]"} in request["headers"]
    sent = request["postData"]
    assert sent["mimeType"] == "application/json" and json.loads(sent["text"])["input"] == {"prompt": "é"}
    assert request["bodySize"] == len(sent["text"].encode())
    assert (response["status"], response["statusText"]) == (201, "Created")
    content = response["content"]
    assert content["mimeType"] == "application/json"
    assert json.loads(content["text"])["id"] == entry["_prediction"]
    assert content["size"] == len(content["text"].encode())
    assert entry["_statusAfter"] == "starting"


@pytest.mark.parametrize("kind", ["form", "fields"])
def test_har__of_a_form(server: MockServer, api: httpx.Client, kind: str) -> None:
    """Each field is a parameter, a file with its name, type and digest in place of its content."""
    if kind == "form":
        api.post(
            "/files",
            files={"content": ("a.png", b"\x89PNG\0\xff" * 1000, "image/png"), "metadata": (None, '{"a": 1}')},
        )
        names = {"content": "a.png", "metadata": None}
    else:
        api.post("/files", data={"content": "1", "metadata": "2"})
        names = {"content": None, "metadata": None}

    (entry,) = entries(server)
    params = {one["name"]: one for one in entry["request"]["postData"]["params"]}
    assert {name: one.get("fileName") for name, one in params.items()} == names
    if kind == "form":
        assert params["content"]["contentType"] == "image/png"
        assert params["content"]["value"].startswith("[6000 bytes of image/png, sha256 ")
        assert params["metadata"]["value"] == '{"a": 1}'
    else:
        assert [one["value"] for one in params.values()] == ["1", "2"]


def test_har__of_two_types(server: MockServer) -> None:
    """The last one decides what is a form, for the archive as for the server and the journal."""
    headers = [("Authorization", f"Bearer {TOKEN}"), ("Content-Type", "text/plain")]
    headers.append(("Content-Type", "multipart/form-data; boundary=b"))
    form = b'--b\r\nContent-Disposition: form-data; name="content"\r\n\r\nx\r\n--b--\r\n'
    with httpx.Client(transport=server.transport) as client:
        client.post("http://h.test/v1/files", headers=headers, content=form)

    (entry,) = entries(server)
    assert entry["request"]["postData"]["params"] == [{"name": "content", "value": "x"}]


def test_har__of_a_file_and_a_stream(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """A file has its size but no text, a stream neither."""
    urls = create(num_frames=1)["urls"]
    server.clock.advance(60)
    output = api.get(urls["get"]).json()["output"][0]
    size = len(api.get(output).content)
    api.get(urls["stream"]).read()

    *_, file, stream = entries(server)
    assert (file["response"]["content"]["size"], file["response"]["content"]["mimeType"]) == (size, "video/mp4")
    assert "text" not in file["response"]["content"]
    assert stream["response"]["content"] == {"size": 0, "mimeType": "text/event-stream", "text": ""}
    assert file["_prediction"] == stream["_prediction"] is not None


def test_har__of_a_cut_connection(server: MockServer, api: httpx.Client) -> None:
    """Status 0 and an error, as browsers write it."""
    server.faults.add(reset="before")
    with pytest.raises(httpx.ReadError):
        api.get("/predictions")

    (entry,) = entries(server)
    assert (entry["response"]["status"], entry["response"]["_error"]) == (0, "the connection was cut")
    assert entry["_fault"]


def test_har__of_a_request_that_is_held(api: httpx.Client, server: MockServer) -> None:
    """The time that the server took, in milliseconds of its clock."""
    server.scripts.add({"startup": 1, "run": 30})
    api.post("/predictions", json={"version": VERSION, "input": {}}, headers={"Prefer": "wait=2"})

    (entry,) = entries(server)
    assert entry["time"] == entry["timings"]["wait"] == pytest.approx(2000)


def test_har__of_another_clock() -> None:
    """Times are those of the server's clock."""
    moment = datetime(1999, 12, 31, 23, 59, 59, 500_000, UTC)
    server = MockServer(clock=VirtualClock(moment.timestamp()))
    with httpx.Client(transport=server.transport) as client:
        client.get("http://h.test/x")

    assert entries(server)[0]["startedDateTime"] == "1999-12-31T23:59:59.500+00:00"


HOSTILE: list[dict[str, Any]] = [
    {"method": "GET", "url": "/predictions", "headers": {"Cookie": "a=secret-of-a-cookie; b"}},
    {"method": "GET", "url": "/%00%ff?%ff=%00&&=&a=" + TOKEN},
    {"method": "POST", "url": "/predictions", "content": b"\xff\0", "headers": {"Content-Type": "text/plain"}},
    {
        "method": "POST",
        "url": "/files",
        "content": b"--b\r\n",
        "headers": {"Content-Type": "multipart/form-data; boundary=b"},
    },
    {"method": "POST", "url": "/files", "content": b"x", "headers": {"Content-Type": "multipart/form-data"}},
    {"method": "POST", "url": "/predictions", "content": b"x", "headers": {"Content-Length": "9" * 30}},
    {"method": "BREW", "url": "/predictions"},
    {"method": "OPTIONS", "url": "/predictions"},
    {
        "method": "GET",
        "url": "/predictions",
        "headers": {"Authorization": "Basic " + base64.b64encode(b"u:secret-of-a-cookie").decode()},
    },
]


@pytest.mark.parametrize("request_", HOSTILE, ids=range(len(HOSTILE)))
def test_har__of_odd_requests(server: MockServer, api: httpx.Client, request_: dict[str, Any]) -> None:
    """The archive is valid whatever is sent, and has no secret."""
    api.request(**request_)

    assert len(entries(server)) == 1
    assert "secret-of-a-cookie" not in json.dumps(server.journal.har())
    assert TOKEN not in json.dumps(server.journal.har())
