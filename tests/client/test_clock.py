"""The system's clock, and clocks that stand still."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import timedelta
from functools import partial
from itertools import count
from typing import Any

import anyio
import httpx
import pytest

from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope import ConfigurationError, Polling, Retry, SystemClock, WaitTimeoutError


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The durations of `time.sleep`, which does not sleep."""
    durations: list[float] = []
    monkeypatch.setattr(time, "sleep", durations.append)
    return durations


@pytest.fixture
def frozen(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    """A clock that stands still, as freezegun makes it."""
    now = time.monotonic()
    monkeypatch.setattr(time, "monotonic", lambda: now)


@pytest.mark.usefixtures("frozen")
@pytest.mark.parametrize("seconds", [0, 0.001, 10])
def test_sleep__raises_on_a_clock_that_stands_still(kind: str, seconds: float) -> None:
    """A sleep, however short, after which the time is the same raises an error with the remedies."""
    clock = SystemClock()

    def sleep_async(seconds: float) -> None:
        anyio.run(clock.sleep_async, seconds)

    sleep = clock.sleep if kind == "sync" else sleep_async
    with pytest.raises(ConfigurationError, match=r"stands still.* clock=.*ignore=\['zeroscope'\]"):
        sleep(seconds)


@pytest.mark.usefixtures("frozen")
def test_wait__ends_on_a_clock_that_stands_still(harness: Harness) -> None:
    """A wait whose time never passes ends with the error, which carries the prediction."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    client = harness.client(script, clock=SystemClock(), poll=Polling(minimum=0, growth=0))
    with pytest.raises(ConfigurationError, match="stands still") as caught:
        harness.do(client.run)
    assert caught.value.prediction.id == "gm3q"


def ticking(ticks: Iterator[float]) -> Any:
    """A clock that moves with every look at it."""
    return partial(next, ticks)


def test_sleep__sleeps_once_on_a_clock_that_moves(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    """An ordinary clock costs no second sleep."""
    monkeypatch.setattr(time, "monotonic", ticking(count(1.0, 0.5)))
    SystemClock().sleep(3)
    assert slept == [3]


def test_sleep__gives_a_coarse_clock_time_to_move(monkeypatch: pytest.MonkeyPatch, slept: list[float]) -> None:
    """A clock that shows the same time twice, as one of 16 ms may after a short sleep, is given time to move."""
    monkeypatch.setattr(time, "monotonic", ticking(iter([1.0, 1.0, 1.016])))
    SystemClock().sleep(0.001)
    assert len(slept) == 2 and slept[1] > 0.016


def test_durations__are_taken_wherever_seconds_are(harness: Harness) -> None:
    """A `timedelta` means the same as its seconds as a timeout, a deadline, a hold, and in both policies."""
    settings: dict[str, Any] = {
        "retry": Retry(initial=timedelta(seconds=1), maximum=timedelta(minutes=1)),
        "poll": Polling(minimum=timedelta(seconds=2), maximum=timedelta(seconds=3)),
    }
    assert settings == {"retry": Retry(initial=1, maximum=60), "poll": Polling(minimum=2, maximum=3)}
    assert settings["retry"].pause(1, jitter=0.5) == 1
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    client = harness.client(script, **settings)
    limit = timedelta(seconds=5)
    with pytest.raises(WaitTimeoutError, match="still starting after 5 s") as caught:
        harness.do(client.run, timeout=limit, deadline=timedelta(minutes=1), prefer_wait=timedelta(seconds=4))
    assert script.requests[0].headers["cancel-after"] == "60s"
    assert script.requests[0].headers["prefer"] == "wait=4"
    prediction = caught.value.prediction
    with pytest.raises(WaitTimeoutError, match="after 5 s"):
        harness.do(prediction.wait, timeout=limit)
    with pytest.raises(WaitTimeoutError, match="after 5 s"):
        harness.all(lambda: prediction.events(timeout=limit))
    (result,) = harness.do(client.run_many, [prediction], timeout=limit)
    assert "after 5 s" in str(result.error)


@pytest.mark.parametrize("seconds", [timedelta(seconds=-1), timedelta(seconds=1.5), timedelta(seconds=61)])
def test_durations__that_make_no_sense_are_refused(harness: Harness, seconds: timedelta) -> None:
    """A hold of part of a second, and a negative timeout, are refused like numbers."""
    client = harness.client(ScriptedResponses(httpx.Response(500)))
    with pytest.raises(ValueError, match="prefer_wait"):
        harness.do(client.predictions.create, {}, prefer_wait=seconds)
    if seconds < timedelta(0):
        for call in (lambda: client.run(timeout=seconds), lambda: client.predictions.create({}, deadline=seconds)):
            with pytest.raises(ValueError, match=r"timeout|deadline"):
                harness.do(call)
        for policy in (Retry, Polling):
            with pytest.raises(ConfigurationError, match="maximum"):
                policy(maximum=seconds)
