"""Settings of a client from arguments, the environment and the spec."""

from __future__ import annotations

import json
import time
from types import SimpleNamespace
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import AsyncZeroscope, ConfigurationError, WaitTimeoutError, Zeroscope
from zeroscope._service import spec as _spec

SPEC = _spec.spec()


@pytest.fixture(params=[Zeroscope, AsyncZeroscope])
def cls(request: pytest.FixtureRequest) -> Any:
    """Both clients."""
    return request.param


def test_defaults__come_from_the_spec(cls: Any) -> None:
    """Address and version are the document's own."""
    client = cls(TOKEN)
    assert client.base_url == SPEC["servers"][0]["url"]
    assert client.version == SPEC["info"]["x-replicate"]["version"]


def test_environment__gives_token_and_address(harness: Harness, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without arguments, the two variables decide; arguments win over them."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", "from-the-environment\n")
    monkeypatch.setenv("ZEROSCOPE_BASE_URL", "http://127.0.0.1:8000/v1/")
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    client = Zeroscope(http_client=httpx.Client(transport=httpx.MockTransport(script)))
    client.predictions.get("gm3q")
    assert str(script.requests[0].url) == "http://127.0.0.1:8000/v1/predictions/gm3q"
    assert script.requests[0].headers["authorization"] == "Bearer from-the-environment"
    assert Zeroscope(TOKEN, base_url=BASE_URL).base_url == BASE_URL


@pytest.mark.parametrize(
    "make",
    [
        lambda: zeroscope.Polling(minimum=-1),
        lambda: zeroscope.Polling(maximum=float("inf")),
        lambda: zeroscope.Retry(initial=float("nan")),
        lambda: zeroscope.Retry(attempts=-1),
        lambda: Zeroscope(5),  # type: ignore[arg-type]  # what the check is there for
    ],
)
def test_setting__that_makes_no_sense_is_refused(make: Any) -> None:
    """Pauses and tokens of the wrong kind are refused where they are set, not where they would hurt."""
    with pytest.raises(ConfigurationError):
        make()


@pytest.mark.parametrize("token", [None, "", "  "])
def test_token__that_is_missing_is_named(cls: Any, token: str | None) -> None:
    """Without a token there is no client, and the error names the variable."""
    with pytest.raises(ConfigurationError, match="REPLICATE_API_TOKEN"):
        cls(token)


@pytest.mark.parametrize("token", ["r8_a b", "r8_a\nb", "r8_ä", "r8_\x00"])
def test_token__that_no_header_can_carry_is_refused_unseen(cls: Any, token: str) -> None:
    """A token with odd characters is refused, and not shown."""
    with pytest.raises(ConfigurationError, match="characters that no token has") as caught:
        cls(token)
    assert token not in str(caught.value)


@pytest.mark.parametrize(
    "base_url",
    [
        "api.replicate.com",
        "ftp://x.test",
        "https://x.test:99999/v1",
        "https://",
        "https://x.test/?a=b",
        "https://x.test/v1?",
        "https://x.test/v1#",
        "http://x.test:port",
        "",
        "https://u:secret@x.test",
    ],
)
def test_base_url__that_cannot_be_used_is_refused(cls: Any, base_url: str) -> None:
    """An address that is no plain http or https URL is refused at once."""
    with pytest.raises(ConfigurationError, match="base URL") as caught:
        cls(TOKEN, base_url=base_url or " ")
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("timeout", [0, -1, float("nan"), float("inf"), 1e300, "5"])
def test_timeout__has_to_be_a_time(cls: Any, timeout: float) -> None:
    """A timeout of nothing is refused."""
    with pytest.raises(ConfigurationError, match="timeout"):
        cls(TOKEN, timeout=timeout)


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, {"connect": 10.0, "read": 60.0, "write": 60.0, "pool": 60.0}),
        (5, {"connect": 5, "read": 5, "write": 5, "pool": 5}),
        (httpx.Timeout(7, read=90), {"connect": 7, "read": 90, "write": 7, "pool": 7}),
    ],
)
def test_timeout__is_set_on_every_request(harness: Harness, given: Any, expected: dict[str, float]) -> None:
    """No request goes without a limit, even through an http_client that has none."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    client = harness.client(script, timeout=given)
    harness.http.timeout = None  # as httpx.Client(timeout=None) leaves it
    harness.do(client.predictions.get, "gm3q")
    assert script.requests[0].extensions["timeout"] == expected


@pytest.mark.parametrize("call", ["create", "run", "run_many"])
def test_timeout__allows_for_a_request_that_is_held_open(harness: Harness, call: str) -> None:
    """A create that the service may hold for n seconds is waited for n seconds longer, and no other request is."""
    done = prediction_body("succeeded", output=["https://files.example.test/output-0.mp4"])
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()), httpx.Response(200, json=done))
    client = harness.client(script, timeout=7)
    if call == "create":
        harness.do(harness.do(client.predictions.create, {}, prefer_wait=30).reload)
    elif call == "run":
        harness.do(client.run, prefer_wait=30)
    else:
        harness.do(client.run_many, [{}], prefer_wait=30)
    created, read = script.requests
    assert created.headers["prefer"] == "wait=30"
    assert created.extensions["timeout"] == {"connect": 7, "read": 37, "write": 7, "pool": 7}
    assert read.extensions["timeout"]["read"] <= 7


def test_http_client__of_ones_own_is_used_and_left_open() -> None:
    """A client that was handed in is not closed; one that was made here is."""
    own = httpx.Client(transport=httpx.MockTransport(ScriptedResponses(httpx.Response(200, json=prediction_body()))))
    with Zeroscope(TOKEN, http_client=own) as client:
        client.predictions.get("gm3q")
    assert not own.is_closed
    with Zeroscope(TOKEN) as client:
        made = client._clients.current().http
    assert made.is_closed

    async def main() -> None:
        own = httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(200)))
        async with AsyncZeroscope(TOKEN, http_client=own):
            pass
        assert not own.is_closed
        async with AsyncZeroscope(TOKEN) as client:
            made_async = client._clients.current().http
        assert made_async.is_closed
        await own.aclose()

    anyio.run(main)


def test_version__of_ones_own_is_run(harness: Harness) -> None:
    """The client's version is sent with every create that names none."""
    script = ScriptedResponses(httpx.Response(201, json=prediction_body()))
    client = harness.client(script, version="71996d33")
    harness.do(client.predictions.create, {})
    assert client.version == "71996d33"
    assert json.loads(script.requests[0].content)["version"] == "71996d33"


def test_base_url__with_a_fragment_is_refused(cls: Any) -> None:
    """A fragment would swallow every path that is added."""
    with pytest.raises(ConfigurationError, match="base URL"):
        cls(TOKEN, base_url="https://x.test/v1#a")


def test_token__that_is_empty_is_not_replaced_by_the_environment(cls: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """An empty token is a mistake of the caller, not a request for the variable."""
    monkeypatch.setenv("REPLICATE_API_TOKEN", "from-the-environment")
    with pytest.raises(ConfigurationError, match="REPLICATE_API_TOKEN"):
        cls("")


@pytest.mark.parametrize(("given", "expected"), [(7, 7), (None, 60)])
def test_timeout__holds_for_downloads(harness: Harness, given: float | None, expected: float) -> None:
    """Downloads have the client's limit as well, also through an http_client that has none."""
    output = "https://files.example.test/output-0.mp4"
    read = httpx.Response(200, json=prediction_body("succeeded", output=[output]))
    script = ScriptedResponses(read, httpx.Response(200, text="a"))
    client = harness.client(script, timeout=given)
    harness.http.timeout = None  # as httpx.Client(timeout=None) leaves it
    (video,) = harness.do(client.predictions.get, "gm3q").videos
    harness.do(video.read)
    assert script.requests[1].extensions["timeout"]["read"] == expected


def test_system_clock__is_the_machines_own(monkeypatch: pytest.MonkeyPatch) -> None:
    """Time of day, monotonic time and both sleeps are the standard ones."""
    clock = zeroscope.SystemClock()
    assert clock.time() == pytest.approx(time.time(), abs=60)
    assert clock.monotonic() == pytest.approx(time.monotonic(), abs=60)
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(-seconds)

    monkeypatch.setattr(time, "sleep", slept.append)
    monkeypatch.setattr(anyio, "sleep", sleep)
    clock.sleep(3)
    anyio.run(clock.sleep_async, 4)
    assert slept == [3, -4]


@pytest.mark.parametrize("missing", ["send", "headers", "params", "cookies", "is_closed"])
def test_http_client__of_another_library(cls: Any, missing: str) -> None:
    """A client that lacks what is used of it, such as a `requests.Session`, is refused at once."""
    names = {"send", "headers", "params", "cookies", "is_closed"} - {missing}
    with pytest.raises(ConfigurationError, match="http_client= should be an HTTP client of httpx or httpx2, not"):
        cls(TOKEN, http_client=SimpleNamespace(**dict.fromkeys(names, print)))


@pytest.mark.parametrize("name", ["base_url", "retry", "poll", "http_client"])
def test_setting__of_another_type_is_refused(cls: Any, name: str) -> None:
    """The error names the argument, where it was given."""
    with pytest.raises(ConfigurationError, match=f"{name}=|the base URL"):
        cls(TOKEN, **{name: 3})


def test_timeout__of_a_subclass_of_float_becomes_one(harness: Harness) -> None:
    """The numbers of numpy are floats, but what is computed with them is not, and must not reach a clock."""

    class Number(float):
        def __add__(self, _: float) -> Any:
            return "a number of another library"

        __radd__ = __sub__ = __rsub__ = __add__

    client = harness.client(ScriptedResponses(httpx.Response(201, json=prediction_body())))
    with pytest.raises(WaitTimeoutError):
        harness.do(client.run, timeout=Number(3))
    assert type(harness.clock.now) is float
