"""Renders pictures of a scene or of the input's picture, with a caption."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from PIL import Image

from .frames import Frames, drawn_size
from .output_file import OutputFile

# Pillow's name of each format, and its settings: as fast as the size of the file allows.
_SETTINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "png": ("PNG", {"compress_level": 3}),
    "jpg": ("JPEG", {}),
    "jpeg": ("JPEG", {}),
    "webp": ("WEBP", {"method": 2}),
    "bmp": ("BMP", {}),
    "tif": ("TIFF", {}),
    "tiff": ("TIFF", {}),
}


def draw(file: OutputFile) -> Image.Image:
    """The picture, in the size that the file asks for."""
    size = drawn_size(file)
    return Frames(file, *size).still().resize(file.bounded_size)


def render(file: OutputFile) -> bytes:
    """The bytes of a picture in one of Pillow's formats."""
    name, settings = _SETTINGS[file.suffix.lower()]
    content = BytesIO()
    draw(file).save(content, name, quality=min(max(1, file.quality), 100), **settings)
    return content.getvalue()
