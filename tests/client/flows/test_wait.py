"""Flows stepped through by hand, without a driver or a network."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from helpers.client import BASE_URL, FakeClock, prediction_body
from zeroscope import (
    MalformedResponseError,
    NotFoundError,
    Polling,
    RateLimitError,
    Retry,
    TransportError,
    WaitTimeoutError,
)
from zeroscope._flows import create as _flows
from zeroscope._flows import wait as _waiting
from zeroscope._flows.request import Sender
from zeroscope._flows.wait import WaitOptions, run, wait
from zeroscope._service.api import PredictionModel, Response
from zeroscope._service.responses import Answers
from zeroscope._steps import Call, Sleep
from zeroscope.state import PredictionState

ATTEMPTS = 3


@pytest.fixture
def clock() -> FakeClock:
    """A clock that the test moves."""
    return FakeClock(now=1000.0)


@pytest.fixture
def sender(clock: FakeClock) -> Sender:
    """A sender that retries, without randomness."""
    parser = ResponseParser("secret", BASE_URL)
    return Sender(clock=clock, random=lambda: 0.5, retry=Retry(attempts=ATTEMPTS, initial=1.0), parser=parser)


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


def refused(**headers: str) -> Response[Any]:
    """A 429."""
    return Response(status_code=429, content=b"{}", headers=httpx.Headers(headers), parsed=None)


def test_read__pauses_as_long_as_the_service_asks(sender: Sender, clock: FakeClock) -> None:
    """After a 429 the pause is the one in the answer, and a little more."""
    flow = read.get(sender, "gm3q")
    next(flow)
    step = flow.send(refused(**{"Retry-After": "7"}))
    assert isinstance(step, Sleep) and 7 <= step.seconds < 7.2
    clock.sleep(step.seconds)
    assert isinstance(flow.send(None), Call)


def test_429__holds_back_the_clients_other_requests(sender: Sender, clock: FakeClock) -> None:
    """Until the moment that one 429 named, and a little more, nothing else is sent but a cancel."""
    first = read.get(sender, "gm3q")
    next(first)
    first.send(refused(**{"Retry-After": "10"}))
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
    second.send(refused(**{"Retry-After": "20"}))
    for other in others:
        assert isinstance(other.send(None), Sleep)
    clock.now += 23
    for other in others:
        assert isinstance(other.send(None), Call)


def test_429__holds_no_request_back_beyond_the_wait(sender: Sender, clock: FakeClock) -> None:
    """A wait polls once more at its end, whatever pause the service asked for."""
    sender.gate.close(60)
    flow = _flows.get(sender, "gm3q", until=clock.now + 5)
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
            step = flow.throw(httpx.ConnectError("refused")) if attempts % 2 else flow.send(refused())
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


@pytest.mark.parametrize("answer", [httpx.ReadTimeout("slow"), refused()])
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


def test_run__that_is_closed_sends_nothing_more(sender: Sender) -> None:
    """A run whose flow is thrown away, while it creates or waits, ends without another step."""
    for steps in (1, 2):
        preparing = create.prepare(sender, "v", {}, {})
        flow = run(sender, preparing, PredictionState, WaitOptions())
        next(flow)
        if steps == 2:
            assert isinstance(flow.send([answered("starting")]), Sleep)
        flow.close()
