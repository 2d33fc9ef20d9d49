"""The control operations over HTTP: effects, access and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from zeroscope_mock import MockServer
from zeroscope_mock.documents.bundled import control_document
from zeroscope_mock.documents.spec import METHODS
from zeroscope_mock.faults.expectations import expectations
from zeroscope_mock.faults.recipes import RECIPES
from zeroscope_mock.faults.rules import FaultRule
from zeroscope_mock.faults.settings import FaultSettings
from zeroscope_mock.lifecycle.scripts import LIMIT
from zeroscope_mock.messages import Head, Request

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
SCHEMAS = control_document()["components"]["schemas"]
OTHER = {"Authorization": "Bearer another-token-of-a-test"}
JSON = {"Content-Type": "application/json"}
MINE = {"Authorization": "Bearer a-token-of-a-test"}


class Receiver:
    """A receiver of webhooks that returns a given status, and keeps the requests."""

    def __init__(self) -> None:
        self.answers = [200]
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> int:
        self.requests.append(request)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@pytest.fixture
def receiver() -> Receiver:
    return Receiver()


@pytest.fixture
def server(receiver: Receiver) -> MockServer:
    return MockServer(receiver=receiver)


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    """A client without a token, at the address of the control."""
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as client:
        yield client


def create(api: httpx.Client, *, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
    response = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x"}, **body}, headers=headers)
    assert response.status_code == 201, response.text
    value: dict[str, Any] = response.json()
    return value


def ok(response: httpx.Response, status: int = 200) -> Any:
    """The body of a response that must be a success."""
    assert response.status_code == status, response.text
    return response.json() if response.content else None


def test_summary__names_and_counts(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """It names the server and counts what it holds."""
    create(api)
    api.post("/files", files={"content": b"x"})
    server.scripts.add({"run": 1})
    server.faults.add(status=500, times=1)

    body = ok(control.get(""))

    assert (body["seed"], body["dialect"]) == (0, "live")
    assert body["spec"] == {"title": "anotherjesse_zeroscope-v2-xl", "version": "1.0.0", "error": None}
    assert body["clock"]["kind"] == "virtual"
    assert body["models"] == 0
    assert body["holds"] == {
        "predictions": 1,
        "files": 1,
        "exchanges": 2,
        "deliveries": 0,
        "scripts": 1,
        "faults": 1,
    }
    assert body["dropped"] == server.dropped
    assert ok(control.get("/")) == body


def test_summary__says_why_a_document_was_rejected(server: MockServer, tmp_path: Path) -> None:
    """The reason stands beside the document in use."""
    file = tmp_path / "openapi.json"
    file.write_text(json.dumps(server.core.document), encoding="utf-8")
    following = MockServer(spec=file, reload=True)
    file.write_text("{", encoding="utf-8")
    with httpx.Client(transport=following.transport, base_url="http://mock.test/_mock") as control:
        spec = ok(control.get(""))["spec"]
    assert spec["version"] == "1.0.0" and "openapi.json is not JSON" in spec["error"]


def test_documents__are_served(server: MockServer, control: httpx.Client) -> None:
    """One describes the control, one the service."""
    assert ok(control.get("/openapi.json")) == control_document()
    assert ok(control.get("/spec.json")) == server.core.document


def test_service_document__with_values_that_json_lacks(server: MockServer) -> None:
    """A date, as YAML reads one, is returned as its text."""
    import datetime

    dated = {**server.core.document, "x-date": datetime.date(2026, 1, 1)}
    with httpx.Client(transport=MockServer(spec=dated).transport, base_url="http://mock.test/_mock") as control:
        assert ok(control.get("/spec.json"))["x-date"] == "2026-01-01"


def test_clock__is_read_advanced_frozen_and_run(server: MockServer, control: httpx.Client) -> None:
    """Each call returns the time of the clock afterwards."""
    start = ok(control.get("/clock"))
    assert start == {
        "kind": "virtual",
        "time": server.clock.time(),
        "monotonic": 0.0,
        "frozen": False,
        "stands_still": True,
        "speed": 1.0,
        "next": None,
        "next_event": None,
    }
    later = ok(control.post("/clock/advance", json={"seconds": 600}))
    assert later == {**start, "time": start["time"] + 600, "monotonic": 600.0}
    assert ok(control.post("/clock/freeze")) == {**later, "frozen": True}
    assert ok(control.get("/clock"))["frozen"] and server.clock.frozen
    assert ok(control.post("/clock/run")) == later


def test_clock__shows_the_speed_of_predictions() -> None:
    """A program can find out how long it has to wait for the next prediction."""
    server = MockServer(clock="real", speed=10)
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        clock = ok(control.get("/clock"))
        assert (clock["kind"], clock["speed"]) == ("real", 10)
        server.speed = 20
        assert ok(control.get("/clock"))["speed"] == 20


def test_advance__runs_what_falls_due(
    server: MockServer, receiver: Receiver, control: httpx.Client, api: httpx.Client
) -> None:
    """By the response, the prediction has ended and its webhook was sent, twice because the receiver was busy."""
    receiver.answers = [503, 200]
    prediction = create(api, webhook="http://127.0.0.1:9/hook", webhook_events_filter=["completed"])

    control.post("/clock/advance", json={"seconds": 600})

    assert ok(api.get(f"/predictions/{prediction['id']}"))["status"] == "succeeded"
    attempts = ok(control.get("/deliveries"))["attempts"]
    assert [(one["event"], one["number"], one["status"]) for one in attempts] == [
        ("completed", 1, 503),
        ("completed", 2, 200),
    ]
    assert [json.loads(one["body"])["status"] for one in attempts] == ["succeeded"] * 2
    assert len(receiver.requests) == 2


def test_reset__forgets_everything(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """After it, ids start again, and only the clock has moved on."""
    first = create(api)
    server.clock.advance(600)
    time = server.clock.time()
    server.scripts.add({"run": 1})

    assert control.post("/reset").status_code == 204

    assert set(ok(control.get(""))["holds"].values()) == {0}
    assert (create(api)["id"], server.clock.time()) == (first["id"], time)


@pytest.fixture
def shared(server: MockServer, control: httpx.Client, api: httpx.Client) -> MockServer:
    """A server with a little of everything from two tokens."""
    for headers in (MINE, OTHER):
        control.post("/faults", json={"operation": "listFiles", "status": 500}, headers=headers)
        create(api, headers=headers, webhook="http://127.0.0.1:9/hook", webhook_events_filter=["completed"])
        api.post("/files", files={"content": b"x"}, headers=headers)
        control.post("/scripts", json={"script": {"run": 1}}, headers=headers)
    server.clock.advance(60)
    return server


EACH = {"predictions": 1, "files": 1, "exchanges": 2, "deliveries": 1, "scripts": 1, "faults": 1}


def test_token__limits_what_is_listed(shared: MockServer, control: httpx.Client) -> None:
    """With one token, nothing of the other's is counted or listed."""
    everything = ok(control.get(""))["holds"]
    assert everything == {name: 2 * count for name, count in EACH.items()}
    assert ok(control.get("", headers=MINE))["holds"] == EACH
    for path, name in (
        ("faults", "faults"),
        ("scripts", "scripts"),
        ("journal", "exchanges"),
        ("deliveries", "attempts"),
    ):
        tenants = [{one["tenant"] for one in ok(control.get(path, headers=headers))[name]} for headers in (MINE, OTHER)]
        assert [len(some) for some in tenants] == [1, 1] and tenants[0] != tenants[1], path


@pytest.mark.parametrize(
    ("method", "path", "gone"),
    [
        ("POST", "/reset", set(EACH)),
        ("DELETE", "/faults", {"faults"}),
        ("DELETE", "/scripts", {"scripts"}),
        ("DELETE", "/journal", {"exchanges"}),
    ],
)
def test_token__limits_what_is_reset(
    shared: MockServer, control: httpx.Client, method: str, path: str, gone: set[str]
) -> None:
    """With a token only that token's data is; without one, all data."""
    assert control.request(method, path, headers=MINE).status_code == 204
    assert ok(control.get("", headers=MINE))["holds"] == {n: 0 if n in gone else count for n, count in EACH.items()}
    assert ok(control.get("", headers=OTHER))["holds"] == EACH
    assert control.request(method, path).status_code == 204
    assert ok(control.get("", headers=OTHER))["holds"] == {n: 0 if n in gone else count for n, count in EACH.items()}


def test_token__limits_access_to_faults_and_deliveries(shared: MockServer, control: httpx.Client) -> None:
    """A fault and a delivery of another tenant are not found."""
    fault = ok(control.get("/faults", headers=OTHER))["faults"][0]["id"]
    delivery = ok(control.get("/deliveries", headers=OTHER))["attempts"][0]["id"]
    assert control.delete(f"/faults/{fault}", headers=MINE).status_code == 404
    assert control.get(f"/faults/{fault}", headers=MINE).status_code == 404
    assert control.post(f"/deliveries/{delivery}/redeliver", headers=MINE).status_code == 404
    assert control.delete(f"/faults/{fault}", headers=OTHER).status_code == 204


def test_fault__strikes_and_is_removed(control: httpx.Client, api: httpx.Client) -> None:
    """Its counts can be read, and its settings are those of the request."""
    sent = {"operation": "listPredictions", "status": 503, "body": {"out": "of order"}, "times": 2}
    added = ok(control.post("/faults", json=sent), 201)

    assert api.get("/predictions").json() == {"out": "of order"}
    assert added == {"id": "f1", "hits": 0, "seen": 0, "tenant": None, "settings": sent}
    assert ok(control.get("/faults"))["faults"] == [{**added, "hits": 1, "seen": 1}] == [ok(control.get("/faults/f1"))]
    assert control.delete("/faults/f1").status_code == 204
    assert api.get("/predictions").status_code == 200
    assert control.delete("/faults/f1").status_code == control.get("/faults/f1").status_code == 404


@pytest.mark.parametrize("named", [{}, {"token": "another-token-of-a-test"}, {"token": None}])
def test_fault__of_a_token_strikes_no_other(control: httpx.Client, api: httpx.Client, named: dict[str, Any]) -> None:
    """The fault applies to the call's own token, also if the body names that token."""
    fault = ok(control.post("/faults", json={"status": 503, **named}, headers=OTHER), 201)
    assert api.get("/predictions").status_code == 200
    assert api.get("/predictions", headers=OTHER).status_code == 503
    assert "another-token" not in json.dumps(fault)


@pytest.mark.parametrize(
    ("recipe", "arguments", "faults"),
    [
        ("slow", {"seconds": 2}, 1),
        ("outage", {}, 1),
        ("outage", None, 1),
        ("throttle", {"times": 2, "retry_after": 5}, 1),
        ("flaky", {"times": 1, "status": 500}, 1),
        ("lost_create", {"times": 1}, 1),
        ("storm", {"probability": 0.5, "ambiguous": True}, 20),
    ],
)
def test_recipe__sets_up_its_faults(
    control: httpx.Client, recipe: str, arguments: dict[str, Any] | None, faults: int
) -> None:
    """The response has all of them, and they are added; an empty body means no arguments."""
    added = ok(control.post(f"/recipes/{recipe}", json=arguments), 201)["faults"]
    assert len(added) >= faults
    assert ok(control.get("/faults"))["faults"] == added


def test_recipe__of_a_token_strikes_no_other(control: httpx.Client, api: httpx.Client) -> None:
    """The call's token limits the faults of a recipe as well."""
    control.post("/recipes/outage", json={}, headers=OTHER)
    assert api.get("/predictions").status_code == 200
    assert api.get("/predictions", headers=OTHER).status_code == 503


def test_fault_settings__agree_with_the_code() -> None:
    """The document and the code name the same arguments, and the code keeps to the document's bounds."""
    described, expected = SCHEMAS["FaultSettings"]["properties"], expectations("FaultSettings")
    kept = {field.name for field in fields(FaultRule)} - {"tenant"} | {"token", "body_base64"}
    assert set(described) == set(FaultSettings.__annotations__) == set(expected) == kept
    for name, schema in described.items():
        for word, step in (("minimum", -1), ("maximum", 1)):
            if word in schema:
                expected[name].require(name, schema[word])
                with pytest.raises(ValueError, match=name):
                    expected[name].require(name, schema[word] + step)


def test_recipes__agree_with_the_code(server: MockServer) -> None:
    """The document names the same recipes and arguments."""
    import inspect

    assert tuple(SCHEMAS["Recipe"]["enum"]) == RECIPES
    arguments = {name for recipe in RECIPES for name in inspect.signature(getattr(server.faults, recipe)).parameters}
    assert set(SCHEMAS["RecipeArguments"]["properties"]) == arguments


def test_script__is_followed_by_the_next_predictions(control: httpx.Client, api: httpx.Client) -> None:
    """Several scripts go into the queue in order, each for a number of predictions."""
    answer = ok(control.post("/scripts", json={"script": [{"outcome": "failed"}, {"run": 5}], "times": 2}), 201)
    assert answer == {"waiting": 2}
    assert ok(control.get("/scripts"))["scripts"] == [
        {"script": {"outcome": "failed"}, "tenant": None, "times": 2, "used": 0},
        {"script": {"run": 5}, "tenant": None, "times": 2, "used": 0},
    ]
    made = [create(api) for _ in range(3)]
    assert [(one["times"], one["used"]) for one in ok(control.get("/scripts"))["scripts"]] == [(1, 1)]
    control.post("/clock/advance", json={"seconds": 60})
    done = [ok(api.get(f"/predictions/{one['id']}")) for one in made]
    assert [one["status"] for one in done] == ["failed", "failed", "succeeded"]
    assert done[2]["metrics"]["predict_time"] == 5


def test_script__without_a_limit_and_of_a_token(control: httpx.Client, api: httpx.Client) -> None:
    """With `null` as the number the script never runs out; with a token, no other tenant follows it."""
    control.post("/scripts", json={"script": {"progression": "once"}, "times": None}, headers=OTHER)
    assert [create(api, headers=OTHER)["status"] for _ in range(3)] == ["succeeded"] * 3
    assert create(api)["status"] == "starting"


def test_script__of_a_token_with_a_space(control: httpx.Client, api: httpx.Client) -> None:
    """The control reads a token as the service does, even an unusual one."""
    odd = {"Authorization": "Bearer  two words "}
    control.post("/scripts", json={"script": {"progression": "once"}}, headers=odd)
    assert create(api, headers={"Authorization": "Bearer words"})["status"] == "starting"
    assert create(api, headers=odd)["status"] == "succeeded"


def test_script__with_integers_written_as_floats(control: httpx.Client, api: httpx.Client) -> None:
    """2.0 is an integer in JSON, so a script accepts it."""
    control.post("/scripts", json={"script": {"reads": 2.0, "outputs": 2.0, "seed": 7.0}, "times": 1.0})
    url = create(api)["urls"]["get"]
    ok(api.get(url))
    done = ok(api.get(url))
    assert (done["status"], len(done["output"]), done["logs"].splitlines()[0]) == ("succeeded", 2, "Using seed: 7")


def test_journal__is_filtered(control: httpx.Client, api: httpx.Client) -> None:
    """By operation, and to a number of the latest."""
    prediction = create(api)
    api.get(f"/predictions/{prediction['id']}")
    api.get("/nowhere")

    def operations(**query: Any) -> list[str | None]:
        return [one["operation"] for one in ok(control.get("/journal", params=query))["exchanges"]]

    assert operations() == ["createPrediction", "getPrediction", None]
    assert operations(operation="getPrediction") == ["getPrediction"]
    assert operations(limit=2) == ["getPrediction", None]
    first = ok(control.get("/journal"))["exchanges"][0]
    assert (first["method"], first["path"], first["status"]) == ("POST", "/v1/predictions", 201)
    assert "a-token-of-a-test" not in json.dumps(first)


def test_redelivery__is_sent_again(
    server: MockServer, receiver: Receiver, control: httpx.Client, api: httpx.Client
) -> None:
    """By the response, the same delivery has been sent once more."""
    create(api, webhook="http://127.0.0.1:9/hook", webhook_events_filter=["completed"])
    server.clock.advance(60)
    (first,) = ok(control.get("/deliveries"))["attempts"]

    attempts = ok(control.post(f"/deliveries/{first['id']}/redeliver"))["attempts"]

    assert [one["number"] for one in attempts] == [1, 2]
    assert {one["body"] for one in attempts} == {first["body"]}
    assert len(receiver.requests) == 2
    assert ok(control.get("/deliveries", params={"limit": 1}))["attempts"] == attempts[1:]
    assert control.post("/deliveries/msg_nowhere/redeliver").status_code == 404


@pytest.mark.parametrize(
    ("sent", "answered"),
    [
        ({}, {"rates": None, "out_of_credit": False}),
        ({"out_of_credit": True}, {"rates": None, "out_of_credit": True}),
        (
            {"rates": {"creates": {"requests": 2.0, "burst": 1}, "hint": "date"}},
            {
                "rates": {
                    "creates": {"requests": 2, "seconds": 60, "burst": 1},
                    "reads": {"requests": 60_000, "seconds": 60, "burst": None},
                    "others": {"requests": 3000, "seconds": 60, "burst": None},
                    "hint": "date",
                },
                "out_of_credit": False,
            },
        ),
    ],
)
def test_limits__are_changed(control: httpx.Client, sent: dict[str, Any], answered: dict[str, Any]) -> None:
    """An omitted limit is off or as in the service, and the response can be sent again."""
    control.put("/limits", json={"rates": "live", "out_of_credit": True})
    assert ok(control.put("/limits", json=sent)) == answered
    assert ok(control.get("/limits")) == ok(control.put("/limits", json=answered)) == answered


def test_limits__apply(control: httpx.Client, api: httpx.Client) -> None:
    """The words stand for the service's own rates, and credit can run out."""
    control.put("/limits", json={"rates": "low-credit"})
    create(api)
    body = {"version": VERSION, "input": {}}
    assert api.post("/predictions", json=body).status_code == 429
    control.put("/limits", json={"out_of_credit": True})
    assert api.post("/predictions", json=body).status_code == 402


def test_control__is_separate_from_the_service() -> None:
    """No fault, limit or token applies to it, and the journal does not record it."""
    server = MockServer(token="the-only-token", rate_limits="low-credit")
    server.faults.outage()
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        for headers in ({}, OTHER, {"Authorization": "Basic x"}):
            answer = control.get("/clock", headers=headers)
            assert answer.status_code == 200 and "ratelimit-remaining" not in answer.headers
    assert list(server.journal) == [] and server.faults[0].seen == 0


def test_control__is_switched_off() -> None:
    """Then its paths do not exist."""
    server = MockServer(control=False)
    with httpx.Client(transport=server.transport, base_url="http://mock.test") as client:
        for path in ("/_mock", "/_mock/", "/_mock/clock", "/_mock/openapi.json"):
            assert client.get(path).status_code == 404
    assert len(server.journal) == 4


def test_control__over_a_socket() -> None:
    """A program in any language can do all of this."""
    server = MockServer()
    with server.listen() as listening, httpx.Client(base_url=listening.url) as client:
        assert ok(client.post("/_mock/scripts", json={"script": {"outcome": "failed", "error": "out of luck"}}), 201)
        url = create(client, headers=MINE)["urls"]["get"]
        ok(client.post("/_mock/clock/advance", json={"seconds": 600}))
        assert ok(client.get(url, headers=MINE))["error"] == "out of luck"
        snapshot = ok(client.get("/_mock/snapshot"))
        assert client.post("/_mock/reset").status_code == 204
        assert client.put("/_mock/snapshot", json=snapshot).status_code == 204
        assert ok(client.get("/_mock/snapshot")) == snapshot


def test_advance__through_an_async_client(server: MockServer) -> None:
    """Tasks that sleep on the clock wake, and due entries have run."""

    async def main() -> list[str]:
        async with httpx.AsyncClient(transport=server.transport, base_url="http://mock.test") as client:
            body = {"version": VERSION, "input": {"prompt": "x"}, "webhook": "http://127.0.0.1:9/hook"}
            body["webhook_events_filter"] = ["start", "completed"]
            await client.post("/v1/predictions", json=body, headers=MINE)
            await client.post("/_mock/clock/advance", json={"seconds": 600})
            return [one["event"] for one in (await client.get("/_mock/deliveries")).json()["attempts"]]

    events = anyio.run(main)
    assert (events[0], events[-1]) == ("start", "completed")


@pytest.mark.parametrize(
    ("method", "path", "body", "fields"),
    [
        ("POST", "/clock/advance", {}, [""]),
        ("POST", "/clock/advance", {"seconds": -1}, ["seconds"]),
        ("POST", "/clock/advance", {"seconds": "5"}, ["seconds"]),
        ("POST", "/clock/advance", {"seconds": 2_000_000_000}, ["seconds"]),
        ("POST", "/clock/advance", {"seconds": 5, "minutes": 1}, [""]),
        ("POST", "/clock/advance", [5], [""]),
        ("POST", "/faults", {}, [""]),
        ("POST", "/faults", {"status": 1000}, ["status"]),
        ("POST", "/faults", {"status": 500, "operation": "getPredictio"}, ["operation"]),
        ("POST", "/faults", {"status": 500, "token": "two words"}, ["token"]),
        ("POST", "/faults", {"status": 500, "hang": True}, ["status"]),
        ("POST", "/faults", {"status": 500, "headers": {"x": "\n"}}, ["headers.x"]),
        ("POST", "/recipes/strom", {"probability": 1}, ["recipe"]),
        ("POST", "/recipes/storm", {}, ["probability"]),
        ("POST", "/recipes/storm", {"probability": 2}, ["probability"]),
        ("POST", "/recipes/slow", {"seconds": 1, "times": 2}, ["times"]),
        ("POST", "/scripts", {"script": {"run": -1}}, ["script.run"]),
        ("POST", "/scripts", {"script": [{}, {"outcom": "failed"}]}, ["script.1"]),
        ("POST", "/scripts", {"script": []}, ["script"]),
        ("POST", "/scripts", {"script": {}, "times": 0}, ["times"]),
        ("GET", "/journal?limit=0", None, ["limit"]),
        ("GET", "/journal?limit=all", None, ["limit"]),
        ("GET", "/deliveries?limit=-1", None, ["limit"]),
        ("GET", "/deliveries?operation=getPrediction", None, ["operation"]),
        ("GET", "/journal?limt=1", None, ["limt"]),
        ("GET", "/journal?operation=nope", None, ["operation"]),
        ("GET", "/clock?a=1&b", None, ["a", "b"]),
        ("PUT", "/limits", {"rates": "none"}, ["rates"]),
        ("PUT", "/limits", {"rates": {"creates": {"requests": 0}}}, ["rates.creates.requests"]),
        ("PUT", "/limits", {"out_of_credit": 1}, ["out_of_credit"]),
    ],
)
def test_invalid_value__is_refused_by_name(
    control: httpx.Client, method: str, path: str, body: Any, fields: list[str]
) -> None:
    """A 422 names the field, or the parent of a missing or unknown one, and nothing has changed."""
    before = ok(control.get("/snapshot"))
    response = control.request(method, path, json=body)
    assert response.status_code == 422, response.text
    assert [fault["field"] for fault in response.json()["invalid_fields"]] == fields
    assert ok(control.get("/snapshot")) == before


def test_token__in_body_and_header_must_agree(control: httpx.Client) -> None:
    """The error for a call with two tokens says which one counts, and shows neither."""
    response = control.post("/faults", json={"status": 500, "token": "some-third-token"}, headers=OTHER)
    assert response.status_code == 422 and response.json()["invalid_fields"][0]["field"] == "token"
    assert "some-third-token" not in response.text and "another-token" not in response.text


def test_advance__is_refused_beyond_the_last_date(server: MockServer, control: httpx.Client) -> None:
    """A time beyond the last date is refused and breaks nothing."""
    server.clock.set(253_370_000_000)
    assert control.post("/clock/advance", json={"seconds": 1_000_000}).status_code == 422
    assert control.post("/clock/advance", json={"seconds": 100_000}).status_code == 200


@pytest.mark.parametrize(
    ("send", "status"),
    [
        (lambda control: control.get("/nowhere"), 404),
        (lambda control: control.get("/faults/"), 404),
        (lambda control: control.put("/clock"), 405),
        (
            lambda control: control.post("/clock/advance", content=b"{", headers={"Content-Type": "application/json"}),
            400,
        ),
        (lambda control: control.head("/clock"), 200),
    ],
)
def test_call__to_an_unknown_path(
    control: httpx.Client, send: Callable[[httpx.Client], httpx.Response], status: int
) -> None:
    """The control refuses it as the service refuses its own."""
    assert send(control).status_code == status


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("limt=1", "there is no parameter 'limt'; did you mean 'limit'?"),
        ("operation=getPredicton", "there is no operation 'getPredicton'; did you mean 'getPrediction'?"),
    ],
)
def test_query__with_a_typo_gets_a_suggestion(control: httpx.Client, query: str, said: str) -> None:
    """A filter that is ignored or matches nothing would pass for a result."""
    assert said in control.get(f"/journal?{query}").json()["detail"]


def test_journal__of_an_operation_that_was_not_called_yet(control: httpx.Client) -> None:
    """The operation is known, so the result is empty and not an error."""
    assert ok(control.get("/journal", params={"operation": "getPrediction"}))["exchanges"] == []


@pytest.mark.parametrize(
    ("method", "path", "said"),
    [
        ("GET", "/nowhere", "there is no operation /_mock/nowhere; /_mock/openapi.json lists them"),
        ("GET", "/faults/f9", "there is no fault 'f9'; /_mock/faults lists them"),
        ("DELETE", "/faults/f9", "there is no fault 'f9'; /_mock/faults lists them"),
        ("POST", "/deliveries/d9/redeliver", "there is no delivery 'd9'; /_mock/deliveries lists them"),
    ],
)
def test_missing__is_named(control: httpx.Client, method: str, path: str, said: str) -> None:
    """A 404 names what does not exist."""
    response = control.request(method, path)
    assert (response.status_code, response.json()["detail"]) == (404, said)


def test_scripts__too_many_are_refused(server: MockServer, control: httpx.Client) -> None:
    """All scripts of a call are added, or none."""
    server.scripts.add([{}] * (LIMIT - 1))
    response = control.post("/scripts", json={"script": [{}, {}]})
    assert (response.status_code, response.json()["invalid_fields"][0]["field"]) == (422, "script")
    assert len(server.scripts) == LIMIT - 1


PATHS = [path for path in control_document()["paths"] if path != "/snapshot"]
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
names = st.sampled_from(sorted({name for schema in SCHEMAS.values() for name in schema.get("properties", {})}))
bodies = st.one_of(
    st.binary(max_size=100),
    st.one_of(json_values, st.dictionaries(names, json_values | st.integers(1, 600), max_size=4)).map(
        lambda value: json.dumps(value).encode()
    ),
)
HOSTILE = MockServer(receiver=lambda request: None)


@settings(max_examples=400, derandomize=True, database=None)
@given(
    st.sampled_from([*(method.upper() for method in METHODS), "\ud800"]),
    st.sampled_from(PATHS) | st.text(max_size=20).map(lambda text: f"/{text}"),
    st.sampled_from(["f1", "storm", "slow", "\ud800", "%ff", "x"]),
    st.sampled_from(["", "limit=1", "limit=1.0", "limit=%ff", "operation=%ff", "x=%ff", "\ud800"]),
    st.sampled_from([None, "Bearer a", "Bearer a b", "Bearer \ud800", "Bearer", "\ud800"]),
    bodies,
)
@example("PUT", "/limits", "x", "", None, b'{"rates": {"creates": {"requests": 1000000, "seconds": 0.001}}}')
@example("POST", "/faults", "x", "", "Bearer \ud800", b'{"delay": 1}')
@example("POST", "/scripts", "x", "", "Bearer \ud800", b'{"script": {"outputs": 2.0, "reads": 2.0}}')
def test_any_request__gets_a_status_below_500(
    method: str, path: str, argument: str, query: str, authorization: str | None, body: bytes
) -> None:
    """Whatever the request to the control, it responds, and so does the service afterwards."""
    for name in ("fault_id", "recipe", "delivery_id"):
        path = path.replace(f"{{{name}}}", argument)
    headers = (("authorization", authorization),) if authorization is not None else ()
    answer = HOSTILE.core.handle(Request(Head(method, f"/_mock{path}", query, headers), body))
    assert 200 <= answer.status < 500
    clock = HOSTILE.core.handle(Request(Head("GET", "/_mock/clock")))
    assert clock.status == 200
