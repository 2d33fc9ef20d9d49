"""The operations on trainings."""

from __future__ import annotations

import io
import itertools
import json
import tarfile
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.clocks.real import RealClock
from zeroscope_mock.lifecycle.record import RETENTION
from zeroscope_mock.rate_limits import Rate, RateLimits

NewModel = Callable[..., dict[str, Any]]
Train = Callable[..., dict[str, Any]]
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
PATH = f"/models/anotherjesse/zeroscope-v2-xl/versions/{VERSION}/trainings"


def moment(text: str) -> str:
    """A timestamp without the digits that may be there or not."""
    return text.rstrip("Z").rstrip("0")


def test_training__adds_a_version(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """A success adds a version to the destination, which then can be listed, read and run."""
    new_model()
    created = train(f"{account}/mine")
    assert (created["status"], created["model"], created["version"]) == (
        "starting",
        "anotherjesse/zeroscope-v2-xl",
        VERSION,
    )
    assert "output" not in created and created["input"] == {"data": "x"}
    assert api.get(f"/models/{account}/mine/versions").json()["results"] == []

    server.clock.advance(60)

    training = api.get(f"/trainings/{created['id']}").json()
    assert training["status"] == "succeeded"
    full_name, _, version = training["output"]["version"].partition(":")
    assert full_name == f"{account}/mine"
    listed = api.get(f"/models/{account}/mine/versions").json()["results"]
    assert [one["id"] for one in listed] == [version]
    assert moment(listed[0]["created_at"]) == moment(training["completed_at"])
    assert api.get(f"/models/{account}/mine/versions/{version}").json() == listed[0]
    assert api.get(f"/models/{account}/mine").json()["latest_version"] == listed[0]
    for path, body in (("/predictions", {"version": version}), (f"/models/{account}/mine/predictions", {})):
        prediction = api.post(path, json={"input": {"prompt": "x"}, **body}).json()
        assert (prediction["model"], prediction["version"]) == (f"{account}/mine", version)


def test_versions__are_listed_from_the_newest(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """The newest one is the model's latest, which runs where a create names the model alone."""
    new_model()
    made: list[str] = []
    for _ in range(2):
        training = train(f"{account}/mine")
        server.clock.advance(60)
        output = api.get(f"/trainings/{training['id']}").json()["output"]
        made.append(output["version"].partition(":")[2])

    listed = api.get(f"/models/{account}/mine/versions").json()["results"]
    prediction = api.post("/predictions", json={"version": f"{account}/mine", "input": {}}).json()

    assert [one["id"] for one in listed] == made[::-1]
    assert api.get(f"/models/{account}/mine").json()["latest_version"]["id"] == prediction["version"] == made[1]


def test_training__follows_the_speed(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """A fast server trains fast."""
    new_model()
    server.speed = 100
    server.scripts.add({"startup": 0, "run": 600})
    training = train(f"{account}/mine")
    server.clock.advance(5.9)
    before = api.get(f"/trainings/{training['id']}").json()["status"]
    server.clock.advance(0.2)

    assert (before, api.get(f"/trainings/{training['id']}").json()["status"]) == ("processing", "succeeded")


def test_destination__of_a_canceled_training(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """It can be deleted at once, and snapshots have nothing of the training that a restore would miss."""
    new_model()
    training = train(f"{account}/mine")
    assert api.delete(f"/models/{account}/mine").status_code == 409
    api.post(f"/trainings/{training['id']}/cancel")

    assert api.delete(f"/models/{account}/mine").status_code == 204
    server.restore(server.snapshot())
    assert api.get(f"/trainings/{training['id']}").json()["status"] == "canceled"


def test_training__that_reads_move_on(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """Its version is there after the read that ends it, though no moment was known for its end."""
    new_model()
    server.scripts.add({"reads": 2})
    training = train(f"{account}/mine")
    assert api.get(f"/models/{account}/mine/versions").json()["results"] == []
    statuses = [api.get(f"/trainings/{training['id']}").json()["status"] for _ in range(2)]

    assert statuses == ["processing", "succeeded"]
    assert len(api.get(f"/models/{account}/mine/versions").json()["results"]) == 1


def test_training__makes_weights(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """They are an archive that anyone can download once there is one, and only under its name."""
    new_model()
    created = train(f"{account}/mine")
    url = f"https://api.replicate.com/v1/outputs/{created['id']}/trained_model.tar"
    assert api.get(url).status_code == 404
    server.clock.advance(60)

    output = api.get(f"/trainings/{created['id']}").json()["output"]

    assert output["weights"] == url
    with httpx.Client(transport=server.transport) as anyone:
        archive = anyone.get(url)
        assert anyone.get(url.replace("trained_model.tar", "output-0.mp4")).status_code == 404
    assert archive.headers["content-type"] == "application/x-tar"
    with tarfile.open(fileobj=io.BytesIO(archive.content)) as tar:
        member = tar.extractfile("input.json")
        assert member is not None and member.read() == b'{"data":"x"}'


@pytest.mark.parametrize(
    ("path", "destination", "detail"),
    [
        (PATH, "someone/something", "The specified training destination does not exist"),
        (PATH, "rubbish", "The specified training destination does not exist"),
        (PATH, "anotherjesse/zeroscope-v2-xl", "The specified training destination does not exist"),
        (PATH.replace(VERSION, "1"), None, "version '1' of model anotherjesse/zeroscope-v2-xl"),
        (PATH.replace("anotherjesse", "someone"), None, "of model someone/zeroscope-v2-xl"),
    ],
)
def test_create__names_what_is_missing(
    api: httpx.Client, account: str, new_model: NewModel, path: str, destination: str | None, detail: str
) -> None:
    """The destination must be a model of the account, and the version one that there is."""
    new_model()

    response = api.post(path, json={"destination": destination or f"{account}/mine", "input": {}})

    assert response.status_code == 404
    assert detail in response.json()["detail"]
    assert api.get("/trainings").json()["results"] == []


@pytest.mark.parametrize("body", [{}, {"input": {}}, {"destination": "a/b"}, {"destination": "a/b", "input": "x"}])
def test_create__is_validated(api: httpx.Client, body: dict[str, Any]) -> None:
    """Invalid fields are named."""
    response = api.post(PATH, json=body)

    assert response.status_code == 422
    assert response.json()["invalid_fields"]


@pytest.mark.parametrize(
    ("script", "status", "end"),
    [({"outcome": "failed", "error": "boom"}, "failed", {"error": "boom"}), ({"run": 1e6}, "processing", {})],
)
def test_training__follows_a_script(
    server: MockServer,
    api: httpx.Client,
    account: str,
    new_model: NewModel,
    train: Train,
    script: dict[str, Any],
    status: str,
    end: dict[str, Any],
) -> None:
    """A script decides on the next training as on the next prediction; a failure adds no version."""
    new_model()
    server.scripts.add(script)
    created = train(f"{account}/mine")
    server.clock.advance(60)

    training = api.get(f"/trainings/{created['id']}").json()

    assert training["status"] == status and "output" not in training
    assert {name: training[name] for name in end} == end
    assert api.get(f"/models/{account}/mine/versions").json()["results"] == []


def test_cancel__ends_the_training(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """A canceled training adds no version; canceling it again changes nothing."""
    new_model()
    created = train(f"{account}/mine")
    server.clock.advance(3)

    canceled = api.post(f"/trainings/{created['id']}/cancel").json()
    server.clock.advance(60)

    assert canceled["status"] == "canceled"
    assert api.post(f"/trainings/{created['id']}/cancel").json() == canceled
    assert api.get(f"/trainings/{created['id']}").json() == canceled
    assert api.get(f"/models/{account}/mine/versions").json()["results"] == []


def test_list__has_the_account_s_trainings(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """Newest first, apart from the predictions; other accounts find none of them."""
    new_model()
    first, second = train(f"{account}/mine"), train(f"{account}/mine")
    api.post("/predictions", json={"version": VERSION, "input": {}})

    assert [one["id"] for one in api.get("/trainings").json()["results"]] == [second["id"], first["id"]]
    assert len(api.get("/predictions").json()["results"]) == 1
    with httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer another-token"}
    ) as other:
        assert other.get("/trainings").json()["results"] == []
        assert other.get(f"/trainings/{first['id']}").status_code == 404
        assert other.post(f"/trainings/{first['id']}/cancel").status_code == 404


def test_training__is_a_prediction(api: httpx.Client, account: str, new_model: NewModel, train: Train) -> None:
    """Its URLs lead to the operations on predictions, as on the service; a prediction is no training."""
    new_model()
    created = train(f"{account}/mine")
    prediction = api.post("/predictions", json={"version": VERSION, "input": {}}).json()

    assert created["urls"]["get"] == f"https://api.replicate.com/v1/predictions/{created['id']}"
    read = api.get(created["urls"]["get"]).json()
    assert read == {**created, "output": None}
    assert api.post(created["urls"]["cancel"]).json()["status"] == "canceled"
    assert api.get(f"/trainings/{created['id']}").json()["status"] == "canceled"
    assert api.get(f"/trainings/{prediction['id']}").status_code == 404


def test_training__sends_webhooks(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """A training has the same events as a prediction."""
    received: list[dict[str, Any]] = []
    server = MockServer(receiver=lambda request: received.append(json.loads(request.content)))
    with httpx.Client(
        transport=server.transport, base_url=api.base_url, headers={"Authorization": "Bearer a-token-of-a-test"}
    ) as client:
        owner = client.get("/account").json()["username"]
        client.post("/models", json={"owner": owner, "name": "m", "visibility": "private", "hardware": "cpu"})
        body = {"destination": f"{owner}/m", "input": {}, "webhook": "https://h.test/hook"}
        created = client.post(PATH, json={**body, "webhook_events_filter": ["start", "completed"]}).json()
        server.clock.advance(60)
        client.get("/trainings")

    assert [(one["id"], one["status"]) for one in received] == [
        (created["id"], "processing"),
        (created["id"], "succeeded"),
    ]
    assert received[1]["output"]["version"].startswith(f"{owner}/m:")


def test_create__counts_for_the_rate_of_creates(account: str) -> None:
    """A training is limited as a prediction is."""
    server = MockServer(rate_limits=RateLimits(creates=Rate(1)))
    with httpx.Client(
        transport=server.transport, base_url="https://h.test/v1", headers={"Authorization": "Bearer a-token-of-a-test"}
    ) as api:
        statuses = [api.post(PATH, json={"destination": "a/b", "input": {}}).status_code for _ in range(2)]

    assert statuses == [404, 429]


def test_limit__drops_the_oldest_run(account: str) -> None:
    """Predictions and trainings count together, and each kind keeps its own numbers."""
    server = MockServer(prediction_limit=2)
    with httpx.Client(
        transport=server.transport, base_url="https://h.test/v1", headers={"Authorization": "Bearer a-token-of-a-test"}
    ) as api:
        api.post("/models", json={"owner": account, "name": "m", "visibility": "private", "hardware": "cpu"})
        training = {"destination": f"{account}/m", "input": {}}
        first = api.post(PATH, json=training).json()["id"]
        prediction = api.post("/predictions", json={"version": VERSION, "input": {}}).json()["id"]
        second = api.post(PATH, json=training).json()["id"]

        assert api.get(f"/trainings/{first}").status_code == 404
        assert [one["id"] for one in api.get("/trainings").json()["results"]] == [second]
        assert [one["id"] for one in api.get("/predictions").json()["results"]] == [prediction]
    assert server.dropped["predictions"] == 1


@pytest.mark.parametrize(("seconds", "versions"), [(0, 0), (60, 1)], ids=["running", "succeeded"])
def test_dropped_training__adds_no_version(account: str, seconds: float, versions: int) -> None:
    """Unless it had succeeded before; a server that restores a snapshot agrees, and the model can be deleted."""
    server, restored = MockServer(prediction_limit=2), MockServer(prediction_limit=2)
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=headers) as api:
        api.post("/models", json={"owner": account, "name": "m", "visibility": "private", "hardware": "cpu"})
        api.post(PATH, json={"destination": f"{account}/m", "input": {}})
        server.clock.advance(seconds)
        for _ in range(2):
            api.post("/predictions", json={"version": VERSION, "input": {}})
    restored.restore(server.snapshot())

    for one in (server, restored):
        one.clock.advance(60)
        with httpx.Client(transport=one.transport, base_url="https://h.test/v1", headers=headers) as api:
            assert len(api.get(f"/models/{account}/m/versions").json()["results"]) == versions
            assert api.delete(f"/models/{account}/m").status_code == (409 if versions else 204)


@pytest.mark.parametrize(
    ("end", "versions"),
    [
        (lambda server, api, id: server.clock.advance(60), 1),
        (lambda server, api, id: api.post(f"/trainings/{id}/cancel"), 0),
    ],
    ids=["success", "cancellation"],
)
def test_destination__stays_until_the_training_has_ended(
    server: MockServer,
    api: httpx.Client,
    account: str,
    new_model: NewModel,
    train: Train,
    end: Callable[[MockServer, httpx.Client, str], object],
    versions: int,
) -> None:
    """A model cannot be deleted while a training may add a version to it; others can."""
    new_model()
    new_model("other")
    created = train(f"{account}/mine")

    refused = api.delete(f"/models/{account}/mine")

    assert (refused.status_code, "training" in refused.json()["detail"]) == (409, True)
    assert api.delete(f"/models/{account}/other").status_code == 204
    server.restore(server.snapshot())
    end(server, api, created["id"])
    assert len(api.get(f"/models/{account}/mine/versions").json()["results"]) == versions
    assert api.delete(f"/models/{account}/mine").status_code == (409 if versions else 204)


@pytest.mark.parametrize(
    "remove", [lambda server, api, path: api.delete(path), lambda server, api, path: server.reset()]
)
def test_destination__that_the_script_removes(
    server: MockServer,
    api: httpx.Client,
    account: str,
    new_model: NewModel,
    remove: Callable[[MockServer, httpx.Client, str], object],
) -> None:
    """A function that decides on the training may remove its destination, which then does not exist."""
    new_model()

    def script(sent: dict[str, Any]) -> None:
        remove(server, api, f"/models/{account}/mine")

    server.scripts.add(script)

    response = api.post(PATH, json={"destination": f"{account}/mine", "input": {}})

    assert (response.status_code, "destination" in response.json()["detail"]) == (404, True)
    assert api.get("/trainings").json()["results"] == []
    server.restore(server.snapshot())


def test_version__outlives_the_output(
    server: MockServer, api: httpx.Client, account: str, new_model: NewModel, train: Train
) -> None:
    """When a training loses its output, only the model still knows the name of the version."""
    new_model()
    created = train(f"{account}/mine")
    server.clock.advance(60)
    version = api.get(f"/trainings/{created['id']}").json()["output"]["version"].rpartition(":")[2]
    server.clock.advance(RETENTION)

    ended = api.get(f"/trainings/{created['id']}").json()
    assert (ended["status"], ended["input"], ended.get("output"), ended["data_removed"]) == (
        "succeeded",
        {},
        None,
        True,
    )
    assert [one["id"] for one in api.get(f"/models/{account}/mine/versions").json()["results"]] == [version]


def test_destination__stays_when_the_training_ends_meanwhile() -> None:
    """Whichever reading of a running clock is the first after the training's end, its version is not lost."""
    readings, lengths = itertools.count(0, 0.25), [20 + 0.25 * place for place in range(30)]
    server = MockServer(clock=RealClock(lambda: next(readings), lambda: 1_767_225_600.0))
    server.scripts.add([{"startup": 0, "run": length} for length in lengths])
    with (
        server,
        httpx.Client(
            transport=server.transport, base_url="https://h.test/v1", headers={"Authorization": "Bearer a-token"}
        ) as api,
    ):
        owner = api.get("/account").json()["username"]
        for name in (f"m{length}" for length in lengths):
            api.post("/models", json={"owner": owner, "name": name, "visibility": "private", "hardware": "cpu"})
            assert api.post(PATH, json={"destination": f"{owner}/{name}", "input": {}}).status_code == 201

            while not api.get(f"/models/{owner}/{name}/versions").json()["results"]:
                assert api.delete(f"/models/{owner}/{name}").status_code == 409
