"""Requests and their retries, stepped through by hand."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helpers.client import FakeClock, rate_limited
from zeroscope import MalformedResponseError, TransportError
from zeroscope._flows import create, read
from zeroscope._flows.request import CreateRequest, Sender
from zeroscope._service.api import PredictionModel, Response
from zeroscope._steps import Call, Gather, Sleep

ATTEMPTS = 3
"""The attempts of the fixture's sender."""


def test_read__pauses_as_long_as_the_service_asks(sender: Sender, clock: FakeClock) -> None:
    """After a 429 the pause is the one in the answer, and a little more."""
    flow = read.get(sender, "gm3q")
    next(flow)
    step = flow.send(rate_limited(**{"Retry-After": "7"}))
    assert isinstance(step, Sleep) and 7 <= step.seconds < 7.2
    clock.sleep(step.seconds)
    assert isinstance(flow.send(None), Call)


@pytest.mark.parametrize("status", [401, 503])
def test_interrupt__is_not_replaced_by_an_error_that_arrives_late(sender: Sender, status: int) -> None:
    """The error of a create that was interrupted has no caller any more; Ctrl-C ends the program all the same."""
    late: list[PredictionModel] = []
    flow = sender.send_once(CreateRequest(Call(None, {}, "POST /predictions"), {"input": {}}), late)
    step = next(flow)
    assert isinstance(step, Gather)
    step.results[0] = Response(status_code=status, content=b"{}", headers=httpx.Headers(), parsed=None)
    with pytest.raises(KeyboardInterrupt):
        flow.throw(KeyboardInterrupt())
    assert late == []


def test_429__holds_back_the_clients_other_requests(sender: Sender, clock: FakeClock) -> None:
    """Until the moment that one 429 named, and a little more, nothing else is sent but a cancel."""
    first = read.get(sender, "gm3q")
    next(first)
    first.send(rate_limited(**{"Retry-After": "10"}))
    clock.now += 4
    others = (read.get(sender, "other"), create.create(sender, "v", {}, {}), read.PageReader(sender).next())
    for other in others:
        step = next(other)
        assert isinstance(step, Sleep) and 6 < step.seconds < 7
    assert isinstance(next(read.cancel(sender, "gm3q")), Call)
    # Another 429 meanwhile, and they go on waiting.
    second = read.cancel(sender, "gm3q")
    next(second)
    clock.now += 6.1
    second.send(rate_limited(**{"Retry-After": "20"}))
    for other in others:
        assert isinstance(other.send(None), Sleep)
    clock.now += 23
    for other in others:
        assert isinstance(other.send(None), Call)


def test_429_of_a_create__holds_back_creates_alone(sender: Sender, clock: FakeClock) -> None:
    """The service counts creates by themselves, so that what runs can be read meanwhile."""
    first = create.create(sender, "v", {}, {})
    next(first)
    step = first.send(rate_limited(**{"Retry-After": "10"}))
    assert isinstance(step, Sleep)
    step = next(create.create(sender, "v", {}, {}))
    assert isinstance(step, Sleep) and 10 < step.seconds < 11
    for other in (read.get(sender, "gm3q"), read.PageReader(sender).next(), read.cancel(sender, "gm3q")):
        assert isinstance(next(other), Call)


def test_429__holds_no_request_back_beyond_the_wait(sender: Sender, clock: FakeClock) -> None:
    """A wait polls once more at its end, whatever pause the service asked for."""
    sender.cooldown.extend(60)
    flow = read.get(sender, "gm3q", until=clock.now + 5)
    assert next(flow) == Sleep(5)
    clock.now += 5
    assert isinstance(flow.send(None), Call)


def test_429__holds_no_other_request_back_without_retries(sender: Sender) -> None:
    """A client without retries is not held back either."""
    sender.retry = None
    sender.cooldown.extend(60)
    assert isinstance(next(read.get(sender, "gm3q")), Call)


def test_read__does_not_outlast_the_wait(sender: Sender, clock: FakeClock) -> None:
    """A pause is cut to the wait's limit, and the attempt after it is the last."""
    flow = read.get(sender, "gm3q", until=clock.now + 0.5)
    next(flow)
    assert flow.throw(httpx.ConnectError("refused")) == Sleep(0.5)
    clock.now += 0.5
    step = flow.send(None)
    assert isinstance(step, Call) and step.limit == 1.0
    with pytest.raises(TransportError):
        flow.throw(httpx.ConnectError("refused"))


def test_read__is_repeated_until_the_wait_is_over(sender: Sender, clock: FakeClock) -> None:
    """Within a wait it is the time that is limited, not the number of attempts."""
    flow = read.get(sender, "gm3q", until=clock.now + 1000)
    attempts, step = 0, next(flow)
    while attempts < 30:
        if isinstance(step, Sleep):
            clock.now += step.seconds
            step = flow.send(None)
        else:
            attempts += 1
            step = flow.throw(httpx.ConnectError("refused")) if attempts % 2 else flow.send(rate_limited())
        if clock.now > 1900:
            break
    assert attempts > ATTEMPTS * 3


def test_read__of_a_malformed_body_is_repeated_a_few_times(sender: Sender, clock: FakeClock) -> None:
    """A body that was cut short is asked for again; one that never makes sense ends even a long wait."""
    flow = read.get(sender, "gm3q", until=clock.now + 1000)
    broken: Response[Any] = Response(status_code=200, content=b"{", headers=httpx.Headers(), parsed=None)
    next(flow)
    for _ in range(ATTEMPTS - 1):
        assert isinstance(flow.send(broken), Sleep)
        flow.send(None)
    with pytest.raises(MalformedResponseError):
        flow.send(broken)


def test_error__of_another_kind_is_raised_as_it_is(sender: Sender) -> None:
    """What is neither the network's nor the service's error, such as that of a caller's hook, is not repeated."""
    flow = read.get(sender, "gm3q")
    next(flow)
    error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError) as caught:
        flow.throw(error)
    assert caught.value is error


def test_clock__is_asked_for_the_right_time(sender: Sender) -> None:
    """A date in an answer is held against the time of day, a limit against the monotonic clock."""

    class TwoClocks(FakeClock):
        def monotonic(self) -> float:
            return 50.0

    sender.clock = TwoClocks(now=1_700_000_000.0)
    flow = read.get(sender, "gm3q", until=60.0)
    next(flow)
    headers = {"Retry-After": "Tue, 14 Nov 2023 22:13:27 GMT"}
    step = flow.send(Response(status_code=429, content=b"{}", headers=headers, parsed=None))
    assert isinstance(step, Sleep) and 7 <= step.seconds < 7.2


def test_cancel__that_is_impatient_has_a_limit_of_its_own(sender: Sender, clock: FakeClock) -> None:
    """With patience, no attempt lasts longer than that, and none begins later."""
    flow = read.cancel(sender, "gm3q", 2.0)
    step = next(flow)
    assert isinstance(step, Call) and step.limit == 2.0
    clock.now += 1.5
    assert flow.throw(httpx.ReadTimeout("slow")) == Sleep(0.5)
    clock.now += 0.5
    assert isinstance(flow.send(None), Call)
    with pytest.raises(TransportError):
        flow.throw(httpx.ReadTimeout("slow"))
