"""Tests of the picture book against the mock server, without a token or a bill."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import pytest
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ModelError, ReplicateError

from picture_book import PAINTER, WRITER, make_page
from zeroscope_mock import Exchange, MockServer

# `inline_outputs` makes files of outputs, which the official client needs https or data: for.
pytestmark = pytest.mark.zeroscope(
    models={WRITER: "models/acme__storyteller.yaml", PAINTER: "models/acme__painter.yaml"}, inline_outputs=True
)


@pytest.fixture
def client(zeroscope_mock_url: str) -> Client:
    """The official client, pointed at the mock server."""
    return Client(api_token="any", base_url=zeroscope_mock_url)


def test_page__has_a_text_and_a_picture(client: Client, tmp_path: Path) -> None:
    """The picture is a real PNG of the size and format that the program asks for."""
    make_page(client, "a fox who learns to sail").save(tmp_path)

    assert (tmp_path / "page.txt").read_text()
    with Image.open(tmp_path / "page.png") as image:
        assert (image.format, image.size) == ("PNG", (1344, 768))


def test_picture__is_made_of_the_text(client: Client, zeroscope_mock: MockServer) -> None:
    """A script decides what the language model writes; the image model gets it as its prompt."""
    zeroscope_mock.scripts.add({"model": WRITER, "output": "The fox hoists the sail."})

    page = make_page(client, "a fox who learns to sail")

    assert page.text == "The fox hoists the sail."
    assert prompts(zeroscope_mock.journal[:])[-1] == page.text


def test_page__fails_with_the_models_error(client: Client, zeroscope_mock: MockServer) -> None:
    """A model that fails raises the client's own error, with the model's message."""
    zeroscope_mock.scripts.add({"model": PAINTER, "outcome": "failed", "error": "NSFW content detected"})

    with pytest.raises(ModelError, match="NSFW content detected"):
        make_page(client, "a fox who learns to sail")


def test_input__is_checked_by_the_models_schema(client: Client) -> None:
    """An input that the model's schema forbids is refused as the service refuses it."""
    with pytest.raises(ReplicateError, match=r"input\.num_outputs: Must be less than or equal to 4"):
        client.run(PAINTER, input={"prompt": "a fox", "num_outputs": 9})


def prompts(exchanges: Sequence[Exchange]) -> list[str]:
    """The prompts of the predictions that the program created."""
    bodies = [exchange.request_body for exchange in exchanges if exchange.operation == "createModelPrediction"]
    return [json.loads(body)["input"]["prompt"] for body in bodies]
