"""Creates whose response was lost, and the search for their predictions."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, ScriptedResponses, prediction_body
from zeroscope_mock import MockServer

VERSION = prediction_body()["version"]


def lost(harness: Harness, script: ScriptedResponses, input: Any = None, **settings: Any) -> Any:
    """The error of a create whose answer does not arrive."""
    client = harness.client(script, **settings)
    with pytest.raises(zeroscope.UnknownOutcomeError) as caught:
        harness.do(client.predictions.create, {"prompt": "a"} if input is None else input)
    return caught.value


def at(seconds: float) -> str:
    """A time in seconds after the create was sent, as the service writes it."""
    return datetime.fromtimestamp(1_700_000_000 + seconds, UTC).isoformat().replace("+00:00", "Z")


def entry(id: str, seconds: float | None, **fields: Any) -> dict[str, Any]:
    """A prediction as a list has it."""
    created = {} if seconds is None else {"created_at": at(seconds)}
    return {"id": id, "status": "processing", "version": VERSION, "input": {"prompt": "a"}, **created, **fields}


def page(*entries: dict[str, Any], next: str | None = None) -> httpx.Response:
    """The answer to a list."""
    return httpx.Response(200, json={"next": next, "results": list(entries)})


@pytest.mark.parametrize(
    ("entries", "found"),
    [
        ([], []),
        ([entry("same", 1)], ["same"]),
        ([entry("a minute early by its clock", -60)], ["a minute early by its clock"]),
        ([entry("long before", -200)], []),
        ([entry("other version", 1, version="71996d33")], []),
        ([entry("no version", 1, version=None)], ["no version"]),
        ([entry("other input", 1, input={"prompt": "b"})], []),
        ([entry("more input", 1, input={"prompt": "a", "fps": 8})], []),
        ([entry("at no time", None)], ["at no time"]),
        ([entry("second", 2), entry("other", 1, input={}), entry("first", 0)], ["second", "first"]),
    ],
)
def test_find__lists_what_the_create_may_have_started(
    harness: Harness, entries: list[dict[str, Any]], found: list[str]
) -> None:
    """Predictions of the same version and input, created since then, come newest first."""
    error = lost(harness, ScriptedResponses(httpx.ReadTimeout("slow"), page(*entries)))
    assert [prediction.id for prediction in harness.do(error.find)] == found


def test_find__reads_on_until_it_comes_to_what_is_older(harness: Harness) -> None:
    """Pages are followed as far as they are new enough, and no further."""
    script = ScriptedResponses(
        httpx.ReadError("reset"),
        page(entry("other", 9, input={}), next=f"{BASE_URL}/predictions?cursor=2"),
        page(entry("mine", 1), entry("old", -500), next=f"{BASE_URL}/predictions?cursor=3"),
        page(entry("never read", 1)),
    )
    error = lost(harness, script)
    assert [prediction.id for prediction in harness.do(error.find)] == ["mine"]
    assert len(script.requests) == 3


def test_find__reads_what_a_list_leaves_out(harness: Harness) -> None:
    """An entry without its input is read, and then compared."""
    listed = entry("gm3q", 1)
    del listed["input"]
    read = httpx.Response(200, json=prediction_body(input={"prompt": "a"}))
    script = ScriptedResponses(httpx.ReadError("reset"), page(listed), read)
    error = lost(harness, script)
    assert [prediction.input for prediction in harness.do(error.find)] == [{"prompt": "a"}]
    assert script.lines[1:] == ["GET /v1/predictions", "GET /v1/predictions/gm3q"]


def test_find__knows_a_file_by_the_rest_of_its_input(harness: Harness) -> None:
    """The service may answer a `data:` URI with a URL of its own, so files are not compared."""
    sent = {"prompt": "a", "init_video": "data:video/mp4;base64,AAAA"}
    echoed = {"prompt": "a", "init_video": "https://replicate.delivery/x.mp4"}
    error = lost(harness, ScriptedResponses(httpx.ReadError("reset"), page(entry("mine", 1, input=echoed))), sent)
    assert [prediction.id for prediction in harness.do(error.find)] == ["mine"]


def test_error__tells_when_and_outlives_pickling(harness: Harness) -> None:
    """The moment is kept; the client, which no pickle holds, is needed for a search."""
    error = lost(harness, ScriptedResponses(httpx.ReadTimeout("slow")))
    assert error.sent_at == 1_700_000_000.0
    copy = pickle.loads(pickle.dumps(error))
    assert copy == error and copy.sent_at == error.sent_at
    with pytest.raises(zeroscope.ConfigurationError, match="no client to search with"):
        copy.find()


def test_find__against_the_mock_server() -> None:
    """The job whose answer was lost is found, waited for and has its video; nothing was created twice."""
    server = MockServer()
    server.faults.lost_create()
    with server.client() as client:
        with pytest.raises(zeroscope.UnknownOutcomeError) as caught:
            client.run(prompt="a lighthouse", seed=7)
        client.run(prompt="another one")
        (found,) = caught.value.find()
        assert found.wait().videos[0].read()[4:8] == b"ftyp"
        assert len(list(client.predictions.list())) == 2


def test_find__of_a_create_that_did_not_arrive() -> None:
    """Where nothing was created, nothing is found."""
    server = MockServer()
    server.faults.add(operation="createPrediction", reset="before", times=1)
    with server.client() as client:
        with pytest.raises(zeroscope.UnknownOutcomeError) as caught:
            client.run(prompt="a lighthouse")
        assert caught.value.find() == []
    assert [exchange.operation for exchange in server.journal] == ["createPrediction", "listPredictions"]
