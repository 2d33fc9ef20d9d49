"""Models that the server admits without knowing more than their names."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from compatibility.clients import LANGCHAIN, LITELLM, LLAMA_INDEX, REPLICATE_NPM, REPLICATE_PYTHON, Client, Process
from compatibility.common import GRADUAL, TOKEN, Secure, clients, decoded_size, litellm_environment, operations, outputs
from compatibility.proxy import Proxy
from helpers.decoders import output_urls
from zeroscope_mock import MockServer, ServerOptions

LLM = "meta/meta-llama-3-70b-instruct"
PROMPT = "Name three lighthouses."


@pytest.fixture(scope="module")
def server_options() -> ServerOptions:
    """A server without models but its own; a prediction takes some 30 ms."""
    return {"clock": "real", "speed": 200, "seed": 1, "token": TOKEN, "any_model": True}


@pytest.fixture(scope="module")
def listening(secure: Secure) -> tuple[MockServer, str]:
    """The server that speaks TLS, as LiteLLM needs it."""
    return secure.server, secure.url


@pytest.fixture(scope="module")
def environment(secure: Secure, proxy: Proxy) -> Mapping[str, str]:
    """What makes clients trust it, and LiteLLM find it."""
    return litellm_environment(secure, proxy)


@clients([LANGCHAIN])
@pytest.mark.parametrize("path", ["llm.invoke", "llm.ainvoke"])
def test_langchain(client: Process, api: httpx.Client, path: str) -> None:
    """The class finds the field of the prompt, and joins the text."""
    client.keep("llm", "Replicate", model=LLM, model_kwargs={"temperature": 0.5})

    assert client.call(path, PROMPT) == "".join(outputs(api)[0])
    (prediction,) = api.get("/predictions").json()["results"]
    assert prediction["input"] == {"prompt": PROMPT, "temperature": 0.5}


@clients([LANGCHAIN])
def test_langchain__streaming(server: MockServer, client: Process, api: httpx.Client) -> None:
    """The text comes in pieces."""
    server.scripts.add(GRADUAL)
    client.keep("llm", "Replicate", model=LLM)

    assert [piece for piece in client.call("llm.stream", PROMPT) if piece] == outputs(api)[0]
    assert operations(server).count("getPrediction") > 3


@clients([LLAMA_INDEX])
def test_llama_index(client: Process, api: httpx.Client) -> None:
    """Each event is a piece of the text."""
    client.keep("llm", "Replicate", model=LLM)
    pieces = client.call("llm.stream_complete", PROMPT)

    assert [piece["delta"] for piece in pieces if piece["delta"]] == outputs(api)[0]


@clients([LITELLM])
@pytest.mark.parametrize("path", ["litellm.completion", "litellm.acompletion"])
@pytest.mark.parametrize("stream", [False, True])
def test_litellm(client: Process, api: httpx.Client, path: str, stream: bool) -> None:
    """The text comes at once or in pieces."""
    messages = [{"role": "user", "content": PROMPT}]
    options = {"api_key": TOKEN, "max_tokens": 20, "stream": stream}
    answer = client.call(path, model=f"replicate/{LLM}", messages=messages, **options)

    choices = [piece["choices"][0] for piece in (answer if stream else [answer])]
    text = "".join(choice["delta" if stream else "message"]["content"] or "" for choice in choices)
    assert text == "".join(outputs(api)[0])
    assert len(outputs(api)[0]) <= 20


@clients([REPLICATE_PYTHON[-1], REPLICATE_NPM[-1]])
@pytest.mark.parametrize(
    ("model", "input", "suffixes"),
    [
        (LLM, {"prompt": PROMPT}, []),
        ("black-forest-labs/flux-schnell", {"prompt": "a pier", "num_outputs": 2, "output_format": "png"}, ["png"] * 2),
        ("minimax/speech-02-hd", {"text": "A pier.", "audio_format": "wav"}, ["wav"]),
        ("someone/something", {"prompt": "a pier"}, ["png"]),
    ],
)
def test_replicate(
    client: Process,
    process: tuple[Client, Process],
    api: httpx.Client,
    model: str,
    input: dict[str, Any],
    suffixes: list[str],
) -> None:
    """The official clients get what the name of a model promises, or else pictures."""
    if process[0].language == "Python":
        output = client.call("client.run", model, input=input)
    else:
        output = client.call("files.run", model, {"input": input})

    (expected,) = outputs(api)
    urls = list(output_urls(expected))
    sizes = [decoded_size(api, url) for url in urls]
    assert [url.rpartition(".")[2] for url in urls] == suffixes
    if suffixes:
        read = [(file["url"], file["size"]) for file in (output if isinstance(output, list) else [output])]
        assert read == list(zip(urls, sizes, strict=True))
    else:
        assert output == expected
