"""The official MCP server, spoken to as an MCP client does."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from typing import Any

import pytest

from compatibility.clients import MCP, Client, Process
from compatibility.common import ENDLESS, INPUT, MODEL, NAME, OWNER, REFERENCES, VERSION, clients, download_arguments
from zeroscope_mock import MockServer
from zeroscope_mock.operations.deployments import IDLE_SECONDS

Tool = Callable[..., Any]

mcp = clients([MCP])

DONE = "Successful tool call"
"""What tools say that return nothing of the response."""


class ToolError(Exception):
    """The server's answer to a call that failed."""


@pytest.fixture(scope="module")
def session(process: tuple[Client, Process]) -> Process:
    """An MCP session that was opened."""
    _, running = process
    hello = {"protocolVersion": "2025-03-26", "capabilities": {}, "clientInfo": {"name": "tests", "version": "1"}}
    answer = running.exchange({"jsonrpc": "2.0", "id": 0, "method": "initialize", "params": hello})
    assert answer["result"]["serverInfo"]["version"] == MCP.environment.packages["replicate-mcp"]
    running.send({"jsonrpc": "2.0", "method": "notifications/initialized"})
    return running


@pytest.fixture
def tool(session: Process, client: Process) -> Tool:
    """Calls a tool by its name, and returns what its text holds."""

    def call(name: str, /, **arguments: Any) -> Any:
        client.record(name)
        params = {"name": name, "arguments": arguments}
        answer = session.exchange({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params})
        if "error" in answer or answer["result"].get("isError"):
            raise ToolError(json.dumps(answer))
        (content,) = answer["result"]["content"]
        return json.loads(content["text"]) if content["type"] == "text" else content["resource"]

    return call


@mcp
def test_tools(session: Process, client: Process) -> None:
    """The server lists its tools."""
    answer = session.exchange({"jsonrpc": "2.0", "id": 1, "method": "tools/list"})

    assert {"create_predictions", "get_predictions"} <= {tool["name"] for tool in answer["result"]["tools"]}


@mcp
@pytest.mark.parametrize("reference", REFERENCES)
def test_create_predictions(tool: Tool, reference: str) -> None:
    """An id, a model with an id, and a model alone start the same model."""
    created = tool("create_predictions", version=reference, input=INPUT)

    assert (created["model"], created["version"], created["input"]) == (MODEL, VERSION, INPUT)


@mcp
def test_create_predictions__blocking(tool: Tool) -> None:
    """With `Prefer: wait` the response has the outputs, whatever its status is."""
    created = tool("create_predictions", version=VERSION, input=INPUT, Prefer="wait")

    assert created["status"] in {"processing", "succeeded"}
    assert len(created["output"]) == 1


@mcp
def test_get_list_and_cancel_predictions(server: MockServer, tool: Tool) -> None:
    """A prediction is read, listed and canceled."""
    server.scripts.add(ENDLESS)
    created = tool("create_predictions", version=f"{MODEL}:{VERSION}", input=INPUT)

    assert tool("get_predictions", prediction_id=created["id"])["id"] == created["id"]
    assert [item["id"] for item in tool("list_predictions")["results"]] == [created["id"]]
    assert tool("list_predictions", created_before=created["created_at"])["results"] == []
    assert tool("cancel_predictions", prediction_id=created["id"])["status"] == "canceled"


@mcp
def test_models(tool: Tool) -> None:
    """Models and versions are read, listed, searched, created, run and deleted."""
    username = tool("get_account")["username"]
    named = {"model_owner": OWNER, "model_name": NAME}
    options = {"owner": username, "name": "lighthouses", "visibility": "private", "hardware": "cpu"}

    for name, arguments in [
        ("get_models", named),
        ("list_models", {}),
        ("search_models", {"body": "zeroscope"}),
        ("create_models", options),
        ("get_models", {"model_owner": username, "model_name": "lighthouses"}),
        ("delete_models", {"model_owner": username, "model_name": "lighthouses"}),
        ("list_models_versions", named),
        ("get_models_versions", {**named, "version_id": VERSION}),
        ("list_models_examples", named),
        ("get_models_readme", named),
    ]:
        tool(name, **arguments)
    assert tool("create_models_predictions", **named, input=INPUT)["model"] == MODEL
    with pytest.raises(ToolError, match="404"):
        tool("get_models", model_owner=username, model_name="lighthouses")


@mcp
def test_files(server: MockServer, tool: Tool) -> None:
    """A text is uploaded as a file, described, listed, downloaded and deleted."""
    file = tool("create_files", content="a draft", filename="draft.txt", type="text/plain", metadata={"take": 2})

    assert (file["name"], file["content_type"], file["size"]) == ("draft.txt", "text/plain", 7)
    assert tool("get_files", file_id=file["id"]) == file
    assert tool("list_files")["results"] == [file]
    username, secret = tool("get_account")["username"], tool("get_default_webhooks_secret")["key"]
    content = tool("download_files", **download_arguments(server, file["id"], username, secret))
    assert base64.b64decode(content["blob"]) == b"a draft"
    tool("delete_files", file_id=file["id"])
    assert tool("list_files")["results"] == []


@mcp
def test_deployments(server: MockServer, tool: Tool) -> None:
    """A deployment is created, read, updated, listed, run and deleted."""
    username = tool("get_account")["username"]
    named = {"deployment_owner": username, "deployment_name": "films"}
    options = {"name": "films", "model": MODEL, "version": VERSION, "hardware": "cpu"}
    tool("create_deployments", **options, min_instances=0, max_instances=1)

    assert tool("update_deployments", **named, max_instances=2)["current_release"]["number"] == 2
    assert tool("get_deployments", **named)["name"] == "films"
    assert [item["name"] for item in tool("list_deployments")["results"]] == ["films"]
    assert tool("create_deployments_predictions", **named, input=INPUT)["model"] == MODEL
    server.clock.advance(2 * IDLE_SECONDS)
    tool("delete_deployments", **named)
    assert tool("list_deployments")["results"] == []


@mcp
def test_trainings(server: MockServer, tool: Tool) -> None:
    """A training is created, read, listed and canceled."""
    username = tool("get_account")["username"]
    tool("create_models", owner=username, name="lighthouses", visibility="private", hardware="cpu")
    server.scripts.add(ENDLESS)
    created = tool(
        "create_trainings",
        model_owner=OWNER,
        model_name=NAME,
        version_id=VERSION,
        destination=f"{username}/lighthouses",
        input={"train_data": "https://files.test/lighthouses.zip"},
    )

    assert tool("get_trainings", training_id=created["id"])["id"] == created["id"]
    assert [item["id"] for item in tool("list_trainings")["results"]] == [created["id"]]
    assert tool("cancel_trainings", training_id=created["id"])["status"] == "canceled"


@mcp
def test_collections_hardware_and_webhooks(tool: Tool) -> None:
    """Collections, hardware and the webhooks' secret can be read."""
    assert tool("list_collections") == tool("get_collections", collection_slug="text-to-video") == DONE
    assert {"name", "sku"} <= tool("list_hardware")[0].keys()
    assert tool("get_default_webhooks_secret")["key"].startswith("whsec_")


@mcp
@pytest.mark.parametrize(
    ("detail", "name", "arguments"),
    [
        ("404", "get_predictions", {"prediction_id": "a" * 26}),
        ("404", "get_models", {"model_owner": "someone", "model_name": "something"}),
        ("422", "create_predictions", {"version": VERSION, "input": {"width": 8}}),
        ("422", "create_predictions", {"version": "rubbish", "input": INPUT}),
    ],
)
def test_errors(tool: Tool, detail: str, name: str, arguments: dict[str, Any]) -> None:
    """A tool that the service refuses reports the status."""
    with pytest.raises(ToolError, match=detail):
        tool(name, **arguments)
