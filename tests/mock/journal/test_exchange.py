"""The fields and properties of an exchange in the request journal."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from helpers.machine import Machine
from zeroscope_mock import Exchange, MockServer, RealClock, VirtualClock
from zeroscope_mock.journal import Refusal

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
MODEL = "/models/anotherjesse/zeroscope-v2-xl"
BLANK = Exchange(
    time=0.0, method="POST", path="/", operation=None, status=200, request_body="", response_body="", tenant=None
)


def made(**fields: Any) -> Exchange:
    return Exchange(**{name: getattr(BLANK, name) for name in Exchange.__dataclass_fields__} | fields)


def test_prediction__is_named_by_each_exchange_about_it(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """Creates, reads, cancels, streams and downloads name it with its status after them; a list names none."""
    server.scripts.add({"startup": 5, "run": 5})
    urls = create(num_frames=1)["urls"]
    server.clock.advance(6)
    api.get(urls["get"])
    with api.stream("GET", urls["stream"]):
        pass
    server.clock.advance(60)
    output = api.get(urls["get"]).json()["output"][0]
    api.get(output)
    api.post(urls["cancel"])
    api.get("/predictions")
    api.get("/predictions/unknown")

    id = urls["get"].rpartition("/")[2]
    assert [(one.prediction, one.status_after) for one in server.journal] == [
        (id, "starting"),
        (id, "processing"),
        (id, "processing"),
        (id, "succeeded"),
        (id, "succeeded"),
        (id, "succeeded"),
        (None, None),
        (None, None),
    ]


@pytest.mark.parametrize("dialect", ["live", "published"])
@pytest.mark.parametrize("prefer", [None, "wait=5"])
def test_status__after_a_create(dialect: Any, prefer: str | None) -> None:
    """That of the response, which may be held or an array."""
    server = MockServer(dialect=dialect, blocking="final")
    server.scripts.add({"startup": 1, "run": 1})
    headers = {"Authorization": "Bearer x", **({"Prefer": prefer} if prefer else {})}
    with httpx.Client(transport=server.transport, headers=headers) as client:
        client.post("https://h.test/v1/predictions", json={"version": VERSION, "input": {}}).raise_for_status()

    expected = "succeeded" if prefer and dialect == "live" else "starting"
    assert (server.journal[0].prediction is not None, server.journal[0].status_after) == (True, expected)


@pytest.mark.parametrize(
    "fault", [{"status": 503}, {"status": 503, "carried_out": True}, {"reset": "after"}, {"html": True}]
)
def test_status__after_a_fault_that_hides_the_response(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]], fault: Any
) -> None:
    """It is known all the same, for reads and for cancels."""
    urls = create()["urls"]
    server.faults.add(**fault)
    for method, url in (("GET", urls["get"]), ("POST", urls["cancel"])):
        try:
            api.request(method, url)
        except httpx.ReadError:
            assert "reset" in fault

    carried_out = "carried_out" in fault or "reset" in fault
    id = urls["get"].rpartition("/")[2]
    read, canceled = server.journal[1:]
    assert (read.prediction, read.status_after) == (id, "starting")
    assert canceled.prediction == id
    assert canceled.status_after in ({"canceled", "aborted"} if carried_out else {"starting"})


def test_prediction__of_another_tenant_is_not_named(server: MockServer, create: Callable[..., dict[str, Any]]) -> None:
    """A fault does not tell whose prediction it is."""
    url = create()["urls"]["get"]
    server.faults.add(status=503)
    with httpx.Client(transport=server.transport, headers={"Authorization": "Bearer other-token"}) as other:
        assert other.get(url).status_code == 503

    assert server.journal[-1].prediction is server.journal[-1].status_after is None


def test_prediction__of_a_client_that_left(server: MockServer, api: httpx.Client) -> None:
    """A create that was carried out names its prediction, though the client did not get the response."""
    server.scripts.add({"startup": 1, "run": 30})
    with pytest.raises(httpx.ReadTimeout):
        api.post("/predictions", json={"version": VERSION, "input": {}}, headers={"Prefer": "wait"}, timeout=3)

    exchange = server.journal[0]
    assert (exchange.status, exchange.status_after) == (None, "processing")
    assert exchange.prediction is not None and exchange.duration == pytest.approx(3)


def test_training__is_named(server: MockServer, api: httpx.Client) -> None:
    """By the create and by reads."""
    api.post("/models", json={"owner": "me", "name": "x", "visibility": "private", "hardware": "cpu"})
    owner = api.get("/account").json()["username"]
    api.post(
        "/models", json={"owner": owner, "name": "x", "visibility": "private", "hardware": "cpu"}
    ).raise_for_status()
    sent = {"destination": f"{owner}/x", "input": {}}
    training = api.post(f"{MODEL}/versions/{VERSION}/trainings", json=sent)
    training.raise_for_status()
    api.get(training.json()["urls"]["get"]).raise_for_status()

    assert [one.prediction for one in server.journal[-2:]] == [training.json()["id"]] * 2
    assert server.journal[-1].status_after == "starting"


@pytest.mark.parametrize("kind", ["virtual", "real", "frozen"])
def test_times__are_those_of_the_servers_clock(kind: str) -> None:
    """Whatever the machine's clock does, also if the time of day is set meanwhile."""
    machine = Machine()
    clock = VirtualClock() if kind == "virtual" else RealClock(machine.monotonic, machine.time_of_day)
    server = MockServer(clock=clock)
    clock.set(1_000_000_000)
    if kind == "frozen":
        clock.freeze()
    with httpx.Client(transport=server.transport) as client:
        client.get("https://h.test/1")
        clock.advance(2.5)
        client.get("https://h.test/2")

    assert [one.time for one in server.journal] == [1_000_000_000, 1_000_000_002.5]
    assert [one.duration for one in server.journal] == [0, 0]


@pytest.mark.parametrize(("delay", "set_to"), [(0.75, None), (0.75, 5.0), (3600, 1e9)])
def test_duration__is_not_changed_by_the_time_of_day(delay: float, set_to: float | None) -> None:
    """A request that is delayed takes that long, even if the clock is set meanwhile."""
    server = MockServer()
    server.faults.add(delay=delay, status=500)
    if set_to is not None:
        clock, sleep = server.clock, server.clock.sleep

        def sleep_and_set(seconds: float) -> None:
            sleep(seconds)
            clock.set(set_to)

        clock.sleep = sleep_and_set  # type: ignore[method-assign]  # to set the clock within the request
    with httpx.Client(transport=server.transport, timeout=None) as client:
        client.get("https://h.test/v1/predictions")

    assert server.journal[0].duration == pytest.approx(delay)


@pytest.mark.parametrize(
    ("sent", "prompt"),
    [
        ({"prompt": "a horse", "negative_prompt": "a mule"}, "a horse"),
        ({"text": "speak", "voice": "low"}, "speak"),
        ({"messages": [{"role": "user", "content": "hello"}]}, "hello"),
        ({"image": "https://h.test/a.png", "words": "anything"}, "anything"),
        ({"image": "https://h.test/a.png"}, None),
        ({"width": 256}, None),
        ({}, None),
        (None, None),
        ([], None),
        ({"prompt": {"a": [{}]}}, None),
        ({"prompt": json.loads("[" * 90 + "]" * 90)}, None),
        ({"prompt": json.loads("[" * 600 + "]" * 600)}, None),
    ],
)
def test_prompt__is_the_main_text(sent: Any, prompt: str | None) -> None:
    """Of whatever fields the model has, also where the input is refused."""
    exchange = made(request_body=json.dumps({"input": sent}))
    assert exchange.prompt == prompt
    assert exchange.input == (sent if isinstance(sent, dict) else None)


@pytest.mark.parametrize("body", ["", "{", "null", "[]", '"x"', "[" * 100_000, "9" * 5000, '{"input": 1}'])
def test_bodies__that_are_no_object(body: str) -> None:
    """They have no input, and no error is raised."""
    exchange = made(request_body=body, response_body=body, status=404, status_after="failed")
    assert (exchange.input, exchange.prompt) == (None, None)
    assert exchange.reason


REFUSALS = (
    Refusal("input.width", "100", "Must be at least 256", None, "< 256"),
    Refusal("", None, "Something\nelse"),
    Refusal("input.x", "1", "Is unknown"),
)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"status": 422, "refusals": REFUSALS}, "input.width: 100 < 256; Something else; input.x: Is unknown"),
        ({"status": None}, "the connection was cut"),
        ({"status": 404, "response_body": '{"detail": "None\\u001b[2J of it"}'}, "None [2J of it"),
        ({"status": 422, "response_body": '{"detail": "- a: b\\n- c: d\\n"}'}, "a: b; c: d"),
        ({"status": 500, "response_body": "<h1>\n\nOops"}, "<h1>; Oops"),
        ({"status": 500}, "status 500"),
        ({"status_after": "failed", "response_body": '{"error": "no\\nmemory"}'}, "no memory"),
        ({"status_after": "failed", "response_body": '{"error": null}'}, None),
        ({"status_after": "succeeded", "response_body": '{"error": "x"}'}, None),
        ({"status": 500, "response_body": "x" * 10_000}, "x" * 499 + "…"),
    ],
)
def test_reason__is_one_line(fields: dict[str, Any], reason: str | None) -> None:
    """Of a refusal in short, of an error its detail, of a failed prediction its error."""
    assert made(**fields).reason == reason


def test_reason__of_a_refused_create(server: MockServer, api: httpx.Client) -> None:
    """It names the field and what was sent."""
    api.post("/predictions", json={"version": VERSION, "input": {"width": 100}})
    assert server.journal[0].reason == "input.width: 100 < 256"


def test_notice__is_that_of_the_header(
    server: MockServer, api: httpx.Client, create: Callable[..., dict[str, Any]]
) -> None:
    """A client that polls in vain is told so, from some poll on."""
    url = create()["urls"]["get"]
    responses = [api.get(url) for _ in range(20)]

    assert server.journal[1].notice is None
    assert server.journal[-1].notice == responses[-1].headers["x-zeroscope-mock-notice"]


def test_headers__are_those_of_the_request_and_the_response(server: MockServer) -> None:
    """In the order sent, names in lower case, and before compression."""
    headers = [("X-B", "1"), ("X-A", "2"), ("X-B", "3"), ("Accept-Encoding", "gzip")]
    with httpx.Client(transport=server.transport) as client:
        client.get("https://h.test/v1/x", headers=headers)

    (exchange,) = server.journal
    assert [pair for pair in exchange.request_headers if pair[0].startswith("x-")] == [
        ("x-b", "1"),
        ("x-a", "2"),
        ("x-b", "3"),
    ]
    assert exchange.response_headers == (("content-type", "application/problem+json"),)
    assert exchange.base_url == "https://h.test"
