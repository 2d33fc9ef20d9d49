"""Repaints a picture: uploads it, and passes its URL to a model."""

from __future__ import annotations

from pathlib import Path

from replicate.client import Client

MODEL = "acme/painter"


def restyle(client: Client, picture: Path, prompt: str) -> bytes:
    """Upload a picture, let the model paint over it, and download the result."""
    uploaded = client.files.create(picture)
    model_input = {"prompt": prompt, "image": uploaded.urls["get"], "output_format": "png"}
    (image,) = client.run(MODEL, input=model_input)
    content: bytes = image.read()
    return content
