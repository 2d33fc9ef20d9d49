"""The same tests with a fake made by hand with respx."""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import httpx
import pytest
import respx
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from images import MODEL, make_images

API = "https://api.replicate.com/v1"
FILES = "https://replicate.delivery"


@pytest.fixture
def client() -> Client:
    client = Client(api_token="any")
    client.poll_interval = 0
    return client


@pytest.fixture
def router() -> Iterator[respx.MockRouter]:
    with respx.mock(assert_all_called=False) as router:
        yield router


def prediction(status: str, output: Any = None, error: str | None = None) -> dict[str, Any]:
    return {
        "id": "gm3qorzdhgbfurvjtvhg6dckhu",
        "model": MODEL,
        "version": "hidden",
        "status": status,
        "input": {"prompt": "a fox"},
        "output": output,
        "logs": "",
        "error": error,
        "created_at": "2026-01-01T00:00:00.000Z",
        "urls": {
            "get": f"{API}/predictions/gm3qorzdhgbfurvjtvhg6dckhu",
            "cancel": f"{API}/predictions/gm3qorzdhgbfurvjtvhg6dckhu/cancel",
        },
    }


def png() -> bytes:
    buffer = BytesIO()
    Image.new("RGB", (64, 64), "navy").save(buffer, "PNG")
    return buffer.getvalue()


def serve(router: respx.MockRouter, *states: dict[str, Any]) -> respx.Route:
    created = httpx.Response(201, json=prediction("starting"))
    router.post(f"{API}/models/{MODEL}/predictions").mock(return_value=created)
    reads = router.get(f"{API}/predictions/gm3qorzdhgbfurvjtvhg6dckhu")
    reads.mock(side_effect=[httpx.Response(200, json=state) for state in states])
    return reads


def test_images__are_downloaded_at_the_end(client: Client, router: respx.MockRouter) -> None:
    urls = [f"{FILES}/output-{number}.png" for number in range(2)]
    reads = serve(router, prediction("starting"), prediction("processing"), prediction("succeeded", urls))
    for url in urls:
        router.get(url).mock(return_value=httpx.Response(200, content=png()))

    images = make_images(client, "a fox", 2)

    assert [Image.open(BytesIO(image)).format for image in images] == ["PNG", "PNG"]
    assert reads.call_count == 3


def test_failure__raises_the_models_error(client: Client, router: respx.MockRouter) -> None:
    serve(router, prediction("processing"), prediction("failed", error="out of paint"))

    with pytest.raises(RuntimeError, match="failed: out of paint"):
        make_images(client, "a fox", 1)


def test_count__is_checked(client: Client, router: respx.MockRouter) -> None:
    detail = "- input.num_outputs: Must be less than or equal to 4\n"
    refusal = {"title": "Input validation failed", "detail": detail, "status": 422}
    router.post(f"{API}/models/{MODEL}/predictions").mock(return_value=httpx.Response(422, json=refusal))

    with pytest.raises(ReplicateError, match=r"input\.num_outputs: Must be less than or equal to 4"):
        make_images(client, "a fox", 9)
