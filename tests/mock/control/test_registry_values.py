"""Models and trainings in snapshots that are taken while they change."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.clocks.real import RealClock

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
TRAININGS = f"/models/anotherjesse/zeroscope-v2-xl/versions/{VERSION}/trainings"
MODELS = 20


@pytest.fixture
def restored() -> Iterator[MockServer]:
    """The server that takes the snapshots."""
    with MockServer() as server:
        yield server


def client(server: MockServer) -> httpx.Client:
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    return httpx.Client(transport=server.transport, base_url="http://mock.test/v1", headers=headers)


def new_model(api: httpx.Client, name: str) -> str:
    """Makes a private model and returns its owner and name."""
    owner = api.get("/account").json()["username"]
    body = {"owner": owner, "name": name, "visibility": "private", "hardware": "cpu"}
    assert api.post("/models", json=body).status_code == 201
    return f"{owner}/{name}"


def train(api: httpx.Client, model: str) -> int:
    """Starts a training for a model and returns the status of the response."""
    return api.post(TRAININGS, json={"destination": model, "input": {}}).status_code


def numbers(registry: dict[str, Any]) -> list[int]:
    """The numbers of the models and the versions in a snapshot, of which there are no others."""
    versions = itertools.chain.from_iterable(model["versions"] for model in registry["models"])
    return sorted(int(one["number"]) for one in (*registry["models"], *versions))


def test_snapshot__while_trainings_end(restored: MockServer) -> None:
    """Each version is there once, whichever reading of a running clock is the first after the end of its training."""
    readings = itertools.count(0, 0.25)
    clock = RealClock(lambda: next(readings), lambda: 1_767_225_600.0)
    with MockServer(clock=clock) as server, client(server) as api:
        server.scripts.add({"startup": 0, "run": 40}, times=None)
        models = [new_model(api, name) for name in ("a", "b", "c")]
        assert [train(api, model) for model in models] == [201] * 3
        snapshots = [server.snapshot()]
        while snapshots[-1]["registry"]["trainings"]:
            snapshots.append(server.snapshot())

    assert len(snapshots) > 3
    for snapshot in snapshots:
        restored.restore(snapshot)
        at = restored.clock.time()
        assert all(one["created"] <= at for model in snapshot["registry"]["models"] for one in model["versions"])
        assert numbers(snapshot["registry"]) == list(range(int(snapshot["registry"]["created"])))
        restored.clock.advance(100)
        after = restored.snapshot()["registry"]
        assert [len(model["versions"]) for model in after["models"]] == [1, 1, 1]
        assert numbers(after) == list(range(6))


def test_snapshot__while_models_are_deleted(restored: MockServer) -> None:
    """Snapshots can be restored whatever other threads create and delete meanwhile."""
    statuses = dict[str, list[int]](created=[], deleted=[])
    made = threading.Event()

    with MockServer(clock="real", speed=200) as server, client(server) as api:
        server.scripts.add([{}, {"outcome": "failed"}] * MODELS)
        first = new_model(api, "m0")
        assert train(api, first) == 201

        def create() -> None:
            try:
                with client(server) as mine:
                    for number in range(1, MODELS):
                        model = new_model(mine, f"m{number}")
                        statuses["created"] += [train(mine, model) for _ in range(2)]
            finally:
                made.set()

        def delete() -> None:
            with client(server) as mine:
                while not made.is_set():
                    for number in range(MODELS):
                        statuses["deleted"].append(mine.delete(f"/models/{first[:-1]}{number}").status_code)

        threads = [threading.Thread(target=create), threading.Thread(target=delete), threading.Thread(target=delete)]
        for thread in threads:
            thread.start()
        snapshots = [server.snapshot()]
        while any(thread.is_alive() for thread in threads):
            snapshots.append(server.snapshot())
        snapshots.append(server.snapshot())

    assert set(statuses["created"]) <= {201, 404}
    assert set(statuses["deleted"]) <= {204, 404, 409}
    for snapshot in snapshots:
        restored.restore(snapshot)
