"""Raw responses to operations on predictions, and to requests of any path."""

from __future__ import annotations

import json
import pickle
from enum import Enum
from typing import Any

import httpx
import pytest

from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import (
    APIError,
    ConfigurationError,
    InvalidInputError,
    MalformedResponseError,
    NotFoundError,
    RawResponse,
    UnknownOutcomeError,
    ValidationError,
)
from zeroscope._disk.inputs import size_limits
from zeroscope._service.input_types import file_fields

ARGUMENTS: dict[str, Any] = {"create": {"prompt": "a lighthouse"}, "get": "gm3q", "cancel": "gm3q"}
HEADERS = {"CF-RAY": "8a3f-FRA", "Ratelimit-Remaining": "2999"}


def answer(status: int = 200, **fields: Any) -> httpx.Response:
    """A response with a prediction."""
    return httpx.Response(status, json=prediction_body(**fields), headers=HEADERS)


def broken(request: httpx.Request) -> httpx.Response:
    """A 2xx response whose body cannot be decompressed."""
    return httpx.Response(201, headers={"content-encoding": "gzip"}, stream=httpx.ByteStream(b"not gzip"))


@pytest.mark.parametrize("method", ARGUMENTS)
def test_raw_response__of_an_operation(harness: Harness, method: str) -> None:
    """It has status, headers, request ID and body, and `parse` returns the prediction, which has the client."""
    script = ScriptedResponses(httpx.Response(429), answer())
    client = harness.client(script)
    response = harness.do(getattr(client.predictions.with_raw_response, method), ARGUMENTS[method])
    assert isinstance(response, RawResponse)
    assert (response.status_code, response.request_id) == (200, "8a3f-FRA")
    assert (response.headers["ratelimit-remaining"], response.headers["RateLimit-Remaining"]) == ("2999", "2999")
    assert json.loads(response.content) == prediction_body()
    prediction = response.parse()
    assert prediction is response.parse()
    assert prediction == harness.do(getattr(client.predictions, method), ARGUMENTS[method])
    assert type(prediction) is type(harness.do(client.predictions.get, "gm3q"))
    harness.do(prediction.reload)
    assert len(script.requests) == 5


@pytest.mark.parametrize(
    "lost",
    [
        httpx.ReadTimeout("slow"),
        httpx.Response(503),
        httpx.Response(201, content=b'{"id": "gm3q", "sta'),
        httpx.Response(201, json={"id": "gm3q"}),
        broken,
    ],
    ids=["timeout", "503", "truncated", "no status", "broken"],
)
def test_raw_response__of_a_lost_create(harness: Harness, lost: Any) -> None:
    """A create whose response is lost or malformed is not sent again, as without the raw response."""
    script = ScriptedResponses(lost)
    with pytest.raises(UnknownOutcomeError) as caught:
        harness.do(harness.client(script).predictions.with_raw_response.create, {"prompt": "a lighthouse"})
    assert len(script.requests) == 1
    assert caught.value.sent_at is not None
    script.responses = [httpx.Response(200, json={"results": [prediction_body()], "next": None})]
    harness.clock.now = 1_694_189_974.0
    caught.value.sent_at = harness.clock.now
    assert [found.id for found in harness.do(caught.value.find)] == ["gm3q"]


def test_raw_response__of_a_create_with_an_upload(harness: Harness) -> None:
    """It is the response to the create, and not that to the upload before it."""
    stored = httpx.Response(201, json={"id": "f", "urls": {"get": f"{BASE_URL}/files/f"}}, headers={"cf-ray": "upload"})
    script = ScriptedResponses(stored, answer(201))
    input = {min(file_fields()): b"x" * (size_limits()["data-uri-bytes"] + 1)}
    response = harness.do(harness.client(script).predictions.with_raw_response.create, input)
    assert script.lines == ["POST /v1/files", "POST /v1/predictions"]
    assert response.request_id == "8a3f-FRA"


def test_raw_response__hides_a_token_that_the_server_repeats(harness: Harness) -> None:
    """A response, which is easily printed and pickled, holds no token; all other bytes are kept."""
    body = json.dumps(prediction_body(error=TOKEN, new="ä"), ensure_ascii=False).encode()
    script = ScriptedResponses(httpx.Response(200, content=body, headers={"cf-ray": TOKEN, "x-echo": TOKEN}))
    client = harness.client(script)
    for response in (
        harness.do(client.predictions.with_raw_response.get, "gm3q"),
        harness.do(client.get, "/a"),
        harness.do(client.post, "/a"),
    ):
        assert response.request_id == "[token]"
        assert response.content == body.replace(TOKEN.encode(), b"[token]")
        assert TOKEN not in f"{response!r} {vars(response)}"


@pytest.mark.parametrize("value", ["Zürich".encode(), "Zürich".encode("latin-1"), b"\x80\xff"])
def test_raw_response__has_the_headers_as_they_were_sent(harness: Harness, value: bytes) -> None:
    """A header that is not ASCII does not lose a paid prediction, and of two with the same name both are there."""
    headers = [(b"X-City", value), (b"Set-Cookie", b"a=1, 2"), (b"Set-Cookie", b"b=3"), (b"X-Echo", TOKEN.encode())]
    client = harness.client(ScriptedResponses(httpx.Response(201, json=prediction_body(), headers=headers)))
    for response in (
        harness.do(client.predictions.with_raw_response.create, {"prompt": "a lighthouse"}),
        harness.do(client.get, "/a"),
        harness.do(client.post, "/a"),
    ):
        for each in (response, pickle.loads(pickle.dumps(response))):
            assert (b"X-City", value) in each.headers.raw
            assert each.headers["x-city"]
            assert each.headers.get_list("set-cookie") == ["a=1, 2", "b=3"]
            assert each.headers.get_list("x-echo") == ["[token]"]


def test_raw_response__repr(harness: Harness) -> None:
    """Every raw response has the name of the public class."""
    client = harness.client(ScriptedResponses(answer()))
    response = harness.do(client.predictions.with_raw_response.get, "gm3q")
    assert repr(response) == "<RawResponse GET /predictions/gm3q: 200, request ID 8a3f-FRA>"


def test_raw_response__of_an_error(harness: Harness) -> None:
    """An error is raised, as without the raw response."""
    client = harness.client(ScriptedResponses(httpx.Response(404, json={"detail": "Not found."})))
    with pytest.raises(NotFoundError, match="Not found"):
        harness.do(client.predictions.with_raw_response.get, "gm3q")


def test_get__of_any_path(harness: Harness) -> None:
    """The path is below the base URL, the parameters become the query, and the body is parsed as JSON."""
    script = ScriptedResponses(httpx.Response(503), httpx.Response(200, json={"username": "ada"}, headers=HEADERS))
    client = harness.client(script)
    response = harness.do(client.get, "account", params={"a": "ä&", "b": 5, "c": None})
    assert (response.parse(), response.request_id) == ({"username": "ada"}, "8a3f-FRA")
    assert [str(request.url) for request in script.requests] == [f"{BASE_URL}/account?a=%C3%A4%26&b=5"] * 2
    assert script.requests[0].headers["authorization"] == f"Bearer {TOKEN}"
    assert repr(response) == "<RawResponse GET /account: 200, request ID 8a3f-FRA>"
    copy = pickle.loads(pickle.dumps(response))
    assert (copy.parse(), copy.headers["cf-ray"]) == (response.parse(), "8a3f-FRA")
    assert TOKEN.encode() not in pickle.dumps(response)


def test_get__with_parameters_of_each_kind(harness: Harness) -> None:
    """Text, numbers, booleans and lists of them are sent, a member of an enumeration as its value."""

    class Color(str, Enum):  # noqa: UP042 (the text of such a member is not its value)
        RED = "red"

    script = ScriptedResponses(answer())
    params = {"a": Color.RED, "b": [1, 2.5], "c": True, "d": (), "e": ""}
    harness.do(harness.client(script).get, "/a", params=params)
    assert script.requests[0].url.query == b"a=red&b=1&b=2.5&c=true&e="


@pytest.mark.parametrize(
    ("location", "shown"),
    [
        ("https://user:pass@elsewhere.test:8443/a?sig=secret", "here to https://elsewhere.test:8443; check"),
        ("/login?sig=secret", f"here to {BASE_URL.removesuffix('/v1')}; check"),
        (f"https://{TOKEN}.test/", "here to https://"),
        ("https://[bad/secret", "does not follow redirects; check"),
        (None, "does not follow redirects; check"),
    ],
)
def test_any_request__that_is_redirected(harness: Harness, location: str | None, shown: str) -> None:
    """The error says that the client does not follow it, and names the origin where it leads, without secrets."""
    headers = {} if location is None else {"location": location}
    client = harness.client(ScriptedResponses(httpx.Response(302, headers=headers)))
    with pytest.raises(APIError, match="answered 302: an empty body") as caught:
        harness.do(client.get, "/models/a/b")
    assert shown in str(caught.value)
    assert not any(secret in str(caught.value) for secret in ("secret", "pass", TOKEN, TOKEN.lower()))


@pytest.mark.parametrize("body", [b"# Readme", b"", b"\xff", b"[" * 100_000])
def test_get__of_something_else_than_json(harness: Harness, body: bytes) -> None:
    """The body is there as bytes; only `parse` fails."""
    response = harness.do(
        harness.client(ScriptedResponses(httpx.Response(200, content=body))).get, "/models/a/b/readme"
    )
    assert response.content == body
    assert response.request_id is None
    with pytest.raises(MalformedResponseError, match=r"GET /models/a/b/readme answered 200 .*not JSON"):
        response.parse()


@pytest.mark.parametrize("method", ["get", "post"])
@pytest.mark.parametrize(
    ("status", "body", "message"),
    [
        (404, b'{"detail": "No such model."}', "answered 404: No such model"),
        (422, b"[]", r"answered 422: \[\]"),
        (400, b"<html>", "answered 400: <html>"),
        (302, b"", "answered 302: an empty body"),
    ],
)
def test_any_request__that_is_refused(harness: Harness, method: str, status: int, body: bytes, message: str) -> None:
    """A response that is not 2xx is an error of the class for its status."""
    client = harness.client(ScriptedResponses(httpx.Response(status, content=body)))
    with pytest.raises(APIError, match=message) as caught:
        harness.do(getattr(client, method), "/models/a/b")
    assert isinstance(caught.value, ValidationError) is (status == 422)


def test_post__of_any_path(harness: Harness) -> None:
    """The body is sent as JSON; after a 429 or without a connection, it is sent again."""
    made = httpx.Response(201, json=prediction_body())
    script = ScriptedResponses(httpx.Response(429), httpx.ConnectError("refused"), made)
    response = harness.do(harness.client(script).post, "/models/a/b/predictions", json={"input": {"prompt": "ä"}})
    assert (response.status_code, response.parse()["id"]) == (201, "gm3q")
    assert script.lines == ["POST /v1/models/a/b/predictions"] * 3
    assert [json.loads(request.content) for request in script.requests] == [{"input": {"prompt": "ä"}}] * 3


def test_post__without_a_body(harness: Harness) -> None:
    """Without `json`, nothing is sent as a body."""
    script = ScriptedResponses(httpx.Response(200, json={}))
    harness.do(harness.client(script).post, "/trainings/t/cancel")
    assert script.requests[0].content == b""


@pytest.mark.parametrize("lost", [httpx.ReadTimeout("slow"), httpx.Response(500), httpx.Response(408), broken])
def test_post__that_may_have_been_executed(harness: Harness, lost: Any) -> None:
    """A POST whose response is lost is not sent again, as it may cost money, and the error says so."""
    script = ScriptedResponses(lost)
    with pytest.raises(UnknownOutcomeError, match="may have been executed, so it was not sent again") as caught:
        harness.do(harness.client(script).post, "/models/a/b/predictions", json={})
    assert len(script.requests) == 1
    assert caught.value.__cause__ is not None
    assert caught.value.sent_at == harness.clock.now
    for error in (caught.value, pickle.loads(pickle.dumps(caught.value))):
        with pytest.raises(ConfigurationError, match=r"not of a create, .* check what it did$"):
            error.find()


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/",
        "//elsewhere.test/a",
        "https://elsewhere.test/a",
        "/https://elsewhere.test/a",
        "/a?token=secret",
        "/a#b",
        "/a b",
        "/a\r\nx: y",
        "/a\\b",
        "/ä",
        ".",
        "/..",
        "../account",
        "/predictions/../account",
        "/predictions/%2E%2e/account",
        "/a/.",
        "/..%2faccount",
        "/%2e%2e%2Faccount",
        "/a%2f../account",
        "/..%5caccount",
        "/a/..;/b",
        "/a/%2e%2E%3bx/b",
        "/a%zz",
        "/a%",
        "/a%5",
        b"/account",
        None,
    ],
)
@pytest.mark.parametrize("method", ["get", "post"])
def test_path__that_leads_elsewhere(harness: Harness, method: str, path: Any) -> None:
    """Only a plain path below the base URL is accepted, so that the token goes nowhere else; nothing is sent."""
    script = ScriptedResponses(answer())
    with pytest.raises(InvalidInputError, match=r"path: .* is not a path below the base URL"):
        harness.do(getattr(harness.client(script), method), path)
    assert script.requests == []


@pytest.mark.parametrize("path", ["/a/b.c/d-e_f~g", "a:b@c/$d!e", "/a%2Fb", "/a..b/...", "/a//b", "/a;b/.c%2f"])
def test_path__is_sent_as_it_is_written(harness: Harness, path: str) -> None:
    """Nothing in a path is encoded or folded."""
    script = ScriptedResponses(answer())
    harness.do(harness.client(script).get, path)
    assert script.requests[0].url.raw_path.decode() == f"/v1/{path.removeprefix('/')}"


@pytest.mark.parametrize(
    ("method", "arguments", "message"),
    [
        ("get", {"params": "a=5"}, "params: this str object is not a mapping"),
        ("get", {"params": {"a": object()}}, r"params\.a: <object .* is not text, a number, or a list of these"),
        ("get", {"params": {"a": b"secret"}}, r"params\.a: this bytes object is not text"),
        ("get", {"params": {"a": {"b": 5}}}, r"params\.a: \{'b': 5\} is not text"),
        ("get", {"params": {"a": [[5]]}}, r"params\.a: \[\[5\]\] is not text"),
        ("get", {"params": {"a": [None]}}, r"params\.a: \[None\] is not text"),
        ("get", {"params": {"a": float("nan")}}, r"params\.a: nan is not text"),
        ("get", {"params": {"a": "\ud800"}}, r"params\.a: .* is not text"),
        ("get", {"params": {"\ud800": "a"}}, r"params\..* is not text"),
        ("get", {"params": {5: "a"}}, r"params\.5: .* is not text"),
        ("post", {"json": float("nan")}, "json: nan cannot be sent as JSON"),
        ("post", {"json": {"a": object()}}, "json: .* cannot be sent as JSON"),
        ("post", {"json": "\ud800"}, "json: .* cannot be sent as JSON"),
    ],
)
def test_any_request__with_an_invalid_argument(
    harness: Harness, method: str, arguments: dict[str, Any], message: str
) -> None:
    """What cannot be sent is refused before anything is."""
    script = ScriptedResponses(answer())
    with pytest.raises(InvalidInputError, match=message):
        harness.do(getattr(harness.client(script), method), "/a", **arguments)
    assert script.requests == []
