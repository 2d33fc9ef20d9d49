"""Outputs of each kind, in which the official clients find files."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import httpx
import pytest

from compatibility.clients import REPLICATE_BETA, REPLICATE_NPM, REPLICATE_PYTHON, Client, Process
from compatibility.common import (
    IMAGES,
    INPUT,
    LLM,
    MODEL,
    SPEECH,
    TRANSCRIPTION,
    VERSION,
    Secure,
    clients,
    decoded_size,
    outputs,
)
from helpers.decoders import output_urls
from helpers.model_inputs import sound_uri
from zeroscope_mock import MockServer

OFFICIAL = (*REPLICATE_PYTHON, REPLICATE_BETA, *REPLICATE_NPM)
WITHOUT_FILES = (REPLICATE_PYTHON[0], REPLICATE_NPM[0])
"""Versions that return URLs as they are."""

PROMPT = {"prompt": "Name three lighthouses.", "max_new_tokens": 30}
INPUTS: Mapping[str, Mapping[str, Any]] = {
    MODEL: {**INPUT, "batch_size": 2},
    IMAGES: {"prompt": "a lighthouse", "num_outputs": 2},
    SPEECH: {"text": "A lighthouse stands on the cliff."},
    TRANSCRIPTION: {"audio": sound_uri()},
    LLM: PROMPT,
}


@pytest.fixture(scope="module")
def listening(secure: Secure) -> tuple[MockServer, str]:
    """The server that speaks TLS."""
    return secure.server, secure.url


@pytest.fixture(scope="module")
def environment(secure: Secure) -> Mapping[str, str]:
    """What makes clients trust it."""
    return secure.environment


def run(client: Process, used: Client, reference: str, input: Mapping[str, Any]) -> Any:
    """The output of a model, as a client returns it."""
    if used.language == "Python":
        files = {} if used in WITHOUT_FILES else {"use_file_output": True}
        return client.call("client.run", reference, input=input, **files)
    path = "replicate.run" if used in WITHOUT_FILES else "files.run"
    return client.call(path, reference, {"input": input})


def reference_of(api: httpx.Client, model: str, pinned: bool) -> str:
    """The name of a model, perhaps with its version."""
    return f"{model}:{api.get(f'/models/{model}').json()['latest_version']['id']}" if pinned else model


def files(value: Any) -> Iterator[dict[str, Any]]:
    """Yield the files that a client has read."""
    if isinstance(value, dict) and "url" in value:
        yield value
    else:
        for part in value if isinstance(value, list) else value.values() if isinstance(value, dict) else ():
            yield from files(part)


def with_urls(value: Any) -> Any:
    """What a client returned, with the URL of each file in its place."""
    if isinstance(value, dict):
        return value.get("url") or {name: with_urls(part) for name, part in value.items()}
    return [with_urls(part) for part in value] if isinstance(value, list) else value


@clients(OFFICIAL)
@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("model", INPUTS)
def test_run(client: Process, process: tuple[Client, Process], api: httpx.Client, model: str, pinned: bool) -> None:
    """Clients return the output as it is, with file objects for its files, which can be read and decoded."""
    output = run(client, process[0], reference_of(api, model, pinned), INPUTS[model])

    (expected,) = outputs(api)
    urls = list(output_urls(expected))
    sizes = [decoded_size(api, url) for url in urls]
    assert with_urls(output) == expected
    assert len(urls) == {MODEL: 2, IMAGES: 2, SPEECH: 1, TRANSCRIPTION: 2, LLM: 0}[model]
    if process[0] not in WITHOUT_FILES:
        assert [(file["url"], file["size"]) for file in files(output)] == list(zip(urls, sizes, strict=True))


@clients([REPLICATE_BETA])
@pytest.mark.parametrize("model", INPUTS)
def test_run__strict(client: Process, api: httpx.Client, model: str) -> None:
    """The beta's strict mode accepts each kind of output."""
    output = client.call("strict.run", model, input=INPUTS[model])

    assert with_urls(output) == outputs(api)[0]


@clients(OFFICIAL)
@pytest.mark.parametrize("pinned", [False, True])
def test_run__polling(client: Process, process: tuple[Client, Process], api: httpx.Client, pinned: bool) -> None:
    """Without a hold, the clients collect the pieces of a text one after another, or read them all at the end."""
    used, reference = process[0], reference_of(api, LLM, pinned)
    if used.language == "JavaScript":
        options: dict[str, Any] = {"input": PROMPT, "wait": {"mode": "poll", "interval": 10}}
        output = client.call("replicate.run", reference, options)
    else:
        options = {"input": PROMPT} if used is REPLICATE_PYTHON[0] else {"input": PROMPT, "wait": False}
        output = client.call("client.run", reference, **options)

    assert output == outputs(api)[0]
    assert len(output) > 10


@clients([*REPLICATE_PYTHON, *REPLICATE_NPM])
@pytest.mark.parametrize("pinned", [False, True])
def test_stream(client: Process, process: tuple[Client, Process], api: httpx.Client, pinned: bool) -> None:
    """Each piece of a text is an event; together they are the output."""
    reference = reference_of(api, LLM, pinned)
    if process[0].language == "Python":
        events = client.call("client.stream", reference, input=PROMPT)
    else:
        events = client.call("replicate.stream", reference, {"input": PROMPT})

    assert [event["data"] for event in events if event["event"] == "output"] == outputs(api)[0]
    assert events[-1]["event"] == "done"


@clients(REPLICATE_PYTHON)
def test_stream__async(client: Process, api: httpx.Client) -> None:
    """The asynchronous half of the client yields the same."""
    events = client.call("client.async_stream", LLM, input=PROMPT)

    assert [event["data"] for event in events if event["event"] == "output"] == outputs(api)[0]


@clients([REPLICATE_BETA])
def test_use(client: Process, api: httpx.Client) -> None:
    """A model that is used as a function returns its text in one piece, as its schema says, or in several."""
    client.keep("function", "replicate.use", LLM)
    text = client.call("function", **PROMPT)
    client.keep("function", "replicate.use", LLM, streaming=True)
    pieces = client.collect("function", **PROMPT)

    streamed, returned = outputs(api)
    assert text == "".join(returned)
    assert pieces == streamed


@clients(REPLICATE_PYTHON[1:])
@pytest.mark.parametrize("reference", [f"{MODEL}:{VERSION}", MODEL])
def test_files__without_the_option(client: Process, reference: str) -> None:
    """Files are URLs if the program wants no file objects."""
    output = client.call("client.run", reference, input=INPUT, use_file_output=False)

    assert all(isinstance(url, str) and url.startswith("https://") for url in output)
