"""The logic by itself: flows stepped through by hand, with no driver, no network and no clock but the test's."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from support import FakeClock, prediction_body
from zeroscope import Polling, Retry, TransportError, WaitTimeoutError, _flows
from zeroscope._api import Answers, PredictionModel, Response
from zeroscope._drive import SyncDriver
from zeroscope._sending import Sender
from zeroscope._steps import Call, Emit, Flow, Sleep, Stream, Work
from zeroscope.prediction import PredictionState


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock(now=1000.0)


@pytest.fixture
def sender(clock: FakeClock) -> Sender:
    """A sender that retries, without randomness."""
    return Sender(clock=clock, random=lambda: 0.5, retry=Retry(attempts=3, first=1.0), answers=Answers("secret"))


def answered(status: str, **fields: Any) -> Response[Any]:
    """The answer of a generated endpoint with a prediction in it."""
    parsed = PredictionModel.from_dict(prediction_body(status, **fields))
    return Response(status_code=200, content=b"", headers={}, parsed=parsed)


def test_wait__alternates_sleeps_and_reads_until_the_end(sender: Sender, clock: FakeClock) -> None:
    """A wait sleeps, reads, and returns as soon as the status is final."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = _flows.wait(sender, prediction, Polling(), None, None)
    step = next(flow)
    assert step == Sleep(0.5)
    clock.sleep(0.5)
    step = flow.send(None)
    assert isinstance(step, Call) and step.name == f"GET /predictions/{prediction.id}"
    assert flow.send(answered("processing")) == Sleep(0.5)
    flow.send(None)
    with pytest.raises(StopIteration):
        flow.send(answered("succeeded"))
    assert prediction.status == "succeeded"


def test_wait__pauses_grow_with_age(sender: Sender, clock: FakeClock) -> None:
    """The longer a wait has lasted, the longer its pauses, up to a limit."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = _flows.wait(sender, prediction, Polling(shortest=1, longest=8, share=0.1), 1000, None)
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
    """The last pause is cut to the limit, one more look follows, and the error carries the prediction."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = _flows.wait(sender, prediction, Polling(shortest=4, longest=4), 10, None)
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


def test_read__pauses_as_long_as_the_service_asks(sender: Sender) -> None:
    """After a 429 the pause is the one in the answer, and a little more."""
    flow = _flows.get(sender, "gm3q")
    next(flow)
    refused: Response[Any] = Response(status_code=429, content=b"{}", headers={"Retry-After": "7"}, parsed=None)
    step = flow.send(refused)
    assert isinstance(step, Sleep) and 7 <= step.seconds < 7.2
    assert isinstance(flow.send(None), Call)


def test_read__does_not_outlast_the_wait(sender: Sender, clock: FakeClock) -> None:
    """A pause that would end after the wait's limit is not begun."""
    flow = _flows.get(sender, "gm3q", until=clock.now + 0.5)
    next(flow)
    with pytest.raises(TransportError):
        flow.throw(httpx.ConnectError("refused"))


def test_trouble_while_waiting__carries_the_prediction(sender: Sender) -> None:
    """An error after the creation tells which paid job it has left behind."""
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting")))
    flow = _flows.wait(sender, prediction, Polling(), 0.6, None)
    next(flow)
    flow.send(None)
    with pytest.raises(TransportError) as caught:
        flow.throw(httpx.ReadTimeout("slow"))
    assert caught.value.prediction is prediction
    assert f"Prediction {prediction.id} goes on" in caught.value.__notes__[0]


def driver() -> SyncDriver:
    """A driver with nothing behind it."""
    return SyncDriver(None, None, FakeClock())  # type: ignore[arg-type]  # the flows under test call nobody


def test_driver__throws_what_a_step_raises_into_the_flow() -> None:
    """A flow can catch what happens while one of its steps is carried out, interrupts included."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    def flow() -> Flow[str]:
        try:
            yield Work(interrupted)
        except KeyboardInterrupt:
            result: str = yield Work(lambda: "cleaned up")
            return result
        return "not interrupted"

    assert driver().run(flow()) == "cleaned up"


def test_stream__yields_what_is_emitted_and_is_closed_with_the_iterator() -> None:
    """Steps between two values are carried out when the second is asked for, and a stream left early is closed."""
    done: list[str] = []

    def stream() -> Stream[int]:
        try:
            yield Emit(1)
            yield Work(lambda: done.append("worked"))
            yield Emit(2)
            yield Emit(3)
        finally:
            done.append("closed")

    values = driver().iterate(stream())
    assert next(values) == 1 and done == []
    assert next(values) == 2 and done == ["worked"]
    values.close()  # type: ignore[attr-defined]  # a generator, for which Iterator is the public type
    assert done == ["worked", "closed"]
