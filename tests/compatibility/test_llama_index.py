"""LlamaIndex's model class for Replicate, which reads events."""

from __future__ import annotations

import httpx
import pytest

from compatibility.clients import LLAMA_INDEX, ClientError, Process
from compatibility.common import FAILING, MODEL, VERSION, clients, operations
from zeroscope_mock import MockServer

llama_index = clients([LLAMA_INDEX])
references = pytest.mark.parametrize(
    ("reference", "create"), [(f"{MODEL}:{VERSION}", "createPrediction"), (MODEL, "createModelPrediction")]
)
OPTIONS = {"additional_kwargs": {"num_frames": 2}}


@llama_index
@references
def test_complete(server: MockServer, client: Process, reference: str, create: str) -> None:
    """The class joins the output events; the URL of the only video is the text."""
    client.keep("llm", "Replicate", model=reference, **OPTIONS)

    text = client.call("llm.complete", "a lighthouse")["text"]

    assert httpx.get(text).content[4:8] == b"ftyp"
    assert operations(server)[0] == create


@llama_index
def test_stream_complete(client: Process) -> None:
    """Each event is a piece of the text."""
    client.keep("llm", "Replicate", model=MODEL, **OPTIONS)

    pieces = client.call("llm.stream_complete", "a lighthouse")

    assert "".join(piece["delta"] for piece in pieces) == pieces[-1]["text"]
    assert httpx.get(pieces[-1]["text"]).content[4:8] == b"ftyp"


@llama_index
def test_chat(client: Process) -> None:
    """Messages become the prompt."""
    client.keep("llm", "Replicate", model=MODEL, **OPTIONS)
    client.keep("message", "ChatMessage", role="user", content="a lighthouse")

    answer = client.call("llm.chat", [{"$path": "message"}])

    assert httpx.get(answer["message"]["blocks"][0]["text"]).content[4:8] == b"ftyp"


@llama_index
def test_complete__failure(client: Process) -> None:
    """A prediction that fails raises an error with the reason."""
    client.keep("llm", "Replicate", model=MODEL, **OPTIONS)

    with pytest.raises(ClientError, match="the GPU is on fire"):
        client.call("llm.complete", FAILING["prompt"])


@llama_index
def test_complete__unknown_model(client: Process) -> None:
    """A model that does not exist is an error with its status."""
    client.keep("llm", "Replicate", model="someone/something")

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*404"):
        client.call("llm.complete", "a lighthouse")
