"""The same tests with a fake made by hand with respx."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import httpx
import pytest
import respx
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from restyle import MODEL, restyle

API = "https://api.replicate.com/v1"
OUTPUT = "https://replicate.delivery/output-0.png"


@pytest.fixture
def client() -> Client:
    return Client(api_token="any")


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 64), (200, 30, 60)).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def upload(request: httpx.Request) -> httpx.Response:
    _, _, rest = request.content.partition(b"\x89PNG")
    content = b"\x89PNG" + rest.rpartition(b"\r\n--")[0]
    uploads["file-1"] = content
    described = {
        "id": "file-1",
        "name": "picture.png",
        "content_type": "image/png",
        "size": len(content),
        "etag": "file-1",
        "checksums": {"sha256": "0" * 64, "md5": "0" * 32},
        "metadata": {},
        "created_at": "2026-01-01T00:00:00.000Z",
        "expires_at": "2026-01-02T00:00:00.000Z",
        "urls": {"get": f"{API}/files/file-1"},
    }
    return httpx.Response(201, json=described)


def create(request: httpx.Request) -> httpx.Response:
    model_input = json.loads(request.content)["input"]
    assert model_input["image"] == f"{API}/files/file-1"
    with Image.open(BytesIO(uploads["file-1"])) as image, BytesIO() as buffer:
        image.resize((1024, 1024)).save(buffer, "PNG")
        outputs[OUTPUT] = buffer.getvalue()
    prediction = {
        "id": "gm3qorzdhgbfurvjtvhg6dckhu",
        "model": MODEL,
        "version": "hidden",
        "status": "processing",
        "input": model_input,
        "output": [OUTPUT],
        "logs": "",
        "error": None,
        "created_at": "2026-01-01T00:00:00.000Z",
        "urls": {
            "get": f"{API}/predictions/gm3qorzdhgbfurvjtvhg6dckhu",
            "cancel": f"{API}/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel",
        },
    }
    return httpx.Response(201, json=prediction)


uploads: dict[str, bytes] = {}
outputs: dict[str, bytes] = {}


def test_result__shows_the_picture(client: Client, router: respx.MockRouter, picture: Path) -> None:
    router.post(f"{API}/files").mock(side_effect=upload)
    router.post(f"{API}/models/{MODEL}/predictions").mock(side_effect=create)
    router.get(OUTPUT).mock(side_effect=lambda request: httpx.Response(200, content=outputs[OUTPUT]))

    result = Image.open(BytesIO(restyle(client, picture, "in oil")))

    assert result.size == (1024, 1024)
    assert result.convert("RGB").getpixel((512, 512)) == pytest.approx((200, 30, 60), abs=3)


def test_upload__fails(client: Client, router: respx.MockRouter, picture: Path) -> None:
    uploaded = router.post(f"{API}/files").mock(return_value=httpx.Response(503, json={"status": 503}))

    with pytest.raises(ReplicateError, match="503"):
        restyle(client, picture, "in oil")

    assert uploaded.call_count == router.calls.call_count == 1
