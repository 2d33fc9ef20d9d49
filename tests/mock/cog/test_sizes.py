"""Sizes of pictures and videos."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog.sizes import FALLBACK_SIZE, SIDE_LIMIT, pixel_size

FLUX = {"aspect_ratio": "1:1", "megapixels": 1}


@pytest.mark.parametrize(
    ("sent", "defaults", "size"),
    [
        pytest.param({}, {}, FALLBACK_SIZE, id="nothing"),
        pytest.param({"width": 64, "height": 48}, {}, (64, 48), id="pixels"),
        pytest.param({"width": 64.0}, {"height": 48}, (64, 48), id="one-side"),
        pytest.param({"width": 64}, {}, (64, 64), id="only-width"),
        pytest.param({"height": 90, "aspect_ratio": "16:9"}, {}, (160, 90), id="side-and-ratio"),
        pytest.param({}, {"width": 64, "height": 48}, (64, 48), id="defaults"),
        pytest.param({"aspect_ratio": "1:1"}, {"width": 64, "height": 48}, (1024, 1024), id="ratio-before-defaults"),
        pytest.param({"aspect_ratio": "custom"}, {"width": 64, "height": 48}, (64, 48), id="custom-ratio"),
        pytest.param({"aspect_ratio": "match_input_image"}, {}, (1024, 1024), id="ratio-of-the-picture"),
        pytest.param({}, FLUX, (1024, 1024), id="flux"),
        pytest.param({"aspect_ratio": "16:9"}, FLUX, (1344, 768), id="flux-wide"),
        pytest.param({"aspect_ratio": "9:21"}, FLUX, (640, 1536), id="flux-tall"),
        pytest.param({"aspect_ratio": "16:9", "megapixels": 0.25}, FLUX, (672, 384), id="flux-small"),
        pytest.param({"width": 64, "height": 48}, FLUX, (64, 48), id="pixels-before-ratio"),
        pytest.param({"size": "1024x768"}, {}, (1024, 768), id="size"),
        pytest.param({"size": "832*480"}, {}, (832, 480), id="size-with-star"),
        pytest.param({"size": "512"}, {}, (512, 512), id="side"),
        pytest.param({"size": "2K"}, {}, (2048, 2048), id="thousands"),
        pytest.param({"size": "2K", "aspect_ratio": "16:9"}, {}, (2688, 1536), id="thousands-and-ratio"),
        pytest.param({"size": "720p"}, {}, (1280, 720), id="resolution"),
        pytest.param({"size": "480P", "aspect_ratio": "9:16"}, {}, (480, 854), id="resolution-and-ratio"),
        pytest.param({"size": "auto"}, {"width": 64, "height": 48}, (64, 48), id="word"),
        pytest.param({"aspect_ratio": "portrait"}, {}, (768, 1344), id="portrait"),
        pytest.param({"aspect_ratio": "0:9"}, {}, (1024, 1024), id="impossible-ratio"),
        pytest.param({"size": "8K", "aspect_ratio": "16:9"}, {}, (SIDE_LIMIT, 2313), id="shrunk"),
        pytest.param({"width": 9000, "height": 9}, {}, (9000, 9), id="pixels-are-never-changed"),
    ],
)  # fmt: skip
def test_pixel_size(sent: dict[str, Any], defaults: dict[str, Any], size: tuple[int, int]) -> None:
    """Pixels come before a size by name, and that before a ratio; what is sent comes before defaults."""
    assert pixel_size(sent, defaults) == size


def test_pixel_size__video() -> None:
    """A video by its ratio alone has 720 lines."""
    assert pixel_size({"aspect_ratio": "16:9"}, {}, video=True) == (1280, 720)
    assert pixel_size({"aspect_ratio": "9:16"}, {}, video=True) == (720, 1280)
