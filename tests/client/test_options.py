"""Options of single calls, and of clients that share their connections."""

from __future__ import annotations

import gc
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest

from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body, run_many
from zeroscope import (
    AsyncZeroscope,
    ConfigurationError,
    InvalidInputError,
    Polling,
    RateLimitError,
    Retry,
    TransportError,
    UnknownOutcomeError,
    Zeroscope,
)
from zeroscope._service.spec import spec
from zeroscope_mock import MockServer

URL = "https://files.example.test/output-0.mp4"
DEFAULT = {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}
CALLS: dict[str, Callable[..., Any]] = {
    "create": lambda client, **options: client.predictions.create({"prompt": "a"}, **options),
    "get": lambda client, **options: client.predictions.get("gm3q", **options),
    "cancel": lambda client, **options: client.predictions.cancel("gm3q", **options),
    "raw create": lambda client, **options: client.predictions.with_raw_response.create({"prompt": "a"}, **options),
    "raw get": lambda client, **options: client.predictions.with_raw_response.get("gm3q", **options),
    "raw cancel": lambda client, **options: client.predictions.with_raw_response.cancel("gm3q", **options),
    "webhook secret": lambda client, **options: client.webhook_secret(**options),
    "any get": lambda client, **options: client.get("/account", **options),
    "any post": lambda client, **options: client.post("/account", **options),
}
HEADER_PARAMETERS = [each["name"] for each in spec()["components"]["parameters"].values() if each["in"] == "header"]
LONG_CALLS: dict[str, Callable[..., Any]] = {
    "run": lambda client, **options: client.run(prompt="a", **options),
    "run_many": lambda client, **options: client.run_many([{"prompt": "a"}, {"prompt": "b"}], **options),
}


def same_for_all(timeout: float) -> dict[str, float]:
    """The timeouts of a request whose steps have the same."""
    return dict.fromkeys(DEFAULT, timeout)


class Service:
    """A service for which every operation succeeds; it records the requests."""

    def __init__(self) -> None:
        self.requests: list[httpx.Request] = []

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if request.url.path.endswith("/secret"):
            return httpx.Response(200, json={"key": "whsec_bmV3"})
        if request.method == "POST" and request.url.path.endswith("/predictions"):
            return httpx.Response(201, json=prediction_body())
        return httpx.Response(200, json=prediction_body("succeeded", output=[URL]))

    @property
    def timeouts(self) -> list[dict[str, float]]:
        """The timeouts of each request."""
        return [request.extensions["timeout"] for request in self.requests]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    ("timeout", "expected"),
    [
        (None, DEFAULT),
        (5, same_for_all(5)),
        (timedelta(minutes=5), same_for_all(300.0)),
        (httpx.Timeout(7.0, connect=1.0), {**same_for_all(7.0), "connect": 1.0}),
    ],
)
def test_timeout__of_one_call(harness: Harness, call: str, timeout: Any, expected: dict[str, float]) -> None:
    """Each call that sends one request takes a timeout, in the forms of the client's, for this call alone."""
    service = Service()
    client = harness.client(service)
    harness.do(CALLS[call], client, timeout=timeout)
    harness.do(CALLS[call], client)
    assert service.timeouts == [expected, DEFAULT]


@pytest.mark.parametrize("method", ["reload", "cancel"])
def test_options__of_a_prediction(harness: Harness, method: str) -> None:
    """The methods of a prediction that send one request take the same options."""
    service = Service()
    prediction = harness.do(harness.client(service).predictions.get, "gm3q")
    harness.do(getattr(prediction, method), timeout=3, extra_headers={"x-trace": "7"})
    assert service.timeouts == [DEFAULT, same_for_all(3)]
    assert [request.headers.get("x-trace") for request in service.requests] == [None, "7"]


@pytest.mark.parametrize(("timeout", "is_up"), [(None, False), (5, True), (httpx.Timeout(5), False)])
def test_timeout__limits_the_whole_exchange(harness: Harness, timeout: Any, is_up: bool) -> None:
    """A number limits a request and its response as a whole, and an `httpx.Timeout` its steps."""

    def slow(request: httpx.Request) -> httpx.Response:
        harness.clock.now += 6
        raise httpx.ReadTimeout("slow")

    with pytest.raises(TransportError) as caught:
        harness.do(harness.client(slow, retry=None).predictions.get, "gm3q", timeout=timeout)
    assert ("the time for the whole exchange was up" in str(caught.value)) is is_up


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), 86_401, "5", True])
@pytest.mark.parametrize("call", ["get", "create"])
def test_timeout__that_cannot_be_used(harness: Harness, call: str, timeout: Any) -> None:
    """Other values are refused, and nothing is sent."""
    service = Service()
    with pytest.raises(InvalidInputError, match=r"timeout: the timeout .* cannot be used"):
        harness.do(CALLS[call], harness.client(service), timeout=timeout)
    assert service.requests == []


def test_timeout__is_extended_by_the_time_that_the_service_waits(harness: Harness) -> None:
    """A create with `prefer_wait` may take that much longer, as with the client's timeout."""
    service = Service()
    harness.do(harness.client(service).predictions.create, {}, timeout=5, prefer_wait=30)
    assert service.timeouts == [{**same_for_all(5), "read": 35}]


@pytest.mark.parametrize("call", [*CALLS, *LONG_CALLS])
def test_headers__of_one_call(harness: Harness, call: str) -> None:
    """Extra headers are sent with every request of the call, and with no later one."""
    service = Service()
    client = harness.client(service)
    result = harness.do({**CALLS, **LONG_CALLS}[call], client, extra_headers={"x-trace": "7"})
    sent = len(service.requests)
    assert sent > (call in LONG_CALLS)
    if call == "run":
        harness.do(result[0].prediction.reload)
    harness.do(client.predictions.get, "gm3q")
    traces = [request.headers.get("x-trace") for request in service.requests]
    assert traces == ["7"] * sent + [None] * (len(traces) - sent)


def test_headers__of_an_upscale(harness: Harness) -> None:
    """The second step sends them, too."""
    service = Service()
    client = harness.client(service)
    videos = harness.do(client.run, prompt="a")
    del service.requests[:]
    harness.do(client.upscale, videos, extra_headers={"x-trace": "7"})
    assert {request.headers.get("x-trace") for request in service.requests} == {"7"}


def test_headers__replace_those_of_the_client(harness: Harness) -> None:
    """A header is sent once, whatever the case of its name: the call's own, else that of `with_options`."""
    service = Service()
    client = harness.client(service).with_options(extra_headers={"USER-AGENT": "a", "x-team": "films"})
    harness.do(client.predictions.get, "gm3q", extra_headers={"user-agent": "b", "accept": "application/json;q=1"})
    harness.do(client.predictions.create, {})
    headers = [request.headers for request in service.requests]
    assert [each.get_list("user-agent") for each in headers] == [["b"], ["a"]]
    assert [each["x-team"] for each in headers] == ["films", "films"]
    assert headers[0].get_list("accept") == ["application/json;q=1"]
    assert {each["authorization"] for each in headers} == {f"Bearer {TOKEN}"}


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ("x-trace: 7", "this str object is not a mapping"),
        ([("x-trace", "7")], "this list object is not a mapping"),
        ({5: "secret-value"}, "5 is not the name of a header"),
        ({"": "secret-value"}, "'' is not the name of a header"),
        ({"x trace": "secret-value"}, "'x trace' is not the name of a header"),
        ({"x-trace:": "secret-value"}, "'x-trace:' is not the name of a header"),
        ({"x-trace": 7}, "the value of x-trace is not a string"),
        ({"x-trace": None}, "the value of x-trace is not a string"),
        ({"x-trace": "secret-value\r\nx: y"}, "the value of x-trace is not a string of printable ASCII"),
        ({"x-trace": " secret-value"}, "the value of x-trace is not a string of printable ASCII"),
        ({"x-trace": "secret-value-ä"}, "the value of x-trace is not a string of printable ASCII"),
        ({"authorization": "Bearer secret-value"}, "authorization cannot be replaced"),
        ({"CONTENT-LENGTH": "5"}, "CONTENT-LENGTH cannot be replaced"),
        ({"Accept-Encoding": "br"}, "Accept-Encoding cannot be replaced"),
        ({"keep-alive": "5"}, "keep-alive cannot be replaced"),
        ({"proxy-connection": "close"}, "proxy-connection cannot be replaced"),
        ({"HTTP2-Settings": "a"}, "HTTP2-Settings cannot be replaced"),
        *(({name: "wait"}, f"{name} cannot be replaced: the options of a create set it") for name in HEADER_PARAMETERS),
    ],
)
@pytest.mark.parametrize("call", ["get", "run"])
def test_headers__that_cannot_be_sent(harness: Harness, call: str, headers: Any, message: str) -> None:
    """Headers that are none, or that the client must set itself, are refused; no message shows a value."""
    service = Service()
    client = harness.client(service)
    with pytest.raises(InvalidInputError, match=message) as caught:
        harness.do({**CALLS, **LONG_CALLS}[call], client, extra_headers=headers)
    assert service.requests == []
    assert "secret-value" not in str(caught.value)
    with pytest.raises(InvalidInputError, match=message):
        client.with_options(extra_headers=headers)


@pytest.mark.parametrize("value", [5, None])
@pytest.mark.parametrize("call", ["get", "webhook secret", "any post", "raw get"])
def test_option__that_does_not_exist(harness: Harness, call: str, value: Any) -> None:
    """A misspelled option is refused with the name that was meant, and nothing is sent."""
    service = Service()
    with pytest.raises(InvalidInputError, match="did you mean timeout"):
        harness.do(CALLS[call], harness.client(service), timeot=value)
    assert service.requests == []


@pytest.mark.parametrize("method", ["list", "pages"])
def test_options__of_a_list(harness: Harness, method: str) -> None:
    """They apply to the request of each page, and not to the requests of its predictions."""
    pages = [
        httpx.Response(200, json={"results": [prediction_body()], "next": f"{BASE_URL}/predictions?cursor=2"}),
        httpx.Response(200, json={"results": [], "next": None}),
        httpx.Response(200, json=prediction_body()),
    ]
    script = ScriptedResponses(*pages)
    predictions = harness.client(script).predictions
    options = {"timeout": 3, "extra_headers": {"x-trace": "7"}, "source": "web"}
    (found, *_) = harness.all(lambda: getattr(predictions, method)(**options))
    harness.do((found if method == "list" else found.results[0]).reload)
    assert [request.headers.get("x-trace") for request in script.requests] == ["7", "7", None]
    assert [request.extensions["timeout"] for request in script.requests] == [same_for_all(3)] * 2 + [DEFAULT]
    with pytest.raises(InvalidInputError, match="did you mean timeout"):
        getattr(predictions, method)(timeot=5)
    with pytest.raises(InvalidInputError, match="x trace"):
        getattr(predictions, method)(extra_headers={"x trace": "7"})


@pytest.mark.parametrize("call", ["create", "raw create", *LONG_CALLS])
def test_headers__of_the_search_for_a_lost_create(harness: Harness, call: str) -> None:
    """The search sends the headers of the create, which a gateway may need, with the client's own timeout."""
    script = ScriptedResponses(httpx.ReadTimeout("slow"), httpx.Response(200, json={"results": [], "next": None}))
    client = harness.client(script).with_options(extra_headers={"x-team": "films"})
    if call == "run_many":
        (result,) = harness.do(client.run_many, [{"prompt": "a"}], extra_headers={"x-trace": "7"})
        error = result.error
    else:
        with pytest.raises(UnknownOutcomeError) as caught:
            harness.do({**CALLS, **LONG_CALLS}[call], client, extra_headers={"x-trace": "7"})
        error = caught.value
    del script.requests[:]
    assert harness.do(error.find) == []
    (request,) = script.requests
    assert (request.headers["x-trace"], request.headers["x-team"]) == ("7", "films")
    assert request.extensions["timeout"] == DEFAULT


@pytest.mark.parametrize("kind", ["sync", "async"])
def test_headers__do_not_make_another_batch(kind: str, tmp_path: Path) -> None:
    """A batch resumes with its journal whatever headers it sends, and creates nothing again."""
    server, journal = MockServer(), tmp_path / "batch.db"
    for trace in ("1", "2"):
        results = run_many(kind, server, [{"prompt": "a"}], journal=journal, extra_headers={"x-trace": trace})
        assert results[0].error is None
    assert [exchange.operation for exchange in server.journal].count("createPrediction") == 1


def test_with_options__replaces_each_setting(harness: Harness) -> None:
    """A setting that is given replaces the client's; the others, and the client, stay as they are."""
    service = Service()
    client = harness.client(service, timeout=9, version="v1")
    other = client.with_options(timeout=5, version="v2")
    third = other.with_options(timeout=None)
    for each in (client, other, third):
        harness.do(each.predictions.create, {})
    assert service.timeouts == [same_for_all(9), same_for_all(5), DEFAULT]
    assert [json.loads(request.content)["version"] for request in service.requests] == ["v1", "v2", "v2"]
    assert (client.version, other.version, other.base_url) == ("v1", "v2", BASE_URL)
    assert client.with_options(version=None).version == harness.client(service).version
    assert type(other) is type(client)


def test_with_options__replaces_the_policies(harness: Harness) -> None:
    """Another retry policy and another polling policy apply to the other client's calls and predictions."""
    script = ScriptedResponses(httpx.Response(503))
    client = harness.client(script).with_options(retry=Retry(attempts=2))
    for each, attempts in ((client, 2), (client.with_options(timeout=5), 2), (client.with_options(retry=None), 1)):
        del script.requests[:]
        with pytest.raises(Exception, match="503"):
            harness.do(each.predictions.get, "gm3q")
        assert len(script.requests) == attempts
    harness.clock.sleeps.clear()
    polled = ScriptedResponses(
        httpx.Response(201, json=prediction_body()),
        httpx.Response(200, json=prediction_body("processing")),
        httpx.Response(200, json=prediction_body("succeeded", output=[URL])),
    )
    slow = Polling(minimum=40, maximum=40)
    harness.do(harness.client(polled).with_options(poll=slow).run, prompt="a")
    assert all(pause >= 20 for pause in harness.clock.sleeps) and len(harness.clock.sleeps) == 2


def test_with_options__shares_clock_connections_and_cooldown(harness: Harness) -> None:
    """A 429 of one holds back the other, which uses the same HTTP client."""
    service = Service()
    client = harness.client(service)
    other = client.with_options(timeout=5)
    client._sender.cooldown.extend(50)
    harness.do(other.predictions.get, "gm3q")
    assert harness.clock.sleeps == [pytest.approx(50, rel=0.1)]
    assert len(service.requests) == 1


@pytest.mark.parametrize(("call", "pause"), [("create", 0), ("get", 30)])
def test_with_options__without_retries_records_the_pauses_of_others(harness: Harness, call: str, pause: float) -> None:
    """A client with `retry=None` raises a 429 at once and keeps to no pause, but those that share it wait."""
    service = Service()
    script = ScriptedResponses(httpx.Response(429, headers={"retry-after": "30"}), service)
    client = harness.client(script)
    other = client.with_options(retry=None)
    with pytest.raises(RateLimitError):
        harness.do(CALLS[call], other)
    harness.do(CALLS[call], other)
    assert harness.clock.sleeps == []
    began = harness.clock.now
    harness.do(client.predictions.get, "gm3q")
    assert harness.clock.now - began == pytest.approx(pause, rel=0.1)
    harness.do(client.predictions.create, {})
    assert harness.clock.now - began == pytest.approx(30, rel=0.1)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"timeout": -1}, "the timeout -1 cannot be used"),
        ({"retry": 3}, r"retry= should be a zeroscope\.Retry"),
        ({"poll": 3}, r"poll= should be a zeroscope\.Polling"),
        ({"poll": None}, r"poll= should be a zeroscope\.Polling"),
        ({"token": "other"}, "with_options has no option token; there are .*version, timeout, retry, poll"),
    ],
)
def test_with_options__refuses_what_cannot_be_used(harness: Harness, options: dict[str, Any], message: str) -> None:
    """An option that is wrong or that cannot differ is refused at once."""
    with pytest.raises(ConfigurationError, match=message):
        harness.client(Service()).with_options(**options)


def test_with_options__closes_nothing() -> None:
    """Closing the other client leaves the connections open; closing the first one closes them for both."""
    client = Zeroscope(TOKEN, base_url=BASE_URL)
    with client.with_options(timeout=5) as other:
        pass
    assert not client._clients.current().http.is_closed
    client.close()
    with pytest.raises(ConfigurationError, match="closed"):
        other.predictions.get("gm3q")


def test_with_options__closes_nothing_of_an_async_client() -> None:
    """The same for the async client."""

    async def main() -> None:
        client = AsyncZeroscope(TOKEN, base_url=BASE_URL)
        async with client.with_options(timeout=5) as other:
            connections = client._clients.current().http
        assert not connections.is_closed
        await client.aclose()
        assert connections.is_closed
        with pytest.raises(ConfigurationError, match="closed"):
            await other.predictions.get("gm3q")

    anyio.run(main)


def test_with_options__leaves_errors_that_can_search(harness: Harness) -> None:
    """An error of a client that lived for one call still finds the prediction of a lost create."""
    script = ScriptedResponses(httpx.ReadTimeout("slow"), httpx.Response(200, json={"results": [], "next": None}))
    client = harness.client(script)
    with pytest.raises(UnknownOutcomeError) as caught:
        harness.do(client.with_options(timeout=5).predictions.create, {})
    gc.collect()
    assert harness.do(caught.value.find) == []


def test_with_options__keeps_a_subclass(harness: Harness) -> None:
    """A client of a subclass, whose constructor takes other arguments, stays one of it."""

    class Mine(Zeroscope):
        def __init__(self, team: str) -> None:
            super().__init__(TOKEN, base_url=BASE_URL)
            self.team = team

    with Mine("films") as client:
        other = client.with_options(timeout=5)
        assert (type(other), other.team, repr(other)) == (Mine, "films", f"<Mine {BASE_URL}>")
