"""Creates whose response was lost, and the search for their predictions."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from email.utils import formatdate
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
        ([entry("hidden version", 1, version="hidden")], ["hidden version"]),
        ([entry("odd version", 1, version={"id": VERSION}, model=["a"])], ["odd version"]),
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


MODEL = prediction_body()["model"]


@pytest.mark.parametrize(
    ("version", "fields", "is_found"),
    [
        (f"{MODEL}:{VERSION}", {"model": MODEL}, True),
        (f"{MODEL}:{VERSION}", {"model": None}, True),
        (f"{MODEL}:{VERSION}", {"model": MODEL, "version": "hidden"}, True),
        (f"{MODEL}:{VERSION}", {"model": MODEL, "version": "71996d33"}, False),
        (f"{MODEL}:{VERSION}", {"model": "other/model"}, False),
        (MODEL, {"model": MODEL}, True),
        (MODEL, {"model": MODEL.upper(), "version": "71996d33"}, True),
        (MODEL, {"model": MODEL, "version": "hidden"}, True),
        (MODEL, {"model": None, "version": None}, True),
        (MODEL, {"model": "other/model"}, False),
    ],
)
def test_find__knows_a_version_in_every_form(
    harness: Harness, version: str, fields: dict[str, Any], is_found: bool
) -> None:
    """A create that named the model as well is found by its ID, and one that named the model alone by the model."""
    error = lost(harness, ScriptedResponses(httpx.ReadTimeout("slow"), page(entry("a", 1, **fields))), version=version)
    assert [prediction.id for prediction in harness.do(error.find)] == ["a"] * is_found


@pytest.mark.parametrize("ahead", [-7200, 0, 7200])
@pytest.mark.parametrize("date", ["{}", "{} ", "Tue, 99 Nov 2023 22:13:20 GMT", "soon", ""])
def test_find__measures_the_services_clock(harness: Harness, ahead: float, date: str) -> None:
    """Whatever this machine's clock shows, the window is that of the service; without a date there is an allowance."""
    date = date.format(formatdate(1_700_000_000 + ahead, usegmt=True))
    is_usable = date.endswith(("GMT", "GMT ")) and "99" not in date
    answer = page(entry("mine", ahead + 1), entry("earlier", ahead - 100), entry("long before", ahead - 9000))
    answer.headers["Date"] = date
    error = lost(harness, ScriptedResponses(httpx.ReadTimeout("slow"), answer))
    found = [prediction.id for prediction in harness.do(error.find)]
    if is_usable:
        assert found == ["mine"]
    elif ahead < 0:
        assert found == []
    else:
        assert found == ["mine", "earlier"]


def test_find__measures_when_it_searches(harness: Harness) -> None:
    """The time between the create and the search does not count."""
    harness.clock.on_sleep = None
    script = ScriptedResponses(httpx.ReadTimeout("slow"), page(entry("mine", 7201), entry("earlier", 7100)))
    error = lost(harness, script)
    harness.clock.now += 600
    script.responses[0].headers["Date"] = formatdate(1_700_000_000 + 600 + 7200, usegmt=True)
    assert [prediction.id for prediction in harness.do(error.find)] == ["mine"]


def test_find__counts_a_prediction_on_two_pages_once(harness: Harness) -> None:
    """Between two pages, new predictions may move it from one to the other."""
    script = ScriptedResponses(
        httpx.ReadError("reset"),
        page(entry("second", 2), entry("first", 1), next=f"{BASE_URL}/predictions?cursor=2"),
        page(entry("first", 1), entry("old", -500)),
    )
    error = lost(harness, script)
    assert [prediction.id for prediction in harness.do(error.find)] == ["second", "first"]


def endless(request: httpx.Request) -> httpx.Response:
    """A page of new predictions of others, which names another one."""
    cursor = int(request.url.params.get("cursor", 0))
    return page(entry(f"other {cursor}", 9, input={}), next=f"{BASE_URL}/predictions?cursor={cursor + 1}")


def test_find__of_an_endless_list_ends(harness: Harness) -> None:
    """After a hundred pages the outcome is as unknown as before, and no partial list looks like all there is."""
    script = ScriptedResponses(httpx.ReadTimeout("slow"), endless)
    error = lost(harness, script)
    with pytest.raises(
        zeroscope.UnknownOutcomeError, match="still has an unknown outcome: the search read the newest 100 pages"
    ) as caught:
        harness.do(error.find)
    assert len(script.requests) == 1 + 100
    assert caught.value.sent_at == error.sent_at
    script.responses = [page(entry("mine", 1))]
    assert [prediction.id for prediction in harness.do(caught.value.find)] == ["mine"]


@pytest.mark.parametrize(("pages", "is_complete"), [(100, True), (101, False)])
def test_find__of_a_long_list(harness: Harness, pages: int, is_complete: bool) -> None:
    """A list that ends with the last page that is read was searched as a whole."""

    def answer(request: httpx.Request) -> httpx.Response:
        is_last = int(request.url.params.get("cursor", 0)) == pages - 1
        return page(entry("mine", 1)) if is_last else endless(request)

    error = lost(harness, ScriptedResponses(httpx.ReadTimeout("slow"), answer))
    if is_complete:
        assert [prediction.id for prediction in harness.do(error.find)] == ["mine"]
    else:
        with pytest.raises(zeroscope.UnknownOutcomeError, match="100 pages"):
            harness.do(error.find)


def test_empty_pages__end(harness: Harness) -> None:
    """A caller cannot stop an iterator that yields nothing, so a hundred empty pages in a row are an error."""

    def answer(request: httpx.Request) -> httpx.Response:
        cursor = int(request.url.params.get("cursor", 0))
        entries = [entry("one", 1)] if cursor == 50 else []
        return page(*entries, next=f"{BASE_URL}/predictions?cursor={cursor + 1}")

    script = ScriptedResponses(answer)
    client = harness.client(script)
    seen: list[str] = []

    def list_all() -> Any:
        for prediction in client.predictions.list():
            seen.append(prediction.id)
            yield prediction

    async def list_all_async() -> Any:
        async for prediction in client.predictions.list():
            seen.append(prediction.id)
            yield prediction

    with pytest.raises(zeroscope.MalformedResponseError, match="100 pages in a row are empty, and each names another"):
        harness.all(list_all if harness.kind == "sync" else list_all_async)
    assert seen == ["one"]
    assert len(script.requests) == 51 + 100


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


SENT_FILE, STORED_FILE = "data:video/mp4;base64,AAAA", "https://replicate.delivery/x.mp4"


@pytest.mark.parametrize(
    ("sent", "echoed", "is_found"),
    [
        (SENT_FILE, STORED_FILE, True),
        ([SENT_FILE], [STORED_FILE], True),
        ([STORED_FILE, SENT_FILE], [STORED_FILE, STORED_FILE], True),
        ({"video": SENT_FILE}, {"video": STORED_FILE}, True),
        ([{"video": SENT_FILE}], [{"video": STORED_FILE}], True),
        (STORED_FILE, "https://x.test/y.mp4", False),
        ([STORED_FILE], ["https://x.test/y.mp4"], False),
        ({"scale": 1}, {"scale": 2}, False),
        ([{"scale": 1}], [{"scale": 2}], False),
    ],
)
def test_find__knows_a_file_by_the_rest_of_its_input(harness: Harness, sent: Any, echoed: Any, is_found: bool) -> None:
    """The service may answer a `data:` URI with a URL of its own, so values with files are not compared."""
    entries = page(entry("mine", 1, input={"prompt": "a", "files": echoed}))
    client = harness.client(ScriptedResponses(httpx.ReadError("reset"), entries))
    with pytest.raises(zeroscope.UnknownOutcomeError) as caught:
        harness.do(client.predictions.create, {"prompt": "a"}, extra_input={"files": sent})
    found = [prediction.id for prediction in harness.do(caught.value.find)]
    assert found == (["mine"] if is_found else [])


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
