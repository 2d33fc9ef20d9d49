"""LangChain's model class for Replicate, which joins the outputs."""

from __future__ import annotations

import httpx
import pytest

from compatibility.clients import LANGCHAIN, ClientError, Process
from compatibility.common import FAILING, GRADUAL, LLM, clients, operations, outputs
from zeroscope_mock import MockServer

langchain = clients([LANGCHAIN])
paths = pytest.mark.parametrize("path", ["llm.invoke", "llm.ainvoke"])
streams = pytest.mark.parametrize("path", ["llm.stream", "llm.astream"])
PROMPT = "Name three lighthouses."


@langchain
@paths
@pytest.mark.parametrize("pinned", [False, True])
def test_invoke(server: MockServer, client: Process, api: httpx.Client, path: str, pinned: bool) -> None:
    """The class finds the field of the prompt in the model's schema, creates a prediction, and joins its output."""
    version = api.get(f"/models/{LLM}").json()["latest_version"]["id"]
    client.keep("llm", "Replicate", model=f"{LLM}:{version}" if pinned else LLM, model_kwargs={"max_new_tokens": 20})

    text = client.call(path, PROMPT)

    (prediction,) = api.get("/predictions").json()["results"]
    assert text == "".join(outputs(api)[0])
    assert prediction["input"] == {"prompt": PROMPT, "max_new_tokens": 20}
    create = "createPrediction" if pinned else "createModelPrediction"
    assert {"getModel", create, "getPrediction"} <= set(operations(server))


@langchain
@streams
def test_stream(server: MockServer, client: Process, api: httpx.Client, path: str) -> None:
    """The class yields each piece of the text, which it polls for."""
    server.scripts.add(GRADUAL)
    client.keep("llm", "Replicate", model=LLM)

    pieces = client.call(path, PROMPT)

    assert [piece for piece in pieces if piece] == outputs(api)[0]
    assert operations(server).count("getPrediction") > 3


@langchain
def test_stream__up_to_a_word(server: MockServer, client: Process, api: httpx.Client) -> None:
    """A word that ends the text cancels the prediction."""
    server.scripts.add({**GRADUAL, "output": ["one", " two", " three", " four"]})
    client.keep("llm", "Replicate", model=LLM, stop=["three"])

    assert "".join(client.call("llm.stream", PROMPT)) == "one two "
    (prediction,) = api.get("/predictions").json()["results"]
    assert prediction["status"] == "canceled"


@langchain
def test_invoke__streaming(client: Process, api: httpx.Client) -> None:
    """The option that makes the class stream has the same result."""
    client.keep("llm", "Replicate", model=LLM, streaming=True)

    assert client.call("llm.invoke", PROMPT) == "".join(outputs(api)[0])


@langchain
def test_invoke__failure(client: Process) -> None:
    """A prediction that fails raises an error with the reason."""
    client.keep("llm", "Replicate", model=LLM)

    with pytest.raises(ClientError, match=r"^RuntimeError: the GPU is on fire"):
        client.call("llm.invoke", FAILING["prompt"])


@langchain
def test_invoke__invalid_input(client: Process) -> None:
    """An input that the model's schema forbids is an error with its status."""
    client.keep("llm", "Replicate", model=LLM, model_kwargs={"temperature": 9})

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*422[\s\S]*temperature"):
        client.call("llm.invoke", PROMPT)


@langchain
def test_invoke__unknown_model(client: Process) -> None:
    """A model that does not exist is an error with its status."""
    client.keep("llm", "Replicate", model="someone/something")

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*404"):
        client.call("llm.invoke", PROMPT)
