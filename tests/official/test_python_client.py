"""The official Python client, unmodified: only its base URL and its token are set."""

from __future__ import annotations

import base64
import io
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from official.common import ENDLESS, FAILING, INPUT, MODEL, SLOW, TOKEN, VERSION, Receiver, operations
from zeroscope_mock import MockServer

if sys.version_info >= (3, 14):
    pytest.skip("replicate 1.0.7 cannot be imported on Python 3.14: it needs pydantic v1", allow_module_level=True)

import replicate
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError
from replicate.helpers import FileOutput
from replicate.stream import ServerSentEvent
from replicate.webhook import InvalidSignatureError, Webhooks


@pytest.fixture
def client(url: str) -> Iterator[Client]:
    client = Client(api_token=TOKEN, base_url=url)
    client.poll_interval = 0.01
    # It has no close of its own, and Python warns of open sockets.
    with client._client:
        yield client


@pytest.mark.parametrize(
    ("reference", "calls"),
    [
        (f"{MODEL}:{VERSION}", ["createPrediction", "getModelVersion"]),
        (MODEL, ["createModelPrediction"]),
    ],
)
def test_run(server: MockServer, client: Client, reference: str, calls: list[str]) -> None:
    """The create waits for the videos, whose URLs are the output."""
    output = list(client.run(reference, input={**INPUT, "batch_size": 2}))

    assert operations(server) == calls
    assert len(output) == 2
    for address in output:
        assert httpx.get(address).content[4:8] == b"ftyp"


def test_run__polling(server: MockServer, client: Client) -> None:
    """Without a hold, the client polls until the prediction has ended."""
    output = list(client.run(f"{MODEL}:{VERSION}", input=INPUT, wait=False))

    assert operations(server)[:3] == ["createPrediction", "getModelVersion", "getPrediction"]
    assert len(output) == 1


def test_run__an_output_as_data(server: MockServer, client: Client) -> None:
    """A `data:` URI becomes a file that can be read."""
    content = base64.b64encode(b"a video").decode()
    server.scripts.add({"output": [f"data:video/mp4;base64,{content}"]})

    output = list(client.run(f"{MODEL}:{VERSION}", input=INPUT))

    assert [file.read() for file in output] == [b"a video"]


@pytest.mark.anyio
async def test_run__async(url: str) -> None:
    """The asynchronous half of the client does the same."""
    client = Client(api_token=TOKEN, base_url=url)
    try:
        output: Any = await client.async_run(f"{MODEL}:{VERSION}", input=INPUT)
        stream = await client.async_stream(f"{MODEL}:{VERSION}", input=INPUT)
        events = [event.event.value async for event in stream]
    finally:
        await client._async_client.aclose()

    assert len(output) == 1
    assert events[-1] == "done"


def test_create_get_and_cancel(server: MockServer, client: Client) -> None:
    """A prediction starts, is read and ends."""
    server.scripts.add(ENDLESS)
    created = client.predictions.create(version=VERSION, input=INPUT)
    read = client.predictions.get(created.id)
    canceled = client.predictions.cancel(created.id)
    read.reload()

    assert (created.model, created.version, created.input) == (MODEL, VERSION, INPUT)
    assert created.completed_at is None
    assert canceled.status == read.status == "canceled"
    assert canceled.completed_at is not None


def test_wait(client: Client) -> None:
    """The client polls to the end, and reads the progress in the log."""
    prediction = client.predictions.create(version=VERSION, input=INPUT)
    prediction.wait()

    assert prediction.status == "succeeded"
    assert prediction.progress is not None
    assert prediction.progress.percentage == 1


def test_list(client: Client) -> None:
    """Every prediction is on one of the pages that the client follows, the newest first."""
    ids = [client.predictions.create(version=VERSION, input=INPUT).id for _ in range(105)]

    pages = [[prediction.id for prediction in page] for page in replicate.paginate(client.predictions.list)]

    assert [len(page) for page in pages] == [100, 5]
    assert [prediction for page in pages for prediction in page] == ids[::-1]


@pytest.mark.parametrize(("blocking", "status"), [("processing", "processing"), ("final", "succeeded")])
def test_blocking_create(server: MockServer, client: Client, blocking: str, status: str) -> None:
    """With `Prefer: wait` the answer is the prediction with its output, which the client takes whatever the status."""
    server.scripts.add({"blocking": blocking})
    prediction = client.predictions.create(version=VERSION, input=INPUT, wait=True)

    assert prediction.status == status
    assert prediction.output is not None
    assert operations(server) == ["createPrediction"]


def test_blocking_create__out_of_time(server: MockServer, client: Client) -> None:
    """A wait that ran out returns `starting`, the only status that the client treats as unfinished."""
    server.scripts.add(ENDLESS)
    prediction = client.predictions.create(version=VERSION, input=INPUT, wait=1)

    assert prediction.status == "starting"
    assert prediction.output is None


def test_run__out_of_time(server: MockServer, client: Client) -> None:
    """When the wait has run out, the client goes on by polling."""
    server.scripts.add(SLOW)
    output = list(client.run(f"{MODEL}:{VERSION}", input=INPUT, wait=1))

    assert "getPrediction" in operations(server)
    assert len(output) == 1


def test_stream(client: Client) -> None:
    """The events of a prediction come one after another, up to the last one."""
    events = list(client.stream(f"{MODEL}:{VERSION}", input=INPUT))

    kinds = [event.event for event in events]
    (prediction,) = client.predictions.list()
    assert kinds[-1] == ServerSentEvent.EventType.DONE
    assert ServerSentEvent.EventType.LOGS in kinds
    assert [str(event) for event in events if event.event == ServerSentEvent.EventType.OUTPUT] == prediction.output
    assert len({event.id for event in events}) == len(events)


def test_stream__of_a_prediction(client: Client) -> None:
    """A stream that was requested with the create can be followed later, with a model reference as well."""
    prediction = client.models.predictions.create(model=MODEL, input=INPUT, stream=True)
    prediction.wait()

    assert [event.event.value for event in prediction.stream()][-1] == "done"


def test_stream__failure(client: Client) -> None:
    """The error is raised."""
    with pytest.raises(RuntimeError, match="the GPU is on fire"):
        list(client.stream(f"{MODEL}:{VERSION}", input=FAILING))


def test_stream__not_asked_for(server: MockServer, client: Client) -> None:
    """Without the field there is a stream all the same; for a model without one, the client says so."""
    assert list(client.predictions.create(version=VERSION, input=INPUT).stream())
    server.scripts.add({"streams": False})
    prediction = client.predictions.create(version=VERSION, input=INPUT)

    with pytest.raises(ReplicateError, match="Model does not support streaming"):
        list(prediction.stream())


@pytest.mark.parametrize("wait", [True, False])
def test_failure(client: Client, wait: bool) -> None:
    """A prediction that fails raises an error that holds it."""
    with pytest.raises(ModelError, match="the GPU is on fire") as caught:
        client.run(f"{MODEL}:{VERSION}", input=FAILING, wait=wait)

    assert caught.value.prediction.status == "failed"


def test_webhooks(client: Client, receiver: Receiver) -> None:
    """A delivery passes the client's own check, and fails it once a byte is changed."""
    prediction = client.predictions.create(
        version=VERSION, input=INPUT, webhook=receiver.url, webhook_events_filter=["start", "completed"]
    )
    secret = client.webhooks.default.secret()
    started, ended = receiver.receive(), receiver.receive()

    for headers, body in (started, ended):
        # The server's time flies, so that its timestamps are ahead of the client's clock.
        Webhooks.validate(headers=headers, body=body, secret=secret, tolerance=86400)
        assert json.loads(body)["id"] == prediction.id
    assert json.loads(ended[1])["status"] == "succeeded"
    with pytest.raises(InvalidSignatureError):
        Webhooks.validate(headers=started[0], body=started[1] + " ", secret=secret)


def test_files(client: Client) -> None:
    """A file is uploaded, described, listed and deleted; its URL describes it to those who have the token."""
    file = client.files.create(
        io.BytesIO(b"a draft"), filename="draft.mp4", content_type="video/mp4", metadata={"take": 2}
    )

    assert (file.name, file.content_type, file.size, file.metadata) == ("draft.mp4", "video/mp4", 7, {"take": 2})
    assert client.files.get(file.id) == file
    assert client.files.list() == [file]
    assert httpx.get(file.urls["get"], headers={"Authorization": f"Bearer {TOKEN}"}).json()["id"] == file.id
    assert client.files.delete(file.id)
    assert client.files.list() == []
    with pytest.raises(ReplicateError, match="status: 404"):
        client.files.get(file.id)


def test_a_file_as_input(client: Client, tmp_path: Path) -> None:
    """An open file is uploaded, and its URL becomes the input."""
    path = tmp_path / "draft.mp4"
    path.write_bytes(b"a draft")

    with path.open("rb") as draft:
        prediction = client.predictions.create(version=VERSION, input={"init_video": draft})

    assert prediction.input is not None
    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(prediction.input["init_video"], headers=headers).json()["size"] == 7


def test_download_an_output(client: Client) -> None:
    """The client's own file reads a video."""
    (address,) = client.run(f"{MODEL}:{VERSION}", input=INPUT)

    content = FileOutput(address, client).read()

    assert content[4:8] == b"ftyp"
    assert b"".join(FileOutput(address, client)) == content


def test_models(client: Client) -> None:
    """The model, its versions and what they take can be read."""
    model = client.models.get(MODEL)
    (version,) = model.versions.list()

    assert model.id == MODEL
    assert version == model.latest_version == model.versions.get(VERSION)
    assert version.id == VERSION
    assert "prompt" in version.openapi_schema["components"]["schemas"]["Input"]["properties"]
    assert len(list(client.run(version, input=INPUT))) == 1


@pytest.mark.parametrize(
    ("status", "detail", "call"),
    [
        (404, "could not be found", lambda client: client.predictions.get("a" * 26)),
        (404, "could not be found", lambda client: client.predictions.cancel("a" * 26)),
        (404, "could not be found", lambda client: client.models.get("someone/something")),
        (404, "could not be found", lambda client: client.run("someone/something", input=INPUT)),
        (422, "input.width", lambda client: client.run(f"{MODEL}:{VERSION}", input={"width": 8})),
        (422, "input.width", lambda client: client.run(MODEL, input={"width": 8})),
        (422, "version does not exist", lambda client: client.run(f"{MODEL}:latest", input=INPUT)),
        (
            422,
            "Additional property webhook_completed is not allowed",
            lambda client: client.predictions.create(VERSION, INPUT, webhook_completed="https://h.test"),
        ),
    ],
)
def test_errors(client: Client, status: int, detail: str, call: Callable[[Client], Any]) -> None:
    """An error of the service has its status and its reason."""
    with pytest.raises(ReplicateError) as caught:
        call(client)

    assert caught.value.status == status
    assert caught.value.detail is not None
    assert detail in caught.value.detail


def test_errors__wrong_token(url: str) -> None:
    """Any other token is refused."""
    client = Client(api_token="r8_another-token", base_url=url)
    with client._client, pytest.raises(ReplicateError) as caught:
        client.run(f"{MODEL}:{VERSION}", input=INPUT)

    assert (caught.value.status, caught.value.title) == (401, "Unauthenticated")


def test_retry(server: MockServer, client: Client) -> None:
    """After two 503s, the client sends a read a third time."""
    prediction = client.predictions.create(version=VERSION, input=INPUT)
    server.faults.add(operation="getPrediction", status=503, times=2)

    assert client.predictions.get(prediction.id).id == prediction.id

    statuses = [exchange.status for exchange in server.journal if exchange.operation == "getPrediction"]
    assert statuses == [503, 503, 200]


def test_no_retry_of_a_create(server: MockServer, client: Client) -> None:
    """A create that gets a 503 is an error at once."""
    server.faults.add(operation="createPrediction", status=503, times=1)

    with pytest.raises(ReplicateError) as caught:
        client.predictions.create(version=VERSION, input=INPUT)

    assert caught.value.status == 503
    assert operations(server) == ["createPrediction"]
