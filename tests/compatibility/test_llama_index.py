"""LlamaIndex's model class for Replicate, which reads events."""

from __future__ import annotations

import httpx
import pytest

from compatibility.clients import LLAMA_INDEX, ClientError, Process
from compatibility.common import FAILING, LLM, clients, operations, outputs
from zeroscope_mock import MockServer

llama_index = clients([LLAMA_INDEX])
PROMPT = "Name three lighthouses."


@llama_index
@pytest.mark.parametrize("pinned", [False, True])
def test_complete(server: MockServer, client: Process, api: httpx.Client, pinned: bool) -> None:
    """The class joins the output events to a text."""
    version = api.get(f"/models/{LLM}").json()["latest_version"]["id"]
    client.keep("llm", "Replicate", model=f"{LLM}:{version}" if pinned else LLM)

    text = client.call("llm.complete", PROMPT)["text"]

    assert text == "".join(outputs(api)[0])
    assert operations(server)[1] == ("createPrediction" if pinned else "createModelPrediction")


@llama_index
def test_stream_complete(client: Process, api: httpx.Client) -> None:
    """Each event is a piece of the text."""
    client.keep("llm", "Replicate", model=LLM, additional_kwargs={"max_new_tokens": 20})

    pieces = client.call("llm.stream_complete", PROMPT)

    assert [piece["delta"] for piece in pieces if piece["delta"]] == outputs(api)[0]
    assert pieces[-1]["text"] == "".join(outputs(api)[0])


@llama_index
@pytest.mark.parametrize("path", ["llm.chat", "llm.stream_chat"])
def test_chat(client: Process, api: httpx.Client, path: str) -> None:
    """Messages become the prompt."""
    client.keep("llm", "Replicate", model=LLM, is_chat_model=True)
    client.keep("message", "ChatMessage", role="user", content=PROMPT)

    answer = client.call(path, [{"$path": "message"}])

    last = answer[-1] if path == "llm.stream_chat" else answer
    (prediction,) = api.get("/predictions").json()["results"]
    assert PROMPT in prediction["input"]["prompt"]
    assert last["message"]["blocks"][0]["text"] == "".join(outputs(api)[0])


@llama_index
def test_complete__failure(client: Process) -> None:
    """A prediction that fails raises an error with the reason."""
    client.keep("llm", "Replicate", model=LLM)

    with pytest.raises(ClientError, match="the GPU is on fire"):
        client.call("llm.complete", FAILING["prompt"])


@llama_index
def test_complete__invalid_input(client: Process) -> None:
    """An input that the model's schema forbids is an error with its status."""
    client.keep("llm", "Replicate", model=LLM, additional_kwargs={"max_new_tokens": 0})

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*422[\s\S]*max_new_tokens"):
        client.call("llm.complete", PROMPT)


@llama_index
def test_complete__unknown_model(client: Process) -> None:
    """A model that does not exist is an error with its status."""
    client.keep("llm", "Replicate", model="someone/something")

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*404"):
        client.call("llm.complete", PROMPT)
