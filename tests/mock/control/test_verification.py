"""Verifying calls and reading the cost over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from zeroscope_mock import Cost, MockServer, VerificationError, contains

TOKEN = "a-token-of-a-test"
Create = Callable[..., dict[str, Any]]


@pytest.fixture
def control(server: MockServer) -> Iterator[httpx.Client]:
    with httpx.Client(transport=server.transport, base_url="http://localhost/_mock") as client:
        yield client


@pytest.fixture
def called(server: MockServer, create: Create, api: httpx.Client) -> MockServer:
    """A server with two creates, and a read with another token."""
    create(prompt="A horse", width=576)
    create(prompt="A cat", width=1024)
    api.get("/predictions", headers={"Authorization": "Bearer another-token"})
    return server


@pytest.mark.parametrize(
    ("body", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"operation": "createPrediction", "times": 2.0}, [1, 2]),
        ({"operation": "createPrediction", "times": 1, "input": {"prompt": {"contains": "horse"}}}, [1]),
        ({"input": {"prompt": {"regex": "^A (horse|cat)$"}, "width": {"any": True}}}, [1, 2]),
        ({"body": {"input": {"equals": {"prompt": "A cat", "width": 1024}}}}, [2]),
        ({"headers": {"Content-Type": {"contains": "json"}}, "status": 201}, [1, 2]),
        ({"operation": "cancelPrediction", "times": 0}, []),
        ({"operation": None, "at_least": None, "query": None, "order": None}, [1, 2, 3]),
        ({"operation": "listPredictions", "order": ["createPrediction", "listPredictions"]}, [3]),
    ],
)
def test_calls__that_are_as_expected(
    called: MockServer, control: httpx.Client, body: dict[str, Any], numbers: list[int]
) -> None:
    """The response has the calls that match, as summaries."""
    response = control.post("/verify", json=body)
    assert response.status_code == 200, response.text
    assert response.json()["count"] == len(numbers)
    assert [one["number"] for one in response.json()["exchanges"]] == numbers


def test_failure__is_explained_as_in_python(called: MockServer, control: httpx.Client) -> None:
    """The detail of the problem is the message of the error."""
    sent = {"operation": "createPrediction", "times": 1, "input": {"prompt": {"contains": "dog"}}}
    response = control.post("/verify", json=sent)
    with pytest.raises(VerificationError) as caught:
        called.verify("createPrediction", times=1, input={"prompt": contains("dog")})
    assert (response.status_code, response.headers["content-type"]) == (409, "application/problem+json")
    assert response.json() == {"title": "Verification failed", "status": 409, "detail": str(caught.value)}


def test_token__limits_what_counts(called: MockServer, control: httpx.Client) -> None:
    """A verification with a token neither counts nor shows the calls of others."""
    headers = {"Authorization": "Bearer another-token"}
    response = control.post("/verify", json={"operation": "createPrediction"}, headers=headers)
    assert response.status_code == 409
    assert "horse" not in response.text and "listPredictions" in response.text
    assert control.post("/verify", json={"times": 1}, headers=headers).status_code == 200


@pytest.mark.parametrize(
    ("body", "field", "said"),
    [
        ({"operation": "creatPrediction"}, "", "did you mean 'createPrediction'?"),
        ({"times": 1, "at_most": 1}, "", "times is an exact number of calls"),
        ({"input": {"prompt": {"regex": "("}}}, "input.prompt.regex", "is no regular expression"),
        ({"query": {"a": [{"any": False}]}}, "query.a.0.any", 'The matcher of any value is {"any": true}'),
        ({"times": -1}, "times", "Must be greater than or equal to 0"),
        ({"headers": {"authorization": "Bearer secret"}}, "", "the journal has no tokens"),
        ({"inputs": {}}, "", "Additional property inputs is not allowed"),
        ({"input": "x"}, "input", "Invalid type."),
    ],
)
def test_mistake__is_refused(called: MockServer, control: httpx.Client, body: Any, field: str, said: str) -> None:
    """What can never be right is invalid, not a failed verification."""
    response = control.post("/verify", json=body)
    assert response.status_code == 422
    (invalid,) = response.json()["invalid_fields"]
    assert invalid["field"] == field and said in invalid["description"]


def test_handlers__leave_the_lock_alone(
    called: MockServer, control: httpx.Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Other requests are answered while calls are compared and costs are added up."""
    lock, free = called.core.state.lock, list[bool]()

    def try_lock(*arguments: Any, **settings: Any) -> Any:
        with ThreadPoolExecutor(1) as other:
            free.append(other.submit(lock.acquire, blocking=False).result())
            if free[-1]:
                other.submit(lock.release).result()
        return Cost() if len(free) == 1 else []

    monkeypatch.setattr("zeroscope_mock.verification.cost.cost_of", try_lock)
    monkeypatch.setattr("zeroscope_mock.verification.verifier.verify", try_lock)
    assert control.get("/cost").json()["predictions"] == 0
    assert control.post("/verify", json={}).json()["count"] == 0
    assert free == [True, True]


def test_cost__is_read(called: MockServer, control: httpx.Client, api: httpx.Client) -> None:
    """The sums, and those of each model; with a token, those of that token."""
    called.clock.advance(600)
    cost = control.get("/cost").json()
    seconds = called.cost.seconds
    assert cost == {
        "predictions": 2,
        "seconds": seconds,
        "models": [{"model": "anotherjesse/zeroscope-v2-xl", "predictions": 2, "seconds": seconds}],
    }
    nothing = {"predictions": 0, "seconds": 0, "models": []}
    assert control.get("/cost", headers={"Authorization": "Bearer another-token"}).json() == nothing
    control.post("/reset")
    assert control.get("/cost").json() == nothing


def test_scripts__show_how_often_they_were_used(server: MockServer, control: httpx.Client, create: Create) -> None:
    """The list has the number of predictions that followed each, which a snapshot keeps."""
    server.scripts.add({"run": 1}, times=None)
    server.scripts.add({"run": 2, "model": "none/*"})
    create(prompt="x")
    create(prompt="y")
    for _ in range(2):
        assert [one["used"] for one in control.get("/scripts").json()["scripts"]] == [2, 0]
        assert server.scripts.unused() == ["for model 'none/*'"]
        server.restore(server.snapshot())


def test_snapshot__of_an_older_server(server: MockServer) -> None:
    """Without the counts and the costs, nothing was used or dropped."""
    server.scripts.add({"run": 1})
    taken = server.snapshot()
    for one in taken["scripts"]:
        del one["used"]
    for one in taken["tenants"]:
        del one["billed"]
    server.restore(taken)
    assert len(server.scripts.unused()) == 1
