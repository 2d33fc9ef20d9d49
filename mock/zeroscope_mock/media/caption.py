"""The caption and the label of a picture: the prompt, the frame and the seed."""

from __future__ import annotations

import math
import unicodedata
from collections.abc import Callable, Iterator
from functools import lru_cache
from itertools import islice

from PIL import Image, ImageDraw
from PIL.ImageFont import FreeTypeFont

from .bitmap_font import MISSING_GLYPH, BitmapFont, bitmap_font_of, has_glyph
from .sprite import Colour, Planes, Sprite, font_of, mix, paste_planes, to_planes
from .text_layout import arrange_signs, clusters_of, in_visual_order, is_right_to_left, shape

# Pillow's font has these and ASCII.
_FONT_EXTRAS = "·\u00ab\u00bb\u2018\u2019\u201c\u201d"
_LOOKALIKES = str.maketrans({**dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-"), "\u2026": "..."})
# Marks that nothing shows: they choose the form of an emoji, for example.
_VARIATION_SELECTORS = range(0xFE00, 0xFE10)
_Font = FreeTypeFont | BitmapFont


class Caption:
    """The band under the scene: the prompt in up to three lines, the number of the frame or a note, the seed.

    Args:
        prompt: The prompt, of any length; the end of a long one is replaced by an ellipsis.
        width: The width of the picture, in pixels.
        height: The height of the picture, in pixels.
    """

    def __init__(self, prompt: str, width: int, height: int) -> None:
        text = _one_line(prompt)
        find_font: Callable[[int], _Font] = font_of
        if not all(" " <= character <= "~" or character in _FONT_EXTRAS for character in text):
            # All of the prompt in one font, as a mixture looks like a mistake.
            text, find_font = _with_glyphs(text), bitmap_font_of
        self._right_to_left = is_right_to_left(text)
        size = max(9, min(44, height // 20, width // 20))
        self._width, self._margin = width, size * 2 // 3
        room = width - 2 * self._margin
        for share, lines_wanted in ((1.0, 2), (0.85, 3), (0.7, 3)):
            self._font = find_font(max(9, round(size * share)))
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
            self._draw_line(picture, line, self._margin + row * self._pitch, bright)

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
            masks = _draw_digits(self._small, cell, self.height - y)
            self._digits = [Sprite(mask, dim, 1, luma_only=True) for mask in masks]
        else:
            draw.text((self._margin, y), left, dim, self._small)
            end = self._margin + round(self._small.getlength(f"{left}  "))
        start = self._width - self._margin - round(self._small.getlength(place))
        if start >= end:
            draw.text((start, y), place, dim, self._small)
        self._background = to_planes(picture, chroma_step)

    def _draw_line(self, picture: Image.Image, line: str, y: int, ink: Colour) -> None:
        x = self._margin
        if isinstance(self._font, FreeTypeFont):
            ImageDraw.Draw(picture).text((x, y), line, ink, self._font)
            return
        if self._right_to_left:
            x = self._width - x - math.ceil(self._font.getlength(line))
        self._font.draw(picture, x, y, in_visual_order(line, self._right_to_left), ink)

    def paste(self, planes: Planes, number: int, top: int) -> None:
        """Draw the band into one frame, counted from 0; shown counted from 1.

        Args:
            planes: The planes of the frame.
            top: The first row of the band, in pixels of the luma plane.
        """
        paste_planes(planes, self._background, top)
        for digit, (x, y) in zip(str(number + 1)[::-1], self._cells[::-1], strict=False):
            self._digits[int(digit)].paste(planes, x, top + y)


# The videos of one server mostly are of one size.
@lru_cache(maxsize=8)
def _draw_digits(font: FreeTypeFont, width: int, height: int) -> list[Image.Image]:
    """The masks of the digits from 0 to 9, each in the middle of a cell."""
    masks = [Image.new("L", (width, height)) for _ in range(10)]
    for digit, mask in enumerate(masks):
        ImageDraw.Draw(mask).text(((width - font.getlength(f"{digit}")) / 2, 0), f"{digit}", 255, font)
    return masks


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


def _one_line(prompt: str) -> str:
    # No frame has room for more characters.
    head = prompt[:1000]
    text = " ".join(head.split()).translate(_LOOKALIKES) or "(empty prompt)"
    return text + ("..." if len(prompt) > len(head) else "")


def _with_glyphs(text: str) -> str:
    """The text in characters that the bitmap font has, joined and arranged as their script does it."""
    shaped = shape(unicodedata.normalize("NFC", text))
    seen = (each for each in shaped if unicodedata.category(each) != "Cf" and ord(each) not in _VARIATION_SELECTORS)
    return arrange_signs("".join(each if has_glyph(each) else MISSING_GLYPH for each in seen)) or MISSING_GLYPH


def _wrap(text: str, font: _Font, width: float) -> Iterator[str]:
    """Lines no wider than `width` pixels, broken at spaces where there are any."""
    while (cut := _fitting(text, font, width)) < len(text):
        # Between ideographs, a line may end anywhere.
        wide = unicodedata.east_asian_width(text[cut]) in ("W", "F")
        space = 0 if wide else text.rfind(" ", 1, cut + 1)
        cut = space if space > 0 else cut or len(next(clusters_of(text)))
        yield text[:cut]
        text = text[cut:].lstrip()
    yield text


def _shorten(line: str, font: _Font, width: float) -> str:
    room = width - font.getlength("...")
    return line[: _fitting(line, font, room)].rstrip(" .,;:") + "..."


def _fitting(text: str, font: _Font, width: float) -> int:
    """The number of leading characters of the text that fit into the width, marks with their letter."""
    count = 0
    for cluster in clusters_of(text):
        width -= _advance(font, cluster)
        if width < 0:
            return count
        count += len(cluster)
    return count


@lru_cache(maxsize=4096)
def _advance(font: _Font, cluster: str) -> float:
    # Measuring whole strings took longer than encoding; without kerning the sum is never too small.
    return font.getlength(cluster)
