"""The rate of creates in a batch, stepped through by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helpers.client import FakeClock
from zeroscope import Retry
from zeroscope._flows.batch.throttle import Throttle
from zeroscope._flows.request import MAX_IN_FLIGHT
from zeroscope._service.api import Response


def created(status: int = 201, headers: dict[str, str] | None = None) -> Response[Any]:
    """The answer to a create."""
    return Response(status_code=status, content=b"", headers=httpx.Headers(headers), parsed=None)


def left(requests: int, seconds: object) -> Response[Any]:
    """The answer to a create, which tells how many more are taken."""
    return created(headers={"ratelimit-remaining": str(requests), "ratelimit-reset": str(seconds)})


def test_first_create__goes_alone(clock: FakeClock) -> None:
    """Until it is known how many the service takes there is one; without a word from it, as many as go abreast."""
    throttle = Throttle(clock, Retry())
    assert throttle.room == 1
    throttle.record([created()], clock.now)
    assert throttle.room == MAX_IN_FLIGHT


def test_room__is_what_the_service_says(clock: FakeClock) -> None:
    """The least of what answers tell is kept to, and when nothing is left, one goes first again after the reset."""
    throttle = Throttle(clock, Retry())
    throttle.record([left(5, 60), left(3, 60), left(4, 60)], clock.now)
    assert throttle.room == 3
    throttle.record([left(1, 30), left(0, 30)], clock.now)
    assert (throttle.room, throttle.opens_at) == (0, 1030)
    clock.now += 30
    assert throttle.room == 1


def test_refusals__halve_the_width(clock: FakeClock) -> None:
    """After a wave of which some were refused, no more go abreast than got through; it grows again with success."""
    throttle = Throttle(clock, Retry())
    throttle.record([created()] * 3 + [created(429)] * 5, clock.now)
    assert throttle.room == 3
    throttle.record([created(429)], clock.now)
    assert throttle.room == 1
    widths = []
    for _ in range(4):
        throttle.record([created()], clock.now)
        widths.append(throttle.room)
    assert widths == [2, 4, 8, 8]
    throttle.record([httpx.ReadError("reset")], clock.now)
    assert throttle.room == MAX_IN_FLIGHT


def test_stalled__counts_from_the_first_refusal(clock: FakeClock) -> None:
    """Only refusals that go on make a stall, and one success ends it."""
    throttle = Throttle(clock, Retry())
    clock.now += 1000
    assert not throttle.stalled(60)
    throttle.record([created(429)], clock.now)
    clock.now += 60
    throttle.record([created(429)], clock.now)
    assert not throttle.stalled(60)
    clock.now += 1
    assert throttle.stalled(60)
    throttle.record_success()
    assert not throttle.stalled(60)


@pytest.mark.parametrize(
    ("reset", "pause"),
    [
        (30, 30),
        (3600, 60),
        (1_700_000_000, 60),
        ("1e11", 60),
        ("0.5", 0.5),
        # Without a usable moment there is nothing to wait for.
        (-5, 0),
        ("soon", 0),
        ("nan", 0),
        ("", 0),
    ],
)
@pytest.mark.parametrize("retry", [Retry(), None, Retry(maximum=20)], ids=["default", "off", "short"])
def test_pause__is_capped_like_every_other(clock: FakeClock, retry: Retry | None, reset: object, pause: float) -> None:
    """Whatever `ratelimit-reset` holds, creates go on after the policy's longest pause."""
    throttle = Throttle(clock, retry)
    throttle.record([left(0, reset)], clock.now)
    if pause:
        assert throttle.room == 0
        clock.now += min(pause, 60 if retry is None else retry.maximum)
        assert throttle.opens_at == clock.now
    assert throttle.room >= 1


def test_silence__counts_from_the_first_create_without_a_response(clock: FakeClock) -> None:
    """Any response ends it, and no failure that took less than the least timeout is one."""
    throttle = Throttle(clock, Retry())
    began = clock.now
    clock.now += 10
    throttle.record([httpx.ReadTimeout("slow"), httpx.ConnectTimeout("slow")], began)
    assert throttle.unanswered(10) and not throttle.unanswered(10.1)
    clock.now += 1
    throttle.record([httpx.ReadTimeout("slow"), created(503)], clock.now)
    assert not throttle.unanswered(0)
    throttle.record([httpx.ReadError("reset")], clock.now - 0.9)
    assert not throttle.unanswered(0)
    clock.now += 0.1
    assert throttle.unanswered(0)
