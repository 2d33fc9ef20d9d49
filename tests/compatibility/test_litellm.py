"""LiteLLM, which always sends to the service's own host, and joins outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from compatibility.clients import LITELLM, Client, ClientError, Process
from compatibility.common import FAILING, HOST, MODEL, TOKEN, VERSION, Secure, clients, operations, start
from compatibility.proxy import Proxy
from zeroscope_mock import MockServer

litellm = clients([LITELLM])
every = pytest.mark.parametrize("path", ["litellm.completion", "litellm.acompletion"])


@pytest.fixture(scope="module")
def proxy(secure: Secure) -> Iterator[Proxy]:
    """Connects the service's host with the server."""
    with Proxy(f"{HOST}:443", httpx.URL(secure.url).port or 443) as proxy:
        yield proxy


@pytest.fixture(scope="module")
def process(request: pytest.FixtureRequest, secure: Secure, proxy: Proxy) -> Iterator[tuple[Client, Process]]:
    """LiteLLM, which takes the proxy from the environment, as well as the pauses between its polls."""
    environment = {
        "HTTPS_PROXY": proxy.url,
        "LITELLM_LOCAL_MODEL_COST_MAP": "True",
        "DEFAULT_REPLICATE_POLLING_DELAY_SECONDS": "1",
        "REPLICATE_POLLING_DELAY_SECONDS": "0.2",
    }
    client: Client = request.param
    with start(client, secure.url, **secure.environment, **environment) as process:
        yield client, process


@pytest.fixture
def server(secure: Secure) -> MockServer:
    """The server behind the proxy, empty."""
    secure.server.reset()
    return secure.server


def options(prompt: str = "a lighthouse", model: str = MODEL, **more: Any) -> dict[str, Any]:
    """The arguments of a completion."""
    messages = [{"role": "user", "content": prompt}]
    return {"model": f"replicate/{model}", "messages": messages, "api_key": TOKEN, "num_frames": 2, **more}


@litellm
@every
def test_completion(server: MockServer, client: Process, proxy: Proxy, secure: Secure, path: str) -> None:
    """The URL of the only video is the text."""
    answer = client.call(path, **options())

    address = answer["choices"][0]["message"]["content"]
    assert operations(server) == ["createModelPrediction", "getPrediction"]
    assert httpx.URL(address).host == HOST
    with httpx.Client(proxy=proxy.url, verify=secure.context()) as client_of_proxy:
        assert client_of_proxy.get(address).content[4:8] == b"ftyp"


@litellm
@every
def test_completion__streaming(server: MockServer, client: Process, path: str) -> None:
    """The text comes in pieces, between polls."""
    pieces = client.call(path, **options(stream=True))

    text = "".join(piece["choices"][0]["delta"]["content"] or "" for piece in pieces)
    assert text.endswith("/output-0.mp4")
    assert operations(server)[0] == "createModelPrediction"


@litellm
def test_completion__with_api_base(server: MockServer, client: Process) -> None:
    """The option that sets the host of other providers has no effect on this one."""
    client.call("litellm.completion", **options(api_base="http://127.0.0.1:1/v1"))

    assert operations(server) == ["createModelPrediction", "getPrediction"]


@litellm
@pytest.mark.parametrize(
    ("name", "status", "detail", "given"),
    [
        ("AuthenticationError", 401, "valid authentication token", {"api_key": "r8_another-token"}),
        ("UnprocessableEntityError", 422, "input.width", {"width": 8}),
        ("UnprocessableEntityError", 422, "the GPU is on fire", FAILING),
        ("APIError", 500, "404 Not Found", {"model": "someone/something"}),
        # It makes a model's name of the version's id.
        ("APIError", 500, f"/v1/models/{VERSION}/predictions", {"model": f"{MODEL}:{VERSION}"}),
    ],
)
def test_errors(client: Process, name: str, status: int, detail: str, given: dict[str, Any]) -> None:
    """An error of the service, or of a prediction, has its reason."""
    with pytest.raises(ClientError) as caught:
        client.call("litellm.completion", **options(**given))

    assert (caught.value.name, caught.value.status) == (name, status)
    assert detail in str(caught.value)
