"""Vercel's AI SDK, whose provider for Replicate downloads all outputs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from compatibility.clients import AI_SDK, ClientError, Process
from compatibility.common import (
    ENDLESS,
    ENLARGER,
    IMAGES,
    MODEL,
    SLOW,
    VERSION,
    VIDEO,
    clients,
    decoded_size,
    operations,
    outputs,
)
from helpers.model_inputs import picture_uri
from zeroscope_mock import MockServer

ai_sdk = clients([AI_SDK])
FLUX_2 = "black-forest-labs/flux-2-of-a-test"
"""A name of the family for which the provider has inputs of its own."""

PICTURE = picture_uri().partition(",")[2]
_FILE = {"type": "string", "format": "uri"}
_FLUX_2 = {
    "Input": {
        "type": "object",
        "properties": {
            "prompt": {"type": "string", "x-order": 0},
            "input_image": {**_FILE, "x-order": 1},
            "input_image_2": {**_FILE, "x-order": 2},
            "num_outputs": {"type": "integer", "minimum": 1, "maximum": 8, "default": 1, "x-order": 3},
        },
        "required": ["prompt"],
    },
    "Output": {"type": "array", "items": _FILE},
}


@pytest.fixture
def flux_2(server: MockServer) -> Iterator[str]:
    """A model of that family."""
    server.models.add(FLUX_2, {"openapi": "3.0.2", "components": {"schemas": _FLUX_2}})
    yield FLUX_2
    server.models.remove(FLUX_2)


def urls(api: httpx.Client) -> list[str]:
    """The files of all predictions."""
    return [url for output in outputs(api) for url in ([output] if isinstance(output, str) else output)]


def sizes(api: httpx.Client) -> list[int]:
    """The sizes of the files of all predictions, each of which decodes."""
    return sorted(decoded_size(api, url) for url in urls(api))


@ai_sdk
@pytest.mark.parametrize("pinned", [False, True])
@pytest.mark.parametrize("format", ["png", "jpg", "webp"])
def test_generate_image(server: MockServer, client: Process, api: httpx.Client, pinned: bool, format: str) -> None:
    """The pictures of blocking creates are downloaded; the provider asks for each in a create of its own."""
    version = api.get(f"/models/{IMAGES}").json()["latest_version"]["id"]
    model = f"{IMAGES}:{version}" if pinned else IMAGES
    options = {"n": 2, "aspectRatio": "16:9", "seed": 7, "providerOptions": {"replicate": {"output_format": format}}}

    result = client.call("generateImage", model=model, prompt="a lighthouse", **options)

    assert sorted(file["size"] for file in result["files"]) == sizes(api)
    assert {file["type"] for file in result["files"]} == {"image/jpeg" if format == "jpg" else f"image/{format}"}
    assert result["models"] == [model] * 2
    create = "createPrediction" if pinned else "createModelPrediction"
    assert operations(server).count(create) == 2


@ai_sdk
def test_generate_image__from_an_image(server: MockServer, client: Process, api: httpx.Client) -> None:
    """A picture in the prompt becomes an input of the model, whose output is one URL."""
    result = client.call("generateImage", model=ENLARGER, prompt={"images": [PICTURE]})

    (prediction,) = api.get("/predictions").json()["results"]
    (file,) = result["files"]
    assert prediction["input"]["image"] == picture_uri()
    assert [file["size"]] == sizes(api)


@ai_sdk
def test_generate_image__from_two_images(client: Process, api: httpx.Client, flux_2: str) -> None:
    """A model that takes several pictures makes several in one prediction."""
    result = client.call("generateImage", model=flux_2, prompt={"text": "a pier", "images": [PICTURE] * 2}, n=3)

    (prediction,) = api.get("/predictions").json()["results"]
    assert prediction["input"]["input_image"] == prediction["input"]["input_image_2"] == picture_uri()
    assert len(result["files"]) == 3
    assert sorted(file["size"] for file in result["files"]) == sizes(api)


@ai_sdk
def test_generate_image__out_of_time(server: MockServer, client: Process) -> None:
    """The provider does not poll for images: it refuses the response of a wait that ran out."""
    server.scripts.add(ENDLESS)

    options = {"maxWaitTimeInSeconds": 1}
    with pytest.raises(ClientError, match="Invalid JSON response"):
        client.call("generateImage", model=IMAGES, prompt="a lighthouse", providerOptions={"replicate": options})


@ai_sdk
@pytest.mark.parametrize("prompt", ["a lighthouse", {"text": "a lighthouse", "image": PICTURE}])
def test_generate_video(client: Process, api: httpx.Client, prompt: Any) -> None:
    """A video is downloaded by a function that the program passes."""
    options = {"aspectRatio": "9:16", "duration": 2, "fps": 8}
    result = client.call("experimental_generateVideo", model=VIDEO, prompt=prompt, ownDownload=True, **options)

    (file,) = result["files"]
    assert ([file["size"]], file["type"]) == (sizes(api), "video/mp4")


@ai_sdk
def test_generate_video__inline(server: MockServer, client: Process, api: httpx.Client) -> None:
    """The SDK's own download takes a video as a `data:` URI."""
    server.scripts.add({"inline": True})

    (file,) = client.call("experimental_generateVideo", model=VIDEO, prompt="a lighthouse")["files"]

    assert (file["kind"], file["type"]) == ("ftyp", "video/mp4")


@ai_sdk
def test_generate_video__from_this_machine(client: Process) -> None:
    """The SDK's own download refuses URLs of the local machine."""
    with pytest.raises(ClientError, match=r"IP address 127\.0\.0\.1 is not allowed"):
        client.call("experimental_generateVideo", model=VIDEO, prompt="a lighthouse")


@ai_sdk
def test_generate_video__polling(server: MockServer, client: Process, api: httpx.Client) -> None:
    """The provider polls for a video when the wait has run out."""
    server.scripts.add(SLOW)

    options = {"replicate": {"maxWaitTimeInSeconds": 1, "pollIntervalMs": 50}}
    result = client.call(
        "experimental_generateVideo", model=VIDEO, prompt="a lighthouse", ownDownload=True, providerOptions=options
    )

    assert "getPrediction" in operations(server)
    assert [file["size"] for file in result["files"]] == sizes(api)


@ai_sdk
@pytest.mark.parametrize(
    ("path", "status", "model", "options"),
    [
        ("unauthorized", 401, IMAGES, {}),
        ("generateImage", 404, "someone/something", {}),
        ("generateImage", 422, f"{MODEL}:latest", {}),
        ("generateImage", 422, f"{MODEL}:{VERSION}", {"width": 8}),
        ("generateImage", 422, IMAGES, {"go_fast": "yes"}),
        ("experimental_generateVideo", 422, VIDEO, {"resolution": "8K"}),
    ],
)
def test_errors(client: Process, path: str, status: int, model: str, options: dict[str, Any]) -> None:
    """An error of the service has its status, also that of a model's own schema."""
    with pytest.raises(ClientError) as caught:
        client.call(path, model=model, prompt="a lighthouse", providerOptions={"replicate": options})

    assert caught.value.status == status


@ai_sdk
@pytest.mark.parametrize(
    ("path", "model", "reason"),
    [("generateImage", IMAGES, "Invalid JSON response"), ("experimental_generateVideo", VIDEO, "the GPU is on fire")],
)
def test_failure(client: Process, path: str, model: str, reason: str) -> None:
    """A prediction that fails is an error; that of an image does not tell the reason."""
    with pytest.raises(ClientError, match=reason):
        client.call(path, model=model, prompt="mock:fail the GPU is on fire")
