"""Both dialects of the server, each as its document describes it."""

from __future__ import annotations

import json
import re
from typing import Any, get_args

import httpx
import pytest

from helpers.response_checker import ResponseChecker
from helpers.signed_urls import signed_url
from zeroscope_mock import MockServer
from zeroscope_mock.dialects import DIALECTS, DialectName
from zeroscope_mock.webhooks.events import parse_events_filter

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MODEL = "/models/anotherjesse/zeroscope-v2-xl"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
HOST = "https://api.replicate.com"
SMALL: dict[str, Any] = {"width": 256, "height": 256, "num_frames": 2}
EVENTS = ["start", "output", "logs", "completed"]


def client_of(server: MockServer, prefix: str = "/v1", **settings: Any) -> httpx.Client:
    defaults = {"transport": server.transport, "base_url": f"{HOST}{prefix}", "headers": AUTH, "timeout": None}
    return httpx.Client(**{**defaults, **settings})


def sent(**fields: Any) -> dict[str, Any]:
    return {"version": VERSION, "input": SMALL, **fields}


def create(api: httpx.Client, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    """A new prediction, in the shape of either dialect."""
    body = api.post("/predictions", json=sent(**fields), headers=headers).json()
    prediction: dict[str, Any] = body[0] if isinstance(body, list) else body
    return prediction


def test_names__are_those_of_the_type() -> None:
    """The type lists the dialects."""
    assert list(DIALECTS) == list(get_args(DialectName))


@pytest.mark.parametrize(("dialect", "status", "listed"), [("live", 201, False), ("published", 200, True)])
@pytest.mark.parametrize("path", ["/predictions", f"{MODEL}/predictions"])
def test_create__responds_in_the_dialect(dialect: DialectName, status: int, listed: bool, path: str) -> None:
    """The response is the new prediction, alone or in an array of one, and equals what a read returns."""
    server = MockServer(dialect=dialect)
    with client_of(server) as api:
        body = sent() if path == "/predictions" else {"input": SMALL}
        response = api.post(path, json=body)
        read = api.get("/predictions").json()["results"]

    assert response.status_code == status
    assert response.json() == (read if listed else read[0])
    assert len(read) == 1


@pytest.mark.parametrize("dialect", ["live", "published"])
@pytest.mark.parametrize("prefix", ["/v1", ""])
def test_address__is_bare_as_published(dialect: DialectName, prefix: str) -> None:
    """Live URLs keep the prefix of the request, published ones have none; all of them work, also in webhooks."""
    bodies = list[bytes]()
    server = MockServer(dialect=dialect, receiver=lambda request: bodies.append(request.content))
    with client_of(server, prefix) as api:
        prediction = create(api, stream=True, webhook="https://h.test/hook")
        for _ in range(100):
            create(api)
        server.clock.advance(60)
        ended = api.get(prediction["urls"]["get"]).json()
        page = api.get("/predictions").json()
        back = api.get(page["next"]).json()
        file = api.post("/files", files={"content": b"x"}).json()
        # The page on the website is not the server's.
        event = json.loads(bodies[-1])
        webs = [urls.pop("web", None) for urls in (ended["urls"], event["urls"])]
        addresses = [
            *ended["urls"].values(),
            *ended["output"],
            page["next"],
            back["previous"],
            file["urls"]["get"],
            *event["urls"].values(),
        ]
        statuses = [
            api.request("POST" if address.endswith("/cancel") else "GET", address).status_code for address in addresses
        ]

    assert len(addresses) == 10
    assert webs == [None if dialect == "published" else f"https://replicate.com/p/{ended['id']}"] * 2
    expected = HOST if dialect == "published" else f"{HOST}{prefix}"
    assert {re.sub(r"(\.com(?:/v1)?)/.*", r"\1", address) for address in addresses} == {expected}
    assert set(statuses) == {200}


@pytest.mark.parametrize(
    ("dialect", "refused", "listed"), [("live", [False, False, False], 0), ("published", [False, True, True], 1)]
)
def test_published__has_ids_for_versions_and_no_filters(dialect: DialectName, refused: list[bool], listed: int) -> None:
    """The published description has neither the other forms of a version nor filters of the list."""
    versions = [VERSION, f"anotherjesse/zeroscope-v2-xl:{VERSION}", "anotherjesse/zeroscope-v2-xl"]
    server = MockServer(dialect=dialect)
    with client_of(server) as api:
        statuses = [api.post("/predictions", json=sent(version=version)).status_code for version in versions]
        found = api.get("/predictions", params={"created_before": "2020-01-01T00:00:00Z"}).json()["results"]

    assert [status == 422 for status in statuses] == refused
    assert len(found) == listed


@pytest.mark.parametrize("headers", [{"Prefer": "wait"}, {"Prefer": "wait=5", "Cancel-After": "5s"}])
def test_published__has_no_hold_and_no_deadline(headers: dict[str, str]) -> None:
    """The published description lacks the headers: the response is sent at once, and the prediction runs on."""
    server = MockServer(dialect="published")
    server.scripts.add({"startup": 1, "run": 10})
    with client_of(server) as api:
        response = api.post("/predictions", json=sent(), headers=headers)
        assert server.clock.monotonic() == 0
        server.clock.advance(60)
        body = api.get("/predictions").json()["results"][0]

    assert response.status_code == 200
    assert "preference-applied" not in response.headers
    assert response.json()[0]["status"] == "starting"
    assert (body["status"], "deadline" in body) == ("succeeded", False)


@pytest.mark.parametrize("dialect", ["live", "published"])
@pytest.mark.parametrize(
    ("filter", "expected"),
    [
        (None, ["completed"]),
        ("completed", ["completed"]),
        ("start,completed", ["start", "completed"]),
        (" start ; logs\ncompleted", ["start", "logs", "completed"]),
        ('["start"]', ["start"]),
        ("nonsense", []),
        ("", []),
        (["start", "completed"], ["start", "completed"]),
        (["completed", "completed"], ["completed"]),
        ([], []),
    ],
)
def test_filter__is_a_text_or_an_array(dialect: DialectName, filter: Any, expected: list[str]) -> None:
    """Both dialects accept both, and words that are no event match nothing; live, predictions repeat the filter."""
    server = MockServer(dialect=dialect, receiver=lambda _: None)
    server.scripts.add({"startup": 1, "run": 1, "logs": ["one"]})
    with client_of(server) as api:
        more = {} if filter is None else {"webhook_events_filter": filter}
        created = create(api, webhook="https://h.test/hook", **more)
    assert created["webhook"] == "https://h.test/hook"
    assert created.get("webhook_events_filter") == (filter if dialect == "live" else None)
    server.clock.advance(60)

    assert [attempt.event for attempt in server.deliveries] == expected


@pytest.mark.parametrize("filter", [["nonsense"], 5, {"start": True}, [["start"]], [5]])
def test_filter__that_is_neither_is_refused(server: MockServer, filter: Any) -> None:
    """An array holds the four words only."""
    with client_of(server) as api:
        response = api.post("/predictions", json=sent(webhook="https://h.test", webhook_events_filter=filter))

    assert response.status_code == 422
    assert response.json()["invalid_fields"][0]["field"].startswith("webhook_events_filter")


def test_filter__matches_nothing_without_events_in_the_document() -> None:
    """The words are the document's."""
    assert parse_events_filter("start", EVENTS) == {"start"}
    assert parse_events_filter("start", []) == frozenset()


@pytest.mark.parametrize("dialect", ["live", "published"])
def test_client__runs_in_either_dialect(dialect: DialectName) -> None:
    """Our own client creates and finds videos in both, without an option."""
    server = MockServer(dialect=dialect)
    with server.client() as client:
        content = client.run(prompt="x", **SMALL)[0].read()
        canceled = client.predictions.create({"prompt": "mock:slow"}).cancel()
        statuses = [prediction.status for prediction in client.predictions.list()]

    assert content[4:8] == b"ftyp"
    assert canceled.status == "canceled"
    assert statuses == ["canceled", "succeeded"]


@pytest.mark.anyio
@pytest.mark.parametrize("dialect", ["live", "published"])
async def test_async_client__runs_in_either_dialect(dialect: DialectName) -> None:
    """So does the asynchronous client."""
    server = MockServer(dialect=dialect)
    async with server.async_client() as client:
        content = await (await client.run(prompt="x", **SMALL))[0].read()
        canceled = await (await client.predictions.create({"prompt": "mock:slow"})).cancel()
        statuses = [prediction.status async for prediction in client.predictions.list()]

    assert content[4:8] == b"ftyp"
    assert canceled.status == "canceled"
    assert statuses == ["canceled", "succeeded"]


@pytest.mark.parametrize("dialect", ["live", "published"])
def test_responses__match_the_document(dialect: DialectName) -> None:
    """For every operation and every status that can occur, in every script that a prediction can follow."""
    server = MockServer(dialect=dialect, rate_limits="live", json_limit=5000)
    watch = ResponseChecker(server)
    scripts: list[dict[str, Any]] = [
        {"outputs": 2},
        {"error": "x"},
        {"outcome": "canceled"},
        {"outcome": "aborted"},
        {"removed": True},
        {"output": {"a": [1]}},
        {"inline": True},
        {"reads": 2, "gradual": True},
    ]
    with client_of(server, event_hooks={"response": [watch]}) as api:
        for headers in ({}, {"Prefer": "wait=1"}, {"Prefer": "wait=60"}, {"Cancel-After": "5s"}):
            server.scripts.add(scripts)
            for _ in scripts:
                prediction = create(api, headers, webhook="https://h.test/hook", stream=True)
                for seconds in (0.6, 1, 1, 60, 3600):
                    api.get(prediction["urls"]["get"])
                    server.clock.advance(seconds)
                api.post(prediction["urls"]["cancel"])
        create(api)
        prediction = create(api, stream=True)
        # The published description has no such route.
        for headers in ({}, {"Prefer": "wait=1"}) if dialect == "live" else ():
            api.post(f"{MODEL}/predictions", json={"input": {"prompt": "mock:slow"}}, headers=headers)
        api.post(prediction["urls"]["cancel"])
        api.get(prediction["urls"]["stream"])
        server.clock.advance(60)
        video = next(one["output"][0] for one in api.get("/predictions").json()["results"] if one["output"])
        api.get(video)
        api.get(video, headers={"Range": "bytes=0-9"})
        api.get(video, headers={"Range": "bytes=999999999-"})
        file = api.post("/files", files={"content": b"x"}, data={"metadata": '{"a": 1}'}).json()
        for path in ("/files", f"/files/{file['id']}", "/webhooks/default/secret", MODEL, f"{MODEL}/versions"):
            api.get(path)
        api.get(f"{MODEL}/versions/{VERSION}")
        api.get(signed_url(api, file))
        api.delete(f"/files/{file['id']}")
        for path in ("/predictions/x", "/files/x", "/files/x/download", "/streams/x", "/outputs/x/y", "/models/x/y"):
            api.get(path)
        api.post("/predictions/x/cancel")
        api.get("/predictions?cursor=x")
        api.post("/predictions", json={"version": VERSION, "input": {"fps": "x", "width": 1}})
        api.post("/predictions", json={"version": "x", "input": {}})
        api.post("/predictions", content=b"{")
        api.post("/predictions", content=b" " * 6000)
        api.post("/predictions", content=b"x", headers={"Content-Type": "text/plain"})
        api.post("/files", content=b"x")
        for path in ("/predictions", "/predictions/x", "/files", "/webhooks/default/secret", MODEL):
            api.get(path, headers={"Authorization": ""})
        server.limits.out_of_credit = True
        api.post("/predictions", json=sent())
        server.limits.out_of_credit = False
        server.limits.use("low-credit")
        for _ in range(2):
            api.post("/predictions", json=sent())

    always = {
        *(("createPrediction", status) for status in (400, 402, 413, 415, 422, 429)),
        *(("getPrediction", status) for status in (200, 401, 404)),
        *(("listPredictions", status) for status in (200, 401, 422)),
        *(("cancelPrediction", status) for status in (200, 404)),
        *(("createFile", status) for status in (201, 415)),
        *(("getDefaultWebhookSecret", status) for status in (200, 401)),
        *(("getOutput", status) for status in (200, 206, 404, 416)),
        *(("streamPrediction", status) for status in (200, 404)),
        *(("getModel", status) for status in (200, 401, 404)),
        *((operation, 200) for operation in ("getModelVersion", "listModelVersions")),
        *(("listFiles", status) for status in (200, 401)),
        *(("getFile", status) for status in (200, 404)),
        *(("downloadFile", status) for status in (200, 404)),
        ("deleteFile", 204),
        ("getAccount", 200),
    }
    creates = {
        "live": {(name, status) for name in ("createPrediction", "createModelPrediction") for status in (201, 202)},
        "published": {("createPrediction", 200)},
    }
    assert watch.seen == always | creates[dialect]
