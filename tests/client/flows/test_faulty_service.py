"""Faults of the service and the network, with both clients."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, Harness, ScriptedResponses, prediction_body

OUTPUT = ["https://files.example.test/output-0.mp4"]

Answer = httpx.Response | Exception


def created() -> httpx.Response:
    """The answer to a create."""
    return httpx.Response(201, json=prediction_body())


def now(status: str, **fields: Any) -> httpx.Response:
    """The answer to a read."""
    return httpx.Response(200, json=prediction_body(status, **fields))


def done() -> httpx.Response:
    """The answer to the last read."""
    return now("succeeded", output=OUTPUT)


# Failures, and whether a create that meets with them was certainly not executed.
TROUBLES: dict[str, tuple[Answer, bool]] = {
    "connection refused": (httpx.ConnectError("[Errno 111] Connection refused"), True),
    "no connection in time": (httpx.ConnectTimeout("timed out"), True),
    "no free connection": (httpx.PoolTimeout("timed out"), True),
    "a proxy that refuses": (httpx.ProxyError("502 Bad Gateway"), True),
    "throttled": (httpx.Response(429, json={"detail": "Request was throttled. Expected available in 1 second."}), True),
    "reset while sending": (httpx.WriteError("broken pipe"), False),
    "reset after sending": (httpx.ReadError("connection reset by peer"), False),
    "no answer in time": (httpx.ReadTimeout("timed out"), False),
    "hung up without an answer": (httpx.RemoteProtocolError("Server disconnected without sending a response."), False),
    "request timeout": (httpx.Response(408), False),
    "internal error": (httpx.Response(500, json={"detail": "Internal server error"}), False),
    "bad gateway": (httpx.Response(502, html="<p>bad gateway"), False),
    "unavailable": (httpx.Response(503), False),
    "overloaded": (httpx.Response(529, html="<p>overloaded"), False),
}


@pytest.mark.parametrize("trouble", TROUBLES)
def test_read__outlives_trouble(harness: Harness, trouble: str) -> None:
    """A poll that meets with trouble is repeated, and the job ends as if nothing had been."""
    answer, _ = TROUBLES[trouble]
    script = ScriptedResponses(created(), answer, answer, done())
    (video,) = harness.do(harness.client(script).run)
    assert video.url == OUTPUT[0]
    assert script.lines.count("POST /v1/predictions") == 1


@pytest.mark.parametrize("trouble", TROUBLES)
def test_create__is_sent_again_only_where_it_was_not_executed(harness: Harness, trouble: str) -> None:
    """One POST where it may have run, with an error that says so at once; another where it did not."""
    answer, not_executed = TROUBLES[trouble]
    script = ScriptedResponses(answer, created(), done())
    client = harness.client(script)
    if not_executed:
        assert harness.do(client.run)
        assert script.lines.count("POST /v1/predictions") == 2
        return
    with pytest.raises(zeroscope.UnknownOutcomeError, match=r"may be running and may be billed.*\.find\(\)"):
        harness.do(client.run)
    assert script.lines == ["POST /v1/predictions"]
    assert harness.clock.sleeps == []


@pytest.mark.parametrize(
    "answer",
    [
        httpx.Response(201, text='{"id": "gm3q", "sta'),
        httpx.Response(201, text=""),
        httpx.Response(201, html="<p>welcome"),
        httpx.Response(200, json=[]),
        httpx.Response(200, json=[prediction_body(), prediction_body()]),
        httpx.Response(204),
    ],
)
def test_create__whose_answer_cannot_be_read_may_have_run(harness: Harness, answer: httpx.Response) -> None:
    """A success without a prediction in it leaves the same doubt as no answer."""
    script = ScriptedResponses(answer)
    with pytest.raises(zeroscope.UnknownOutcomeError):
        harness.do(harness.client(script).predictions.create, {})
    assert len(script.requests) == 1


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect__is_not_followed(harness: Harness, status: int) -> None:
    """A redirect to another host is an error that says so, and nothing, least of all the token, is sent there."""
    script = ScriptedResponses(
        httpx.Response(status, headers={"location": "https://elsewhere.test/v1/predictions/gm3q"})
    )
    client = harness.client(script)
    for call, arguments in ((client.predictions.get, ["gm3q"]), (client.predictions.create, [{}])):
        with pytest.raises(zeroscope.APIError, match=f"answered {status}"):
            harness.do(call, *arguments)
    assert {request.url.host for request in script.requests} == {"api.example.test"}
    assert len(script.requests) == 2


def test_list__that_leaves_things_out(harness: Harness) -> None:
    """Entries without input, output and logs are read, and what is missing is empty."""
    entries = [{"id": "a", "status": "succeeded"}, {"id": "b", "status": "x", "logs": None, "input": None}]
    script = ScriptedResponses(httpx.Response(200, json={"results": entries}))
    for prediction in harness.all(harness.client(script).predictions.list):
        assert (prediction.input, prediction.output, prediction.logs, prediction.videos) == ({}, None, "", [])


def test_two_hundred_pages__end(harness: Harness) -> None:
    """A long list is read to its last page, whose next leads back to itself."""

    def answer(request: httpx.Request) -> httpx.Response:
        page = int(request.url.params.get("cursor", 0))
        following = f"{BASE_URL}/predictions?cursor={min(page + 1, 199)}"
        return httpx.Response(200, json={"next": following, "results": [{"id": f"p{page}", "status": "failed"}]})

    listed = harness.all(harness.client(answer).predictions.list)
    assert [prediction.id for prediction in listed] == [f"p{page}" for page in range(200)]


@pytest.mark.parametrize(
    "times",
    [
        {"created_at": "2023-09-08T16:19:40Z", "completed_at": "2023-09-08T16:19:34Z"},
        {"created_at": "2023-09-08T20:00:84Z", "completed_at": "yesterday"},
        {"created_at": None, "started_at": 7, "completed_at": ["x"]},
    ],
)
def test_times__that_make_no_sense_do_no_harm(harness: Harness, times: dict[str, Any]) -> None:
    """A prediction that ended before it was created, or at no time at all, has its videos."""
    script = ScriptedResponses(created(), now("succeeded", output=OUTPUT, **times))
    assert harness.do(harness.client(script).run)


@pytest.mark.parametrize("back", ["starting", "queued"])
def test_status__that_goes_backwards_is_waited_through(harness: Harness, back: str) -> None:
    """A stale answer in between neither ends a wait nor confuses it, and the first end is the end."""
    script = ScriptedResponses(
        created(), now("processing", logs="a\n"), now(back), now("processing"), done(), now("processing")
    )
    client = harness.client(script)
    prediction = harness.do(client.predictions.create, {})
    assert harness.do(prediction.wait).status == "succeeded"
    assert len(script.requests) == 5
    # An end that was seen is not waited for again.
    assert harness.do(prediction.wait).status == "succeeded"
    assert len(script.requests) == 5


def every_third_fails() -> Iterator[Answer | None]:
    """Eight ways to fail, one of them for every third request."""
    ways: list[Answer] = [
        httpx.ConnectError("refused"),
        httpx.ReadError("reset"),
        httpx.ReadTimeout("timed out"),
        httpx.Response(429, headers={"retry-after": "3"}),
        httpx.Response(500),
        httpx.Response(503, html="<p>unavailable"),
        httpx.Response(529),
        httpx.Response(200, text='{"id": "cut'),
    ]
    for way in itertools.cycle(ways):
        yield from (None, None, way)


class Service:
    """A service that counts, in which every third request fails after it was carried out."""

    def __init__(self) -> None:
        self.creates: Counter[str] = Counter()
        self.looks: Counter[str] = Counter()
        self.troubles = every_third_fails()

    def __call__(self, request: httpx.Request) -> httpx.Response:
        trouble = next(self.troubles)
        # These two come before anything is carried out.
        is_early = isinstance(trouble, httpx.ConnectError) or getattr(trouble, "status_code", None) == 429
        answer = httpx.Response(500) if is_early else self.carry_out(request)
        if isinstance(trouble, Exception):
            raise trouble
        if trouble is not None:
            return httpx.Response(trouble.status_code, headers=trouble.headers, content=trouble.content)
        return answer

    def carry_out(self, request: httpx.Request) -> httpx.Response:
        if request.method == "POST":
            prompt = json.loads(request.content)["input"]["prompt"]
            self.creates[prompt] += 1
            return httpx.Response(201, json=prediction_body(id=prompt, input={"prompt": prompt}))
        if request.url.path.endswith("/predictions"):
            newest = list(reversed(self.creates))[:100]
            self.looks.update(newest)
            entries = [{"id": id, "status": "succeeded" if self.looks[id] > 2 else "processing"} for id in newest]
            return httpx.Response(200, json={"next": None, "results": entries})
        id = request.url.path.rpartition("/")[2]
        self.looks[id] += 1
        status, output = ("succeeded", OUTPUT) if self.looks[id] > 2 else ("processing", None)
        return httpx.Response(200, json=prediction_body(status, id=id, output=output))


def test_a_thousand_predictions__end_exactly_once_each(harness: Harness) -> None:
    """Every third request fails in one of eight ways; every input has one result and at most one create."""
    service = Service()
    client = harness.client(service)
    inputs = [{"prompt": f"p{number}"} for number in range(1000)]
    results = harness.do(client.run_many, inputs, concurrency=50)
    ends = Counter(type(result.error).__name__ for result in results)
    print(dict(ends))
    assert [result.index for result in results] == list(range(1000))
    assert set(ends) == {"NoneType", "UnknownOutcomeError"}
    assert set(service.creates.values()) == {1}
    for result in results:
        if result.error is None:
            assert result.prediction.id == result.input["prompt"] and result.prediction.status == "succeeded"


def test_a_thousand_waits__one_by_one(harness: Harness) -> None:
    """The same for single runs: each ends in its video or in a doubt, and is created once."""
    service = Service()
    client = harness.client(service)
    ends: Counter[str] = Counter()
    for number in range(200):
        try:
            harness.do(client.run, prompt=f"p{number}")
            ends["video"] += 1
        except zeroscope.UnknownOutcomeError:
            ends["doubt"] += 1
    assert ends["video"] + ends["doubt"] == 200 and ends["video"] > 100
    assert set(service.creates.values()) == {1}
