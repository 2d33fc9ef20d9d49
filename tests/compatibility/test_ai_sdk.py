"""Vercel's AI SDK, whose provider for Replicate downloads all outputs."""

from __future__ import annotations

from typing import Any

import pytest

from compatibility.clients import AI_SDK, ClientError, Process
from compatibility.common import ENDLESS, MODEL, VERSION, clients, is_video, operations
from zeroscope_mock import MockServer

ai_sdk = clients([AI_SDK])


@ai_sdk
@pytest.mark.parametrize(
    ("model", "call"), [(f"{MODEL}:{VERSION}", "createPrediction"), (MODEL, "createModelPrediction")]
)
def test_generate_image(server: MockServer, client: Process, model: str, call: str) -> None:
    """The output of a blocking create is downloaded."""
    options = {"prompt": "a lighthouse", "seed": 7, "providerOptions": {"replicate": {"num_frames": 2}}}
    result = client.call("generateImage", model=model, **options)

    assert all(is_video(image) for image in result["images"])
    assert len(result["images"]) == 1
    assert operations(server)[0] == call


@ai_sdk
def test_generate_image__out_of_time(server: MockServer, client: Process) -> None:
    """The provider does not poll: it refuses the response of a wait that ran out."""
    server.scripts.add(ENDLESS)

    options = {"maxWaitTimeInSeconds": 1, "num_frames": 2}
    with pytest.raises(ClientError, match="Invalid JSON response"):
        client.call("generateImage", model=MODEL, prompt="a lighthouse", providerOptions={"replicate": options})


@ai_sdk
@pytest.mark.parametrize(
    ("path", "status", "model", "options"),
    [
        ("unauthorized", 401, MODEL, {}),
        ("generateImage", 404, "someone/something", {}),
        ("generateImage", 422, f"{MODEL}:latest", {}),
        ("generateImage", 422, MODEL, {"width": 8}),
    ],
)
def test_errors(client: Process, path: str, status: int, model: str, options: dict[str, Any]) -> None:
    """An error of the service has its status."""
    with pytest.raises(ClientError) as caught:
        client.call(path, model=model, prompt="a lighthouse", providerOptions={"replicate": options})

    assert caught.value.status == status
