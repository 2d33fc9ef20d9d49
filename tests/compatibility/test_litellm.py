"""LiteLLM, which always sends to the service's own host, and joins outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import httpx
import pytest

from compatibility.clients import LITELLM, ClientError, Process
from compatibility.common import (
    FAILING,
    GRADUAL,
    HOST,
    IMAGES,
    LLM,
    MODEL,
    TOKEN,
    VERSION,
    Secure,
    clients,
    decoded_size,
    litellm_environment,
    operations,
    outputs,
)
from compatibility.proxy import Proxy
from zeroscope_mock import MockServer

litellm = clients([LITELLM])
every = pytest.mark.parametrize("path", ["litellm.completion", "litellm.acompletion"])
PROMPT = "Name three lighthouses."


@pytest.fixture(scope="module")
def listening(secure: Secure) -> tuple[MockServer, str]:
    """The server behind the proxy."""
    return secure.server, secure.url


@pytest.fixture(scope="module")
def environment(secure: Secure, proxy: Proxy) -> Mapping[str, str]:
    """LiteLLM takes the proxy from the environment, as well as the pauses between its polls."""
    return litellm_environment(secure, proxy)


def arguments(prompt: str = PROMPT, model: str = LLM, **more: Any) -> dict[str, Any]:
    """The arguments of a completion."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": f"replicate/{model}", "messages": messages, "api_key": TOKEN, **more}


def deltas(pieces: list[Any]) -> list[str]:
    """The texts of the pieces that have one."""
    return [text for piece in pieces if (text := piece["choices"][0]["delta"]["content"])]


@litellm
@every
def test_completion(server: MockServer, client: Process, api: httpx.Client, path: str) -> None:
    """The pieces of the text are joined; the options of a completion become inputs of the model."""
    options: dict[str, Any] = {"max_tokens": 20, "temperature": 0.5, "stop": "; "}
    answer = client.call(path, **arguments(**options))

    assert operations(server) == ["createModelPrediction", "getPrediction"]
    assert answer["choices"][0]["message"]["content"] == "".join(outputs(api)[0])
    (prediction,) = api.get("/predictions").json()["results"]
    sent = {"max_new_tokens": 20, "temperature": 0.5, "stop_sequences": "; "}
    assert prediction["input"].items() >= sent.items()
    assert PROMPT in prediction["input"]["prompt"]


@litellm
def test_completion__of_files(client: Process, proxy: Proxy, secure: Secure) -> None:
    """The URLs of files are the text; they lead to the host that the request was sent to."""
    answer = client.call("litellm.completion", **arguments("a lighthouse", model=IMAGES))

    address = answer["choices"][0]["message"]["content"]
    assert httpx.URL(address).host == HOST
    with httpx.Client(proxy=proxy.url, verify=secure.context()) as through_proxy:
        assert decoded_size(through_proxy, address) > 100


@litellm
@every
def test_completion__system_prompt(client: Process, api: httpx.Client, path: str) -> None:
    """The instructions of a system become an input of their own."""
    system = {"role": "system", "content": "You are a keeper."}
    given = arguments(supports_system_prompt=True)
    client.call(path, **{**given, "messages": [system, *given["messages"]]})

    (prediction,) = api.get("/predictions").json()["results"]
    assert prediction["input"]["system_prompt"] == "You are a keeper."


@litellm
@every
def test_completion__streaming(server: MockServer, client: Process, api: httpx.Client, path: str) -> None:
    """The text comes in pieces, as many as there are polls that find more of it."""
    server.scripts.add({"startup": 0, "run": 600})
    pieces = client.call(path, **arguments(stream=True))

    texts = deltas(pieces)
    assert "".join(texts) == "".join(outputs(api)[0])
    assert len(texts) > 1
    assert pieces[-1]["choices"][0]["finish_reason"] == "stop"


@litellm
def test_completion__streaming_before_the_first_token(server: MockServer, client: Process, api: httpx.Client) -> None:
    """Only the asynchronous half goes on polling when it finds no output yet."""
    for _ in range(2):
        server.scripts.add(GRADUAL)

    with pytest.raises(ClientError, match=r"Unable to parse response\. Got=None"):
        client.call("litellm.completion", **arguments(stream=True))
    pieces = client.call("litellm.acompletion", **arguments(stream=True))
    assert len(deltas(pieces)) == 4
    assert "".join(deltas(pieces)) == "".join(outputs(api)[0])


@litellm
def test_completion__with_api_base(server: MockServer, client: Process) -> None:
    """The option that sets the host of other providers has no effect on this one."""
    client.call("litellm.completion", **arguments(api_base="http://127.0.0.1:1/v1"))

    assert operations(server) == ["createModelPrediction", "getPrediction"]


@litellm
def test_completion__of_a_deployment(server: MockServer, client: Process, api: httpx.Client) -> None:
    """A deployment of the model is run by its name."""
    owner = api.get("/account").json()["username"]
    version = api.get(f"/models/{LLM}").json()["latest_version"]["id"]
    deployment = {"name": "keeper", "model": LLM, "version": version, "hardware": "cpu"}
    api.post("/deployments", json={**deployment, "min_instances": 0, "max_instances": 1}).raise_for_status()

    answer = client.call("litellm.completion", **arguments(model=f"deployments/{owner}/keeper"))

    assert answer["choices"][0]["message"]["content"] == "".join(outputs(api)[0])
    assert "createDeploymentPrediction" in operations(server)


@litellm
@pytest.mark.parametrize(
    ("name", "status", "detail", "given"),
    [
        ("AuthenticationError", 401, "valid authentication token", {"api_key": "r8_another-token"}),
        ("UnprocessableEntityError", 422, "input.max_new_tokens", {"max_tokens": 0}),
        # It sends a list as it is.
        ("UnprocessableEntityError", 422, "input.stop_sequences", {"stop": ["; ", "."]}),
        ("UnprocessableEntityError", 422, "input.width", {"model": MODEL, "width": 8}),
        ("UnprocessableEntityError", 422, "the GPU is on fire", FAILING),
        ("APIError", 500, "404 Not Found", {"model": "someone/something"}),
        # It makes a model's name of the version's id.
        ("APIError", 500, f"/v1/models/{VERSION}/predictions", {"model": f"{MODEL}:{VERSION}"}),
    ],
)
def test_errors(client: Process, name: str, status: int, detail: str, given: dict[str, Any]) -> None:
    """An error of the service, or of a prediction, has its reason."""
    with pytest.raises(ClientError) as caught:
        client.call("litellm.completion", **arguments(**given))

    assert (caught.value.name, caught.value.status) == (name, status)
    assert detail in str(caught.value)
