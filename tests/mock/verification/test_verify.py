"""The verification of calls, and the message of a failure."""

from __future__ import annotations

import re
from collections.abc import Callable
from textwrap import dedent
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer, VerificationError, anything, contains, regex

TOKEN = "a-token-of-a-test"
Create = Callable[..., dict[str, Any]]


def failure(server: MockServer, *arguments: Any, **expected: Any) -> str:
    """The message of a verification that fails, without the journal."""
    with pytest.raises(VerificationError) as caught:
        server.verify(*arguments, **expected)
    assert isinstance(caught.value, AssertionError)
    return str(caught.value).partition("\nJournal, ")[0]


@pytest.fixture
def called(server: MockServer, api: httpx.Client, create: Create) -> MockServer:
    """A server with three creates, of which the last is refused, and reads and a cancel of the first prediction."""
    first = create(prompt="A cat", width=1024)["id"]
    server.clock.advance(1.5)
    create({"X-Trace": "one"}, prompt="A horse", width=576)
    api.post("/predictions", json={"version": "x", "input": {"prompt": "A dog", "width": 100}})
    api.get(f"/predictions/{first}", params={"a": ["1", "2"], "b": "3"})
    api.post(f"/predictions/{first}/cancel")
    api.get("/predictions", headers={"Authorization": "Bearer another-token"})
    return server


@pytest.mark.parametrize(
    ("expected", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"times": 3}, [1, 2, 3]),
        ({"at_least": 2, "at_most": 3}, [1, 2, 3]),
        ({"times": 1, "input": {"prompt": contains("horse"), "width": 576}}, [2]),
        ({"input": {"prompt": regex("^A (cat|dog)")}}, [1, 3]),
        ({"input": lambda sent: sent["width"] < 600}, [2, 3]),
        ({"headers": {"X-TRACE": "one", "content-type": contains("json")}}, [2]),
        ({"body": {"version": "x", "input": {"width": int}}}, [3]),
        ({"body": anything}, [1, 2, 3]),
        ({"status": 201}, [1, 2]),
        ({"status": lambda status: status >= 400}, [3]),
        ({"token": TOKEN}, [1, 2, 3]),
        ({"times": 0, "token": "another-token"}, []),
        ({"times": 0, "input": {"prompt": "A bird"}}, []),
        ({"times": 0, "body": {"webhook": anything}}, []),
        ({"at_most": 1, "input": {"width": 1}}, []),
        ({"order": ["createPrediction", "createPrediction", "getPrediction", "cancelPrediction"]}, [1, 2, 3]),
        ({"order": ["createPrediction", "cancelPrediction"], "input": {"width": 100}}, [3]),
    ],
)
def test_calls__that_are_as_expected(called: MockServer, expected: dict[str, Any], numbers: list[int]) -> None:
    """The calls that match are returned, oldest first."""
    assert [call.exchange.number for call in called.verify("createPrediction", **expected)] == numbers


def test_calls__of_any_operation(called: MockServer) -> None:
    """Without an operation, every exchange counts; the query and the prediction tell them apart."""
    first = called.journal[0].prediction
    assert len(called.verify(times=6)) == 6
    assert len(called.verify("getPrediction", query={"a": ["1", "2"], "b": "3"})) == 1
    assert [call.operation for call in called.verify(prediction=first)] == [
        "createPrediction",
        "getPrediction",
        "cancelPrediction",
    ]
    order = ["createPrediction", "getPrediction", "cancelPrediction"]
    assert len(called.verify("cancelPrediction", prediction=first, order=order)) == 1


@pytest.mark.parametrize(
    ("operation", "expected", "said"),
    [
        (
            "createPrediction",
            {"times": 1, "input": {"prompt": contains("bird"), "width": 576}, "headers": {"X-Trace": "two"}},
            """
            Expected createPrediction to be called exactly once with
              input.prompt: a text that contains 'bird'
              input.width: 576
              header x-trace: 'two'
            but none of its 3 calls matches.
            Nearest: exchange 2 after 1.500 s: POST /v1/predictions, 201
              input.prompt: expected a text that contains 'bird', sent 'A horse'
              header x-trace: expected 'two', sent 'one'
            """,
        ),
        (
            "createPrediction",
            {"times": 2, "input": {"prompt": contains("cat")}},
            """
            Expected createPrediction to be called exactly 2 times with
              input.prompt: a text that contains 'cat'
            but 1 of its 3 calls matches.
            Nearest: exchange 3 after 1.500 s: POST /v1/predictions, 422
              input.prompt: expected a text that contains 'cat', sent 'A dog'
            """,
        ),
        (
            "createPrediction",
            {"at_most": 2},
            """
            Expected createPrediction to be called at most 2 times,
            but it was called 3 times.
            """,
        ),
        (
            "createPrediction",
            {"times": 0, "input": {"width": int}, "status": 201},
            """
            Expected createPrediction never to be called with
              input.width: a value of type int
              status: 201
            but 2 of its 3 calls match:
              exchange 1 after 0.000 s: POST /v1/predictions, 201
              exchange 2 after 1.500 s: POST /v1/predictions, 201
            """,
        ),
        (
            "createPrediction",
            {"at_least": 3, "at_most": 4, "status": 201},
            """
            Expected createPrediction to be called 3 to 4 times with
              status: 201
            but 2 of its 3 calls match.
            Nearest: exchange 3 after 1.500 s: POST /v1/predictions, 422
              status: expected 201, answered 422 (input.width: 100 < 256)
            """,
        ),
        (
            "cancelPrediction",
            {"prediction": "gm3qorzdhgbfurvjtvhg6dckhu"},
            """
            Expected cancelPrediction to be called at least once with
              prediction: 'gm3qorzdhgbfurvjtvhg6dckhu'
            but it was never called.
            """,
        ),
        (
            "cancelPrediction",
            {"headers": {"x-none": anything}, "query": {"a": "1"}, "body": {"x": 1}, "token": "another-token"},
            """
            Expected cancelPrediction to be called at least once with
              body.x: 1
              query.a: '1'
              header x-none: any value
              token: the one given
            but its only call does not match.
            Nearest: exchange 5 after 1.500 s: POST /v1/predictions/ID/cancel, 200
              body.x: expected 1, not sent
              header x-none: expected any value, not sent
              query.a: expected '1', not sent
              token: expected the one given, sent another
            """,
        ),
        (
            "cancelPrediction",
            {"order": ["cancelPrediction", "createPrediction"]},
            """
            Expected calls in the order cancelPrediction, createPrediction,
            but createPrediction was not called after
              exchange 5 after 1.500 s: POST /v1/predictions/ID/cancel, 200
            """,
        ),
        (
            "createPrediction",
            {"order": ["listFiles", "createPrediction"], "input": {"width": 576}},
            """
            Expected calls in the order listFiles, createPrediction,
              createPrediction with input.width: 576
            but listFiles was not called.
            """,
        ),
        (
            None,
            {"times": 0, "status": 422},
            """
            Expected any operation never to be called with
              status: 422
            but 1 of its 6 calls matches:
              exchange 3 after 1.500 s: POST /v1/predictions, 422
            """,
        ),
    ],
)
def test_failure__says_what_differs(
    called: MockServer, operation: str | None, expected: dict[str, Any], said: str
) -> None:
    """The message has what was expected, how often it came, and the nearest call, field by field."""
    message = failure(called, operation, **expected).replace(str(called.journal[0].prediction), "ID")
    assert message == dedent(said).strip()


@pytest.mark.parametrize("order", [["createPrediction", "createPrediction"], ["createPrediction", "getPrediction"]])
def test_order__of_calls_that_match(called: MockServer, order: list[str]) -> None:
    """Other calls of the operation do not count, and neither do those on other predictions."""
    second = called.journal[1].prediction
    called.verify("createPrediction", order=order)
    said = f"but {order[1]} was not called after\n  exchange 2 after 1.500 s: POST /v1/predictions, 201"
    assert failure(called, "createPrediction", prediction=second, input={"width": 576}, order=order).endswith(said)
    if order[1] == "createPrediction":
        assert failure(called, "createPrediction", input={"width": 576}, order=order).endswith(said)


def test_failure__shows_the_journal(called: MockServer, api: httpx.Client) -> None:
    """Polls are folded, and no token is shown."""
    for _ in range(8):
        api.get("/predictions")
    with pytest.raises(VerificationError) as caught:
        called.verify("cancelPrediction", times=0, token=TOKEN)
    journal = str(caught.value).partition("\nJournal, 14 exchanges:\n")[2]
    assert journal == "\n".join(f"  {line}" for line in str(called.journal).splitlines())
    assert "× 8" in journal
    assert TOKEN not in str(caught.value) and "another-token" not in str(caught.value)


def test_failure__of_a_server_without_calls(server: MockServer) -> None:
    """The message says that nothing came."""
    with pytest.raises(VerificationError) as caught:
        server.verify("createPrediction")
    assert str(caught.value).endswith(
        "but it was never called.\nJournal, 0 exchanges:\n  No request has reached the server."
    )


def test_failure__lists_some_of_many(server: MockServer, api: httpx.Client) -> None:
    """Ten calls are listed, and the others are counted."""
    for number in range(13):
        api.get("/predictions", params={"created_after": f"2026-01-{number + 1:02}"})
    lines = failure(server, "listPredictions", times=0, query={"created_after": str}).splitlines()
    assert lines[2] == "but 13 of its 13 calls match:" and lines[-1] == "  and 3 more"
    assert len(lines) == 3 + 10 + 1


def test_nearest__is_the_most_similar_text(server: MockServer, create: Create) -> None:
    """Among calls with as many differences, the one with the most similar text is shown."""
    for prompt in ("A horse on a hil", "Nothing of the kind", "Another"):
        create(prompt=prompt)
    assert "input.prompt: expected 'A horse on a hill', sent 'A horse on a hil'" in failure(
        server, "createPrediction", input={"prompt": "A horse on a hill"}
    )


def test_nearest__has_the_field(server: MockServer, create: Create) -> None:
    """A call that has the field with another value is nearer than a later one that lacks it."""
    create(prompt="x", width=1024)
    create(prompt="x")

    assert "input.width: expected '1024', sent 1024" in failure(server, "createPrediction", input={"width": "1024"})


@pytest.mark.parametrize("expected", [{"times": 1}, {"at_most": 1}, {"times": 0, "input": {"prompt": "y"}}])
def test_upper_bound__needs_the_whole_journal(expected: dict[str, Any]) -> None:
    """Whether there were no more calls cannot be told from what is left."""
    server = MockServer(journal_limit=1)
    with server.client() as client:
        client.predictions.create({"prompt": "x"})
        server.verify("createPrediction", **expected)
        client.predictions.create({"prompt": "x"})
    server.verify("createPrediction", at_least=1)
    assert failure(server, "createPrediction", **expected).endswith(
        "but this cannot be told: the journal dropped earlier calls, and journal_limit says how many it keeps."
    )


@pytest.mark.parametrize("body", [b"{", b'{"input": ["x"]}', b""])
def test_input__that_cannot_be_read(server: MockServer, api: httpx.Client, body: bytes) -> None:
    """A request without a readable input does not match, and the message says why."""
    api.post("/predictions", content=body, headers={"Content-Type": "application/json"})
    message = failure(server, "createPrediction", input={"width": 1})
    assert (
        message.splitlines()[-1]
        == {
            b"{": "  input: expected an object with width, sent a body that is no JSON in the journal: '{'",
            b'{"input": ["x"]}': "  input.width: expected 1, not sent",
            b"": "  input.width: expected 1, not sent",
        }[body]
    )


def test_body__that_is_no_json(server: MockServer, api: httpx.Client) -> None:
    """The body is compared as text, such as that of an upload."""
    api.post("/files", files={"content": ("a.txt", b"some text", "text/plain")})
    server.verify("createFile", body=contains("some text"))
    server.verify("createFile", body=regex('filename="a.txt"'))


@pytest.mark.parametrize(
    ("operation", "expected", "said"),
    [
        ("creatPrediction", {}, "there is no operation 'creatPrediction'; did you mean 'createPrediction'?"),
        ("createPrediction", {"order": ["cancelPredicton"]}, "did you mean 'cancelPrediction'?"),
        ("createPrediction", {"order": ["getPrediction"]}, "order must name 'createPrediction', too"),
        (None, {"order": ["getPrediction"]}, "order needs an operation, since it says where that comes"),
        ("createPrediction", {"order": "createPrediction"}, "order is a list of operations, not 'createPrediction'"),
        ("createPrediction", {"times": -1}, "times is a number of calls, not -1"),
        ("createPrediction", {"at_most": True}, "at_most is a number of calls, not True"),
        ("createPrediction", {"times": 1, "at_least": 1}, "times is an exact number of calls; leave at_least"),
        ("createPrediction", {"at_least": 2, "at_most": 1}, "no number of calls is at least 2 and at most 1"),
        ("createPrediction", {"headers": {"Authorization": "Bearer secret"}}, "the journal has no tokens"),
    ],
)
def test_verification__that_cannot_be_right(
    server: MockServer, operation: str, expected: dict[str, Any], said: str
) -> None:
    """A mistake in the test is no failed assertion."""
    with pytest.raises(ValueError, match=re.escape(said)) as caught:
        server.verify(operation, **expected)
    assert "secret" not in str(caught.value)
