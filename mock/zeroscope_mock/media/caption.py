"""The caption and the label of a picture: the prompt, the frame and the seed."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from itertools import islice

from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from .sprite import Colour, Planes, Sprite, font_of, mix, to_planes

# The default font has these and ASCII; other characters become the font's box for a missing glyph.
_FONT_EXTRAS = "·\u00ab\u00bb\u2018\u2019\u201c\u201d"
_LOOKALIKES = str.maketrans(dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-"))
_MISSING_GLYPH = "\ufffd"


class Caption:
    """The band under the scene: the prompt in up to three lines, the number of the frame or a note, the seed.

    Args:
        prompt: The prompt, of any length; the end of a long one is replaced by an ellipsis.
        width: The width of the picture, in pixels.
        height: The height of the picture, in pixels.
    """

    def __init__(self, prompt: str, width: int, height: int) -> None:
        text = _drawable(prompt)
        size = max(9, min(44, height // 20, width // 20))
        self._width, self._margin = width, size * 2 // 3
        room = width - 2 * self._margin
        for share, lines_wanted in ((1.0, 2), (0.85, 3), (0.7, 3)):
            self._font = font_of(max(9, round(size * share)))
            self._pitch = round(self._font.size * 1.3)
            most = max(1, min(lines_wanted, int(0.3 * height / self._pitch)))
            self._lines = list(islice(_wrap(text, self._font, room), most + 1))
            if len(self._lines) <= most:
                break
        else:
            self._lines[most - 1 :] = [_shorten(self._lines[most - 1], self._font, room)]
        self._small = font_of(max(9, round(size * 0.7)))
        self._foot = self._margin + self._pitch * len(self._lines) + size // 6
        bottom = self._foot + round(self._small.size * 1.2) + self._margin
        # An even height, because the planes of halved chroma have no half rows.
        self.height = bottom + bottom % 2

    def draw(self, left: int | str, place: str, ink: Colour, glow: Colour, chroma_step: int) -> None:
        """Draw the parts that every frame shares, with room for the number of the frame.

        Args:
            left: The number of frames, or the text that stands at the left instead.
            place: The text at the right, which names the seed and the index.
            ink: The dark colour of the scene.
            glow: The bright colour of the scene.
            chroma_step: 2 for halved chroma, else 1.
        """
        band = mix(ink, (0, 0, 0), 0.5)
        bright = mix((255, 255, 255), glow, 0.3)
        dim = mix(bright, band, 0.35)
        picture = Image.new("RGB", (self._width, self.height), band)
        draw = ImageDraw.Draw(picture)
        for row, line in enumerate(self._lines):
            draw.text((self._margin, self._margin + row * self._pitch), line, bright, self._font)

        y = self._foot
        self._cells: list[tuple[int, int]] = []
        self._digits: list[Sprite] = []
        if isinstance(left, int):
            cell = math.ceil(max(map(self._small.getlength, "0123456789")))
            x = self._margin + round(self._small.getlength("frame "))
            self._cells = [(x + place * cell, y) for place in range(len(str(left)))]
            after = x + cell * len(self._cells)
            draw.text((self._margin, y), "frame", dim, self._small)
            draw.text((after, y), f"/{left}", dim, self._small)
            end = after + round(self._small.getlength(f"/{left}  "))
            for digit in "0123456789":
                mask = Image.new("L", (cell, self.height - y))
                offset = (cell - self._small.getlength(digit)) / 2
                ImageDraw.Draw(mask).text((offset, 0), digit, 255, self._small)
                self._digits.append(Sprite(mask, dim, 1, luma_only=True))
        else:
            draw.text((self._margin, y), left, dim, self._small)
            end = self._margin + round(self._small.getlength(f"{left}  "))
        start = self._width - self._margin - round(self._small.getlength(place))
        if start >= end:
            draw.text((start, y), place, dim, self._small)
        self._background = to_planes(picture, chroma_step)

    def planes(self, number: int) -> Planes:
        """The planes of the band under one frame, counted from 0; shown counted from 1."""
        luma, *chroma = self._background
        planes = luma.copy(), *chroma
        for digit, (x, y) in zip(str(number + 1)[::-1], self._cells[::-1], strict=False):
            self._digits[int(digit)].paste(planes, x, y)
        return planes


def draw_label(picture: Image.Image, at_left: bool, ground: Colour, ink: Colour) -> None:
    """Write MOCK in an upper corner, because no model made this picture.

    Args:
        at_left: Whether in the left corner.
        ground: The colour behind it.
        ink: The colour of the text.
    """
    size = max(9, min(picture.size) // 24)
    font = font_of(size)
    across, down = math.ceil(font.getlength("MOCK")) + size, round(size * 1.7)
    x, y = (size if at_left else picture.width - across - size), size
    draw = ImageDraw.Draw(picture)
    draw.rounded_rectangle((x, y, x + across, y + down), down // 2, mix(ground, (0, 0, 0), 0.3))
    draw.text((x + across / 2, y + down / 2), "MOCK", mix(ink, ground, 0.15), font, anchor="mm")


def _drawable(prompt: str) -> str:
    """The prompt on one line, in characters the font has."""
    # No frame has room for more characters.
    head = prompt[:1000]
    text = " ".join(head.split()) or "(empty prompt)"
    stripped = (c for c in unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)) if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" or c in _FONT_EXTRAS else _MISSING_GLYPH for c in stripped) + (
        "..." if len(prompt) > len(head) else ""
    )


def _wrap(text: str, font: FreeTypeFont, width: float) -> Iterator[str]:
    """Lines no wider than `width` pixels, broken at spaces where there are any."""
    while (cut := _fitting(text, font, width)) < len(text):
        space = text.rfind(" ", 1, cut + 1)
        cut = space if space > 0 else max(1, cut)
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


def _shorten(line: str, font: FreeTypeFont, width: float) -> str:
    room = width - font.getlength("...")
    return line[: _fitting(line, font, room)].rstrip(" .,;:") + "..."


def _fitting(text: str, font: FreeTypeFont, width: float) -> int:
    """The number of leading characters of the text that fit into the width."""
    for count, character in enumerate(text):
        width -= _advance(font, character)
        if width < 0:
            return count
    return len(text)


@lru_cache(maxsize=4096)
def _advance(font: FreeTypeFont, character: str) -> float:
    # Measuring whole strings took longer than encoding; without kerning the sum is never too small.
    return font.getlength(character)
