"""Many inputs at once, against the mock server on its virtual clock."""

from __future__ import annotations

import asyncio
import gzip
import itertools
import pickle
from collections import Counter
from collections.abc import Callable, Iterator
from random import Random
from statistics import median
from typing import Any

import httpx
import orjson
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, ScriptedResponses, prediction_body, prompts, run_many
from zeroscope._flows.request import MAX_IN_FLIGHT
from zeroscope._steps import Gather
from zeroscope_mock import MockServer

TEN_MINUTES = {"startup": 1, "run": 599}


class Lists(httpx.BaseTransport, httpx.AsyncBaseTransport):
    """Leads to a server, and leaves fields out of what its lists say, as the service may.

    Args:
        missing: The fields.
    """

    def __init__(self, server: MockServer, *missing: str) -> None:
        self._transport, self._missing = server.transport, missing

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        return self._short(request, self._transport.handle_request(request))

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        return self._short(request, await self._transport.handle_async_request(request))

    def _short(self, request: httpx.Request, response: httpx.Response) -> httpx.Response:
        content = b"".join(response.stream)  # type: ignore[arg-type]  # both kinds
        if response.headers.pop("content-encoding", None) == "gzip":
            content = gzip.decompress(content)
        if request.method == "GET" and request.url.path.endswith("/predictions") and response.status_code == 200:
            try:
                page = orjson.loads(content)
            except ValueError:
                # A fault has cut it.
                return httpx.Response(200, content=content)
            entries = [
                {name: value for name, value in entry.items() if name not in self._missing} for entry in page["results"]
            ]
            return httpx.Response(200, content=orjson.dumps({**page, "results": entries}))
        return httpx.Response(response.status_code, headers=response.headers, content=content)

    def client(self, kind: str) -> dict[str, Any]:
        """The settings of a client that goes this way."""
        return {"http_client": httpx.Client(transport=self) if kind == "sync" else httpx.AsyncClient(transport=self)}


@pytest.fixture
def server() -> MockServer:
    """A server that remembers all that is asked of it here."""
    return MockServer(seed=11, journal_limit=100_000)


def asked(server: MockServer) -> Counter[str | None]:
    """How often each operation was asked for."""
    return Counter(exchange.operation for exchange in server.journal)


def test_results__are_in_the_order_of_the_inputs(kind: str, server: MockServer) -> None:
    """However long each takes, the results stand where the inputs stood, with the videos of each."""
    server.scripts.add(lambda input: {"run": 100 - 10 * int(input["prompt"][-1])}, times=None)
    results = run_many(kind, server, prompts(6), concurrency=6)
    assert [(result.index, result.input) for result in results] == list(enumerate(prompts(6)))
    assert [result.prediction.input for result in results] == prompts(6)
    assert all(result.error is None and result.raise_for_error() is result for result in results)
    assert [result.videos[0].prediction for result in results] == [result.prediction for result in results]


def test_as_completed__tells_of_each_as_it_ends(server: MockServer) -> None:
    """The quickest comes first."""
    server.scripts.add(lambda input: {"run": 100 - 30 * int(input["prompt"][-1])}, times=None)
    with server.client() as client:
        assert [result.index for result in client.as_completed(prompts(3))] == [2, 1, 0]

    async def main() -> list[int]:
        async with server.async_client() as client:
            return [result.index async for result in client.as_completed(prompts(3))]

    assert asyncio.run(main()) == [2, 1, 0]


@pytest.mark.parametrize("count", [0, 1])
def test_inputs__may_be_few(kind: str, server: MockServer, count: int) -> None:
    """Nothing comes to nothing, and any iterable will do."""
    assert len(run_many(kind, server, iter(prompts(count)))) == count


def test_concurrency__is_kept_to(kind: str, server: MockServer) -> None:
    """At no time are more predictions under way than were asked for."""
    under_way: set[str] = set()
    most = 0

    def count(prediction: Any) -> None:
        nonlocal most
        (under_way.discard if prediction.done else under_way.add)(prediction.id)
        most = max(most, len(under_way))

    server.scripts.add(lambda input: {"run": 5}, times=None)
    run_many(kind, server, prompts(10), concurrency=3, on_update=count)
    assert most == 3


@pytest.mark.parametrize("concurrency", [1, 5])
def test_iterator__is_read_as_there_is_room(server: MockServer, concurrency: int) -> None:
    """Inputs of an iterator are read when they are created, so that there may be any number of them."""
    read = 0

    def inputs() -> Iterator[dict[str, Any]]:
        nonlocal read
        for input in prompts(20):
            read += 1
            yield input

    with server.client() as client:
        for number, result in enumerate(client.as_completed(inputs(), concurrency=concurrency)):
            assert result.error is None
            assert read <= min(number + 1 + concurrency, 20)
    assert read == 20


def test_iterator__may_have_predictions(kind: str, server: MockServer) -> None:
    """A prediction among the inputs of an iterator is waited for when its turn comes."""
    server.scripts.add(lambda input: {"run": 5}, times=None)
    given: list[Any] = run_many(kind, server, prompts(2))
    inputs = iter([given[0].prediction, {"prompt": "a"}, given[1].prediction, {"prompt": "b"}])
    results = run_many(kind, server, inputs, concurrency=1)
    assert [result.error for result in results] == [None] * 4
    assert [result.prediction.id for result in results[::2]] == [one.prediction.id for one in given]
    assert asked(server)["createPrediction"] == 4


def test_iterator__that_raises_leaves_predictions_running(kind: str, server: MockServer) -> None:
    """The error of an iterator ends the batch, and its notes name the predictions that go on."""

    def inputs() -> Iterator[dict[str, Any]]:
        yield from prompts(3)
        raise OSError("the file is gone")

    server.scripts.add({"run": 60}, times=None)
    with pytest.raises(OSError, match="the file is gone") as error:
        run_many(kind, server, inputs())
    (note,) = error.value.__notes__
    assert all(record.id in note for record in _listed(server)) and asked(server)["cancelPrediction"] == 0


def _listed(server: MockServer) -> list[Any]:
    with server.client() as client:
        return list(client.predictions.list())


def test_what_goes_wrong_with_one__is_in_its_result_alone(kind: str, server: MockServer) -> None:
    """Inputs that the spec forbids, failures and aborts keep none of the others."""
    inputs = [
        {"prompt": "a"},
        {"prompt": "mock:fail out of luck"},
        {"widht": 3},
        "no mapping",
        {"prompt": "mock:abort"},
        {"prompt": "mock:empty"},
        {"prompt": "mock:expire"},
        {"prompt": "b"},
    ]
    results = run_many(kind, server, inputs)
    assert [type(result.error).__name__ for result in results] == [
        "NoneType",
        "PredictionFailedError",
        "InvalidInputError",
        "InvalidInputError",
        "PredictionCanceledError",
        "EmptyOutputError",
        "OutputExpiredError",
        "NoneType",
    ]
    assert [result.prediction is not None for result in results] == [True, True, False, False, True, True, True, True]
    assert "did you mean width?" in str(results[2].error)
    assert results[1].videos == [] and repr(results[1]).endswith("PredictionFailedError>")
    with pytest.raises(zeroscope.PredictionFailedError, match="out of luck"):
        results[1].raise_for_error()


@pytest.mark.parametrize(
    ("missing", "reads"), [((), 0), (("logs",), 20), (("output",), 20), (("input", "logs", "output"), 20)]
)
def test_list__that_tells_all_needs_no_reads(kind: str, server: MockServer, missing: list[str], reads: int) -> None:
    """What has ended is read by itself only where the list leaves something out, and then nothing is missing either."""
    server.scripts.add({"run": 60}, times=None)
    settings = {**Lists(server, *missing).client(kind), "poll": zeroscope.Polling(stream=False)}
    results = run_many(kind, server, prompts(20), settings)
    assert asked(server)["getPrediction"] == reads
    assert all(len(result.videos) == 1 and result.prediction.seed is not None for result in results)
    assert [result.prediction.input for result in results] == prompts(20)


@pytest.mark.parametrize(("count", "concurrency"), [(400, 400), (300, 100)], ids=["at once", "in turn"])
def test_many_of_ten_minutes__take_few_requests(kind: str, server: MockServer, count: int, concurrency: int) -> None:
    """All requests together are at most two and a half for each prediction, creates included."""
    server.scripts.add(TEN_MINUTES, times=None)
    results = run_many(kind, server, prompts(count), Lists(server, "logs").client(kind), concurrency=concurrency)
    assert all(result.error is None for result in results)
    requests = asked(server)
    print(f"{kind}, {concurrency} at a time: {dict(requests)}, {requests.total() / count} for each")
    assert requests["createPrediction"] == count
    assert requests.total() <= 2.5 * count


@pytest.mark.parametrize("missing", [(), ("output",)], ids=["whole", "without output"])
def test_results__are_known_soon_after_the_ends(kind: str, server: MockServer, missing: tuple[str, ...]) -> None:
    """The bars in the logs of the list show when to poll, so that results come early after few requests."""
    lengths = [30 + 60 * (number * 0.6180339887498949 % 1) for number in range(200)]
    server.scripts.add(lambda input: {"startup": 5, "run": lengths[int(input["prompt"].split()[1])]}, times=None)
    late: list[float] = []

    def measure(prediction: Any) -> None:
        if prediction.done:
            late.append(server.clock.time() - prediction.completed_at.timestamp())

    settings = {**Lists(server, *missing).client(kind), "random": Random(1).random}
    results = run_many(kind, server, prompts(200), settings, concurrency=200, on_update=measure)
    assert all(result.error is None for result in results) and len(late) == 200
    assert median(late) < 1.2 and max(late) < 5
    assert asked(server)["listPredictions"] < 0.5 * 200


def test_page__that_held_ours_is_polled_again(kind: str, server: MockServer) -> None:
    """Newer predictions of others are read once; after that, the poll begins with the page of ours."""
    server.scripts.add(lambda input: {"run": 60 if "lighthouse" in input["prompt"] else 3600}, times=None)
    with server.client() as client:
        ours = [client.predictions.create(input) for input in prompts(20)]
        for number in range(150):
            client.predictions.create({"prompt": f"of others {number}"})
    given: Any = ours
    if kind == "async":

        async def get() -> list[Any]:
            async with server.async_client() as client:
                return [await client.predictions.get(one.id) for one in ours]

        given = asyncio.run(get())
    results = run_many(kind, server, given)
    assert all(result.error is None for result in results)
    paths = [exchange.path for exchange in server.journal if exchange.operation == "listPredictions"]
    assert len(paths) > 4 and ["cursor" in path for path in paths] == [False, *[True] * (len(paths) - 1)]


def storm(server: MockServer, share: float) -> None:
    """Let a share of all requests fail, each in one of twelve ways."""
    ways: list[dict[str, Any]] = [
        {"status": 429, "retry_after": 2},
        {"status": 429, "body": {"status": 429}, "content_type": "application/problem+json"},
        {"status": 500},
        {"status": 502},
        {"status": 503},
        {"status": 529, "html": True},
        {"html": True},
        {"reset": "before"},
        {"reset": "after"},
        {"hang": 70},
        {"hang": 70, "carried_out": True},
        {"truncate": 0.5},
    ]
    # They are tried one after another, so each share is one of those that the others have left.
    chances = [share / len(ways) / (1 - number * share / len(ways)) for number in range(len(ways))]
    for way, chance in zip(ways, chances, strict=True):
        server.faults.add(**way, probability=chance)


def test_storm__leaves_every_input_accounted_for(kind: str, server: MockServer) -> None:
    """With three requests in ten failing, nothing is created twice and every unknown outcome is reported."""
    copies: Counter[str] = Counter()

    def script(input: dict[str, Any]) -> dict[str, Any]:
        copies[input["prompt"]] += 1
        return {"run": 60}

    storm(server, 0.3)
    server.scripts.add(script, times=None)
    settings = {"timeout": 20, **Lists(server, "logs").client(kind)}
    results = run_many(kind, server, prompts(1000), settings, concurrency=200)
    ways = Counter(type(result.error).__name__ for result in results)
    struck = sum(bool(exchange.fault) for exchange in server.journal)
    requests = asked(server)
    print(f"{kind}: {dict(ways)}; {dict(requests)}, of which {struck} failed; {len(copies)} predictions were created")
    assert [result.index for result in results] == list(range(1000))
    assert set(ways) == {"NoneType", "UnknownOutcomeError"}
    assert max(copies.values()) == 1
    # Everything that was created is in a result, or in an error that says that it may have been.
    known = {result.input["prompt"] for result in results if result.prediction is not None}
    doubtful = {result.input["prompt"] for result in results if isinstance(result.error, zeroscope.UnknownOutcomeError)}
    assert known | doubtful == {f"lighthouse {number}" for number in range(1000)}
    assert known <= copies.keys() <= known | doubtful
    assert 0.25 < struck / (requests.total()) < 0.35


def test_one_429__slows_all(kind: str, server: MockServer) -> None:
    """After a 429 nothing is sent until the time that it named, neither creates nor polls."""
    server.scripts.add(TEN_MINUTES, times=None)
    server.faults.add(operation="listPredictions", status=429, retry_after=50, nth=3)
    run_many(kind, server, prompts(200), concurrency=150)
    (number,) = [number for number, exchange in enumerate(server.journal) if exchange.status == 429]
    assert server.journal[number + 1].time - server.journal[number].time >= 50


def test_creates__are_paced_by_what_the_service_says_is_left(kind: str) -> None:
    """An account that may create six a minute is not pushed: there is no 429 at all."""
    server = MockServer(rate_limits="low-credit", journal_limit=10_000)
    results = run_many(kind, server, prompts(12))
    assert [result.error for result in results] == [None] * 12
    assert not any(exchange.status == 429 for exchange in server.journal)


@pytest.mark.parametrize(("status", "error"), [(401, "AuthenticationError"), (402, "PaymentRequiredError")])
def test_what_would_meet_all__is_not_asked_for_again(kind: str, server: MockServer, status: int, error: str) -> None:
    """A wrong token or an empty account ends what has not been created, without another request for each."""
    server.faults.add(operation="createPrediction", status=status, skip=16)
    results = run_many(kind, server, prompts(200), concurrency=100)
    assert Counter(type(result.error).__name__ for result in results) == {"NoneType": 16, error: 184}
    assert asked(server)["createPrediction"] <= 24


def test_throttled_for_ever__ends(kind: str, server: MockServer) -> None:
    """A service that lets no create through is given up, and each input says so."""
    server.faults.add(operation="createPrediction", status=429, retry_after=10)
    results = run_many(kind, server, prompts(20), timeout=300)
    assert {type(result.error).__name__ for result in results} == {"RateLimitError"}
    assert 300 <= server.clock.monotonic() < 400


def test_throttled_after_a_long_run__is_no_reason_to_give_up(kind: str, server: MockServer) -> None:
    """What counts is for how long creates are refused, not when the last one was made."""
    server.scripts.add({"startup": 0, "run": 390}, times=None)
    server.faults.add(operation="createPrediction", status=429, retry_after=10, skip=1, times=2)
    results = run_many(kind, server, prompts(2), concurrency=1, timeout=400)
    assert [result.error for result in results] == [None, None]


def test_service_that_never_answers__ends_the_batch_in_time(kind: str, server: MockServer) -> None:
    """After one create without a response within the timeout, the others are not sent, and say so."""
    server.faults.add(hang=True)
    results = run_many(kind, server, prompts(1000), timeout=30)
    assert server.clock.monotonic() <= 32
    assert Counter(type(result.error).__name__ for result in results) == {
        "UnknownOutcomeError": 1,
        "TransportError": 999,
    }
    assert asked(server) == {"createPrediction": 1}
    message = "POST /predictions was not sent, so no prediction was created: the service has answered none for 30 s"
    assert str(results[-1].error).startswith(message)


def test_service_that_refuses_connections__is_given_up(harness: Harness) -> None:
    """Creates that did not reach the service are repeated for the length of the timeout, and then no more."""
    script = ScriptedResponses(httpx.ConnectError("refused"))
    start = harness.clock.now
    results = harness.do(harness.client(script).run_many, prompts(1000), timeout=3)
    assert harness.clock.now <= start + 3 + 4
    assert {type(result.error) for result in results} == {zeroscope.TransportError}
    assert len(script.requests) < 40


def in_turn(kind: str) -> int:
    """How many requests of a sync client's wave take their time one after another, by the mock's virtual clock."""
    return MAX_IN_FLIGHT if kind == "sync" else 1


@pytest.mark.parametrize(
    ("operation", "cancel", "more"),
    [("listPredictions", False, 2), (None, False, 2), (None, True, 7)],
    ids=["list", "all", "all, with cancels"],
)
def test_service_that_answers_no_more__ends_the_batch_in_time(
    kind: str, server: MockServer, operation: str | None, cancel: bool, more: float
) -> None:
    """Predictions that were created end with a timeout, however many they are, even if none can be read any more."""
    server.scripts.add(TEN_MINUTES, times=None)
    for name in ("listPredictions", "getPrediction", "cancelPrediction"):
        if operation in {None, name}:
            server.faults.add(operation=name, hang=True)
    results = run_many(kind, server, prompts(200), concurrency=200, timeout=30, cancel_on_timeout=cancel)
    assert server.clock.monotonic() <= 30 + more * in_turn(kind)
    assert {type(result.error) for result in results} == {zeroscope.WaitTimeoutError}
    assert all("was still" in str(result.error) for result in results)


def test_service_that_answers_some_creates__ends_the_batch_in_time(kind: str, server: MockServer) -> None:
    """The wave that meets with silence and the predictions that run have their time, one after the other."""
    server.scripts.add(TEN_MINUTES, times=None)
    server.faults.add(hang=True, skip=33)
    results = run_many(kind, server, prompts(1000), timeout=30)
    assert server.clock.monotonic() <= 30 + 32 * in_turn(kind)
    ways = Counter(type(result.error).__name__ for result in results)
    assert ways["UnknownOutcomeError"] <= 8 and ways["WaitTimeoutError"] >= 25
    assert ways.total() == ways["UnknownOutcomeError"] + ways["WaitTimeoutError"] + ways["TransportError"] == 1000


def test_requests__are_limited_by_what_is_left(harness: Harness) -> None:
    """A create may take the timeout and what the service may hold it; lists and reads what their items have left."""
    limits: list[tuple[str, float]] = []

    def answer(request: httpx.Request) -> httpx.Response:
        limits.append((f"{request.method} {request.url.path[3:]}", request.extensions["timeout"]["read"]))
        if request.method == "POST":
            harness.clock.now += 2
            return httpx.Response(201, json=prediction_body(id=f"p{len(limits)}"))
        if request.url.path.endswith("/predictions"):
            return httpx.Response(200, json={"results": [{"id": "p1", "status": "succeeded"}]})
        harness.clock.now += 5
        return httpx.Response(200, json=prediction_body("processing", id=request.url.path.rpartition("/")[2]))

    client = harness.client(answer, poll=zeroscope.Polling(minimum=1, growth=0))
    harness.do(client.run_many, prompts(2), timeout=9, prefer_wait=5, concurrency=1)
    assert limits[0] == ("POST /predictions", 9 + 1 + 5)
    reads = [limit for name, limit in limits if name == "GET /predictions/p1"]
    assert reads == sorted(reads, reverse=True) and 6 < reads[0] <= 8 and reads[-1] == 1


def test_results__are_emitted_before_a_pause(harness: Harness) -> None:
    """What is known when creates have to pause is the caller's at once, and what ends meanwhile is not kept back."""
    start = harness.clock.now
    sent: list[float] = []
    due: dict[str, float] = {}

    def answer(request: httpx.Request) -> httpx.Response:
        now = harness.clock.now
        if request.method == "POST":
            sent.append(now - start)
            number = len(sent)
            if number == 4:
                return httpx.Response(429, headers={"retry-after": "50"}, json={})
            id = f"p{number}"
            due[id] = now + {1: 0, 2: 10, 3: 30}.get(number, 5)
            status, fields = status_of(id)
            return httpx.Response(201, json=prediction_body(status, id=id, **fields))
        if request.url.path.endswith("/predictions"):
            entries = [prediction_body(status_of(id)[0], id=id, **status_of(id)[1]) for id in reversed(due)]
            return httpx.Response(200, json={"results": entries})
        id = request.url.path.rpartition("/")[2]
        status, fields = status_of(id)
        return httpx.Response(200, json=prediction_body(status, id=id, **fields))

    def status_of(id: str) -> tuple[str, dict[str, Any]]:
        is_over = harness.clock.now >= due[id]
        return ("succeeded", {"output": ["https://x.test/output-0.mp4"]}) if is_over else ("processing", {})

    seen: dict[int, float] = {}

    def iterate() -> Any:
        for result in client.as_completed(prompts(5), concurrency=5):
            seen[result.index] = harness.clock.now - start
            yield result

    async def iterate_async() -> Any:
        async for result in client.as_completed(prompts(5), concurrency=5):
            seen[result.index] = harness.clock.now - start
            yield result

    client = harness.client(one_at_a_time(answer))
    results = harness.all(iterate if harness.kind == "sync" else iterate_async)
    assert all(result.error is None for result in results)
    assert seen[0] == 0
    assert 10 <= seen[1] < 15 and 30 <= seen[2] < 40
    assert sent[3] == 0 and 50 <= sent[4] < 52
    assert seen[3] >= 55 and seen[4] >= 55


@pytest.mark.parametrize("fault", [{"status": 429, "retry_after": 50}, {"status": 503}], ids=["429", "503"])
def test_results__are_emitted_before_a_poll_pauses(server: MockServer, fault: dict[str, Any]) -> None:
    """What a create tells at once is the caller's before a poll that is refused."""
    server.scripts.add(
        lambda input: {"startup": 0, "run": 0 if input["prompt"][-1] == "4" else 30, "blocking": "final"}, times=None
    )
    server.faults.add(operation="createPrediction", delay=3)
    server.faults.add(operation="listPredictions", times=3, **fault)
    with server.client() as client:
        for result in client.as_completed(prompts(6), prefer_wait=1):
            assert result.index == 4
            assert not any(exchange.operation == "listPredictions" for exchange in server.journal)
            break


def one_at_a_time(answer: Callable[[httpx.Request], httpx.Response]) -> Callable[[httpx.Request], httpx.Response]:
    """A service that accepts one create at a time, so that the order is certain."""

    def limited(request: httpx.Request) -> httpx.Response:
        response = answer(request)
        if request.method == "POST":
            response.headers.update({"ratelimit-remaining": "1", "ratelimit-reset": "1"})
        return response

    return limited


@pytest.mark.parametrize("reset", ["3600", "1700000000", "1e11", "-7", "soon"])
def test_reset__that_is_no_duration_is_no_pause_for_ever(harness: Harness, reset: str) -> None:
    """Whatever the service says, each create follows the last one within the longest pause of the policy."""
    sent: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(harness.clock.now)
        headers = {"ratelimit-remaining": "0", "ratelimit-reset": reset}
        if len(sent) % 2:
            return httpx.Response(429, headers=headers, json={})
        body = prediction_body("succeeded", output=["https://x.test/output-0.mp4"])
        return httpx.Response(201, headers=headers, json=body)

    results = harness.do(harness.client(answer).run_many, prompts(3))
    assert [result.error for result in results] == [None] * 3
    pauses = [later - earlier for earlier, later in itertools.pairwise(sent)]
    assert max(pauses) <= 60


def test_429_of_a_create__holds_back_no_polls(kind: str, server: MockServer) -> None:
    """Creates wait as long as the 429 says; the predictions that run are polled meanwhile."""
    server.scripts.add({"startup": 0, "run": 5}, times=None)
    server.faults.add(operation="createPrediction", status=429, retry_after=50, nth=3)
    run_many(kind, server, prompts(12), concurrency=6)
    (number,) = [number for number, exchange in enumerate(server.journal) if exchange.status == 429]
    moment = server.journal[number].time
    later = [exchange for exchange in list(server.journal)[number + 1 :] if exchange.time < moment + 50]
    # Those of its own wave were sent before its response arrived.
    assert all(exchange.operation != "createPrediction" for exchange in later if exchange.time > moment)
    assert any(exchange.operation != "createPrediction" for exchange in later)


def test_connection_refused__is_tried_again_and_then_reported(harness: Harness) -> None:
    """A create that was not executed is sent again as often as the retry says."""
    script = ScriptedResponses(httpx.ConnectError("refused"))
    results = harness.do(harness.client(script).run_many, prompts(1))
    assert isinstance(results[0].error, zeroscope.TransportError)
    assert len(script.requests) == zeroscope.Retry().attempts


def test_without_retries__nothing_is_sent_twice(harness: Harness) -> None:
    """Who has switched retries off gets the first error of each."""
    script = ScriptedResponses(httpx.Response(429, json={"retry_after": 1}))
    results = harness.do(harness.client(script, retry=None).run_many, prompts(3))
    assert [type(result.error).__name__ for result in results] == ["RateLimitError"] * 3
    assert len(script.requests) == 3


def test_timeout__leaves_predictions_running_or_cancels_them(kind: str, server: MockServer) -> None:
    """Each item has its own limit, and its error carries the prediction."""
    server.scripts.add(TEN_MINUTES, times=None)
    for cancel, status in ((False, "processing"), (True, "canceled")):
        results = run_many(kind, server, prompts(3), timeout=60, cancel_on_timeout=cancel)
        assert all(isinstance(result.error, zeroscope.WaitTimeoutError) for result in results)
        with server.client() as client:
            assert {client.predictions.get(result.prediction.id).status for result in results} == {status}


def test_predictions_among_the_inputs__are_waited_for(kind: str, server: MockServer) -> None:
    """What was created before is not created again; one that has ended is a result at once."""
    server.scripts.add(TEN_MINUTES, times=None)
    with server.client() as client:
        running = client.predictions.create({"prompt": "before"})
        ended = client.predictions.create({"prompt": "mock:fail x"}).wait()
        listed = next(prediction for prediction in client.predictions.list() if prediction.id == ended.id)
    results = run_many(kind, server, [running, ended, listed, running, {"prompt": "new"}])
    assert [result.prediction.id for result in results[:4]] == [running.id, ended.id, ended.id, running.id]
    assert [type(result.error).__name__ for result in results] == [
        "NoneType",
        "PredictionFailedError",
        "PredictionFailedError",
        "NoneType",
        "NoneType",
    ]
    assert asked(server)["createPrediction"] == 3


@pytest.mark.parametrize(
    "fault",
    [
        {"status": 403},
        {"status": 404, "html": True},
        {"body": {"results": "none"}},
        {"body": {"next": "https://elsewhere.test/?cursor=1", "results": []}},
        {"body": {"next": None, "results": []}},
        {"status": 503},
    ],
    ids=["forbidden", "no list", "malformed", "elsewhere", "empty", "down"],
)
def test_a_list_of_no_use__is_replaced_by_reads(kind: str, server: MockServer, fault: dict[str, Any]) -> None:
    """Predictions that the list leaves out are read one by one, and end all the same."""
    server.scripts.add({"run": 30}, times=None)
    server.faults.add(operation="listPredictions", **fault)
    results = run_many(kind, server, prompts(12), timeout=120)
    assert [result.error for result in results] == [None] * 12


def test_a_list_that_is_behind__is_not_the_last_word(harness: Harness) -> None:
    """Before its time is declared to be up, a prediction is looked at by itself."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            ids.append(f"p{len(ids)}")
            return httpx.Response(201, json=prediction_body(id=ids[-1]))
        if request.url.path.endswith("/predictions"):
            return httpx.Response(200, json={"results": [{"id": id, "status": "processing"} for id in ids]})
        id = request.url.path.rpartition("/")[2]
        output = ["https://x.test/output-0.mp4"]
        return httpx.Response(200, json=prediction_body("succeeded", id=id, output=output))

    ids: list[str] = []
    results = harness.do(harness.client(answer).run_many, prompts(10), timeout=60)
    assert [result.error for result in results] == [None] * 10


def silent(harness: Harness, timeout: float, *, reads: bool) -> tuple[list[Any], list[str], float]:
    """Run a batch whose list hangs, and whose reads hang or show the end; return its results, reads and seconds."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            ids.append(f"p{len(ids)}")
            return httpx.Response(201, json=prediction_body(id=ids[-1]))
        id = request.url.path.rpartition("/")[2]
        if reads and id in ids:
            return httpx.Response(200, json=prediction_body("succeeded", id=id, output=["https://x.test/output-0.mp4"]))
        harness.clock.now += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("silent")

    ids: list[str] = []
    script = ScriptedResponses(*[answer] * 1000)
    began = harness.clock.now
    results = harness.do(harness.client(script).run_many, prompts(20), timeout=timeout)
    read = [request.url.path.rpartition("/")[2] for request in script.requests if request.method == "GET"]
    return results, [id for id in read if id in ids], harness.clock.now - began


def test_a_service_that_falls_silent__outlasts_a_batch_by_little(harness: Harness) -> None:
    """After a last poll without an answer, one short read tells that no other would be answered either."""
    results, read, seconds = silent(harness, 1, reads=False)
    assert [type(result.error) for result in results] == [zeroscope.WaitTimeoutError] * 20
    assert len(read) == 1 and seconds < 1 + 1.5


@pytest.mark.parametrize("timeout", [1, 2, 10, 60, 300])
def test_a_list_that_hangs__costs_no_result(harness: Harness, timeout: float) -> None:
    """Predictions that have ended are found one by one, even if the list has taken all the time."""
    results, read, _ = silent(harness, timeout, reads=True)
    assert [result.error for result in results] == [None] * 20
    assert sorted(read) == sorted({*read})


def reads(*answers: httpx.Response) -> ScriptedResponses:
    """A service that creates a prediction and answers reads of it one after another."""
    return ScriptedResponses(httpx.Response(201, json=prediction_body()), *answers)


def processing() -> httpx.Response:
    """The answer to a read of a prediction that runs."""
    return httpx.Response(200, json=prediction_body("processing"))


def succeeded() -> httpx.Response:
    """The answer to a read of a prediction that has ended well."""
    return httpx.Response(200, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))


def test_answers_that_are_malformed_now_and_then__are_outlived(harness: Harness) -> None:
    """Only one after another they are too many; what came in between counts."""
    cut = httpx.Response(200, text='{"id": "cut')
    script = reads(*[cut, processing()] * (2 * zeroscope.Retry().attempts), succeeded())
    (result,) = harness.do(harness.client(script).run_many, prompts(1))
    assert result.error is None


def test_on_update__hears_of_changes_alone(harness: Harness) -> None:
    """A poll without changes is not reported."""
    seen: list[str] = []
    script = reads(processing(), processing(), processing(), succeeded())
    harness.do(harness.client(script).run_many, prompts(1), on_update=lambda prediction: seen.append(prediction.status))
    assert seen == ["starting", "processing", "succeeded"]


def test_prediction_of_a_list__is_read_for_its_output(harness: Harness) -> None:
    """One that has ended, and whose output a list has left out, is read before it is a result."""
    script = ScriptedResponses(
        httpx.Response(200, json={"results": [{"id": "gm3q", "status": "succeeded"}]}), succeeded()
    )
    client = harness.client(script)
    (result,) = harness.do(client.run_many, harness.all(client.predictions.list))
    assert result.error is None and len(result.videos) == 1


def test_429_of_another_request__holds_the_batch_back(harness: Harness) -> None:
    """A 429 of another request of the same client holds its batches back, too."""
    sent: list[float] = []

    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(harness.clock.now)
        return httpx.Response(201, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))

    client = harness.client(answer)
    client._sender.cooldown.extend(50)
    start = harness.clock.now
    harness.do(client.run_many, prompts(2))
    assert min(sent) >= start + 50


def test_throttled_creates__keep_their_turn(kind: str, server: MockServer) -> None:
    """What was refused goes before what has not been tried."""
    server.faults.add(operation="createPrediction", status=429, retry_after=5, nth=(2, 3, 9))
    results = run_many(kind, server, prompts(30), concurrency=2)
    times = [result.prediction.created_at for result in results]
    assert times == sorted(times)


def test_response_that_stays_malformed__is_reported(harness: Harness) -> None:
    """A prediction that cannot be read is asked for as often as the retry says, and is in the error."""

    def answer(request: httpx.Request) -> httpx.Response:
        lines.append(f"{request.method} {request.url.path}")
        if request.method == "POST":
            return httpx.Response(201, json=prediction_body())
        return httpx.Response(200, text='{"id": "cut')

    lines: list[str] = []
    (result,) = harness.do(harness.client(answer).run_many, prompts(1))
    assert isinstance(result.error, zeroscope.MalformedResponseError)
    assert result.error.prediction is result.prediction is not None
    assert lines.count("GET /v1/predictions/gm3q") == zeroscope.Retry().attempts


def test_on_update__that_raises_ends_the_batch_and_loses_nothing(kind: str, server: MockServer) -> None:
    """The callback's own error comes out, and its notes name what goes on."""
    seen: list[str] = []

    def broken(prediction: Any) -> None:
        seen.append(prediction.id)
        if len(seen) == 3:
            raise RuntimeError("broken")

    with pytest.raises(RuntimeError, match="broken") as caught:
        run_many(kind, server, prompts(8), on_update=broken)
    assert asked(server)["cancelPrediction"] == 0
    notes = "\n".join(caught.value.__notes__)
    with server.client() as client:
        assert all(prediction.id in notes for prediction in client.predictions.list())


def interrupt_at(number: int) -> Callable[[Any], None]:
    """A callback that raises KeyboardInterrupt in its nth call."""
    calls = iter(range(1, 1000))

    def on_update(prediction: Any) -> None:
        if next(calls) == number:
            raise KeyboardInterrupt

    return on_update


def test_interrupt__cancels_all_that_run(kind: str, server: MockServer) -> None:
    """Ctrl-C cancels what is running, says how many, and propagates."""
    server.scripts.add(TEN_MINUTES, times=None)
    with pytest.raises(KeyboardInterrupt) as caught:
        run_many(kind, server, prompts(20), on_update=interrupt_at(25))
    with server.client() as client:
        assert {prediction.status for prediction in client.predictions.list()} == {"canceled"}
    assert "20 predictions were canceled." in caught.value.__notes__


def test_cancellation_of_the_task__cancels_all_that_run(server: MockServer) -> None:
    """A task that is canceled among creates and polls leaves nothing running, and is canceled."""
    server.scripts.add(TEN_MINUTES, times=None)

    async def main() -> None:
        calls = iter(range(1, 1000))

        def cancel(prediction: Any) -> None:
            if next(calls) == 25:
                task.cancel()

        async with server.async_client() as client:
            task = asyncio.create_task(client.run_many(prompts(20), on_update=cancel))
            with pytest.raises(asyncio.CancelledError):
                await task

    asyncio.run(main())
    with server.client() as client:
        assert [prediction.status for prediction in client.predictions.list()] == ["canceled"] * 20


def test_predictions_that_cannot_be_canceled__are_named(harness: Harness) -> None:
    """After Ctrl-C, the error names the predictions that may go on and be billed."""

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path.endswith("/cancel"):
            return httpx.Response(503)
        return httpx.Response(201, json=prediction_body())

    with pytest.raises(KeyboardInterrupt) as caught:
        harness.do(harness.client(answer).run_many, prompts(1), on_update=interrupt_at(1))
    note = "These predictions go on and may be billed: gm3q; cancel each with client.predictions.cancel(id)."
    assert note in caught.value.__notes__


def test_create_that_comes_late__is_canceled_too(server: MockServer) -> None:
    """A task that is canceled while creates are on their way gives them a moment, and cancels what comes of them."""
    server.faults.add(operation="createPrediction", delay=2, skip=1)
    server.scripts.add(TEN_MINUTES, times=None)

    async def main() -> None:
        async with server.async_client() as client:
            task = asyncio.create_task(client.run_many(prompts(4)))
            await server.clock.sleep_async(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError) as caught:
                await task
            assert "4 predictions were canceled." in caught.value.__notes__

    asyncio.run(main())
    with server.client() as client:
        assert [prediction.status for prediction in client.predictions.list()] == ["canceled"] * 4


def test_leaving_the_loop__leaves_predictions_running(server: MockServer) -> None:
    """A caller may leave `as_completed` early, and nothing is canceled."""
    server.scripts.add(lambda input: {"run": 10 if input["prompt"][-1] == "0" else 600}, times=None)
    with server.client() as client:
        for result in client.as_completed(prompts(3)):
            assert result.index == 0
            break
        assert sorted(prediction.status for prediction in client.predictions.list()) == [
            "processing",
            "processing",
            "succeeded",
        ]


@pytest.mark.parametrize(
    ("inputs", "options", "field"),
    [
        ({"prompt": "a"}, {}, "inputs"),
        ("prompt", {}, "inputs"),
        (None, {}, "inputs"),
        ([], {"concurrency": 0}, "concurrency"),
        ([], {"concurrency": True}, "concurrency"),
        ([], {"concurrency": "4"}, "concurrency"),
        ([], {"timeout": -1}, "timeout"),
        ([], {"on_update": 3}, "on_update"),
        ([], {"concurency": 3}, r"concurency: there is no such option; did you mean concurrency\?"),
        ([], {"prompt": "a"}, "prompt: it is a field of the model, which belongs in the input"),
    ],
)
def test_options__that_make_no_sense_are_refused(
    harness: Harness, inputs: Any, options: dict[str, Any], field: str
) -> None:
    """Nothing is sent for arguments that cannot be meant."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    with pytest.raises(zeroscope.InvalidInputError, match=field):
        harness.do(harness.client(script).run_many, inputs, **options)
    assert script.requests == []


def test_options_of_a_create__hold_for_every_create(harness: Harness) -> None:
    """Webhook, deadline and version are sent with each."""
    script = ScriptedResponses(
        httpx.Response(201, json=prediction_body("succeeded", output=["https://x.test/output-0.mp4"]))
    )
    harness.do(
        harness.client(script).run_many, prompts(2), version="71996d33", webhook="https://x.test/hook", deadline=60
    )
    assert [request.headers["cancel-after"] for request in script.requests] == ["60s", "60s"]
    assert all(b'"version":"71996d33"' in request.content for request in script.requests)
    assert all(b'"webhook":"https://x.test/hook"' in request.content for request in script.requests)


def test_results__can_be_pickled_and_compared(kind: str, server: MockServer) -> None:
    """A result can be handed to another process, with its prediction, its error and no client."""
    results = run_many(kind, server, [{"prompt": "a"}, {"prompt": "mock:fail x"}, {"widht": 1}])
    assert pickle.loads(pickle.dumps(results)) == results


def pages(total: int, wanted: int) -> Iterator[httpx.Response]:
    """An account in which one prediction of ours lies under many others."""
    for page in range(total):
        results = [{"id": f"other{page}-{number}", "status": "processing"} for number in range(100)]
        if page == wanted:
            results[50] = {"id": "gm3q", "status": "succeeded"}
        yield httpx.Response(200, json={"next": f"{BASE_URL}/predictions?cursor={page + 1}", "results": results})


def test_poll__does_not_read_a_whole_account(harness: Harness) -> None:
    """Where ours lie deep among others, they are asked for by id instead."""
    ids = [f"mine{number}" for number in range(3)]

    def answer(request: httpx.Request) -> httpx.Response:
        path = request.url.path
        if path.endswith("/predictions") and request.method == "POST":
            return httpx.Response(201, json=prediction_body(id=ids.pop()))
        if path.endswith("/predictions"):
            listed.append(request.url.params.get("cursor"))
            page = int(request.url.params.get("cursor", 0))
            results = [{"id": f"other{page}-{number}", "status": "processing"} for number in range(100)]
            return httpx.Response(200, json={"next": f"{BASE_URL}/predictions?cursor={page + 1}", "results": results})
        body = prediction_body("succeeded", id=path.rpartition("/")[2], output=["https://x.test/output-0.mp4"])
        return httpx.Response(200, json=body)

    listed: list[str | None] = []
    results = harness.do(harness.client(answer).run_many, prompts(3))
    assert all(result.error is None for result in results)
    assert len(listed) <= 3


@pytest.mark.parametrize("trouble", ["no response", "malformed"])
def test_uploads__end_with_the_timeout(harness: Harness, trouble: str) -> None:
    """A batch whose uploads fail ends in time, and what was not uploaded was not created."""
    requests: list[str] = []

    def hang(request: httpx.Request) -> httpx.Response:
        requests.append(request.url.path)
        if trouble == "malformed":
            harness.clock.now += 1
            return httpx.Response(201, text="<html>")
        harness.clock.now += request.extensions["timeout"]["read"]
        raise httpx.ReadTimeout("hangs", request=request)

    start = harness.clock.now
    inputs = [{"init_video": b"\0\0\0 ftypisom" + bytes(300_000)} for _ in range(20)]
    results = harness.do(harness.client(hang).run_many, inputs, timeout=5)
    assert harness.clock.now - start < 15 and len(results) == 20
    assert {type(result.error) for result in results} <= {zeroscope.TransportError, zeroscope.MalformedResponseError}
    assert set(requests) == {"/v1/files"}


@pytest.mark.parametrize("result", [None, SystemExit()])
def test_interrupt_of_creates__leaves_a_note(result: BaseException | None) -> None:
    """A create whose response did not arrive before the end may have started a prediction."""
    client = Harness("sync").client(lambda _: httpx.Response(500))
    stream = client._batch(client._sender, client.predictions._new, [{}], {})
    step = next(stream)
    assert isinstance(step, Gather)
    step.results[0] = result
    with pytest.raises(KeyboardInterrupt) as caught:
        stream.throw(KeyboardInterrupt())
    assert caught.value.__notes__[0].startswith("A prediction may have been created meanwhile")
