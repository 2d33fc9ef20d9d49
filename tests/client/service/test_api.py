"""The request of each operation, to the byte, and its documented responses."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx
import pytest
import respx

import zeroscope
from helpers.client import BASE_URL, TOKEN, Harness, ScriptedResponses, prediction_body, value_of
from zeroscope._service import spec as _spec

ID = prediction_body()["id"]
SPEC = _spec.spec()


@dataclass
class Operation:
    """An operation as a caller uses it and as it goes over the wire."""

    id: str
    method: str
    path: str
    body: dict[str, Any] | None
    success: int
    answer: Any
    call: Callable[[Harness, Any], Any]


OPERATIONS = [
    Operation(
        "listPredictions",
        "GET",
        "/predictions",
        None,
        200,
        {"next": None, "previous": None, "results": [prediction_body("succeeded")]},
        lambda harness, client: harness.all(client.predictions.list)[0],
    ),
    Operation(
        "createPrediction",
        "POST",
        "/predictions",
        {"version": SPEC["info"]["x-replicate"]["version"], "input": {"prompt": "a lighthouse"}},
        201,
        prediction_body(),
        lambda harness, client: harness.do(client.predictions.create, {"prompt": "a lighthouse"}),
    ),
    Operation(
        "getPrediction",
        "GET",
        f"/predictions/{ID}",
        None,
        200,
        prediction_body(),
        lambda harness, client: harness.do(client.predictions.get, ID),
    ),
    Operation(
        "cancelPrediction",
        "POST",
        f"/predictions/{ID}/cancel",
        None,
        200,
        prediction_body("canceled"),
        lambda harness, client: harness.do(client.predictions.cancel, ID),
    ),
]
BY_ID = {operation.id: operation for operation in OPERATIONS}


@pytest.fixture(params=OPERATIONS, ids=lambda operation: operation.id)
def operation(request: pytest.FixtureRequest) -> Operation:
    """Each of the four operations on predictions."""
    found: Operation = request.param
    return found


def routed(harness: Harness, operation: Operation, **settings: Any) -> tuple[Any, respx.Route]:
    """A client whose only route is the operation's, and the route."""
    router = respx.Router(assert_all_called=False)
    route = router.route(method=operation.method, url=BASE_URL + operation.path)
    route.respond(operation.success, json=operation.answer)
    return harness.client(router.handler, **settings), route


def test_request__is_exactly_what_the_operation_needs(harness: Harness, operation: Operation) -> None:
    """Method, URL, headers and body are these, with nothing added and no default filled in."""
    client, route = routed(harness, operation)
    operation.call(harness, client)

    assert route.call_count == 1
    request = route.calls.last.request
    headers = {
        "host": "api.example.test",
        "authorization": f"Bearer {TOKEN}",
        "user-agent": f"zeroscope/{zeroscope.__version__}",
        "accept": "application/json",
        "accept-encoding": request.headers["accept-encoding"],
        "connection": "keep-alive",
    }
    if operation.body is not None:
        headers |= {"content-type": "application/json", "content-length": str(len(request.content))}
    elif operation.method == "POST":
        headers |= {"content-length": "0"}
    assert dict(request.headers) == headers
    assert str(request.url) == BASE_URL + operation.path
    assert (json.loads(request.content) if request.content else None) == operation.body


def test_answer__becomes_a_prediction(harness: Harness, operation: Operation) -> None:
    """Each operation gives a prediction that holds what the service sent, nothing lost."""
    client, _ = routed(harness, operation)
    expected = operation.answer["results"][0] if "results" in operation.answer else operation.answer
    assert operation.call(harness, client).to_dict() == expected


@pytest.mark.parametrize(
    ("options", "body", "headers"),
    [
        ({"version": "71996d33"}, {"version": "71996d33"}, {}),
        ({"webhook": "https://example.test/hook"}, {"webhook": "https://example.test/hook"}, {}),
        ({"webhook_events_filter": ("start", "completed")}, {"webhook_events_filter": ["start", "completed"]}, {}),
        ({"webhook_events_filter": "completed"}, {"webhook_events_filter": "completed"}, {}),
        ({"stream": False}, {"stream": False}, {}),
        ({"version": None, "webhook": None, "stream": None, "deadline": None}, {}, {}),
        ({"deadline": 90}, {}, {"cancel-after": "90s"}),
        ({"deadline": timedelta(minutes=2, milliseconds=1)}, {}, {"cancel-after": "121s"}),
    ],
)
def test_create__sends_each_option_where_it_belongs(
    harness: Harness, options: dict[str, Any], body: dict[str, Any], headers: dict[str, str]
) -> None:
    """An option goes into the body or a header only when it is given."""
    create = BY_ID["createPrediction"]
    client, route = routed(harness, create)
    harness.do(client.predictions.create, {"prompt": "a lighthouse"}, **options)
    request = route.calls.last.request
    assert json.loads(request.content) == {**(create.body or {}), **body}
    assert {name: value for name, value in request.headers.items() if name == "cancel-after"} == headers


def test_create__sends_every_input_field_as_it_is(harness: Harness) -> None:
    """All fields of the input arrive under their own names with their own values."""
    fields = SPEC["components"]["schemas"]["PredictionInput"]["properties"]
    values = {name: value_of(field) for name, field in fields.items()}
    client, route = routed(harness, BY_ID["createPrediction"])
    harness.do(client.predictions.create, values)
    assert json.loads(route.calls.last.request.content)["input"] == values


@pytest.mark.parametrize(
    ("status", "body"),
    [(200, prediction_body()), (200, [prediction_body()]), (201, prediction_body()), (202, prediction_body())],
)
def test_create__takes_every_answer_that_is_published_or_live(harness: Harness, status: int, body: Any) -> None:
    """200, 201 and 202 are all a created prediction; with 200 it may come as an array of one, as published."""
    client = harness.client(lambda _: httpx.Response(status, json=body))
    assert harness.do(client.predictions.create, {}).id == ID


DOCUMENTED = [
    pytest.param(operation, int(status.replace("X", "0").replace("400", "418")), id=f"{operation.id}-{status}")
    for operation in OPERATIONS
    for item in SPEC["paths"].values()
    for described in item.values()
    if isinstance(described, dict) and described.get("operationId") == operation.id
    for status in described["responses"]
    if not status.startswith("2")
]


@pytest.mark.parametrize(("operation", "status"), DOCUMENTED)
def test_documented_error__carries_what_the_service_said(harness: Harness, operation: Operation, status: int) -> None:
    """Every error that the spec documents for an operation is raised with its status, title, detail and body."""
    problem = {"title": "Some problem", "detail": "This is wrong.", "status": status}
    client = harness.client(lambda _: httpx.Response(status, json=problem, headers={"X-Request": "7"}), retry=None)
    with pytest.raises(zeroscope.ZeroscopeError) as caught:
        operation.call(harness, client)
    error = caught.value
    if isinstance(error, zeroscope.UnknownOutcomeError):
        assert operation.id == "createPrediction" and status >= 500
        error = error.__cause__  # type: ignore[assignment]  # its type is looked at below
    assert isinstance(error, zeroscope.APIError)
    assert (error.status_code, error.title, error.detail) == (status, "Some problem", "This is wrong.")
    assert error.headers["x-request"] == "7"
    assert json.loads(error.body) == problem
    assert f"{operation.method} {operation.path} answered {status}" in str(error)


def test_headers__of_an_own_http_client_go_along_and_give_way(harness: Harness) -> None:
    """Headers of the user's own are sent too, but for those that the service must get from here, each of them once."""
    script = ScriptedResponses(httpx.Response(200, json=prediction_body()))
    client = harness.client(script)
    own = [("accept", "text/html"), ("Accept", "*/*"), ("user-agent", "own"), ("authorization", "Bearer other")]
    harness.http.headers = httpx.Headers([*own, ("x-trace", "1")])
    harness.do(client.predictions.get, ID)
    names = {"accept", "authorization", "user-agent", "x-trace"}
    assert sorted(pair for pair in script.requests[0].headers.multi_items() if pair[0] in names) == [
        ("accept", "application/json"),
        ("authorization", f"Bearer {TOKEN}"),
        ("user-agent", client.user_agent),
        ("x-trace", "1"),
    ]


def test_headers__of_one_request_are_not_those_of_the_next(harness: Harness) -> None:
    """Each request has the headers that its call and the user's client have then, whatever became of the last one's."""
    script = ScriptedResponses(*[httpx.Response(200, json=prediction_body()) for _ in range(4)])
    client = harness.client(script)
    harness.http.headers["x-trace"] = "1"
    harness.do(client.predictions.get, ID, extra_headers={"X-Call": "1"})
    harness.do(client.predictions.get, ID)
    # As a hook of the user's client may do.
    script.requests[-1].headers["x-hook"] = "1"
    harness.do(client.predictions.get, ID)
    harness.http.headers["x-trace"] = "2"
    harness.do(client.predictions.get, ID)
    names = ("x-trace", "x-call", "x-hook")
    assert [[request.headers.get(name) for name in names] for request in script.requests] == [
        ["1", "1", None],
        ["1", None, "1"],
        ["1", None, None],
        ["2", None, None],
    ]


@pytest.mark.parametrize("id", ["", ".", "..", "\ud800", 5, None, b"x"])
def test_id__that_would_reach_another_endpoint_is_refused(harness: Harness, id: Any) -> None:
    """An id that would be folded away or changed on the way never leaves the process."""
    client, route = routed(harness, BY_ID["getPrediction"])
    with pytest.raises(zeroscope.InvalidInputError, match="prediction_id"):
        harness.do(client.predictions.get, id)
    with pytest.raises(zeroscope.InvalidInputError, match="prediction_id"):
        harness.do(client.predictions.cancel, id)
    assert route.call_count == 0


@pytest.mark.parametrize("id", ["a/../../account", "a?b", "a#b", "a b", "%2e%2e", "ä"])
def test_id__is_quoted(harness: Harness, id: str) -> None:
    """Whatever else is in an id stays inside its own place in the path."""
    requests: list[httpx.Request] = []

    def answer(request: httpx.Request) -> httpx.Response:
        requests.append(request)
        return httpx.Response(200, json=prediction_body(id=id))

    harness.do(harness.client(answer).predictions.get, id)
    path = requests[0].url.raw_path.decode()
    assert path.startswith("/v1/predictions/")
    assert path.count("/") == 3 and "?" not in path
