"""The speed of predictions, and everything that it leaves at the machine's time."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import pairwise
from typing import Any

import httpx
import pytest
import standardwebhooks.webhooks
from standardwebhooks import Webhook, WebhookVerificationError

from helpers.machine import Machine
from helpers.waiting import LONG
from zeroscope_mock import MockServer, Rate, RateLimits, RealClock, VirtualClock

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
BASE = "https://api.replicate.com/v1"
AUTH = {"Authorization": "Bearer a-token-of-a-test"}
SPEEDS = [0.02, 0.3, 1.0, 7.0, 1000.0]
HOUR = 3600.0


def connect(server: MockServer) -> httpx.Client:
    return httpx.Client(transport=server.transport, base_url=BASE, headers=AUTH, timeout=None)


def create(api: httpx.Client, headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
    response = api.post("/predictions", json={"version": VERSION, "input": {}, **fields}, headers=headers)
    assert response.status_code in {201, 202}, response.text
    body: dict[str, Any] = response.json()
    return body


def moment(timestamp: str) -> float:
    """A timestamp in seconds since 1970."""
    return datetime.fromisoformat(timestamp).timestamp()


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def received() -> list[httpx.Request]:
    """The webhooks that have come."""
    return []


@pytest.fixture
def real(machine: Machine, received: list[httpx.Request]) -> Iterator[MockServer]:
    """A server on a real clock whose machine a test moves."""
    clock = RealClock(machine.monotonic, machine.time_of_day)
    with MockServer(clock=clock, speed=1000, receiver=received.append) as server:
        yield server


def test_speed__leaves_videos_for_an_hour_of_the_machine(real: MockServer, machine: Machine) -> None:
    """A program that polls every five seconds finds the end, and half an hour later the videos."""
    with connect(real) as api:
        urls = create(api)["urls"]
        machine.passed += 5
        ended = api.get(urls["get"]).json()
        assert ended["status"] == "succeeded"
        assert moment(ended["completed_at"]) < machine.time_of_day() - 4
        machine.passed += HOUR / 2
        assert api.get(urls["get"]).json()["output"] == ended["output"]
        assert api.get(ended["output"][0]).content[4:8] == b"ftyp"
        machine.passed += HOUR / 2
        assert api.get(urls["get"]).json()["data_removed"]
        assert api.get(ended["output"][0]).status_code == 404


def test_speed__leaves_the_time_of_day_alone(real: MockServer, machine: Machine) -> None:
    """After an hour, a prediction is created at the machine's time."""
    machine.passed += HOUR
    with connect(real) as api:
        created = create(api)["created_at"]
    assert moment(created) == machine.time_of_day()


@pytest.mark.parametrize("kind", ["real", "advanced", "set", "frozen", "virtual"])
def test_signatures__hold_after_an_hour(
    kind: str, machine: Machine, received: list[httpx.Request], monkeypatch: pytest.MonkeyPatch
) -> None:
    """They carry the machine's time on a real clock, whatever that shows, and the virtual clock's on a virtual one."""
    clock = VirtualClock() if kind == "virtual" else RealClock(machine.monotonic, machine.time_of_day)
    now: Callable[[], float] = clock.time if kind == "virtual" else machine.time_of_day

    class Now(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> Any:
            return datetime.fromtimestamp(now(), tz)

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Now)
    with MockServer(clock=clock, speed=10, receiver=received.append) as server, connect(server) as api:
        machine.passed += HOUR
        match kind:
            case "advanced" | "virtual":
                clock.advance(HOUR)
            case "set":
                clock.set(1_000_000_000)
            case "frozen":
                clock.freeze()
                machine.passed += HOUR
            case _:
                pass
        create(api, webhook="https://my.app/hook", webhook_events_filter=["completed"])
        machine.passed += 10
        clock.advance(10)
        deadline = time.monotonic() + LONG
        while not received and time.monotonic() < deadline:
            time.sleep(0.001)
        secret = api.get("/webhooks/default/secret").json()["key"]

    (request,) = received
    assert Webhook(secret).verify(request.content, dict(request.headers))["status"] == "succeeded"
    old = now() - 1000
    monkeypatch.setattr(Now, "now", lambda tz=None: datetime.fromtimestamp(old, tz))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(request.content, dict(request.headers))


def test_speed__applies_to_predictions_to_come() -> None:
    """A prediction keeps the speed that it was created with, also in a snapshot."""
    server = MockServer(seed=1)
    server.scripts.add({"startup": 10, "run": 30}, times=None)
    with connect(server) as api:
        slow = create(api)["urls"]["get"]
        server.speed = 10
        fast = create(api)["urls"]["get"]
        other = MockServer(seed=1)
        other.restore(server.snapshot())
        for each in (server, other):
            each.clock.advance(4)
            with connect(each) as client:
                bodies = [client.get(url).json() for url in (slow, fast)]
            assert [body["status"] for body in bodies] == ["starting", "succeeded"]
            assert bodies[1]["metrics"] == {"total_time": 4.0, "predict_time": 3.0}


def test_snapshot__from_before_there_were_speeds() -> None:
    """A saved prediction without a speed runs as its script says."""
    server = MockServer()
    server.scripts.add({"startup": 10, "run": 30})
    with connect(server) as api:
        url = create(api)["urls"]["get"]
        snapshot = server.snapshot()
        del snapshot["predictions"][0]["speed"]
        server.restore(snapshot)
        server.clock.advance(39)
        assert api.get(url).json()["status"] == "processing"
        server.clock.advance(1)
        assert api.get(url).json()["status"] == "succeeded"


LINES: list[dict[str, Any]] = [{"at": at, "text": f"line {at}"} for at in (0, 3, 3.1, 7, 30)]


@pytest.mark.parametrize(
    "script",
    [
        {"startup": 10, "run": 30, "logs": LINES, "gradual": True, "outputs": 3},
        {"startup": 10, "run": 30, "gradual": True, "outputs": 4},
        {"startup": 0.5, "run": 20, "outcome": "failed", "error": "broken"},
        {"startup": 0, "run": 0},
        {"startup": 5, "run": 9, "outcome": "aborted"},
    ],
)
@pytest.mark.parametrize("speed", SPEEDS)
def test_state__is_that_of_the_script_at_each_moment(speed: float, script: dict[str, Any]) -> None:
    """At each moment of the script, status, log and output are the same at any speed."""

    def states(speed: float) -> list[Any]:
        server = MockServer(seed=3, speed=speed)
        server.scripts.add(script)
        seen: list[Any] = []
        with connect(server) as api:
            urls = create(api)["urls"]
            for number in range(82):
                body = api.get(urls["get"]).json()
                seen.append([body[name] for name in ("status", "logs", "output", "error")])
                # Half a millisecond after each half second, so that rounding decides nothing.
                server.clock.advance((0.5 if number else 0.5005) / speed)
        return seen

    assert states(speed) == states(1.0)


@pytest.mark.parametrize("speed", SPEEDS)
def test_stream__has_the_same_events(speed: float) -> None:
    """A stream ends when the prediction does, after the same events in the same order, as has its replay."""

    def streams(speed: float) -> list[Any]:
        server = MockServer(seed=3, streams=True, speed=speed)
        server.scripts.add({"startup": 10, "run": 30, "logs": LINES, "gradual": True, "outputs": 3})
        with connect(server) as api:
            urls = create(api)["urls"]
            events = [
                [event for event in api.get(urls["stream"]).text.split("\n\n") if not event.startswith(":")]
                for _ in range(2)
            ]
        assert server.clock.monotonic() == pytest.approx(40 / speed, abs=0.01)
        return events

    assert streams(speed) == streams(1.0)


@pytest.mark.parametrize("speed", SPEEDS)
def test_webhooks__are_throttled_in_the_machines_time(speed: float, received: list[httpx.Request]) -> None:
    """Each body has something new, and half a second passes between two of them, however fast the prediction is."""
    server = MockServer(receiver=received.append, speed=speed)
    server.scripts.add({"startup": 10, "run": 30, "logs": LINES, "gradual": True, "outputs": 3})
    with connect(server) as api:
        events = ["start", "output", "logs", "completed"]
        create(api, webhook="https://my.app/hook", webhook_events_filter=events)
        server.clock.advance(41 / speed)

    attempts = server.deliveries
    kinds = [attempt.event for attempt in attempts]
    assert (kinds[0], kinds[-1]) == ("start", "completed")
    # Of the seven moments at which something is new, the three that are 0.1 s and 0.5 s apart at the first speed.
    assert len(kinds) - 2 == {0.02: 7, 0.3: 6, 1.0: 6, 7.0: 4, 1000.0: 1}[speed]
    moments = [attempt.time for attempt in attempts if attempt.event in {"output", "logs"}]
    assert all(later - earlier >= 0.5 - 1e-5 for earlier, later in pairwise(moments))
    bodies = [json.loads(attempt.body) for attempt in attempts if attempt.event in {"output", "logs"}]
    shown = [(body["logs"], body["output"]) for body in bodies]
    assert all(earlier != later for earlier, later in pairwise(shown))
    assert shown[0][0].startswith("line 0")


@pytest.mark.parametrize(
    ("headers", "seconds", "status"),
    [
        ({"Cancel-After": "5s"}, 4.9, "processing"),
        ({"Cancel-After": "5s"}, 5.0, "canceled"),
        ({"Prefer": "wait=3"}, 3.0, "processing"),
        ({"Prefer": "wait=30"}, 10.0, "succeeded"),
    ],
)
def test_speed__leaves_the_times_of_requests_alone(headers: dict[str, str], seconds: float, status: str) -> None:
    """Deadlines and waits are in seconds of the clock."""
    server = MockServer(speed=10)
    server.scripts.add({"startup": 0, "run": 100})
    with connect(server) as api:
        urls = create(api, headers)["urls"]
        if "Prefer" in headers:
            assert server.clock.monotonic() == pytest.approx(seconds)
        else:
            server.clock.advance(seconds)
        assert api.get(urls["get"]).json()["status"] == status


def test_speed__leaves_rate_limits_alone() -> None:
    """A second of the limits is one of the clock."""
    server = MockServer(speed=1000, rate_limits=RateLimits(creates=Rate(1, seconds=60)))
    sent = {"version": VERSION, "input": {}}
    with connect(server) as api:
        statuses = []
        for _ in range(3):
            statuses.append(api.post("/predictions", json=sent).status_code)
            server.clock.advance(59.5)
    assert statuses == [201, 429, 201]
