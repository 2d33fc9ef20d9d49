"""The cost of predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import Cost, MockServer, ModelCost, RealClock

MODEL = "anotherjesse/zeroscope-v2-xl"
Create = Callable[..., dict[str, Any]]


def test_cost__of_a_new_server(server: MockServer) -> None:
    """Nothing was made."""
    assert server.cost == Cost(0, 0.0, {})


@pytest.mark.parametrize("outcome", ["succeeded", "failed"])
def test_cost__is_the_running_time(server: MockServer, api: httpx.Client, create: Create, outcome: str) -> None:
    """What the service reports as the running time is billed, also of predictions that fail, and as far as they are."""
    server.scripts.add({"startup": 2, "run": 10, "outcome": outcome}, times=None)
    ids = [create(prompt="x")["id"] for _ in range(5)]
    assert server.cost == Cost(5, 0.0, {MODEL: ModelCost(5, 0.0)})
    server.clock.advance(7.01)
    assert server.cost.seconds == pytest.approx(25, abs=0.1)
    server.clock.advance(60)
    metrics = [api.get(f"/predictions/{id}").json()["metrics"]["predict_time"] for id in ids]
    assert server.cost.seconds == pytest.approx(sum(metrics), abs=1e-5)
    assert server.cost.seconds == pytest.approx(50, abs=0.01)


@pytest.mark.parametrize(("seconds", "billed"), [(1, 0), (5, 3), (60, 10)])
def test_cost__of_a_canceled_prediction(
    server: MockServer, api: httpx.Client, create: Create, seconds: float, billed: float
) -> None:
    """It is billed until the cancel, and not at all before its start."""
    server.scripts.add({"startup": 2, "run": 10})
    id = create(prompt="x")["id"]
    server.clock.advance(seconds)
    api.post(f"/predictions/{id}/cancel")
    server.clock.advance(60)
    assert server.cost.seconds == pytest.approx(billed, abs=0.01)


@pytest.mark.parametrize(
    ("script", "headers", "billed"),
    [
        ({"outcome": "aborted"}, {}, 0),
        ({"startup": 1, "run": 100}, {"Cancel-After": "30s"}, 29),
        ({"startup": 100}, {"Cancel-After": "30s"}, 0),
        ({"progression": "once"}, {}, 0),
    ],
)
def test_cost__of_other_ends(
    server: MockServer, create: Create, script: dict[str, Any], headers: dict[str, str], billed: float
) -> None:
    """A prediction that never ran costs nothing, one at its deadline what it ran."""
    server.scripts.add(script)
    create(headers, prompt="x")
    server.clock.advance(600)
    assert server.cost.predictions == 1
    assert server.cost.seconds == pytest.approx(billed, abs=0.01)


def test_cost__at_another_speed() -> None:
    """Predictions that are faster than at the service cost what they would there."""
    with MockServer(clock=RealClock(), speed=1000) as server, server.client() as client:
        server.scripts.add({"startup": 0, "run": 80}, times=None)
        for _ in range(5):
            client.run(prompt="x")
        assert server.cost.seconds == pytest.approx(400)


def test_cost__of_several_models_and_tokens() -> None:
    """Each model has its sums, and each token its own."""
    server = MockServer(any_model=True)
    server.scripts.add([{"startup": 0, "run": run} for run in (1, 2, 4)])
    for model, token in (("acme/one", "a"), ("acme/two", "a"), ("acme/two", "b")):
        with httpx.Client(transport=server.transport, headers={"Authorization": f"Bearer {token}"}) as api:
            api.post(f"http://h/v1/models/{model}/predictions", json={"input": {}})
    server.clock.advance(60)
    assert server.cost == Cost(3, 7.0, {"acme/two": ModelCost(2, 6.0), "acme/one": ModelCost(1, 1.0)})
    assert list(server.cost.by_model) == ["acme/two", "acme/one"]
    server.reset("a")
    assert server.cost == Cost(1, 4.0, {"acme/two": ModelCost(1, 4.0)})


@pytest.mark.parametrize("restored", [False, True])
def test_cost__of_dropped_predictions(restored: bool) -> None:
    """Predictions that the store or the journal dropped still count, until a reset, also after a snapshot."""
    server = MockServer(prediction_limit=2, journal_limit=1)
    with server.client() as client:
        for run in (1, 2, 4, 8):
            server.scripts.add({"startup": 0, "run": run})
            client.predictions.create({"prompt": "x"})
    server.clock.advance(60)
    if restored:
        taken = server.snapshot()
        server = MockServer(prediction_limit=2, journal_limit=1)
        server.restore(taken)
    assert server.dropped["predictions"] == 2
    assert server.cost.predictions == 4
    assert server.cost.seconds == pytest.approx(15, abs=0.01)
    assert server.cost.by_model[MODEL].predictions == 4
    server.reset()
    assert server.cost == Cost()


@pytest.mark.parametrize(("reads", "billed"), [(0, 0), (1, 0), (2, 5)])
def test_cost__of_a_dropped_prediction_that_reads_move_on(reads: int, billed: float) -> None:
    """It stays as it was last read."""
    server = MockServer(prediction_limit=1)
    server.scripts.add({"progression": "reads", "reads": 3})
    with server.client() as client:
        prediction = client.predictions.create({"prompt": "x"})
        for _ in range(reads):
            prediction.reload()
            server.clock.advance(5)
        server.scripts.add({"outcome": "aborted"})
        client.predictions.create({"prompt": "x"})
    assert server.cost.seconds == billed


def test_cost__of_trainings(server: MockServer, api: httpx.Client) -> None:
    """A training is a prediction as well."""
    server.scripts.add({"startup": 0, "run": 30})
    owner = api.get("/account").json()["username"]
    api.post("/models", json={"owner": owner, "name": "new", "visibility": "private", "hardware": "cpu"})
    version = api.get(f"/models/{MODEL}/versions").json()["results"][0]["id"]
    created = api.post(
        f"/models/{MODEL}/versions/{version}/trainings", json={"destination": f"{owner}/new", "input": {}}
    )
    assert created.status_code == 201, created.text
    server.clock.advance(600)
    assert server.cost.predictions == 1
    assert server.cost.seconds == pytest.approx(30, abs=0.01)
