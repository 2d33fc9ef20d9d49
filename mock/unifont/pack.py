"""Packs the glyphs of GNU Unifont into the file of the mock server.

They come from Debian's packages `unifont` and `fonts-unifont`.
"""

from __future__ import annotations

import lzma
import unicodedata
from collections.abc import Iterator
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

LOWER = Path("/usr/share/unifont/unifont.hex")
UPPER = Path("/usr/share/fonts/opentype/unifont/unifont_upper.otf")
PACKED = Path(__file__).parents[1] / "zeroscope_mock" / "media" / "unifont.hex.xz"

# The rows of a glyph, and the most of its columns.
_SIDE = 16
# Private use, surrogates, unassigned and control characters, for which a prompt has no glyph.
_LEFT_OUT = frozenset({"Co", "Cs", "Cn", "Cc"})


def lines() -> Iterator[str]:
    """The glyphs in the format of Unifont: the character in hexadecimal, a colon, and the rows of bits."""
    for line in LOWER.read_text("ascii").split():
        if _is_wanted(int(line.partition(":")[0], 16)):
            yield line
    # Debian has the glyphs above U+FFFF as outlines of squares only, which become the same bits at this size.
    font = ImageFont.truetype(UPPER, _SIDE, layout_engine=ImageFont.Layout.BASIC)
    missing = _draw(font, "\U0001ffff").tobytes()
    for number in filter(_is_wanted, range(0x10000, 0x20000)):
        glyph = _draw(font, chr(number))
        if glyph.getbbox() and glyph.tobytes() != missing:
            yield f"{number:05X}:{glyph.tobytes().hex().upper()}"


def _draw(font: ImageFont.FreeTypeFont, character: str) -> Image.Image:
    width = font.getlength(character)
    glyph = Image.new("1", (8 if width == 8 else _SIDE, _SIDE))
    # Marks lie to the left of where they are drawn, over the character before.
    ImageDraw.Draw(glyph).text((0 if width else _SIDE, 0), character, 1, font)
    return glyph


def _is_wanted(number: int) -> bool:
    return unicodedata.category(chr(number)) not in _LEFT_OUT


if __name__ == "__main__":
    PACKED.write_bytes(lzma.compress("\n".join(lines()).encode(), preset=9 | lzma.PRESET_EXTREME))
