"""LangChain's model class for Replicate, which joins the outputs."""

from __future__ import annotations

import httpx
import pytest

from compatibility.clients import LANGCHAIN, ClientError, Process
from compatibility.common import FAILING, MODEL, VERSION, clients, operations
from zeroscope_mock import MockServer

langchain = clients([LANGCHAIN])
references = pytest.mark.parametrize(
    ("reference", "create"), [(f"{MODEL}:{VERSION}", "createPrediction"), (MODEL, "createModelPrediction")]
)
OPTIONS = {"prompt_key": "prompt", "model_kwargs": {"num_frames": 2}}


@langchain
@references
def test_invoke(server: MockServer, client: Process, reference: str, create: str) -> None:
    """The class reads the model, creates a prediction and polls it; the URL of the only video is the text."""
    client.keep("llm", "Replicate", model=reference, **OPTIONS)

    address = client.call("llm.invoke", "a lighthouse")

    assert httpx.get(address).content[4:8] == b"ftyp"
    assert {"getModel", create, "getPrediction"} <= set(operations(server))


@langchain
@references
def test_stream(client: Process, reference: str, create: str) -> None:
    """The class polls for outputs; the text arrives in one piece."""
    client.keep("llm", "Replicate", model=reference, **OPTIONS)

    (address,) = [chunk for chunk in client.call("llm.stream", "a lighthouse") if chunk]

    assert httpx.get(address).content[4:8] == b"ftyp"


@langchain
def test_ainvoke(client: Process) -> None:
    """The asynchronous half of the class does the same."""
    client.keep("llm", "Replicate", model=f"{MODEL}:{VERSION}", **OPTIONS)

    assert httpx.get(client.call("llm.ainvoke", "a lighthouse")).content[4:8] == b"ftyp"


@langchain
def test_invoke__failure(client: Process) -> None:
    """A prediction that fails raises an error with the reason."""
    client.keep("llm", "Replicate", model=f"{MODEL}:{VERSION}", **OPTIONS)

    with pytest.raises(ClientError, match=r"^RuntimeError: the GPU is on fire"):
        client.call("llm.invoke", FAILING["prompt"])


@langchain
def test_invoke__unknown_model(client: Process) -> None:
    """A model that does not exist is an error with its status."""
    client.keep("llm", "Replicate", model="someone/something", **OPTIONS)

    with pytest.raises(ClientError, match=r"ReplicateError[\s\S]*404"):
        client.call("llm.invoke", "a lighthouse")
