"""The official JavaScript client, unmodified but for base URL and token."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from compatibility.clients import REPLICATE_NPM, Client, ClientError, Process
from compatibility.common import (
    ENDLESS,
    FAILING,
    INPUT,
    MODEL,
    NAME,
    OWNER,
    REFERENCES,
    SLOW,
    TOKEN,
    VERSION,
    Receiver,
    clients,
    operations,
)
from zeroscope_mock import MockServer
from zeroscope_mock.operations.deployments import IDLE_SECONDS

POLL = {"mode": "poll", "interval": 10}
BLOCKING = {"0.34.1": (True, 1), "1.4.0": ({"mode": "block"}, {"mode": "block", "timeout": 1})}
"""How each version is told to hold its create for as long as possible, and for a second."""

every = clients(REPLICATE_NPM)
since_0_34 = clients(REPLICATE_NPM[1:])
since_1 = clients(REPLICATE_NPM[2:])


@every
@pytest.mark.parametrize(
    ("reference", "call"), [(f"{MODEL}:{VERSION}", "createPrediction"), (MODEL, "createModelPrediction")]
)
def test_run(server: MockServer, client: Process, reference: str, call: str) -> None:
    """The program gets the videos' URLs."""
    output = client.call("replicate.run", reference, {"input": {**INPUT, "batch_size": 2}, "wait": {"interval": 10}})

    assert operations(server)[0] == call
    assert len(output) == 2
    for address in output:
        assert httpx.get(address).content[4:8] == b"ftyp"


@since_1
def test_run__blocking(server: MockServer, client: Process) -> None:
    """The create waits for the videos."""
    output = client.call("replicate.run", f"{MODEL}:{VERSION}", {"input": INPUT})

    assert operations(server) == ["createPrediction"]
    assert len(output) == 1


@since_1
def test_run__polling(server: MockServer, client: Process) -> None:
    """Without a hold, the client polls until the prediction has ended."""
    output = client.call("replicate.run", f"{MODEL}:{VERSION}", {"input": INPUT, "wait": POLL})

    assert operations(server)[:2] == ["createPrediction", "getPrediction"]
    assert len(output) == 1


@since_0_34
def test_run__an_output_as_data(server: MockServer, client: Process) -> None:
    """A `data:` URI becomes a file that can be read."""
    content = base64.b64encode(b"a tiny video").decode()
    server.scripts.add({"output": [f"data:video/mp4;base64,{content}"]})

    (file,) = client.call("files.run", MODEL, {"input": INPUT})

    assert (file["size"], file["kind"]) == (12, "ny v")


@every
@pytest.mark.parametrize("reference", REFERENCES)
def test_create__forms_of_a_version(client: Process, reference: str) -> None:
    """An id, a model with an id, and a model alone start the same model."""
    created = client.call("replicate.predictions.create", {"version": reference, "input": INPUT})

    assert (created["model"], created["version"], created["input"]) == (MODEL, VERSION, INPUT)


@every
def test_create_get_and_cancel(server: MockServer, client: Process) -> None:
    """A prediction starts, is read and ends."""
    server.scripts.add(ENDLESS)
    created = client.call("replicate.predictions.create", {"version": VERSION, "input": INPUT})
    read = client.call("replicate.predictions.get", created["id"])
    canceled = client.call("replicate.predictions.cancel", created["id"])

    assert created["id"] == read["id"] == canceled["id"]
    assert canceled["status"] == "canceled"


@every
def test_wait(client: Process) -> None:
    """The client polls to the end."""
    client.keep("prediction", "replicate.predictions.create", {"model": MODEL, "input": INPUT})
    prediction = client.call("replicate.wait", {"$path": "prediction"}, {"interval": 10})

    assert prediction["status"] == "succeeded"
    assert len(prediction["output"]) == 1


@every
def test_list(client: Process) -> None:
    """Every prediction is on one of the pages that the client follows, the newest first."""
    options = {"version": VERSION, "input": INPUT}
    ids = [client.call("replicate.predictions.create", options)["id"] for _ in range(105)]

    pages = client.call("replicate.paginate", {"$path": "replicate.predictions.list"})

    assert [len(page) for page in pages] == [100, 5]
    assert [prediction["id"] for page in pages for prediction in page] == ids[::-1]


@since_0_34
def test_blocking_create(server: MockServer, client: Process) -> None:
    """With `Prefer: wait` the response has the outputs, whatever its status is."""
    options = {"version": VERSION, "input": INPUT, "wait": True}
    predictions = [client.call("replicate.predictions.create", options) for _ in range(8)]

    assert {prediction["status"] for prediction in predictions} <= {"processing", "succeeded"}
    assert all(len(prediction["output"]) == 1 for prediction in predictions)
    assert set(operations(server)) == {"createPrediction"}


@since_0_34
def test_blocking_create__out_of_time(server: MockServer, client: Process) -> None:
    """A wait that ran out returns `starting`, the only status that the client treats as unfinished."""
    server.scripts.add(ENDLESS)
    prediction = client.call("replicate.predictions.create", {"version": VERSION, "input": INPUT, "wait": 1})

    assert (prediction["status"], prediction["output"]) == ("starting", None)


@since_0_34
def test_run__out_of_time(server: MockServer, client: Process, process: tuple[Client, Process]) -> None:
    """When the wait has run out, the client goes on by polling."""
    server.scripts.add(SLOW)
    _, wait = BLOCKING[process[0].environment.packages["replicate"]]

    output = client.call("replicate.run", f"{MODEL}:{VERSION}", {"input": INPUT, "wait": wait})

    assert "getPrediction" in operations(server)
    assert len(output) == 1


@every
@pytest.mark.parametrize("reference", [f"{MODEL}:{VERSION}", MODEL])
def test_stream(client: Process, reference: str) -> None:
    """The events of a prediction come one after another, up to the last one."""
    # At the end of a chunk, version 0.25.2 makes an event out of nothing.
    events = [event for event in client.call("replicate.stream", reference, {"input": INPUT}) if event["event"]]

    kinds = [event["event"] for event in events]
    (prediction,) = client.call("replicate.predictions.list")["results"]
    assert kinds[-1] == "done"
    assert "logs" in kinds
    assert [event["data"] for event in events if event["event"] == "output"] == prediction["output"]
    assert len({event["id"] for event in events}) == len(events)


@every
def test_stream__failure(client: Process, process: tuple[Client, Process]) -> None:
    """The error is thrown; version 0.25.2 cuts its text off at the first colon before a space."""
    reason = "" if process[0].environment.packages["replicate"] == "0.25.2" else ".*the GPU is on fire"
    with pytest.raises(ClientError, match=rf"^Error: {reason}"):
        client.call("replicate.stream", MODEL, {"input": FAILING})


@every
def test_stream__of_a_model_without_one(server: MockServer, client: Process) -> None:
    """Without a stream the client says so."""
    server.scripts.add({"streams": False})

    with pytest.raises(ClientError, match="Prediction does not support streaming"):
        client.call("replicate.stream", MODEL, {"input": INPUT})


@every
def test_failure(client: Process) -> None:
    """A prediction that fails is an error with the reason."""
    with pytest.raises(ClientError, match=r"^Error: Prediction failed: the GPU is on fire"):
        client.call("replicate.run", f"{MODEL}:{VERSION}", {"input": FAILING})


@since_0_34
def test_failure__blocking(client: Process, process: tuple[Client, Process]) -> None:
    """So is one that fails while its create is held."""
    wait, _ = BLOCKING[process[0].environment.packages["replicate"]]

    with pytest.raises(ClientError, match=r"^Error: Prediction failed: the GPU is on fire"):
        client.call("replicate.run", f"{MODEL}:{VERSION}", {"input": FAILING, "wait": wait})


@since_0_34
def test_webhooks(client: Process, receiver: Receiver) -> None:
    """A delivery passes the client's own check, and fails it once a byte is changed."""
    webhook = {"webhook": receiver.url, "webhook_events_filter": ["completed"]}
    prediction = client.call("replicate.predictions.create", {"version": VERSION, "input": INPUT, **webhook})
    client.keep("secret", "replicate.webhooks.default.secret.get")
    headers, body = receiver.receive()

    assert json.loads(body)["id"] == prediction["id"]
    assert json.loads(body)["status"] == "succeeded"
    for sent, valid in ((body, True), (body + " ", False)):
        delivery = {"headers": headers, "body": sent}
        assert client.call("Replicate.validateWebhook", delivery, {"$path": "secret.key"}) is valid


@since_0_34
def test_files(client: Process) -> None:
    """A file is uploaded, described, listed and deleted; its address is that of its description."""
    content = {"$file": "a draft", "name": "draft.mp4", "type": "video/mp4"}
    file = client.call("replicate.files.create", content, {"take": 2})

    assert (file["name"], file["content_type"], file["size"]) == ("draft.mp4", "video/mp4", 7)
    assert file["metadata"] == {"take": 2}
    assert file["checksums"].keys() >= {"md5", "sha256"}
    assert client.call("replicate.files.get", file["id"]) == file
    assert client.call("replicate.files.list")["results"] == [file]
    described = httpx.get(file["urls"]["get"], headers={"Authorization": f"Bearer {TOKEN}"})
    assert described.json()["id"] == file["id"]
    assert client.call("replicate.files.delete", file["id"]) is True
    assert client.call("replicate.files.list")["results"] == []


@since_0_34
def test_a_file_as_input(client: Process) -> None:
    """A file is uploaded, and its URL becomes the input."""
    draft = {"$file": "a draft", "name": "draft.mp4", "type": "video/mp4"}
    prediction = client.call("replicate.predictions.create", {"version": VERSION, "input": {"init_video": draft}})

    (file,) = client.call("replicate.files.list")["results"]
    assert prediction["input"]["init_video"] == file["urls"]["get"]


@every
def test_models(client: Process) -> None:
    """The model, its versions and what they take can be read."""
    model = client.call("replicate.models.get", OWNER, NAME)
    (version,) = client.call("replicate.models.versions.list", OWNER, NAME)["results"]

    assert (model["owner"], model["name"]) == (OWNER, NAME)
    assert version == model["latest_version"] == client.call("replicate.models.versions.get", OWNER, NAME, VERSION)
    assert version["id"] == VERSION
    assert "prompt" in version["openapi_schema"]["components"]["schemas"]["Input"]["properties"]


@every
def test_models__list_and_create(client: Process, url: str) -> None:
    """A created model can be read, and the model is listed."""
    options = {"visibility": "private", "hardware": "cpu"}
    listed = client.call("replicate.models.list")["results"]
    created = client.call("replicate.models.create", owner(url), "lighthouses", options)

    assert MODEL in [f"{model['owner']}/{model['name']}" for model in listed]
    assert client.call("replicate.models.get", created["owner"], "lighthouses") == created


@since_0_34
def test_models__search(client: Process) -> None:
    """A search finds the model."""
    assert NAME in [model["name"] for model in client.call("replicate.models.search", "zeroscope")["results"]]


@since_0_34
def test_deployments(server: MockServer, client: Process) -> None:
    """A deployment is created, read, updated, listed, run and deleted."""
    username = client.call("replicate.accounts.current")["username"]
    options = {"name": "films", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    created = client.call("replicate.deployments.create", {**options, "min_instances": 0, "max_instances": 1})
    updated = client.call("replicate.deployments.update", username, "films", {"max_instances": 2})
    prediction = client.call("replicate.deployments.predictions.create", username, "films", {"input": INPUT})

    assert (created["current_release"]["number"], updated["current_release"]["number"]) == (1, 2)
    assert client.call("replicate.deployments.get", username, "films") == updated
    assert [item["name"] for item in client.call("replicate.deployments.list")["results"]] == ["films"]
    assert (prediction["model"], prediction["version"]) == (MODEL, VERSION)
    server.clock.advance(2 * IDLE_SECONDS)
    assert client.call("replicate.deployments.delete", username, "films") is True
    assert client.call("replicate.deployments.list")["results"] == []


@every
def test_trainings(server: MockServer, client: Process, url: str) -> None:
    """A training is created, read, listed and canceled."""
    username = owner(url)
    client.call("replicate.models.create", username, "lighthouses", {"visibility": "private", "hardware": "cpu"})
    server.scripts.add(ENDLESS)
    options = {
        "destination": f"{username}/lighthouses",
        "input": {"train_data": "https://files.test/lighthouses.zip"},
    }
    created = client.call("replicate.trainings.create", OWNER, NAME, VERSION, options)

    assert client.call("replicate.trainings.get", created["id"])["id"] == created["id"]
    assert [training["id"] for training in client.call("replicate.trainings.list")["results"]] == [created["id"]]
    assert client.call("replicate.trainings.cancel", created["id"])["status"] == "canceled"


@every
def test_collections_and_hardware(client: Process) -> None:
    """Collections and their models, and hardware, can be read."""
    collections = client.call("replicate.collections.list")["results"]

    assert client.call("replicate.collections.get", collections[0]["slug"])["slug"] == collections[0]["slug"]
    assert {"name", "sku"} <= client.call("replicate.hardware.list")[0].keys()


@every
@pytest.mark.parametrize(
    ("status", "detail", "path", "arguments"),
    [
        (404, "could not be found", "predictions.get", ["a" * 26]),
        (404, "could not be found", "predictions.cancel", ["a" * 26]),
        (404, "could not be found", "models.get", ["someone", "something"]),
        (404, "could not be found", "run", ["someone/something", {"input": INPUT}]),
        (422, "input.width", "predictions.create", [{"version": VERSION, "input": {"width": 8}}]),
        (422, "input.width", "predictions.create", [{"model": MODEL, "input": {"width": 8}}]),
        (422, "version does not exist", "run", [f"{MODEL}:latest", {"input": INPUT}]),
        (
            422,
            "Additional property webhook_completed is not allowed",
            "predictions.create",
            [{"version": VERSION, "input": INPUT, "webhook_completed": "https://h.test"}],
        ),
    ],
)
def test_errors(client: Process, status: int, detail: str, path: str, arguments: list[Any]) -> None:
    """An error of the service has its status and its reason."""
    with pytest.raises(ClientError) as caught:
        client.call(f"replicate.{path}", *arguments)

    assert (caught.value.name, caught.value.status) == ("ApiError", status)
    assert detail in str(caught.value)


@every
def test_errors__wrong_token(client: Process) -> None:
    """Any other token is refused."""
    with pytest.raises(ClientError, match=r"^ApiError: .* 401 Unauthorized") as caught:
        client.call("unauthorized.run", f"{MODEL}:{VERSION}", {"input": INPUT})

    assert caught.value.status == 401


@every
@pytest.mark.parametrize("status", [402, 429, 503])
def test_errors__of_a_create(server: MockServer, client: Process, status: int) -> None:
    """A create that is refused ends with the status; this client repeats one that was throttled."""
    server.faults.add(operation="createPrediction", status=status, times=6)

    with pytest.raises(ClientError) as caught:
        client.call("replicate.predictions.create", {"version": VERSION, "input": INPUT})

    assert caught.value.status == status
    assert len(operations(server)) == {402: 1, 429: 6, 503: 1}[status]


@every
def test_retry(server: MockServer, client: Process) -> None:
    """After two 503s, the client sends a read a third time."""
    prediction = client.call("replicate.predictions.create", {"version": VERSION, "input": INPUT})
    server.faults.add(operation="getPrediction", status=503, times=2)

    assert client.call("replicate.predictions.get", prediction["id"])["id"] == prediction["id"]

    statuses = [exchange.status for exchange in server.journal if exchange.operation == "getPrediction"]
    assert statuses == [503, 503, 200]


def owner(url: str) -> str:
    """Who may create models: the account, which version 0.25.2 of the client cannot read."""
    response = httpx.get(f"{url}/v1/account", headers={"Authorization": f"Bearer {TOKEN}"})
    return str(response.raise_for_status().json()["username"])
