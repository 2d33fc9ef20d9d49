"""Tests polling to success, with images."""

from __future__ import annotations

from io import BytesIO

import pytest
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from images import MODEL, make_images
from zeroscope_mock import MockServer

pytestmark = pytest.mark.zeroscope(models={MODEL: "../any_model/python/models/acme__painter.yaml"})


@pytest.fixture
def client(zeroscope_mock_url: str) -> Client:
    client = Client(api_token="any", base_url=zeroscope_mock_url)
    client.poll_interval = 0
    return client


def test_images__are_downloaded_at_the_end(client: Client, zeroscope_mock: MockServer) -> None:
    zeroscope_mock.scripts.add({"progression": "reads", "reads": 3})

    images = make_images(client, "a fox", 2)

    assert [Image.open(BytesIO(image)).format for image in images] == ["PNG", "PNG"]
    assert [exchange.operation for exchange in zeroscope_mock.journal].count("getPrediction") == 3


def test_failure__raises_the_models_error(client: Client) -> None:
    with pytest.raises(RuntimeError, match="failed: out of paint"):
        make_images(client, "mock:fail out of paint", 1)


def test_count__is_checked(client: Client) -> None:
    with pytest.raises(ReplicateError, match=r"input\.num_outputs: Must be less than or equal to 4"):
        make_images(client, "a fox", 9)
