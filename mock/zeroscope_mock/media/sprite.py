"""Sprites: pictures as the three planes that the encoder takes."""

from __future__ import annotations

from functools import lru_cache

from PIL import Image, ImageFont

Colour = tuple[int, int, int]
Planes = tuple[Image.Image, ...]

# BT.709, limited range: rows give luma and the two chroma planes.
_TO_YUV = (
    (0.18259, 0.61423, 0.06201, 16.0),
    (-0.10064, -0.33857, 0.43922, 128.0),
    (0.43922, -0.39894, -0.04027, 128.0),
)
# The inverse: rows give red, green and blue.
_TO_RGB = (
    *(1.16435, -0.00002, 1.79272, -248.0953),
    *(1.16438, -0.21325, -0.53291, 76.8789),
    *(1.16435, 2.11238, -0.00002, -289.0111),
)


def mix(one: Colour, other: Colour, share: float) -> Colour:
    """The colour that lies the given share of the way from one to the other."""
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(one, other, strict=True))
    return red, green, blue


def to_planes(picture: Image.Image, chroma_step: int) -> Planes:
    """Luma and chroma of an RGB picture, one chroma sample for `chroma_step` pixels each way."""
    luma, *chroma = (picture.convert("L", row) for row in _TO_YUV)
    return luma, *(plane.reduce(chroma_step) for plane in chroma)


def paste_planes(planes: Planes, part: Planes, top: int = 0) -> None:
    """Paste the planes of a part of a picture, from a row on that counts in pixels of the luma plane."""
    for plane, one in zip(planes, part, strict=True):
        plane.paste(one, (0, top * one.height // part[0].height))


def to_rgb(planes: Planes) -> Image.Image:
    """The RGB picture of luma and chroma that is not halved."""
    return Image.merge("RGB", planes).convert("RGB", _TO_RGB)


@lru_cache(maxsize=64)
def font_of(size: int) -> ImageFont.FreeTypeFont:
    """The font that comes with Pillow, `size` pixels high."""
    font = ImageFont.load_default(size)
    assert isinstance(font, ImageFont.FreeTypeFont)
    # Raqm shapes text differently where it is installed, and the bytes should not depend on that.
    return font.font_variant(layout_engine=ImageFont.Layout.BASIC)


class Sprite:
    """A picture, or one colour, behind a mask, ready to be pasted into the planes of any number of frames."""

    def __init__(
        self, mask: Image.Image, fill: Image.Image | Colour, chroma_step: int, *, luma_only: bool = False
    ) -> None:
        self.width, self.height = mask.size
        self._steps = (1,) if luma_only else (1, chroma_step, chroma_step)
        self._masks = [mask.reduce(step) for step in self._steps]
        self._fills: tuple[Image.Image | int, ...]
        if isinstance(fill, Image.Image):
            self._fills = to_planes(fill, chroma_step)
        else:
            self._fills = tuple(round(sum(k * v for k, v in zip(row, (*fill, 1), strict=True))) for row in _TO_YUV)

    def fill(self, planes: Planes, start: int, end: int) -> None:
        """Fill some rows with its colour, in pixels of the luma plane, of which the first has an even number."""
        for plane, fill, step in zip(planes, self._fills, self._steps, strict=True):
            plane.paste(fill, (0, start // step, plane.width, -(-end // step)))

    def paste(self, planes: Planes, x: int, y: int) -> None:
        """Paste with the upper left corner at x and y, in pixels of the luma plane."""
        for plane, fill, mask, step in zip(planes, self._fills, self._masks, self._steps, strict=False):
            plane.paste(fill, (x // step, y // step), mask)
