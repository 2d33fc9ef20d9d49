"""The official Python client, unmodified but for base URL and token."""

from __future__ import annotations

import base64
import json
from typing import Any

import httpx
import pytest

from compatibility.clients import REPLICATE_PYTHON, ClientError, Process
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

every = clients(REPLICATE_PYTHON)
since_0_34 = clients(REPLICATE_PYTHON[1:])
since_1 = clients(REPLICATE_PYTHON[2:])


@every
@pytest.mark.parametrize(
    ("reference", "calls"),
    [(f"{MODEL}:{VERSION}", ["createPrediction", "getModelVersion"]), (MODEL, ["createModelPrediction"])],
)
def test_run(server: MockServer, client: Process, reference: str, calls: list[str]) -> None:
    """The program gets the videos' URLs."""
    output = client.call("client.run", reference, input={**INPUT, "batch_size": 2})

    assert operations(server)[: len(calls)] == calls
    assert len(output) == 2
    for address in output:
        assert httpx.get(address).content[4:8] == b"ftyp"


@since_1
def test_run__polling(server: MockServer, client: Process) -> None:
    """Without a hold, the client polls until the prediction has ended."""
    output = client.call("client.run", f"{MODEL}:{VERSION}", input=INPUT, wait=False)

    assert operations(server)[:3] == ["createPrediction", "getModelVersion", "getPrediction"]
    assert len(output) == 1


@since_1
def test_run__an_output_as_data(server: MockServer, client: Process) -> None:
    """A `data:` URI becomes a file that can be read."""
    content = base64.b64encode(b"a tiny video").decode()
    server.scripts.add({"output": [f"data:video/mp4;base64,{content}"]})

    (file,) = client.call("client.run", f"{MODEL}:{VERSION}", input=INPUT)

    assert (file["size"], file["kind"]) == (12, "ny v")


@every
def test_run__async(client: Process) -> None:
    """The asynchronous half of the client does the same."""
    output = client.call("client.async_run", f"{MODEL}:{VERSION}", input=INPUT)
    events = client.call("client.async_stream", f"{MODEL}:{VERSION}", input=INPUT)

    assert len(output) == 1
    assert events[-1]["event"] == "done"


@every
@pytest.mark.parametrize("reference", REFERENCES)
def test_create__forms_of_a_version(client: Process, reference: str) -> None:
    """An id, a model with an id, and a model alone start the same model."""
    created = client.call("client.predictions.create", reference, INPUT)

    assert (created["model"], created["version"], created["input"]) == (MODEL, VERSION, INPUT)


@every
def test_create_get_and_cancel(server: MockServer, client: Process) -> None:
    """A prediction starts, is read and ends."""
    server.scripts.add(ENDLESS)
    created = client.keep("prediction", "client.predictions.create", version=VERSION, input=INPUT)
    read = client.call("client.predictions.get", created["id"])
    canceled = client.call("client.predictions.cancel", created["id"])
    client.call("prediction.reload")

    assert created["id"] == read["id"] == canceled["id"]
    assert created["completed_at"] is None
    assert canceled["status"] == client.call("prediction.status") == "canceled"
    assert canceled["completed_at"] is not None


@every
def test_cancel__of_an_object(server: MockServer, client: Process) -> None:
    """A prediction that the program holds is canceled."""
    server.scripts.add(ENDLESS)
    client.keep("prediction", "client.predictions.create", version=VERSION, input=INPUT)
    client.call("prediction.cancel")

    assert client.call("prediction.status") == "canceled"


@every
def test_wait(client: Process) -> None:
    """The client polls to the end, and reads the progress in the log."""
    client.keep("prediction", "client.predictions.create", version=VERSION, input=INPUT)
    client.call("prediction.wait")

    assert client.call("prediction.status") == "succeeded"
    assert client.call("prediction.progress.percentage") == 1


@every
def test_list(client: Process) -> None:
    """Every prediction is on one of the pages that the client follows, the newest first."""
    ids = [client.call("client.predictions.create", version=VERSION, input=INPUT)["id"] for _ in range(105)]

    pages = client.call("replicate.paginate", {"$path": "client.predictions.list"})

    assert [len(page["results"]) for page in pages] == [100, 5]
    assert [prediction["id"] for page in pages for prediction in page["results"]] == ids[::-1]


@since_0_34
def test_blocking_create(server: MockServer, client: Process) -> None:
    """With `Prefer: wait` the response has the outputs, whatever its status is."""
    predictions = [client.call("client.predictions.create", version=VERSION, input=INPUT, wait=True) for _ in range(8)]

    assert {prediction["status"] for prediction in predictions} <= {"processing", "succeeded"}
    assert all(len(prediction["output"]) == 1 for prediction in predictions)
    assert set(operations(server)) == {"createPrediction"}


@pytest.fixture
def short_hold(server: MockServer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let holds of no particular length run out at once: the client gives up half a second after the one it asks for.

    That is a minute for such a hold, which a busy machine does not exceed.
    """
    monkeypatch.setattr(server._core.state.spec, "default_hold", 0.1)


@since_0_34
@pytest.mark.usefixtures("short_hold")
def test_blocking_create__out_of_time(server: MockServer, client: Process) -> None:
    """A wait that ran out returns `starting`, the only status that the client treats as unfinished."""
    server.scripts.add(ENDLESS)
    prediction = client.call("client.predictions.create", version=VERSION, input=INPUT, wait=True)

    assert (prediction["status"], prediction["output"]) == ("starting", None)


@since_0_34
@pytest.mark.usefixtures("short_hold")
def test_run__out_of_time(server: MockServer, client: Process) -> None:
    """When the wait has run out, the client goes on by polling."""
    server.scripts.add(SLOW)
    output = client.call("client.run", f"{MODEL}:{VERSION}", input=INPUT, wait=True)

    assert "getPrediction" in operations(server)
    assert len(output) == 1


@every
def test_stream(client: Process) -> None:
    """The events of a prediction come one after another, up to the last one."""
    events = client.call("client.stream", f"{MODEL}:{VERSION}", input=INPUT)

    kinds = [event["event"] for event in events]
    (prediction,) = client.call("client.predictions.list")["results"]
    assert kinds[-1] == "done"
    assert "logs" in kinds
    assert [event["data"] for event in events if event["event"] == "output"] == prediction["output"]
    assert len({event["id"] for event in events}) == len(events)


@every
def test_stream__of_a_prediction(client: Process) -> None:
    """Every prediction has a stream, also one that was created without asking for it."""
    client.keep("prediction", "client.models.predictions.create", model=MODEL, input=INPUT)
    client.call("prediction.wait")

    assert client.call("prediction.stream")[-1]["event"] == "done"


@every
def test_stream__failure(client: Process) -> None:
    """The error is raised."""
    with pytest.raises(ClientError, match="the GPU is on fire"):
        client.call("client.stream", f"{MODEL}:{VERSION}", input=FAILING)


@every
def test_stream__of_a_model_without_one(server: MockServer, client: Process) -> None:
    """Without a stream the client says so."""
    server.scripts.add({"streams": False})
    client.keep("prediction", "client.predictions.create", version=VERSION, input=INPUT)

    with pytest.raises(ClientError, match="Model does not support streaming"):
        client.call("prediction.stream")


@every
def test_failure(client: Process) -> None:
    """A prediction that fails raises an error with the reason."""
    with pytest.raises(ClientError, match=r"^ModelError: the GPU is on fire"):
        client.call("client.run", f"{MODEL}:{VERSION}", input=FAILING)


@since_0_34
def test_webhooks(client: Process, receiver: Receiver) -> None:
    """A delivery passes the client's own check, and fails it once a byte is changed."""
    options = {"webhook": receiver.url, "webhook_events_filter": ["start", "completed"]}
    prediction = client.call("client.predictions.create", version=VERSION, input=INPUT, **options)
    client.keep("secret", "client.webhooks.default.secret")
    secret = {"$path": "secret"}
    started, ended = receiver.receive(), receiver.receive()

    for headers, body in (started, ended):
        client.call("client.webhooks.validate", headers=headers, body=body, secret=secret, tolerance=300)
        assert json.loads(body)["id"] == prediction["id"]
    assert json.loads(ended[1])["status"] == "succeeded"
    with pytest.raises(ClientError, match="InvalidSignatureError"):
        client.call("client.webhooks.validate", headers=started[0], body=started[1] + " ", secret=secret)


@since_0_34
def test_files(client: Process) -> None:
    """A file is uploaded, described, listed and deleted; its address is that of its description."""
    content = {"$file": "a draft", "name": "draft.mp4"}
    options = {"filename": "draft.mp4", "content_type": "video/mp4", "metadata": {"take": 2}}
    file = client.call("client.files.create", content, **options)

    assert (file["name"], file["content_type"], file["size"]) == ("draft.mp4", "video/mp4", 7)
    assert file["metadata"] == {"take": 2}
    assert file["checksums"].keys() >= {"md5", "sha256"}
    assert client.call("client.files.get", file["id"]) == file
    assert client.call("client.files.list") == [file]
    described = httpx.get(file["urls"]["get"], headers={"Authorization": f"Bearer {TOKEN}"})
    assert described.json()["id"] == file["id"]
    assert client.call("client.files.delete", file["id"])
    assert client.call("client.files.list") == []
    with pytest.raises(ClientError, match="status: 404"):
        client.call("client.files.get", file["id"])


@since_0_34
def test_a_file_as_input(client: Process) -> None:
    """An open file is uploaded, and its URL becomes the input."""
    draft = {"$file": "a draft", "name": "draft.mp4"}
    prediction = client.call("client.predictions.create", version=VERSION, input={"init_video": draft})

    (file,) = client.call("client.files.list")
    assert prediction["input"]["init_video"] == file["urls"]["get"]


@every
def test_models(client: Process) -> None:
    """The model, its versions and what they take can be read."""
    model = client.keep("model", "client.models.get", MODEL)
    (version,) = client.call("model.versions.list")["results"]

    assert (model["owner"], model["name"]) == (OWNER, NAME)
    assert version == model["latest_version"] == client.keep("version", "model.versions.get", VERSION)
    assert version["id"] == VERSION
    assert "prompt" in version["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    assert len(client.call("client.run", {"$path": "version"}, input=INPUT)) == 1


@every
def test_models__list_and_create(client: Process) -> None:
    """A created model is listed."""
    username = client.call("client.accounts.current")["username"]
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}
    created = client.call("client.models.create", **options)
    listed = client.call("client.models.list")["results"]

    assert client.call("client.models.get", f"{username}/lighthouses") == created
    assert MODEL in [f"{model['owner']}/{model['name']}" for model in listed]


@since_0_34
def test_models__search(client: Process) -> None:
    """A search finds the model."""
    assert NAME in [model["name"] for model in client.call("client.models.search", "zeroscope")["results"]]


@since_0_34
def test_models__delete(client: Process) -> None:
    """A model without versions can be deleted."""
    username = client.call("client.accounts.current")["username"]
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}
    client.call("client.models.create", **options)

    assert client.call("client.models.delete", username, "lighthouses") is True
    with pytest.raises(ClientError, match="status: 404"):
        client.call("client.models.get", f"{username}/lighthouses")


@every
def test_deployments(client: Process) -> None:
    """A deployment is created, read, updated, listed and run."""
    username = client.call("client.accounts.current")["username"]
    options = {"name": "films", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    created = client.call("client.deployments.create", **options, min_instances=0, max_instances=1)
    updated = client.call("client.deployments.update", username, "films", max_instances=2)
    client.keep("deployment", "client.deployments.get", f"{username}/films")
    prediction = client.call("deployment.predictions.create", input=INPUT)

    assert (created["current_release"]["number"], updated["current_release"]["number"]) == (1, 2)
    assert [item["name"] for item in client.call("client.deployments.list")["results"]] == ["films"]
    assert client.call("deployment.current_release.configuration.max_instances") == 2
    assert (prediction["model"], prediction["version"]) == (MODEL, VERSION)


@since_0_34
def test_deployments__delete(client: Process) -> None:
    """A deployment can be deleted."""
    username = client.call("client.accounts.current")["username"]
    options = {"name": "films", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    client.call("client.deployments.create", **options, min_instances=0, max_instances=1)

    assert client.call("client.deployments.delete", username, "films") is True
    assert client.call("client.deployments.list")["results"] == []


@every
def test_trainings(server: MockServer, client: Process) -> None:
    """A training is created, read, listed and canceled."""
    username = client.call("client.accounts.current")["username"]
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}
    client.call("client.models.create", **options)
    server.scripts.add(ENDLESS)
    created = client.call(
        "client.trainings.create",
        version=f"{MODEL}:{VERSION}",
        input={"train_data": "https://files.test/lighthouses.zip"},
        destination=f"{username}/lighthouses",
    )

    assert client.call("client.trainings.get", created["id"])["id"] == created["id"]
    assert [training["id"] for training in client.call("client.trainings.list")["results"]] == [created["id"]]
    assert client.call("client.trainings.cancel", created["id"])["status"] == "canceled"


@every
def test_collections_and_hardware(client: Process) -> None:
    """Collections and their models, and hardware, can be read."""
    collections = client.call("client.collections.list")["results"]

    assert client.call("client.collections.get", collections[0]["slug"])["slug"] == collections[0]["slug"]
    assert {"name", "sku"} <= client.call("client.hardware.list")[0].keys()


@every
@pytest.mark.parametrize(
    ("status", "detail", "path", "arguments", "keywords"),
    [
        (404, "could not be found", "predictions.get", ["a" * 26], {}),
        (404, "could not be found", "predictions.cancel", ["a" * 26], {}),
        (404, "could not be found", "models.get", ["someone/something"], {}),
        (404, "could not be found", "run", ["someone/something"], {"input": INPUT}),
        (422, "input.width", "run", [f"{MODEL}:{VERSION}"], {"input": {"width": 8}}),
        (422, "input.width", "run", [MODEL], {"input": {"width": 8}}),
        (422, "version does not exist", "run", [f"{MODEL}:latest"], {"input": INPUT}),
        (
            422,
            "Additional property webhook_completed is not allowed",
            "predictions.create",
            [VERSION, INPUT],
            {"webhook_completed": "https://h.test"},
        ),
    ],
)
def test_errors(
    client: Process, status: int, detail: str, path: str, arguments: list[Any], keywords: dict[str, Any]
) -> None:
    """An error of the service has its status and its reason."""
    with pytest.raises(ClientError) as caught:
        client.call(f"client.{path}", *arguments, **keywords)

    assert (caught.value.name, caught.value.status or status) == ("ReplicateError", status)
    assert detail in str(caught.value)


@every
def test_errors__wrong_token(client: Process) -> None:
    """Any other token is refused."""
    with pytest.raises(ClientError, match="Unauthenticated"):
        client.call("unauthorized.run", f"{MODEL}:{VERSION}", input=INPUT)


@every
@pytest.mark.parametrize("status", [402, 429, 503])
def test_errors__of_a_create(server: MockServer, client: Process, status: int) -> None:
    """A create that is refused is an error at once."""
    server.faults.add(operation="createPrediction", status=status, times=1)

    with pytest.raises(ClientError, match="ReplicateError"):
        client.call("client.predictions.create", version=VERSION, input=INPUT)

    assert operations(server) == ["createPrediction"]


@every
def test_retry(server: MockServer, client: Process) -> None:
    """After two 503s, the client sends a read a third time."""
    prediction = client.call("client.predictions.create", version=VERSION, input=INPUT)
    server.faults.add(operation="getPrediction", status=503, times=2)

    assert client.call("client.predictions.get", prediction["id"])["id"] == prediction["id"]

    statuses = [exchange.status for exchange in server.journal if exchange.operation == "getPrediction"]
    assert statuses == [503, 503, 200]
