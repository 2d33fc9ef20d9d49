"""The error that each bad response becomes."""

from __future__ import annotations

import pickle
import re
import traceback
from typing import Any

import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, Harness, ScriptedResponses, prediction_body
from zeroscope import (
    APIError,
    AuthenticationError,
    ForbiddenError,
    MalformedResponseError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitError,
    ServerError,
    TransportError,
    UnknownOutcomeError,
    ValidationError,
)

SPECIAL = {
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    422: ValidationError,
    429: RateLimitError,
}
BODIES = {
    "html": httpx.Response(200, html="<html><h1>Bad  gateway</h1></html>"),
    "empty": httpx.Response(200, content=b""),
    "truncated": httpx.Response(200, content=b'{"id": "gm3q", "sta', headers={"content-type": "application/json"}),
    "array": httpx.Response(200, json=[]),
    "array of two": httpx.Response(200, json=[prediction_body(), prediction_body()]),
    "text": httpx.Response(200, json="gm3q"),
    "null": httpx.Response(200, json=None),
    "no id": httpx.Response(200, json={"status": "starting"}),
    "no status": httpx.Response(200, json={"id": "gm3q"}),
    "id of another type": httpx.Response(200, json={"id": 7, "status": "starting"}),
    "empty id": httpx.Response(200, json={"id": "", "status": "starting"}),
    "id that cannot be sent back": httpx.Response(200, content=b'{"id": "\\ud800", "status": "starting"}'),
    "status of another type": httpx.Response(200, json={"id": "gm3q", "status": None}),
    "too deep": httpx.Response(200, content=b"[" * 100_000),
    "not UTF-8": httpx.Response(200, content=b'{"id": "\xff\xfe"}', headers={"content-type": "application/json"}),
}


def copied(response: httpx.Response, status: int) -> httpx.Response:
    """The same answer under another status."""
    headers = {"content-type": response.headers.get("content-type", "application/json")}
    return httpx.Response(status, content=response.content, headers=headers)


@pytest.mark.parametrize("status", range(400, 600))
def test_status__decides_the_error(status: int) -> None:
    """Every status from 400 to 599 has its error, those included that no standard knows."""
    harness = Harness("sync")
    client = harness.client(lambda _: httpx.Response(status, json={"detail": "No."}), retry=None)
    expected = SPECIAL.get(status, ServerError if status >= 500 else APIError)
    with pytest.raises(APIError) as caught:
        client.predictions.get("gm3q")
    assert type(caught.value) is expected
    assert caught.value.status_code == status


@pytest.mark.parametrize("status", [400, 404, 413, 422, 429, 500, 503, 529])
@pytest.mark.parametrize("body", BODIES)
def test_error__survives_any_body(harness: Harness, status: int, body: str) -> None:
    """An error whose body is not a problem document is raised all the same, with the start of that body."""
    client = harness.client(lambda _: copied(BODIES[body], status), retry=None)
    with pytest.raises(SPECIAL.get(status, ServerError if status >= 500 else APIError)) as caught:
        harness.do(client.predictions.get, "gm3q")
    assert str(status) in str(caught.value)
    if body == "html":
        assert "<html><h1>Bad gateway</h1></html>" in str(caught.value)
        assert isinstance(caught.value.__cause__, ValueError)


@pytest.mark.parametrize(
    ("status", "headers", "id", "end"),
    [
        (500, {"CF-RAY": "8a3f-FRA"}, "8a3f-FRA", "(the service is at fault; try again later; request ID 8a3f-FRA)"),
        (404, {"cf-ray": "8a3f-FRA"}, "8a3f-FRA", "answered 404: No. (request ID 8a3f-FRA)"),
        (404, {"x-request-id": "7"}, None, "answered 404: No."),
        (404, {"cf-ray": ""}, None, "answered 404: No."),
    ],
)
def test_request_id__is_that_of_the_edge(
    harness: Harness, status: int, headers: dict[str, str], id: str | None, end: str
) -> None:
    """An error has the ID by which the service's support finds the request, and ends with it."""
    response = httpx.Response(status, json={"detail": "No."}, headers=headers)
    with pytest.raises(APIError) as caught:
        harness.do(harness.client(ScriptedResponses(response), retry=None).predictions.get, "gm3q")
    assert caught.value.request_id == id
    assert str(caught.value).endswith(end)
    assert pickle.loads(pickle.dumps(caught.value)).request_id == id


def test_request_id__of_a_lost_create_is_in_its_message(harness: Harness) -> None:
    """A create with an unknown outcome tells of the response that it got."""
    client = harness.client(ScriptedResponses(httpx.Response(500, headers={"cf-ray": "8a3f-FRA"})))
    with pytest.raises(UnknownOutcomeError, match="request ID 8a3f-FRA"):
        harness.do(client.predictions.create, {})


@pytest.mark.parametrize("body", BODIES)
def test_success__with_a_wrong_body_is_malformed(harness: Harness, body: str) -> None:
    """A 2xx with a body that is no prediction raises MalformedResponseError with the start of it."""
    client = harness.client(lambda _: copied(BODIES[body], 200))
    with pytest.raises(MalformedResponseError) as caught:
        harness.do(client.predictions.get, "gm3q")
    assert caught.value.status_code == 200
    assert "GET /predictions/gm3q answered 200" in str(caught.value)
    with pytest.raises(MalformedResponseError):
        harness.all(client.predictions.list)


@pytest.mark.parametrize("body", BODIES)
def test_create__with_a_wrong_body_may_have_run(harness: Harness, body: str) -> None:
    """A create answered with something unreadable may be running, so it is reported and not sent again."""
    script = ScriptedResponses(copied(BODIES[body], 201))
    with pytest.raises(UnknownOutcomeError) as caught:
        harness.do(harness.client(script).predictions.create, {})
    assert isinstance(caught.value.__cause__, MalformedResponseError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ReadTimeout("read timed out"),
        httpx.WriteTimeout("write timed out"),
        httpx.ReadError("connection reset"),
        httpx.RemoteProtocolError("server closed the connection"),
        httpx.Response(500, json={"detail": "oops"}),
        httpx.Response(503, json={"detail": "oops"}),
        httpx.Response(529, html="<p>overloaded"),
        httpx.Response(408, json={"detail": "too slow"}),
        httpx.Response(499),
    ],
    ids=repr,
)
def test_create__in_doubt_is_sent_once(harness: Harness, failure: Any) -> None:
    """Where a create may have been carried out, it is sent once and reported, with the cause chained."""
    script = ScriptedResponses(failure)
    with pytest.raises(UnknownOutcomeError, match=r"not sent again.*predictions\.list") as caught:
        harness.do(harness.client(script).predictions.create, {})
    assert isinstance(caught.value.__cause__, TransportError | APIError)
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("no route"),
        httpx.PoolTimeout("busy"),
        httpx.Response(429, json={"detail": "Request was throttled. Your rate limit resets in ~3s."}),
    ],
    ids=repr,
)
def test_create__that_was_not_executed_is_sent_again(harness: Harness, failure: Any) -> None:
    """Without a connection, and after 429, a create is repeated until it succeeds."""
    script = ScriptedResponses(failure, failure, httpx.Response(201, json=prediction_body()))
    assert harness.do(harness.client(script).predictions.create, {}).status == "starting"
    assert len(script.requests) == 3


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 413, 422])
def test_create__that_was_refused_is_sent_once(harness: Harness, status: int) -> None:
    """A refusal is final and raised as itself."""
    script = ScriptedResponses(httpx.Response(status, json={"detail": "No."}))
    with pytest.raises(SPECIAL.get(status, APIError)):
        harness.do(harness.client(script).predictions.create, {})
    assert len(script.requests) == 1


@pytest.mark.parametrize(
    "failure",
    [
        httpx.ConnectError("refused"),
        httpx.ReadTimeout("slow"),
        httpx.ReadError("reset"),
        *(httpx.Response(status, html="<p>no") for status in (408, 429, 500, 502, 503, 504, 520, 529)),
    ],
    ids=repr,
)
def test_read__is_sent_again_after_passing_trouble(harness: Harness, failure: Any) -> None:
    """A request that only reads, and a cancel, outlive trouble that may pass."""
    for name in ("get", "cancel"):
        script = ScriptedResponses(failure, failure, httpx.Response(200, json=prediction_body()))
        assert harness.do(getattr(harness.client(script).predictions, name), "gm3q").status == "starting"
        assert len(script.requests) == 3


def test_read__is_given_up_after_the_last_attempt(harness: Harness) -> None:
    """After as many attempts as were allowed, the last error is raised; with retry=None after the first."""
    script = ScriptedResponses(httpx.ConnectError("refused"))
    with pytest.raises(TransportError, match=r"GET /predictions/gm3q got no response from .*: refused; check"):
        harness.do(harness.client(script, retry=zeroscope.Retry(attempts=3)).predictions.get, "gm3q")
    assert len(script.requests) == 3
    with pytest.raises(TransportError):
        harness.do(harness.client(script, retry=None).predictions.get, "gm3q")
    assert len(script.requests) == 4


def test_validation_error__lists_the_fields(harness: Harness) -> None:
    """The service's own list of faults comes through as it was sent."""
    fields = [{"type": "number_lte", "field": "input.x", "description": "Must be less than or equal to 4"}]
    problem = {
        "title": "Input validation failed",
        "detail": "- input.x: Must be less than or equal to 4\n",
        "status": 422,
        "invalid_fields": fields,
    }
    with pytest.raises(ValidationError) as caught:
        harness.do(harness.client(lambda _: httpx.Response(422, json=problem)).predictions.create, {})
    assert [fault._asdict() for fault in caught.value.invalid_fields] == fields
    assert "Input validation failed: - input.x: Must be less than or equal to 4" in str(caught.value)


@pytest.mark.parametrize("fields", [None, "x", [], ["x", 5, None], [{}], [{"type": 5}], {}])
def test_validation_error__survives_any_list_of_fields(harness: Harness, fields: Any) -> None:
    """Fields of a kind never seen do not stand in the way of the error."""
    response = httpx.Response(422, json={"detail": "Bad.", "invalid_fields": fields})
    with pytest.raises(ValidationError, match="Bad"):
        harness.do(harness.client(lambda _: response).predictions.create, {})


def test_answer__about_another_prediction_is_malformed(harness: Harness) -> None:
    """A prediction under another id is not taken for the one that was asked for, nor its videos for the result."""
    client = harness.client(ScriptedResponses(httpx.Response(200, json=prediction_body(id="other"))))
    for method in (client.predictions.get, client.predictions.cancel):
        with pytest.raises(MalformedResponseError, match="about another prediction, 'other'"):
            harness.do(method, "gm3q")


@pytest.mark.parametrize("status", [301, 302, 307, 308])
def test_redirect__is_not_followed(harness: Harness, status: int) -> None:
    """The API never redirects; following one would carry the token elsewhere."""
    script = ScriptedResponses(httpx.Response(status, headers={"location": "https://elsewhere.test/"}))
    with pytest.raises(APIError, match=str(status)):
        harness.do(harness.client(script).predictions.get, "gm3q")
    assert len(script.requests) == 1


def test_token__shows_nowhere_even_if_the_server_echoes_it(harness: Harness) -> None:
    """Neither errors nor their attributes hold the token, whatever the server sends back."""

    def echo(request: httpx.Request) -> httpx.Response:
        said = request.headers["authorization"]
        field = {"type": said, "field": said, "description": said}
        body = {"title": said, "detail": said, "invalid_fields": [field]}
        return httpx.Response(
            int(request.url.path.rpartition("/")[2]), json=body, headers={"x-echo": said, "cf-ray": said}
        )

    client = harness.client(echo, retry=None)
    for status in ("200", "404", "422", "500"):
        with pytest.raises(zeroscope.ZeroscopeError) as caught:
            harness.do(client.predictions.get, status)
        assert TOKEN not in f"{caught.value!s} {caught.value!r} {vars(caught.value)}"
        assert TOKEN.encode() not in pickle.dumps(caught.value)
    assert TOKEN not in f"{client!r} {client._config!r} {client._sender!r} {vars(client)!r} {vars(client._driver)!r}"


def test_token__is_blotted_out_of_what_is_chained(harness: Harness) -> None:
    """HTTP libraries and parsers quote what they could not read; the token is not in their words either."""
    failure = httpx.RemoteProtocolError(f"illegal status line: {TOKEN}")
    failure.__cause__ = ValueError(f"h11 saw {TOKEN}")
    broken = httpx.Response(404, content=b'{"detail": "' + TOKEN.encode())
    for answer in (failure, broken):
        with pytest.raises(zeroscope.ZeroscopeError) as caught:
            harness.do(harness.client(ScriptedResponses(answer), retry=None).predictions.get, "gm3q")
        assert TOKEN not in "".join(traceback.format_exception(caught.value))
        cause = caught.value.__cause__
        assert cause is not None and TOKEN not in f"{cause!r} {vars(cause)} {cause.__cause__!r}"


def test_token__of_a_few_letters_does_not_eat_words(harness: Harness) -> None:
    """A token as short as those of tests is no secret, and blotting it out would garble every message."""
    http = httpx.Client(transport=httpx.MockTransport(ScriptedResponses(httpx.Response(404, text="gone"))))
    client = zeroscope.Zeroscope("e", retry=None, http_client=http)
    with pytest.raises(NotFoundError, match="answered 404: gone"):
        client.predictions.get("gm3q")


def test_message__is_bounded_and_steers_no_terminal(harness: Harness) -> None:
    """What a server says is cut to a length, and its control characters are shown instead of obeyed."""
    problem = {"detail": "\x1b[2J" + "x" * 5000, "status": 404}
    with pytest.raises(NotFoundError) as caught:
        harness.do(harness.client(ScriptedResponses(httpx.Response(404, json=problem))).predictions.get, "gm3q")
    assert len(str(caught.value)) < 1200 and "\x1b" not in str(caught.value)
    assert caught.value.detail == problem["detail"]


def test_errors__can_be_pickled(harness: Harness) -> None:
    """An error keeps its message and attributes across processes."""
    response = httpx.Response(429, json={"detail": "Slow down.", "retry_after": 5})
    with pytest.raises(RateLimitError) as caught:
        harness.do(harness.client(lambda _: response, retry=None).predictions.get, "gm3q")
    again = pickle.loads(pickle.dumps(caught.value))
    assert type(again) is RateLimitError
    assert str(again) == str(caught.value)
    assert again.retry_after == 5 and again.headers == caught.value.headers


def test_tree__is_the_one_drawn() -> None:
    """The tree at the top of errors.py names every error under its parent, and no others."""
    from zeroscope import errors

    drawn: dict[str, str] = {}
    path: list[str] = []
    for line in (errors.__doc__ or "").splitlines():
        if not (found := re.match(r"([│├└─ ]*)([A-Z]\w+Error)", line)):
            continue
        depth = len(found[1]) // 3
        path[depth:] = [found[2]]
        drawn[found[2]] = path[depth - 1] if depth else "Exception"
    classes = {
        name: value for name, value in vars(errors).items() if isinstance(value, type) and name.endswith("Error")
    }
    assert drawn == {name: cls.__bases__[0].__name__ for name, cls in classes.items()}


def test_create__answered_with_more_than_one_prediction_may_have_run(harness: Harness) -> None:
    """An array is a created prediction only when there is one in it."""
    script = ScriptedResponses(httpx.Response(200, json=[prediction_body(), prediction_body()]))
    with pytest.raises(UnknownOutcomeError, match="not a prediction"):
        harness.do(harness.client(script).predictions.create, {})


@pytest.mark.parametrize("entry", [{"id": 7, "status": "x"}, {"id": "", "status": "x"}, {"id": "a", "status": None}])
def test_page__with_a_wrong_prediction_in_it_is_malformed(harness: Harness, entry: Any) -> None:
    """The predictions of a page need an id and a status as any other."""
    page = {"next": None, "previous": None, "results": [prediction_body(), entry]}
    with pytest.raises(MalformedResponseError, match="id and status"):
        harness.all(harness.client(ScriptedResponses(httpx.Response(200, json=page))).predictions.list)


def test_read__of_an_address_too_long_is_an_error_of_the_tree(harness: Harness) -> None:
    """An id so long that httpx refuses the URL is reported like any request that was not answered."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    with pytest.raises(TransportError, match="got no response"):
        harness.do(harness.client(script).predictions.get, "x" * 70_000)
    assert script.requests == []


def test_transport_error__names_a_failure_without_words(harness: Harness) -> None:
    """An httpx error that has no message is named by its class."""
    with pytest.raises(TransportError, match=r"got no response from .*: ReadTimeout$"):
        harness.do(harness.client(ScriptedResponses(httpx.ReadTimeout("")), retry=None).predictions.get, "gm3q")


@pytest.mark.parametrize(
    ("status", "hint"),
    [(401, "REPLICATE_API_TOKEN"), (402, "add credit"), (500, "the service is at fault")],
)
def test_hint__says_what_to_do(harness: Harness, status: int, hint: str) -> None:
    """Where the remedy is known, the message ends with it."""
    client = harness.client(ScriptedResponses(httpx.Response(status, json={"detail": "No."})), retry=None)
    with pytest.raises(APIError, match=rf"answered {status}: No\. \(.*{hint}.*\)$"):
        harness.do(client.predictions.get, "gm3q")


def test_message__is_short_and_says_nothing_twice(harness: Harness) -> None:
    """A title that equals the detail is shown once, and of a long body only the start."""
    problem = {"title": "Not found", "detail": "Not found"}
    with pytest.raises(NotFoundError, match=r"answered 404: Not found$"):
        harness.do(harness.client(ScriptedResponses(httpx.Response(404, json=problem))).predictions.get, "gm3q")
    with pytest.raises(NotFoundError, match=r"answered 404: x{199}…$") as caught:
        harness.do(harness.client(ScriptedResponses(httpx.Response(404, text="x" * 10_000))).predictions.get, "gm3q")
    assert caught.value.body == "x" * 10_000


def test_invalid_input__is_a_value_error(harness: Harness) -> None:
    """A wrong argument can be caught as ValueError, as is usual in Python."""
    with pytest.raises(ValueError, match="nothing was sent"):
        harness.do(harness.client(ScriptedResponses(httpx.Response(500))).predictions.create, {"width": 1})
