"""The bitmap font of captions: GNU Unifont, which comes with the mock server.

Pillow's own font has hardly more than ASCII, and the fonts of a machine would make the bytes of a video depend on it.
"""

from __future__ import annotations

import lzma
import unicodedata
from bisect import bisect_left
from collections.abc import Iterator
from functools import lru_cache
from importlib.resources import files
from typing import NamedTuple

from PIL import Image

from .sprite import Colour

MISSING_GLYPH = "\ufffd"
"""The character that stands for those without a glyph."""

_ROWS = 16

# Spacing marks that are drawn around or above their letter: medials and vowel signs of Myanmar, Khmer and Javanese,
# and the stems and flags of notes.
_AROUND = frozenset("\u103c\u17be\u17bf\u17c0\ua9bf").union(map(chr, range(0x1D165, 0x1D173)))
# The vowel signs of Khmer in two parts that Unicode does not decompose: a sign of its own shows the part at the left,
# in these columns.
_SECOND_PARTS, _FIRST_COLUMNS = frozenset("\u17be\u17bf\u17c0\u17c5"), 5
# Devanagari, Bengali and Gurmukhi, whose headline joins the letters of a word, and its rows.
_HEADLINED, _HEADLINE = range(0x0900, 0x0A80), (3, 5)
# What spacing marks have above this row hangs over the letter beside them.
_BELOW_HOOKS = 3


class BitmapFont:
    """Glyphs of 16 rows and 8 or 16 columns, drawn in another size.

    Args:
        size: The height of a line, in pixels; at least the 16 rows, because fewer cannot be read.
    """

    def __init__(self, size: int) -> None:
        self.size = max(_ROWS, size)

    def getlength(self, text: str) -> float:
        """The width of a text, in pixels."""
        return self.size * sum(_box(stack).columns for stack in _stacks(text)) / _ROWS

    def draw(self, picture: Image.Image, x: int, y: int, text: str, ink: Colour) -> None:
        """Draw a text from left to right, marks over the character before them."""
        boxes = list(map(_box, _stacks(text)))
        width = sum(box.columns for box in boxes)
        if not width:
            return
        mask = Image.new("L", (width, _ROWS))
        left = 0
        for box in boxes:
            mask.paste(255, (left - box.start, 0), box.glyph)
            left += box.columns
        # Whole multiples stay sharp; between them, the edges are smoothed.
        smooth = Image.Resampling.NEAREST if self.size % _ROWS == 0 else Image.Resampling.LANCZOS
        picture.paste(ink, (x, y), mask.resize((round(width * self.size / _ROWS), self.size), smooth))


class _Box(NamedTuple):
    """A character with the marks over it.

    Args:
        glyph: The pixels of all of them.
        start: The column of the glyph that stands where the box begins; ink before it hangs over the box before.
        columns: The width of the box.
    """

    glyph: Image.Image
    start: int
    columns: int


@lru_cache(maxsize=64)
def bitmap_font_of(size: int) -> BitmapFont:
    """The font in a size, in pixels."""
    return BitmapFont(size)


def is_mark(character: str) -> bool:
    """Whether a character belongs to the one before it."""
    return unicodedata.category(character)[0] == "M"


def has_glyph(character: str) -> bool:
    """Whether the font has a character."""
    return bool(_bits(character))


def _stacks(text: str) -> Iterator[str]:
    """Each character with the marks over it; spacing marks stand beside it, with marks of their own."""
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or not _is_over(text[place]):
            yield text[start:place]
            start = place


def _is_over(character: str) -> bool:
    return unicodedata.category(character) in ("Mn", "Me") or character in _AROUND


@lru_cache(maxsize=4096)
def _box(stack: str) -> _Box:
    if not stack or _is_over(stack[0]):
        return _Box(Image.new("1", (1, _ROWS)), 0, 0)
    base, *marks = map(_glyph, stack)
    if not marks and not _is_proportional(stack):
        return _Box(base, 0, base.width)
    # The marks may be wider than their letter.
    margin = max([0, *((mark.width - base.width + 1) // 2 for mark in marks)])
    glyph = Image.new("1", (base.width + 2 * margin, _ROWS))
    for each in (base, *marks):
        glyph.paste(1, ((glyph.width - each.width) // 2, 0), each)
    if not _is_proportional(stack):
        return _Box(glyph, margin, base.width)
    top = _BELOW_HOOKS if unicodedata.category(stack[0]) == "Mc" else 0
    ink = glyph.crop((0, top, glyph.width, _ROWS)).getbbox() or glyph.getbbox() or (0, 0, glyph.width, _ROWS)
    before = after = 0
    if ord(stack[0]) not in _HEADLINED:
        after = 1
    elif not glyph.crop((0, _HEADLINE[0], glyph.width, _HEADLINE[1])).getbbox():
        # A mark such as the visarga of Devanagari, which the headline does not join.
        before = after = 1
    return _Box(glyph, ink[0] - before, before + ink[2] - ink[0] + after)


def _is_proportional(stack: str) -> bool:
    """Whether a letter or a spacing mark is as wide as its ink: in scripts from left to right, but for ideographs."""
    return (
        unicodedata.category(stack[0]) in ("Lo", "Mc")
        and unicodedata.bidirectional(stack[0]) == "L"
        and unicodedata.east_asian_width(stack[0]) not in ("W", "F")
        and _glyph(stack[0]).width == _ROWS
    )


@lru_cache(maxsize=4096)
def _glyph(character: str) -> Image.Image:
    bits = _bits(character) or _bits(MISSING_GLYPH)
    glyph = Image.frombytes("1", (8 * len(bits) // _ROWS, _ROWS), bits)
    if character in _SECOND_PARTS:
        glyph.paste(0, (0, 0, _FIRST_COLUMNS, _ROWS))
    return glyph


@lru_cache(maxsize=4096)
def _bits(character: str) -> bytes:
    """The rows of a glyph; empty if there is none."""
    glyphs, number = _glyphs(), ord(character)

    def start(place: int) -> int:
        return glyphs.rfind(b"\n", 0, place) + 1

    def number_at(place: int) -> int:
        return int(glyphs[start(place) : glyphs.index(b":", start(place))], 16)

    # The lines are in the order of their characters. A search from the beginning took a millisecond.
    found = bisect_left(range(len(glyphs)), number, key=number_at)
    if found == len(glyphs) or number_at(found) != number:
        return b""
    return bytes.fromhex(glyphs[glyphs.index(b":", found) + 1 : glyphs.index(b"\n", found)].decode())


@lru_cache(maxsize=1)
def _glyphs() -> bytes:
    """The font in the format of Unifont, a line for each glyph; a dictionary would take three times the memory."""
    packed = files("zeroscope_mock.media").joinpath("unifont.hex.xz").read_bytes()
    return lzma.decompress(packed).rstrip() + b"\n"
