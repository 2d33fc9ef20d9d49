"""The control operations on the clock: what happens next, and the steps there."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer, RealClock
from zeroscope_mock.control import upcoming
from zeroscope_mock.lifecycle.timeline import next_change

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
START = 1_767_225_600.0


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as client:
        yield client


def create(api: httpx.Client, **fields: Any) -> str:
    response = api.post("/predictions", json={"version": VERSION, "input": {"prompt": "x"}, **fields})
    assert response.status_code == 201, response.text
    return str(response.json()["id"])


def steps(control: httpx.Client) -> list[tuple[float, str, str]]:
    """What happens next again and again, each with its time since the start, until nothing does."""
    found = []
    event = control.get("/clock").json()["next_event"]
    while event is not None:
        found.append((round(event["time"] - START, 4), event["kind"], event["text"]))
        clock = control.post("/clock/next").json()
        assert clock["time"] == pytest.approx(event["time"], abs=1e-5) and clock["time"] >= event["time"]
        assert clock["next"] == (clock["next_event"] and clock["next_event"]["time"])
        event = clock["next_event"]
    return found


def test_next__goes_from_event_to_event(control: httpx.Client) -> None:
    """Starts, lines, outputs, ends, webhooks and their retries all are events."""
    statuses = [503]
    server = MockServer(receiver=lambda request: statuses.pop() if statuses else 200)
    server.scripts.add({"startup": 1, "run": 3, "outputs": 2, "gradual": True, "logs": [{"at": 0.5, "text": "one\n"}]})
    with httpx.Client(transport=server.transport, base_url="http://mock.test") as client:
        client.base_url = "http://mock.test/v1"
        client.headers["Authorization"] = "Bearer a-token-of-a-test"
        id = create(client, webhook="https://x.test/hook", webhook_events_filter=["completed"])
        client.headers.pop("Authorization")
        client.base_url = "http://mock.test/_mock"
        found = steps(client)
        assert client.post("/clock/next").json()["time"] == server.clock.time()

    assert found == [
        (1, "start", f"prediction {id} starts"),
        (1.5, "log", f"prediction {id} prints a line"),
        (2, "output", f"prediction {id} makes an output"),
        (3, "output", f"prediction {id} makes an output"),
        (4, "end", f"prediction {id} ends"),
        (5, "webhook", "webhook completed, attempt 2"),
    ]


def test_next__without_anything_to_come(server: MockServer, control: httpx.Client) -> None:
    """The clock stays, and the answer says so."""
    before = server.clock.time()
    clock = control.post("/clock/next").json()
    assert (clock["next"], clock["next_event"], clock["time"]) == (None, None, before)


@pytest.mark.parametrize(
    ("script", "kinds"),
    [
        ({"progression": "reads", "reads": 2}, []),
        ({"outcome": "aborted", "startup": 1}, ["end"]),
        ({"outcome": "failed", "startup": 1, "run": 2, "logs": []}, ["start", "end"]),
        ({"startup": 0, "run": 0}, []),
        ({"startup": 0.1, "run": 1, "logs": [{"at": 5, "text": "late"}]}, ["start", "end"]),
    ],
)
def test_next__of_unusual_scripts(
    server: MockServer, control: httpx.Client, api: httpx.Client, script: dict[str, Any], kinds: list[str]
) -> None:
    """What only a request can move on has no next event, and what never comes is none."""
    server.scripts.add(script)
    create(api)
    assert [kind for _, kind, _ in steps(control)] == kinds


def test_next__of_several_predictions_is_in_order(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Predictions are stepped through side by side, and canceled and removed ones are left out."""
    for startup, run in ((1, 4), (2, 1), (3, 1), (0.5, 9)):
        server.scripts.add({"startup": startup, "run": run, "logs": []})
    made = [create(api) for _ in range(4)]
    assert control.get("/clock").json()["next_event"]["prediction"] == made[3]
    api.post(f"/predictions/{made[3]}/cancel")

    assert [(at, kind) for at, kind, _ in steps(control)] == [
        (1, "start"),
        (2, "start"),
        # At 3, another one starts as well.
        (3, "end"),
        (4, "end"),
        (5, "end"),
    ]
    control.post("/reset")
    # The same numbers again, after the reset.
    again = create(api)
    assert control.get("/clock").json()["next_event"]["prediction"] == again
    control.post("/reset")
    assert control.get("/clock").json()["next"] is None


def test_next__is_reached_however_times_are_rounded(
    server: MockServer, control: httpx.Client, api: httpx.Client
) -> None:
    """Each step shows its event, and the next one is later."""
    for number in range(1, 60):
        server.scripts.add({"startup": number / 7.1, "run": number / 3.3, "logs": []})
        create(api)
    found = [at for at, _, _ in steps(control)]
    assert len(found) > 100 and found == sorted(found)


def test_next__after_the_clock_was_set_back(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """A prediction that had ended has not ended then."""
    server.scripts.add({"startup": 1, "run": 1, "logs": []})
    create(api)
    server.clock.advance(10)
    assert control.get("/clock").json()["next"] is None
    server.clock.set(START)
    assert control.get("/clock").json()["next"] == START + 1


def test_next__of_very_many_predictions_is_found_without_a_look_at_all(
    server: MockServer, control: httpx.Client, api: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """After the first time, only predictions that have changed are looked at."""
    server.scripts.add({"startup": 100, "run": 1000, "logs": []}, times=None)
    for _ in range(200):
        create(api)
    looked: list[str] = []

    def counted(record: Any, now: float) -> Any:
        looked.append(record.id)
        return next_change(record, now)

    monkeypatch.setattr(upcoming, "next_change", counted)
    control.get("/clock")
    assert len(looked) == 201
    looked.clear()
    for _ in range(10):
        control.get("/clock")
    assert len(looked) == 10
    create(api)
    looked.clear()
    control.get("/clock")
    assert len(looked) <= 3


def test_next__does_not_go_beyond_the_last_year(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """As for an advance, the call is refused."""
    server.clock.set(253_370_764_800.0 - 10)
    server.scripts.add({"startup": 100})
    create(api)
    assert control.post("/clock/next").status_code == 422


def test_stands_still__of_a_virtual_clock(server: MockServer, control: httpx.Client) -> None:
    """It moves only when it is advanced, because nothing sleeps on it."""
    assert control.get("/clock").json()["stands_still"] is True


def test_stands_still__of_a_real_clock_takes_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """It stands still only if it is frozen, and the answer does not wait to see whether it moves."""
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("the server slept"))
    server = MockServer(clock=RealClock())
    with httpx.Client(transport=server.transport, base_url="http://mock.test/_mock") as control:
        assert control.get("/clock").json()["stands_still"] is False
        assert control.post("/clock/freeze").json()["stands_still"] is True
        assert control.post("/clock/run").json()["stands_still"] is False


def test_speed__is_that_of_predictions_to_come(server: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """Those that run already stay as slow as they were."""
    server.scripts.add({"startup": 0, "run": 10, "logs": []}, times=2)
    slow = create(api)
    assert control.put("/clock/speed", json={"speed": 10}).json()["speed"] == server.speed == 10
    fast = create(api)
    server.clock.advance(5)
    assert [api.get(f"/predictions/{id}").json()["status"] for id in (slow, fast)] == ["processing", "succeeded"]


@pytest.mark.parametrize("speed", [0, -1, 1e10, "fast", None])
def test_speed__is_a_number_above_0(server: MockServer, control: httpx.Client, speed: Any) -> None:
    """Nothing else is taken."""
    assert control.put("/clock/speed", json={"speed": speed}).status_code == 422
    assert server.speed == 1
