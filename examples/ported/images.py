"""Makes images with a model, polling until they are there."""

from __future__ import annotations

import httpx
from replicate.client import Client

MODEL = "acme/painter"


def make_images(client: Client, prompt: str, count: int) -> list[bytes]:
    """Create a prediction, poll it until it has ended, and download its images."""
    model_input = {"prompt": prompt, "num_outputs": count, "output_format": "png"}
    prediction = client.models.predictions.create(MODEL, input=model_input)
    prediction.wait()
    if prediction.status != "succeeded" or not isinstance(prediction.output, list):
        raise RuntimeError(f"{prediction.status}: {prediction.error}")
    return [httpx.get(url).content for url in prediction.output]
