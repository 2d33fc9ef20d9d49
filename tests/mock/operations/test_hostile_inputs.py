"""Inputs with impossible numbers, for models with and without schemas."""

from __future__ import annotations

import json
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

HUGE = [10**9, 10**30, 10**400, 1e308, -1, -(10**400), 0, "99999999", "1e308", "-5"]
FIELDS = [
    "num_outputs",
    "num_frames",
    "fps",
    "duration",
    "width",
    "height",
    "megapixels",
    "seed",
    "steps",
    "max_tokens",
    "quality",
    "scale",
    "aspect_ratio",
    "size",
]
MODELS = ["someone/images", "someone/video", "meta/llama", "someone/speech", "someone/whisper", "someone/trellis-3d"]


@pytest.fixture
def server() -> MockServer:
    numbers: dict[str, Any] = {name: {} for name in FIELDS}
    schema = {
        "Input": {"type": "object", "properties": {"prompt": {"type": "string"}, **numbers}},
        "Output": {"type": "array", "items": {"type": "string", "format": "uri"}},
    }
    return MockServer(any_model=True, models={"loaded/images": {"components": {"schemas": schema}}})


@pytest.mark.parametrize("field", FIELDS)
@pytest.mark.parametrize("model", [*MODELS, "loaded/images"])
def test_number__never_breaks_the_server(model: str, field: str, server: MockServer, api: httpx.Client) -> None:
    """Each is answered, and the prediction ends."""
    for number in HUGE:
        body: dict[str, Any] = {"version": model, "input": {"prompt": "A red fox", field: number}}
        created = api.post("/predictions", content=json.dumps(body), headers={"Content-Type": "application/json"})
        assert created.status_code == 201, (number, created.text)
        server.clock.advance(100_000)
        prediction = api.get(created.json()["urls"]["get"]).json()
        assert prediction["status"] in ("succeeded", "failed"), number
        assert len(json.dumps(prediction)) < 200_000, number
        if prediction["status"] == "failed":
            assert "out of memory" in prediction["error"], number
