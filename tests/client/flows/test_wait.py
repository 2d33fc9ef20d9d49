"""Waits for predictions, stepped through by hand."""

from __future__ import annotations

from functools import partial
from typing import Any

import httpx
import pytest

from helpers.client import FakeClock, prediction_body, rate_limited
from zeroscope import (
    NotFoundError,
    Polling,
    RateLimitError,
    TransportError,
    WaitTimeoutError,
)
from zeroscope._flows import create, read
from zeroscope._flows.request import Sender
from zeroscope._flows.wait import WaitOptions, run, wait
from zeroscope._service.api import PredictionModel, Response
from zeroscope._steps import Call, Sleep
from zeroscope.state import PredictionState


def answered(status: str, **fields: Any) -> Response[Any]:
    """The answer of a generated endpoint with a prediction in it."""
    parsed = PredictionModel.from_dict(prediction_body(status, **fields))
    return Response(status_code=200, content=b"", headers={}, parsed=parsed)


def test_wait__alternates_sleeps_and_reads_until_the_end(sender: Sender, clock: FakeClock) -> None:
    """A wait sleeps, reads, and returns as soon as the status is final."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(), None))
    step = next(flow)
    assert step == Sleep(0.4)
    clock.sleep(0.5)
    step = flow.send(None)
    assert isinstance(step, Call) and step.name == f"GET /predictions/{prediction.id}"
    assert flow.send(answered("processing")) == Sleep(0.4)
    flow.send(None)
    with pytest.raises(StopIteration):
        flow.send(answered("succeeded"))
    assert prediction.status == "succeeded"


def test_wait__pauses_grow_with_age(sender: Sender, clock: FakeClock) -> None:
    """The longer a wait has lasted, the longer its pauses, up to a limit."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(minimum=1, maximum=8, growth=0.1), 1000))
    pauses: list[float] = []
    step = next(flow)
    while len(pauses) < 60:
        assert isinstance(step, Sleep)
        pauses.append(step.seconds)
        clock.now += step.seconds
        flow.send(None)
        step = flow.send(answered("processing"))
    assert pauses == sorted(pauses)
    assert (pauses[0], pauses[-1]) == (1.0, 8.0)


def test_wait__ends_at_its_limit_and_not_later(sender: Sender, clock: FakeClock) -> None:
    """The last pause is cut to the limit, one more poll follows, and the error carries the prediction."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(minimum=4, maximum=4), 10))
    step: Any = next(flow)
    for pause in (4, 4, 2):
        assert step == Sleep(pause)
        clock.now += pause
        flow.send(None)
        if pause == 2:
            break
        step = flow.send(answered("processing"))
    with pytest.raises(WaitTimeoutError, match=r"was still processing after 10 s; it goes on") as caught:
        flow.send(answered("processing"))
    assert caught.value.prediction is prediction


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("slow"), rate_limited()])
def test_trouble_at_the_end_of_a_wait__is_a_timeout(sender: Sender, clock: FakeClock, answer: Any) -> None:
    """When the time is up while the service cannot be asked, the time being up is the news, and the rest its cause."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(), 0.5))
    next(flow)
    clock.now += 0.5
    flow.send(None)
    with pytest.raises(WaitTimeoutError) as caught:
        flow.throw(answer) if isinstance(answer, Exception) else flow.send(answer)
    assert isinstance(caught.value.__cause__, TransportError | RateLimitError)
    assert caught.value.prediction is prediction


def test_trouble_while_waiting__carries_the_prediction(sender: Sender) -> None:
    """An error after the creation tells which paid job it has left behind."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(), 60))
    next(flow)
    flow.send(None)
    with pytest.raises(NotFoundError) as caught:
        flow.send(Response(status_code=404, content=b"{}", headers=httpx.Headers(), parsed=None))
    assert caught.value.prediction is prediction
    assert f"Prediction {prediction.id} goes on" in caught.value.__notes__[0]


def waiting(sender: Sender, clock: FakeClock, timeout: float | None) -> float:
    """How long a wait for a prediction that does not end lasts, stepped through by hand."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = wait(sender, prediction, WaitOptions(Polling(), timeout))
    start = clock.now
    step = next(flow)
    try:
        while True:
            assert isinstance(step, Sleep)
            clock.now += step.seconds
            flow.send(None)
            step = flow.send(answered("processing"))
    except WaitTimeoutError:
        return clock.now - start


def test_wait__lasts_a_little_longer_than_a_run_may(sender: Sender, clock: FakeClock) -> None:
    """Without a timeout, a wait outlasts the service's own limit of 30 minutes, and not by much."""
    assert waiting(sender, clock, None) == pytest.approx(35 * 60)


def test_timeout__says_only_once_that_the_prediction_goes_on(sender: Sender, clock: FakeClock) -> None:
    """An error that carries its prediction, and says that it goes on, needs no note."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    with pytest.raises(WaitTimeoutError) as caught:
        next(wait(sender, prediction, WaitOptions(Polling(), 0)))
    assert not hasattr(caught.value, "__notes__")


def test_pauses__are_spread_by_the_random_numbers(sender: Sender) -> None:
    """The pauses of a wait and those before another attempt differ from client to client."""
    for number, poll, pause in ((0.0, 0.36, 0.5), (1.0, 0.44, 1.5)):
        sender.random = lambda number=number: number  # type: ignore[misc]  # not inferred with a default
        prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
        waits: Any = next(wait(sender, prediction, WaitOptions(Polling(), None)))
        assert waits.seconds == pytest.approx(poll)
        flow = read.get(sender, "gm3q")
        next(flow)
        assert flow.throw(httpx.ConnectError("refused")) == Sleep(pause)


def test_run__that_is_closed_sends_nothing_more(sender: Sender) -> None:
    """A run whose flow is thrown away, while it creates or waits, ends without another step."""
    for steps in (1, 2):
        prepare = partial(create.prepare, sender, "v", {}, {}, ())
        flow = run(sender, prepare, PredictionState, WaitOptions())
        next(flow)
        if steps == 2:
            assert isinstance(flow.send([answered("starting")]), Sleep)
        flow.close()
