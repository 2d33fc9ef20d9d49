"""The rate of creates in a batch, stepped through by hand."""

from __future__ import annotations

from typing import Any

import httpx

from helpers.client import FakeClock
from zeroscope._flows.batch.throttle import Throttle
from zeroscope._flows.request import MAX_IN_FLIGHT
from zeroscope._service.api import Response


def created(status: int = 201, headers: dict[str, str] | None = None) -> Response[Any]:
    """The answer to a create."""
    return Response(status_code=status, content=b"", headers=httpx.Headers(headers), parsed=None)


def left(requests: int, seconds: int) -> Response[Any]:
    """The answer to a create, which tells how many more are taken."""
    return created(headers={"ratelimit-remaining": str(requests), "ratelimit-reset": str(seconds)})


def test_first_create__goes_alone(clock: FakeClock) -> None:
    """Until it is known how many the service takes there is one; without a word from it, as many as go abreast."""
    throttle = Throttle(clock)
    assert throttle.room == 1
    throttle.record([created()])
    assert throttle.room == MAX_IN_FLIGHT


def test_room__is_what_the_service_says(clock: FakeClock) -> None:
    """The least of what answers tell is kept to, and when nothing is left, one goes first again after the reset."""
    throttle = Throttle(clock)
    throttle.record([left(5, 60), left(3, 60), left(4, 60)])
    assert throttle.room == 3
    throttle.record([left(1, 30), left(0, 30)])
    assert (throttle.room, throttle.opens_at) == (0, 1030)
    clock.now += 30
    assert throttle.room == 1


def test_refusals__halve_the_width(clock: FakeClock) -> None:
    """After a wave of which some were refused, no more go abreast than got through; it grows again with success."""
    throttle = Throttle(clock)
    throttle.record([created()] * 3 + [created(429)] * 5)
    assert throttle.room == 3
    throttle.record([created(429)])
    assert throttle.room == 1
    widths = []
    for _ in range(4):
        throttle.record([created()])
        widths.append(throttle.room)
    assert widths == [2, 4, 8, 8]
    throttle.record([httpx.ReadError("reset")])
    assert throttle.room == MAX_IN_FLIGHT


def test_stalled__counts_from_the_first_refusal(clock: FakeClock) -> None:
    """Only refusals that go on make a stall, and one success ends it."""
    throttle = Throttle(clock)
    clock.now += 1000
    assert not throttle.stalled(60)
    throttle.record([created(429)])
    clock.now += 60
    throttle.record([created(429)])
    assert not throttle.stalled(60)
    clock.now += 1
    assert throttle.stalled(60)
    throttle.record_success()
    assert not throttle.stalled(60)
