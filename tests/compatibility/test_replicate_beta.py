"""The beta of the official Python client, also in its strict mode."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from compatibility.clients import REPLICATE_BETA, ClientError, Process
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
    clients,
    download_arguments,
    operations,
)
from zeroscope_mock import MockServer
from zeroscope_mock.operations.deployments import IDLE_SECONDS

beta = clients([REPLICATE_BETA])
both = pytest.mark.parametrize("api", ["client", "strict"])
every = pytest.mark.parametrize("api", ["client", "strict", "async_client"])


@beta
@every
@pytest.mark.parametrize("reference", REFERENCES[1:])
def test_run(client: Process, api: str, reference: str) -> None:
    """The program gets the videos' URLs."""
    output = client.call(f"{api}.run", reference, input={**INPUT, "batch_size": 2})

    assert len(output) == 2
    for address in output:
        assert httpx.get(address).content[4:8] == b"ftyp"


@beta
@both
def test_run__polling(server: MockServer, client: Process, api: str) -> None:
    """Without a hold, the client polls until the prediction has ended."""
    output = client.call(f"{api}.run", MODEL, input=INPUT, wait=False)

    assert operations(server)[:2] == ["createModelPrediction", "getPrediction"]
    assert len(output) == 1


@beta
@both
def test_run__out_of_time(server: MockServer, client: Process, api: str) -> None:
    """When the wait has run out, the client goes on by polling."""
    server.scripts.add(SLOW)

    assert len(client.call(f"{api}.run", f"{MODEL}:{VERSION}", input=INPUT, wait=1)) == 1
    assert "getPrediction" in operations(server)


@beta
def test_use(client: Process) -> None:
    """A model can be used as a function; the method of the same name of a client always fails in this version."""
    client.keep("function", "replicate.use", f"{MODEL}:{VERSION}")

    assert len(client.call("function", **INPUT)) == 1


@beta
def test_use__streaming(client: Process) -> None:
    """Outputs come one by one."""
    client.keep("function", "replicate.use", f"{MODEL}:{VERSION}", streaming=True)

    assert len(client.collect("function", **INPUT)) == 1


@beta
@every
@pytest.mark.parametrize("reference", REFERENCES)
def test_create__forms_of_a_version(client: Process, api: str, reference: str) -> None:
    """An id, a model with an id, and a model alone start the same model."""
    created = client.call(f"{api}.predictions.create", version=reference, input=INPUT)

    assert (created["model"], created["version"], created["input"]) == (MODEL, VERSION, INPUT)
    assert created["urls"]["web"].endswith(created["id"])


@beta
@every
def test_create_get_and_cancel(server: MockServer, client: Process, api: str) -> None:
    """A prediction starts, is read and ends."""
    server.scripts.add(ENDLESS)
    created = client.call(f"{api}.predictions.create", version=VERSION, input=INPUT, cancel_after="1h")
    read = client.call(f"{api}.predictions.get", prediction_id=created["id"])
    canceled = client.call(f"{api}.predictions.cancel", prediction_id=created["id"])

    assert created["id"] == read["id"] == canceled["id"]
    assert created["deadline"] is not None
    assert canceled["status"] == "canceled"
    assert canceled["completed_at"] is not None


@beta
@every
def test_blocking_create(client: Process, api: str) -> None:
    """With `Prefer: wait` the response has the outputs, whatever its status is."""
    options = {"version": VERSION, "input": INPUT, "prefer": "wait"}
    predictions = [client.call(f"{api}.predictions.create", **options) for _ in range(8)]

    assert {prediction["status"] for prediction in predictions} <= {"processing", "succeeded"}
    assert all(len(prediction["output"]) == 1 for prediction in predictions)


@beta
@both
def test_blocking_create__out_of_time(server: MockServer, client: Process, api: str) -> None:
    """A wait that ran out returns `starting`, the only status that the client treats as unfinished."""
    server.scripts.add(ENDLESS)
    prediction = client.call(f"{api}.predictions.create", version=VERSION, input=INPUT, prefer="wait=1")

    assert (prediction["status"], prediction["output"]) == ("starting", None)


@beta
@both
def test_wait(client: Process, api: str) -> None:
    """The client polls to the end."""
    created = client.call(f"{api}.predictions.create", version=VERSION, input=INPUT)

    assert client.call(f"{api}.predictions.wait", created["id"])["status"] == "succeeded"


@beta
@every
def test_list(client: Process, api: str) -> None:
    """Every prediction is on one of the pages that the client follows, the newest first."""
    ids = [client.call(f"{api}.predictions.create", version=VERSION, input=INPUT)["id"] for _ in range(105)]
    path = f"{api}.predictions.list"

    if api == "async_client":
        assert [prediction["id"] for prediction in client.call(path)["results"]] == ids[:4:-1]
    else:
        assert [prediction["id"] for prediction in client.collect(path)] == ids[::-1]


@beta
@both
def test_list__filters(server: MockServer, client: Process, api: str) -> None:
    """The list can begin and end at a time, and hold only what was made on the web."""
    created = []
    for _ in range(3):
        created.append(client.call(f"{api}.predictions.create", version=VERSION, input=INPUT))
        server.clock.advance(1)
    middle = created[1]["created_at"]

    def listed(**filters: Any) -> list[str]:
        return [prediction["id"] for prediction in client.call(f"{api}.predictions.list", **filters)["results"]]

    assert listed(created_after=middle) == [created[2]["id"], created[1]["id"]]
    assert listed(created_before=middle) == [created[0]["id"]]
    assert listed(extra_query={"source": "web"}) == []


@beta
@both
def test_failure(client: Process, api: str) -> None:
    """A prediction that fails raises an error with the reason."""
    with pytest.raises(ClientError, match=r"^ModelError: .*the GPU is on fire"):
        client.call(f"{api}.run", f"{MODEL}:{VERSION}", input=FAILING)


@beta
@every
def test_files(client: Process, api: str) -> None:
    """A file is uploaded, described, listed and deleted; its address is that of its description."""
    content = {"$file": "a draft", "name": "draft.mp4"}
    file = client.call(f"{api}.files.create", content=content, filename="draft.mp4", type="video/mp4")

    assert file["size"] == 7
    assert client.call(f"{api}.files.get", file_id=file["id"]) == file
    assert client.call(f"{api}.files.list")["results"] == [file]
    described = httpx.get(file["urls"]["get"], headers={"Authorization": f"Bearer {TOKEN}"})
    assert described.json()["id"] == file["id"]
    client.call(f"{api}.files.delete", file_id=file["id"])
    assert client.call(f"{api}.files.list")["results"] == []
    with pytest.raises(ClientError, match="NotFoundError"):
        client.call(f"{api}.files.get", file_id=file["id"])


@beta
@both
def test_files__download(server: MockServer, client: Process, api: str) -> None:
    """A file is downloaded with a signature of the account."""
    file = client.call(f"{api}.files.create", content={"$file": "a tiny draft", "name": "draft.mp4"})
    username = client.call(f"{api}.account.get")["username"]
    secret = client.call(f"{api}.webhooks.default.secret.get")["key"]

    content = client.call(f"{api}.files.download", **download_arguments(server, file["id"], username, secret))

    assert (content["size"], content["kind"]) == (12, "ny d")


@beta
@both
def test_a_file_as_input(client: Process, api: str) -> None:
    """An open file is uploaded, and its URL becomes the input."""
    draft = {"$file": "a draft", "name": "draft.mp4"}
    prediction = client.call(f"{api}.predictions.create", version=VERSION, input={"init_video": draft})

    (file,) = client.call(f"{api}.files.list")["results"]
    assert prediction["input"]["init_video"] == file["urls"]["get"]


@beta
@every
def test_models(client: Process, api: str) -> None:
    """The model, its versions and what they take can be read."""
    named = {"model_owner": OWNER, "model_name": NAME}
    model = client.call(f"{api}.models.get", **named)
    (version,) = client.call(f"{api}.models.versions.list", **named)["results"]

    assert (model["owner"], model["name"], model["latest_version"]["id"]) == (OWNER, NAME, VERSION)
    assert version == client.call(f"{api}.models.versions.get", **named, version_id=VERSION)
    assert "prompt" in version["openapi_schema"]["components"]["schemas"]["Input"]["properties"]
    assert client.call(f"{api}.models.predictions.create", **named, input=INPUT)["model"] == MODEL
    assert isinstance(client.call(f"{api}.models.examples.list", **named)["results"], list)
    assert isinstance(client.call(f"{api}.models.readme.get", **named), str)


@beta
@both
def test_models__create_update_and_delete(client: Process, api: str) -> None:
    """A model is created, changed, listed and deleted."""
    username = client.call(f"{api}.account.get")["username"]
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}
    named = {"model_owner": username, "model_name": "lighthouses"}
    client.call(f"{api}.models.create", **options)
    updated = client.call(f"{api}.models.update", **named, description="Films of lighthouses")

    assert client.call(f"{api}.models.get", **named)["description"] == updated["description"] == "Films of lighthouses"
    assert NAME in [model["name"] for model in client.call(f"{api}.models.list")["results"]]
    client.call(f"{api}.models.delete", **named)
    with pytest.raises(ClientError, match="NotFoundError"):
        client.call(f"{api}.models.get", **named)


@beta
@both
def test_search(client: Process, api: str) -> None:
    """Both searches find the model."""
    found = client.call(f"{api}.search", query="zeroscope")

    assert NAME in [item["model"]["name"] for item in found["models"]]
    models = client.call(f"{api}.models.search", body="zeroscope")["results"]
    assert NAME in [model["name"] for model in models]


@beta
@both
def test_deployments(server: MockServer, client: Process, api: str) -> None:
    """A deployment is created, read, updated, listed, run and deleted."""
    username = client.call(f"{api}.account.get")["username"]
    named = {"deployment_owner": username, "deployment_name": "films"}
    options = {"name": "films", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    created = client.call(f"{api}.deployments.create", **options, min_instances=0, max_instances=1)
    updated = client.call(f"{api}.deployments.update", **named, max_instances=2)
    prediction = client.call(f"{api}.deployments.predictions.create", **named, input=INPUT)

    assert (created["current_release"]["number"], updated["current_release"]["number"]) == (1, 2)
    assert client.call(f"{api}.deployments.get", **named) == updated
    assert [item["name"] for item in client.call(f"{api}.deployments.list")["results"]] == ["films"]
    assert prediction["deployment"] is not None
    server.clock.advance(2 * IDLE_SECONDS)
    client.call(f"{api}.deployments.delete", **named)
    assert client.call(f"{api}.deployments.list")["results"] == []


@beta
@both
def test_trainings(server: MockServer, client: Process, api: str) -> None:
    """A training is created, read, listed and canceled."""
    username = client.call(f"{api}.account.get")["username"]
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}
    client.call(f"{api}.models.create", **options)
    server.scripts.add(ENDLESS)
    created = client.call(
        f"{api}.trainings.create",
        model_owner=OWNER,
        model_name=NAME,
        version_id=VERSION,
        destination=f"{username}/lighthouses",
        input={"train_data": "https://files.test/lighthouses.zip"},
    )

    assert client.call(f"{api}.trainings.get", training_id=created["id"])["id"] == created["id"]
    assert [item["id"] for item in client.call(f"{api}.trainings.list")["results"]] == [created["id"]]
    assert client.call(f"{api}.trainings.cancel", training_id=created["id"])["status"] == "canceled"


@beta
@both
def test_collections_hardware_and_webhooks(client: Process, api: str) -> None:
    """Collections, hardware and the webhooks' secret can be read."""
    collections = client.call(f"{api}.collections.list")["results"]
    collection = client.call(f"{api}.collections.get", collection_slug=collections[0]["slug"])

    assert collection["slug"] == collections[0]["slug"]
    assert {"name", "sku"} <= client.call(f"{api}.hardware.list")[0].keys()
    assert client.call(f"{api}.webhooks.default.secret.get")["key"].startswith("whsec_")


@beta
@both
@pytest.mark.parametrize(
    ("name", "status", "path", "keywords"),
    [
        ("NotFoundError", 404, "predictions.get", {"prediction_id": "a" * 26}),
        ("NotFoundError", 404, "models.get", {"model_owner": "someone", "model_name": "something"}),
        ("UnprocessableEntityError", 422, "predictions.create", {"version": VERSION, "input": {"width": 8}}),
        ("UnprocessableEntityError", 422, "predictions.create", {"version": "rubbish", "input": INPUT}),
        ("UnprocessableEntityError", 422, "predictions.create", {"version": "someone/something", "input": INPUT}),
    ],
)
def test_errors(client: Process, api: str, name: str, status: int, path: str, keywords: dict[str, Any]) -> None:
    """An error of the service has its class and its status."""
    with pytest.raises(ClientError) as caught:
        client.call(f"{api}.{path}", **keywords)

    assert (caught.value.name, caught.value.status) == (name, status)


@beta
def test_errors__wrong_token(client: Process) -> None:
    """Any other token is refused."""
    with pytest.raises(ClientError, match="AuthenticationError"):
        client.call("unauthorized.predictions.list")


@beta
@pytest.mark.parametrize("status", [402, 429])
def test_errors__of_a_create(server: MockServer, client: Process, status: int) -> None:
    """A create that is refused ends with the status; this client repeats one that was throttled twice."""
    server.faults.add(operation="createPrediction", status=status, times=3)

    with pytest.raises(ClientError) as caught:
        client.call("client.predictions.create", version=VERSION, input=INPUT)

    assert caught.value.status == status
    assert len(operations(server)) == {402: 1, 429: 3}[status]
