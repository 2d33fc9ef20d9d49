"""Tests an upload that is an input."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path

import pytest
from PIL import Image
from replicate.client import Client
from replicate.exceptions import ReplicateError

from restyle import MODEL, restyle
from zeroscope_mock import MockServer

pytestmark = pytest.mark.zeroscope(models={MODEL: "../any_model/python/models/acme__painter.yaml"})


@pytest.fixture
def client(zeroscope_mock: MockServer) -> Client:
    return Client(api_token="any", transport=zeroscope_mock.transport)


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    Image.new("RGB", (64, 64), (200, 30, 60)).save(tmp_path / "picture.png")
    return tmp_path / "picture.png"


def test_result__shows_the_picture(client: Client, picture: Path) -> None:
    result = Image.open(BytesIO(restyle(client, picture, "in oil")))

    assert result.size == (1024, 1024)
    assert result.convert("RGB").getpixel((512, 512)) == pytest.approx((200, 30, 60), abs=3)


def test_upload__fails(client: Client, zeroscope_mock: MockServer, picture: Path) -> None:
    zeroscope_mock.faults.add(operation="createFile", status=503)

    with pytest.raises(ReplicateError, match="503"):
        restyle(client, picture, "in oil")

    assert [exchange.operation for exchange in zeroscope_mock.journal] == ["createFile"]
