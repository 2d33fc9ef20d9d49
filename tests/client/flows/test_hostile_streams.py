"""Waits whose event streams are hostile, beside waits by polls alone."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any, NamedTuple

import anyio
import httpx
import pytest

import zeroscope
from helpers.events import event_names
from helpers.hostile_streams import RESPONSES, STREAMS, HostileTransport
from zeroscope import Polling
from zeroscope._drivers.http_clients import HttpClients
from zeroscope._flows.event_stream import MAX_CONNECTIONS
from zeroscope_mock import MockServer

POLLING = Polling()
# How much of the longest pause is random.
LONGEST_PAUSE = 1.1 * POLLING.maximum
DURATIONS = {"2 s": 2.0, "40 s": 40.0, "5 min": 300.0}


class Outcome(NamedTuple):
    """What came of a wait, in seconds and in requests."""

    late: float
    polls: int
    streams: int
    prediction: Any
    events: list[Any]


def follow(kind: str, name: str, duration: float, *, polling: Polling = POLLING, events: bool = False) -> Outcome:
    """Create a prediction on a server whose streams are hostile, and wait for it or take its events."""
    server = MockServer(seed=3, journal_limit=100_000)
    server.scripts.add({"startup": min(1.0, duration / 2), "run": duration - min(1.0, duration / 2)})
    transport = HostileTransport(server, name)
    settings: dict[str, Any] = {"random": lambda: 0.5, "poll": polling}
    told: list[Any] = []

    def update(prediction: Any) -> None:
        # Only a poll ends it, and there is none without a request.
        assert prediction.status in {"starting", "processing", "succeeded"}

    if kind == "sync":
        with server.client(http_client=httpx.Client(transport=transport), **settings) as client:
            prediction = client.predictions.create({})
            if events:
                told += prediction.events()
            else:
                prediction.wait(on_update=update)
    else:

        async def main() -> Any:
            async with server.async_client(http_client=httpx.AsyncClient(transport=transport), **settings) as client:
                prediction = await client.predictions.create({})
                if events:
                    told.extend([event async for event in prediction.events()])
                else:
                    await prediction.wait(on_update=update)
                return prediction

        prediction = anyio.run(main, backend="trio" if kind == "trio" else "asyncio")
    assert [response for response in transport.open if not response.is_closed] == []
    requests = Counter(exchange.operation for exchange in server.journal)
    assert requests["createPrediction"] == 1
    assert prediction.completed_at is not None
    late = server.clock.time() - prediction.completed_at.timestamp()
    return Outcome(late, requests["getPrediction"], transport.streams, prediction, told)


@pytest.mark.parametrize("duration", DURATIONS)
@pytest.mark.parametrize("name", [*STREAMS, *RESPONSES])
def test_hostile_stream__does_not_delay_the_end(kind: str, name: str, duration: str, record_property: Any) -> None:
    """The wait ends with what a read shows, at most a pause of polling later, after a bounded number of requests."""
    seconds = DURATIONS[duration]
    without = follow(kind, name, seconds, polling=Polling(stream=False))
    outcome = follow(kind, name, seconds)
    record_property("late", (outcome.late, without.late, outcome.polls, without.polls, outcome.streams))
    assert without.streams == 0
    assert 0 <= outcome.late <= without.late + LONGEST_PAUSE
    assert 1 <= outcome.streams <= MAX_CONNECTIONS
    assert outcome.polls <= 2 * without.polls + MAX_CONNECTIONS
    assert outcome.prediction.to_dict()["logs"] == without.prediction.to_dict()["logs"]
    assert outcome.prediction.status == without.prediction.status == "succeeded"
    assert len(outcome.prediction.videos) == len(without.prediction.videos)


@pytest.mark.parametrize("kind", ["sync", "asyncio", "trio"])
@pytest.mark.parametrize("name", STREAMS)
def test_stream__whose_place_is_taken_after_a_break(kind: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where every other connection is refused because too many streams are open, the wait ends by its polls."""
    reserve, reserved = HttpClients.reserve, list[bool]()

    def reserve_first(clients: Any, step: Any) -> bool:
        reserved.append(not reserved and reserve(clients, step))
        return reserved[-1]

    without = follow(kind, name, 40.0, polling=Polling(stream=False))
    monkeypatch.setattr(HttpClients, "reserve", reserve_first)
    outcome = follow(kind, name, 40.0)
    assert outcome.streams == 1 and outcome.prediction.status == "succeeded"
    assert 0 <= outcome.late <= without.late + LONGEST_PAUSE
    assert len(reserved) <= 1 + outcome.polls <= 2 + 2 * without.polls


def test_stream__that_falls_silent_spares_no_polls(kind: str) -> None:
    """Polls are rare while the stream brings lines, and as frequent as without one once it has fallen silent."""
    without = follow(kind, "silent", 300.0, polling=Polling(stream=False))
    assert follow(kind, "honest", 300.0).polls < without.polls / 4
    assert follow(kind, "silent_after_some_events", 300.0).polls > without.polls / 2
    # Silence is noticed after a few times the pause between two lines.
    assert follow(kind, "silent_after_some_events", 2.0).late < POLLING.maximum / 2


@pytest.mark.parametrize("name", [*STREAMS, *RESPONSES])
def test_events__end_in_spite_of_a_hostile_stream(kind: str, name: str) -> None:
    """The events of a prediction end with its end, and each status comes once."""
    before = set(threading.enumerate())
    outcome = follow(kind, name, 40.0, events=True)
    names = event_names(outcome.events)
    statuses = [each for each in names if each in {"starting", "processing", "succeeded"}]
    assert statuses == ["starting", "processing", "succeeded"] and names[-1] == "ended succeeded"
    assert outcome.events[-1].prediction.logs == outcome.prediction.logs
    assert outcome.late <= 2 * LONGEST_PAUSE
    assert len(set(threading.enumerate()) - before) < 20


@pytest.mark.parametrize("seed", range(8))
def test_storm__doubles_and_loses_nothing(kind: str, seed: int) -> None:
    """Half of all requests fail, those of streams included: one prediction is paid for, and its wait ends."""
    server = MockServer(seed=seed)

    def run(client: zeroscope.Zeroscope) -> Any:
        prediction = insist(lambda: client.predictions.create({"num_frames": 8}))
        return insist(prediction.wait)

    async def run_async(client: zeroscope.AsyncZeroscope) -> Any:
        prediction = await insist_async(lambda: client.predictions.create({"num_frames": 8}))
        return await insist_async(prediction.wait)

    server.faults.storm(0.5)
    if kind == "sync":
        with server.client() as client:
            ended = run(client)
    else:

        async def main() -> Any:
            async with server.async_client() as client:
                return await run_async(client)

        ended = asyncio.run(main())
    server.faults.clear()
    with server.client() as client:
        assert [listed.id for listed in client.predictions.list()] == [ended.id]
    assert ended.status == "succeeded" and "streamPrediction" in {exchange.operation for exchange in server.journal}


def insist(call: Callable[[], Any]) -> Any:
    """Return the result of a call that is repeated until it succeeds."""
    for _ in range(20):
        with contextlib.suppress(zeroscope.ZeroscopeError):
            return call()
    raise AssertionError("no try succeeded")


async def insist_async(call: Callable[[], Any]) -> Any:
    """Do the same in an event loop."""
    for _ in range(20):
        with contextlib.suppress(zeroscope.ZeroscopeError):
            return await call()
    raise AssertionError("no try succeeded")
