"""The caption of a picture: where its lines end."""

from __future__ import annotations

import pytest
from PIL import Image

from zeroscope_mock.media.bitmap_font import bitmap_font_of
from zeroscope_mock.media.caption import Caption
from zeroscope_mock.media.text_layout import arrange_signs

_SIZE, _FONT = (576, 320), 16
_MARGIN, _PITCH = 10, 21


@pytest.mark.parametrize("cluster", ["கா", "字", "e\u0323", "ကြာ", "\u0995\u09be\u0982"])
def test_lines__end_behind_the_marks_of_a_letter(cluster: str) -> None:
    """A word that is too long is broken before a letter or the sign at its left, never before a mark."""
    width = int(bitmap_font_of(_FONT).getlength(arrange_signs(cluster)))
    caption = Caption(cluster * ((_SIZE[0] - 2 * _MARGIN) // width + 3), *_SIZE)
    caption.draw("", "", (0, 0, 0), (255, 255, 255), 1)
    luma, *chroma = (Image.new("L", (_SIZE[0], caption.height)) for _ in range(3))
    caption.paste((luma, *chroma), 0, 0)
    first, second = (Image.new("L", (width, _FONT)) for _ in range(2))
    first.paste(luma, (-_MARGIN, -_MARGIN))
    second.paste(luma, (-_MARGIN, -_MARGIN - _PITCH))

    assert first.getextrema()[0] != first.getextrema()[1]
    assert second.tobytes() == first.tobytes()
