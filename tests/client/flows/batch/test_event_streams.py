"""Event streams that batches follow, against the mock server on its virtual clock."""

from __future__ import annotations

import asyncio
import math
from collections import Counter
from typing import Any, NamedTuple

import httpx
import pytest

from helpers.client import prediction_body, prompts, run_many
from helpers.hostile_streams import HostileTransport
from zeroscope import Polling
from zeroscope._flows.connection_pool import with_connections
from zeroscope._flows.event_stream import MAX_CONNECTIONS, EventStream
from zeroscope._flows.request import Sender
from zeroscope._service.api import PredictionModel
from zeroscope._steps import Call, Close, Flow, Gather, OpenAhead, Read, ReadAhead
from zeroscope.state import PredictionState
from zeroscope_mock import MockServer

WITHOUT_STREAM = Polling(stream=False)
# The most predictions whose streams are followed.
FEW = 8


class Outcome(NamedTuple):
    """What came of a batch, in seconds and in requests."""

    late: float
    requests: Counter[str | None]
    results: list[Any]
    updates: int
    streams: int


def run(kind: str, count: int, seconds: float, *, stream: str = "honest", polling: Polling | None = None) -> Outcome:
    """Run a batch on a server, all of whose streams are of one kind."""
    server = MockServer(seed=3, journal_limit=100_000)
    server.scripts.add({"startup": 1, "run": seconds - 1}, times=None)
    transport = HostileTransport(server, stream)
    http = httpx.Client(transport=transport) if kind == "sync" else httpx.AsyncClient(transport=transport)
    late: list[float] = []
    updates = 0

    def update(prediction: Any) -> None:
        nonlocal updates
        updates += 1
        if prediction.done:
            late.append(server.clock.time() - prediction.completed_at.timestamp())

    settings = {"http_client": http, "random": lambda: 0.5, "poll": polling or Polling()}
    results = run_many(kind, server, prompts(count), settings, on_update=update)
    assert all(result.error is None and len(result.videos) == 1 for result in results)
    assert [response for response in transport.open if not response.is_closed] == []
    requests = Counter(exchange.operation for exchange in server.journal)
    assert requests["createPrediction"] == len(late) == count
    return Outcome(max(late), requests, results, updates, transport.streams)


@pytest.mark.parametrize("seconds", [20.0, 60.0, 300.0])
@pytest.mark.parametrize("count", [1, 3, FEW])
def test_ends__are_known_when_they_happen(kind: str, count: int, seconds: float) -> None:
    """Each result of a small batch comes with the end of its stream, for one read more and no more polls."""
    without = run(kind, count, seconds, polling=WITHOUT_STREAM)
    outcome = run(kind, count, seconds)
    assert outcome.late == pytest.approx(0.0, abs=1e-3) and without.late > 0.1
    assert outcome.requests["streamPrediction"] == count
    del outcome.requests["streamPrediction"]
    assert outcome.requests.total() <= without.requests.total() + count
    assert outcome.updates > 2 * without.updates


@pytest.mark.parametrize(("count", "polling"), [(3, WITHOUT_STREAM), (FEW + 1, Polling())], ids=["off", "too many"])
def test_batch__follows_no_streams(kind: str, count: int, polling: Polling) -> None:
    """Where streams are switched off, and while many predictions are running, the batch polls."""
    assert run(kind, count, 20.0, polling=polling).streams == 0


def test_last_predictions__are_followed(kind: str) -> None:
    """Once few predictions of a large batch are left, their ends are known when they happen."""
    server = MockServer(seed=3, journal_limit=100_000)
    server.scripts.add(lambda input: {"run": 20 if int(input["prompt"].split()[-1]) < 27 else 120}, times=None)
    late: dict[str, float] = {}

    def update(prediction: Any) -> None:
        if prediction.done:
            late[prediction.input["prompt"]] = server.clock.time() - prediction.completed_at.timestamp()

    run_many(kind, server, prompts(30), on_update=update)
    assert [late[f"lighthouse {number}"] for number in range(27, 30)] == pytest.approx([0.0] * 3, abs=1e-3)
    assert Counter(exchange.operation for exchange in server.journal)["streamPrediction"] <= FEW


@pytest.mark.parametrize(
    "name",
    [
        "silent",
        "done_at_once",
        "done_in_the_middle",
        "never_done",
        "of_another_prediction_without_end",
        "progress_that_is_made_up",
        "runs_ahead",
        "holds_lines_back",
        "breaks_after_each_event",
        "ends_at_once_and_hurries",
        "huge_event",
        "html",
        "no free connection",
        "an exception of a transport",
        "404",
        "503",
    ],
)
def test_hostile_streams__cost_nothing(kind: str, name: str) -> None:
    """Whatever the streams send, the results are those of the reads, no later than without streams."""
    without = run(kind, 2, 300.0, polling=WITHOUT_STREAM)
    outcome = run(kind, 2, 300.0, stream=name)
    assert 0 <= outcome.late <= without.late + Polling().minimum
    assert 1 <= outcome.streams <= 2 * MAX_CONNECTIONS
    polls = [each.requests["getPrediction"] + each.requests["listPredictions"] for each in (outcome, without)]
    assert polls[0] <= polls[1] + 2 * MAX_CONNECTIONS + 2
    logs = [[result.prediction.logs for result in each.results] for each in (outcome, without)]
    assert logs[0] == logs[1]


def test_stream_of_another_prediction__is_left_after_a_poll(kind: str) -> None:
    """Once a poll of the list has shown that the lines are another prediction's, no more of them are told."""
    told: list[str] = []
    server = MockServer(seed=3)
    server.scripts.add({"startup": 1, "run": 299}, times=None)
    transport = HostileTransport(server, "of_another_prediction_without_end")
    http = httpx.Client(transport=transport) if kind == "sync" else httpx.AsyncClient(transport=transport)

    def update(prediction: Any) -> None:
        told.extend(line for line in prediction.logs.splitlines()[-1:] if line.startswith("another"))

    run_many(kind, server, prompts(2), {"http_client": http}, on_update=update)
    assert 1 <= len(told) < 30


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError])
def test_end_of_a_batch__closes_the_streams(kind: str, error: type[BaseException]) -> None:
    """Ctrl-C and an exception of the callback close all streams, and Ctrl-C cancels the predictions as ever."""
    server = MockServer(seed=3)
    transport = HostileTransport(server, "honest")
    http = httpx.Client(transport=transport) if kind == "sync" else httpx.AsyncClient(transport=transport)

    def stop(prediction: Any) -> None:
        if "%" in prediction.logs:
            assert len([response for response in transport.open if not response.is_closed]) == 3
            raise error

    with pytest.raises(error):
        run_many(kind, server, prompts(3), {"http_client": http}, on_update=stop)
    assert len(transport.open) == 3 and all(response.is_closed for response in transport.open)
    with server.client() as client:
        statuses = {prediction.status for prediction in client.predictions.list()}
    assert (statuses == {"canceled"}) is (error is KeyboardInterrupt)


def test_loop_that_is_left__closes_the_streams(kind: str) -> None:
    """A caller who takes only some results leaves no stream open."""
    server = MockServer(seed=3)
    server.scripts.add(lambda input: {"run": 20 + 20 * int(input["prompt"][-1])}, times=None)
    transport = HostileTransport(server, "honest")
    if kind == "sync":
        with server.client(http_client=httpx.Client(transport=transport)) as client:
            results: Any = client.as_completed(prompts(3))
            assert next(results).index == 0
            assert sum(not response.is_closed for response in transport.open) == 2
            results.close()
            assert all(response.is_closed for response in transport.open)
        return

    async def main() -> None:
        async with server.async_client(http_client=httpx.AsyncClient(transport=transport)) as client:
            results: Any = client.as_completed(prompts(3))
            assert (await anext(results)).index == 0
            assert sum(not response.is_closed for response in transport.open) == 2
            await results.aclose()
            assert all(response.is_closed for response in transport.open)

    asyncio.run(main())


def followed(sender: Sender) -> EventStream:
    """A stream that has a connection."""
    body = prediction_body("starting", urls={"stream": "https://x.test/stream"})
    stream = EventStream(sender, PredictionState(PredictionModel.from_dict(body)), 1e12)
    opening = stream.open(1e12)
    assert isinstance(next(opening), OpenAhead)
    with pytest.raises(StopIteration):
        opening.send(True)
    return stream


def test_calls_without_connections__get_those_of_the_streams(sender: Sender) -> None:
    """Of several calls, only those that were not sent are sent again, once the streams are closed."""
    stream = followed(sender)
    calls = [Call(None, {}, f"POST /{number}") for number in range(3)]

    def create() -> Flow[list[Any]]:
        step = Gather(calls)
        yield step
        return step.results

    flow = with_connections(create(), lambda: [stream])
    step: Any = next(flow)
    step.results[:] = ["first", httpx.PoolTimeout(""), httpx.ReadTimeout("")]
    assert isinstance(flow.send(step.results), Close) and stream.is_left
    again: Any = flow.send(None)
    assert again.calls == [calls[1]]
    again.results[0] = "second"
    with pytest.raises(StopIteration) as caught:
        flow.send(again.results)
    assert caught.value.value[:2] == ["first", "second"] and isinstance(caught.value.value[2], httpx.ReadTimeout)


def test_stream_without_a_connection__costs_no_other(sender: Sender) -> None:
    """A stream that finds no free connection is not the matter of those that have one."""
    stream = followed(sender)
    read = Read(ReadAhead())

    def receive() -> Flow[None]:
        with pytest.raises(httpx.PoolTimeout):
            yield read

    flow = with_connections(receive(), lambda: [stream])
    assert next(flow) is read
    with pytest.raises(StopIteration):
        flow.throw(httpx.PoolTimeout(""))
    assert stream.download is not None


def test_interrupt__while_calls_are_sent_again_loses_nothing(sender: Sender) -> None:
    """What has arrived before an interrupt is known to the flow, which is interrupted."""
    stream = followed(sender)
    step = Gather([Call(None, {}, f"POST /{number}") for number in range(2)])

    def create() -> Flow[None]:
        try:
            yield step
        except KeyboardInterrupt:
            assert step.results == [None, "second"]
            raise

    flow = with_connections(create(), lambda: [stream])
    next(flow)
    step.results[:] = [httpx.PoolTimeout(""), httpx.PoolTimeout("")]
    flow.send(step.results)
    again: Any = flow.send(None)
    again.results[1] = "second"
    with pytest.raises(KeyboardInterrupt):
        flow.throw(KeyboardInterrupt())


def test_stream__that_cannot_be_opened_again_wakes_no_wait(sender: Sender) -> None:
    """A stream that broke, and finds too many others open or its URL gone, is tried with the next poll or never."""
    for urls in ({"stream": "https://x.test/stream"}, {}):
        stream = followed(sender)
        breaking = stream._break("cut", None)
        next(breaking)
        with pytest.raises(StopIteration):
            breaking.send(None)
        sender.clock.sleep(stream.reopen_at - sender.clock.monotonic())
        stream._prediction._update(PredictionModel.from_dict(prediction_body("starting", urls=urls)))
        opening = stream.open(1e12)
        if urls:
            assert isinstance(next(opening), OpenAhead)
            with pytest.raises(StopIteration):
                opening.send(False)
        else:
            assert list(opening) == []
        assert stream.download is None and stream.reopen_at == (1e12 if urls else math.inf)
