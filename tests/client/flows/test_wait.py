"""Waits for predictions, stepped through by hand."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from itertools import pairwise
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
from zeroscope._steps import Call, Close, Download, OpenAhead, Read, Sleep, WaitForAny
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


def test_stream__gives_its_connection_up_to_a_poll(sender: Sender, clock: FakeClock) -> None:
    """A poll for which the HTTP client has no connection left is sent again without the stream, for good."""
    body = prediction_body("starting", urls={"stream": "https://x.test/stream"})
    prediction = PredictionState(PredictionModel.from_dict(body))
    flow = wait(sender, prediction, WaitOptions(Polling(), None))
    step: Any = next(flow)
    assert isinstance(step, OpenAhead)
    download = step.download
    assert flow.send(True) == WaitForAny([download], clock.now + 0.4)
    clock.now += 0.4
    poll: Any = flow.send([])
    assert isinstance(poll, Call)
    assert flow.throw(httpx.PoolTimeout("")) == Close(download)
    assert flow.send(None) == poll
    again: Any = flow.send(answered("processing", urls={"stream": "https://x.test/stream"}))
    assert again == Sleep(0.4)


def bar_line(second: int) -> str:
    """A progress bar with a step each second."""
    return f" {second // 4}%|█| {second}/400 [00:09<00:09, 1.0it/s]"


def unrelated_line(second: int) -> str:
    """A line that says nothing of the progress bar, which has stopped."""
    return bar_line(second) if second <= 40 else f"frame {second}"


def polls_beside(sender: Sender, clock: FakeClock, line: Callable[[int], str], end: float, lag: float) -> list[float]:
    """The moments of the polls of a prediction whose stream brings a line each second, up to its end.

    Args:
        end: When the prediction ends, of which the stream says nothing.
        lag: How much later than polls the stream brings its lines after the first half minute, in seconds.
    """
    urls = {"stream": "https://x.test/stream"}
    prediction = PredictionState(PredictionModel.from_dict(prediction_body("starting", urls=urls)))
    flow, start, sent = wait(sender, prediction, WaitOptions(Polling(), None)), clock.now, 0
    polls: list[float] = []
    step: Any = next(flow)
    while True:
        answer: Any = None
        if isinstance(step, OpenAhead):
            step.download.opened = Download(httpx.Response(200, headers={"content-type": "text/event-stream"}), None)
            answer = True
        elif isinstance(step, WaitForAny):
            due = start + sent + 1 + (lag if sent > 30 else 0)
            clock.now = max(clock.now, min(due, step.until))
            answer = step.downloads if due <= step.until else []
        elif isinstance(step, Read):
            sent += 1
            answer = f"event: logs\nid: {sent}\ndata: {line(sent)}\n\n".encode()
        elif isinstance(step, Sleep):
            clock.now += step.seconds
        elif isinstance(step, Call):
            now = clock.now - start
            polls.append(now)
            if now >= end:
                return polls
            logs = "".join(f"{line(second)}\n" for second in range(1, int(now) + 1))
            answer = answered("processing", urls=urls, logs=logs)
        step = flow.send(answer)


@pytest.mark.parametrize("end", [35, 41, 60, 80, 100, 150, 220, 350])
def test_stream__that_goes_on_after_the_end_delays_a_poll_by_what_polls_have_shown(
    sender: Sender, clock: FakeClock, end: float
) -> None:
    """The poll that shows the end follows after no more time than polls had shown before, and a minute at most."""
    *before, last = polls_beside(sender, clock, bar_line, end, 0.0)
    assert last - before[-1] <= min(max(before[-1], Polling().maximum), 60)
    assert len(before) < 12


def test_stream__that_brings_no_progress_delays_no_poll_further(sender: Sender, clock: FakeClock) -> None:
    """Once the progress bar has stopped, other lines spare no more polls than those without progress do."""
    polls = [moment for moment in polls_beside(sender, clock, unrelated_line, 300.0, 0.0) if moment > 40]
    assert max(later - poll for poll, later in pairwise(polls[1:])) <= Polling().maximum + 0.001


def test_stream__that_is_late_delays_no_poll_at_the_end(sender: Sender, clock: FakeClock) -> None:
    """Once a stream has brought lines later than a poll, the last polls come as close together as without one."""
    assert polls_beside(sender, clock, bar_line, 400.0, 3.0)[-1] < 401


def test_stream__that_repeats_the_log_of_the_create_spares_polls(sender: Sender, clock: FakeClock) -> None:
    """A stream that has caught up with the log that is known is alive, though it has brought nothing new."""
    body = prediction_body("starting", urls={"stream": "https://x.test/stream"}, logs="Using seed: 7\n")
    flow = wait(sender, PredictionState(PredictionModel.from_dict(body)), WaitOptions(Polling(), None))
    step: Any = next(flow)
    step.download.opened = Download(httpx.Response(200, headers={"content-type": "text/event-stream"}), None)
    waiting: Any = flow.send(True)
    assert waiting.until == pytest.approx(clock.now + 0.4)
    assert isinstance(flow.send(waiting.downloads), Read)
    waiting = flow.send(b"event: logs\nid: 1\ndata: Using seed: 7\n\n")
    assert waiting.until >= clock.now + 1


def test_stream__that_is_refused_after_a_break_leaves_the_wait_to_polls(sender: Sender, clock: FakeClock) -> None:
    """Where another wait has taken the place of a stream that broke, polls go on, with an attempt after each."""
    body = prediction_body("starting", urls={"stream": "https://x.test/stream"})
    flow = wait(sender, PredictionState(PredictionModel.from_dict(body)), WaitOptions(Polling(), None))
    step: Any = next(flow)
    answer: Any = True
    download, attempts, polls = step.download, 0, 0
    while polls < 5:
        if isinstance(step, OpenAhead):
            attempts += answer is False
        elif isinstance(step, WaitForAny):
            answer = [download]
        elif isinstance(step, Read):
            step, answer = flow.throw(httpx.ReadError("broke")), None
            continue
        elif isinstance(step, Sleep):
            # Nothing else lets time pass.
            assert step.seconds > 0
            clock.now += step.seconds
            answer = None
        elif isinstance(step, Call):
            answer, polls = answered("processing", urls={"stream": "https://x.test/stream"}), polls + 1
        step = flow.send(answer)
        answer = False if isinstance(step, OpenAhead) else None
    assert 1 <= attempts <= polls


@pytest.mark.parametrize("steps", [1, 2])
def test_wait__that_is_closed_forgets_its_stream(sender: Sender, steps: int) -> None:
    """A wait whose flow is thrown away carries out no step any more, not even the end of its stream."""
    body = prediction_body("starting", urls={"stream": "https://x.test/stream"})
    flow = wait(sender, PredictionState(PredictionModel.from_dict(body)), WaitOptions(Polling(), None))
    next(flow)
    if steps == 2:
        flow.send(True)
    flow.close()
