"""The official JavaScript client, unmodified but for base URL and token."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from official.common import ENDLESS, FAILING, INPUT, MODEL, SLOW, TOKEN, VERSION, Receiver, operations
from zeroscope_mock import MockServer

HERE = Path(__file__).parent
POLL = {"mode": "poll", "interval": 10}

if shutil.which("node") is None:
    pytest.skip("Node.js is missing, which runs the JavaScript client", allow_module_level=True)
if not (HERE / "node_modules" / "replicate").is_dir():
    pytest.skip("the JavaScript client is missing; `make test` installs it where npm is", allow_module_level=True)


class JavaScriptError(Exception):
    """The error that a program of client.mjs ended with.

    Args:
        name: The error's class.
        status: The status of the answer, if there was one.
    """

    def __init__(self, name: str, message: str, status: int | None = None) -> None:
        super().__init__(f"{name}: {message}")
        self.status = status


Program = Callable[..., Any]


class Node:
    """One process for all programs of client.mjs, since starting it takes longer than most of them."""

    def __init__(self) -> None:
        self._process = subprocess.Popen(
            ["node", "client.mjs"], cwd=HERE, stdin=subprocess.PIPE, stdout=subprocess.PIPE, encoding="utf-8"
        )

    def run(self, program: str, url: str, token: str, given: dict[str, Any]) -> Any:
        """Run a program; what it is given and what it returns is JSON.

        Raises:
            JavaScriptError: If it ends with an error.
        """
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = {"program": program, "baseUrl": f"{url}/v1", "auth": token, "given": given}
        self._process.stdin.write(json.dumps(line) + "\n")
        self._process.stdin.flush()
        outcome = json.loads(self._process.stdout.readline())
        if "error" in outcome:
            raise JavaScriptError(**outcome["error"])
        return outcome["value"]

    def close(self) -> None:
        """End the process."""
        self._process.communicate(timeout=10)


@pytest.fixture(scope="module")
def node() -> Iterator[Node]:
    node = Node()
    yield node
    node.close()


@pytest.fixture
def javascript(node: Node, url: str) -> Program:
    """Runs a program by its name with the given arguments."""
    return lambda program, /, **given: node.run(program, url, TOKEN, given)


@pytest.mark.parametrize(
    ("reference", "call"), [(f"{MODEL}:{VERSION}", "createPrediction"), (MODEL, "createModelPrediction")]
)
def test_run(server: MockServer, javascript: Program, reference: str, call: str) -> None:
    """The create waits for the videos, whose URLs are the output."""
    result = javascript("run", reference=reference, options={"input": {**INPUT, "batch_size": 2}})

    assert operations(server) == [call]
    assert set(result["seen"]) == {"succeeded"}
    assert len(result["output"]) == 2
    for address in result["output"]:
        assert httpx.get(address).content[4:8] == b"ftyp"


def test_run__polling(server: MockServer, javascript: Program) -> None:
    """Without a hold, the client polls until the prediction has ended."""
    result = javascript("run", reference=f"{MODEL}:{VERSION}", options={"input": INPUT, "wait": POLL})

    assert (result["seen"][0], result["seen"][-1]) == ("starting", "succeeded")
    assert operations(server)[:2] == ["createPrediction", "getPrediction"]
    assert len(result["output"]) == 1


def test_run__an_output_as_data(server: MockServer, javascript: Program) -> None:
    """A `data:` URI becomes a file that can be read."""
    content = base64.b64encode(b"a video").decode()
    server.scripts.add({"output": [f"data:video/mp4;base64,{content}"]})

    assert javascript("run", reference=MODEL, options={"input": INPUT})["output"] == ["a video"]


def test_create_get_and_cancel(server: MockServer, javascript: Program) -> None:
    """A prediction starts, is read and ends."""
    server.scripts.add(ENDLESS)
    result = javascript("createGetAndCancel", options={"version": VERSION, "input": INPUT})

    created, read, canceled = result["created"], result["read"], result["canceled"]
    assert (created["model"], created["version"], created["input"]) == (MODEL, VERSION, INPUT)
    assert created["id"] == read["id"] == canceled["id"]
    assert canceled["status"] == "canceled"


def test_wait(javascript: Program) -> None:
    """The client polls to the end."""
    prediction = javascript("createAndWait", options={"model": MODEL, "input": INPUT})

    assert prediction["status"] == "succeeded"
    assert len(prediction["output"]) == 1


def test_list(javascript: Program) -> None:
    """Every prediction is on one of the pages that the client follows, the newest first."""
    result = javascript("list", count=105, options={"version": VERSION, "input": INPUT})

    assert [len(page) for page in result["pages"]] == [100, 5]
    assert [prediction for page in result["pages"] for prediction in page] == result["created"][::-1]


def test_blocking_create(server: MockServer, javascript: Program) -> None:
    """With `Prefer: wait` the answer is the prediction with its output."""
    prediction = javascript("create", options={"version": VERSION, "input": INPUT, "wait": True})

    assert prediction["status"] == "succeeded"
    assert len(prediction["output"]) == 1
    assert operations(server) == ["createPrediction"]


def test_blocking_create__out_of_time(server: MockServer, javascript: Program) -> None:
    """A wait that ran out returns `starting`, the only status that the client treats as unfinished."""
    server.scripts.add(ENDLESS)
    prediction = javascript("create", options={"version": VERSION, "input": INPUT, "wait": 1})

    assert (prediction["status"], prediction["output"]) == ("starting", None)


def test_run__out_of_time(server: MockServer, javascript: Program) -> None:
    """When the wait has run out, the client goes on by polling."""
    server.scripts.add(SLOW)
    options = {"input": INPUT, "wait": {"mode": "block", "timeout": 1}}

    result = javascript("run", reference=f"{MODEL}:{VERSION}", options=options)

    assert result["seen"][0] == "starting"
    assert "getPrediction" in operations(server)
    assert len(result["output"]) == 1


@pytest.mark.parametrize("reference", [f"{MODEL}:{VERSION}", MODEL])
def test_stream(javascript: Program, server: MockServer, url: str, reference: str) -> None:
    """The events of a prediction come one after another, up to the last one."""
    events = javascript("stream", reference=reference, options={"input": INPUT, "stream": True})

    kinds = [event["event"] for event in events]
    listed = httpx.get(f"{url}/v1/predictions", headers={"Authorization": f"Bearer {TOKEN}"}).json()
    assert kinds[-1] == "done"
    assert "logs" in kinds
    assert [event["data"] for event in events if event["event"] == "output"] == listed["results"][0]["output"]
    assert len({event["id"] for event in events}) == len(events)


def test_stream__failure(javascript: Program) -> None:
    """The error is thrown."""
    with pytest.raises(JavaScriptError, match=r"^Error: .*the GPU is on fire"):
        javascript("stream", reference=MODEL, options={"input": FAILING, "stream": True})


def test_stream__not_asked_for(javascript: Program) -> None:
    """Without the field there is no stream, and the client says so."""
    with pytest.raises(JavaScriptError, match="Prediction does not support streaming"):
        javascript("stream", reference=MODEL, options={"input": INPUT})


@pytest.mark.parametrize("wait", [{"mode": "block"}, POLL])
def test_failure(javascript: Program, wait: dict[str, Any]) -> None:
    """A prediction that fails is an error with the reason."""
    with pytest.raises(JavaScriptError, match=r"^Error: Prediction failed: the GPU is on fire"):
        javascript("run", reference=f"{MODEL}:{VERSION}", options={"input": FAILING, "wait": wait})


def test_webhooks(javascript: Program, receiver: Receiver) -> None:
    """A delivery passes the client's own check, and fails it once a byte is changed."""
    webhook = {"webhook": receiver.url, "webhook_events_filter": ["completed"]}
    prediction = javascript("create", options={"version": VERSION, "input": INPUT, **webhook})
    headers, body = receiver.receive()

    assert json.loads(body)["id"] == prediction["id"]
    assert json.loads(body)["status"] == "succeeded"
    assert javascript("validateWebhook", headers=headers, body=body) == {"genuine": True, "changed": False}


def test_files(javascript: Program) -> None:
    """A file is uploaded, described, listed and deleted; its URL needs the token."""
    result = javascript("files", content="a draft", name="draft.mp4", type="video/mp4", metadata={"take": 2})

    created = result["created"]
    assert (created["name"], created["content_type"], created["size"]) == ("draft.mp4", "video/mp4", 7)
    assert created["metadata"] == {"take": 2}
    assert result["read"] == created
    assert result["listed"] == [created]
    assert result["anonymous"] == 401
    assert (result["deleted"], result["left"]) == (True, [])


def test_a_file_as_input(javascript: Program) -> None:
    """A blob is uploaded, and its URL becomes the input."""
    prediction = javascript("createFromFile", content="a draft", options={"version": VERSION, "input": INPUT})

    headers = {"Authorization": f"Bearer {TOKEN}"}
    assert httpx.get(prediction["input"]["init_video"], headers=headers).json()["size"] == 7


def test_models(javascript: Program) -> None:
    """The model, its versions and what they take can be read."""
    owner, _, name = MODEL.partition("/")
    result = javascript("models", owner=owner, name=name, version=VERSION)

    assert (result["model"]["owner"], result["model"]["name"]) == (owner, name)
    assert result["versions"] == [result["version"]] == [result["model"]["latest_version"]]
    assert result["version"]["id"] == VERSION


@pytest.mark.parametrize(
    ("status", "detail", "name", "given"),
    [
        (404, "could not be found", "get", {"id": "a" * 26}),
        (404, "could not be found", "cancel", {"id": "a" * 26}),
        (404, "could not be found", "run", {"reference": "someone/something", "options": {"input": INPUT}}),
        (422, "input.width", "run", {"reference": MODEL, "options": {"input": {"width": 8}}}),
        (422, "input.width", "create", {"options": {"version": VERSION, "input": {"width": 8}}}),
        (422, "version does not exist", "create", {"options": {"version": "latest", "input": INPUT}}),
        (
            422,
            "Additional property colour is not allowed",
            "create",
            {"options": {"version": VERSION, "input": INPUT, "colour": "red"}},
        ),
    ],
)
def test_errors(javascript: Program, status: int, detail: str, name: str, given: dict[str, Any]) -> None:
    """An error of the service has its status and its reason."""
    with pytest.raises(JavaScriptError, match=f"^ApiError: .*{detail}") as caught:
        javascript(name, **given)

    assert caught.value.status == status


def test_errors__wrong_token(node: Node, url: str) -> None:
    """Any other token is refused."""
    with pytest.raises(JavaScriptError, match=r"^ApiError: .*Unauthenticated") as caught:
        node.run("get", url, "r8_another-token", {"id": "a" * 26})

    assert caught.value.status == 401


def test_retry(server: MockServer, javascript: Program) -> None:
    """After two 503s, the client sends a read a third time."""
    prediction = javascript("create", options={"version": VERSION, "input": INPUT})
    server.faults.add(operation="getPrediction", status=503, times=2)

    assert javascript("get", id=prediction["id"])["id"] == prediction["id"]

    statuses = [exchange.status for exchange in server.journal if exchange.operation == "getPrediction"]
    assert statuses == [503, 503, 200]


def test_no_retry_of_a_create(server: MockServer, javascript: Program) -> None:
    """A create that gets a 503 is an error at once."""
    server.faults.add(operation="createPrediction", status=503, times=1)

    with pytest.raises(JavaScriptError) as caught:
        javascript("create", options={"version": VERSION, "input": INPUT})

    assert caught.value.status == 503
    assert operations(server) == ["createPrediction"]
