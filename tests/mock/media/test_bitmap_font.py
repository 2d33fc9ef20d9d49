"""The bitmap font of captions: glyphs for every script."""

from __future__ import annotations

import time

import pytest
from PIL import Image

from zeroscope_mock.media.bitmap_font import MISSING_GLYPH, bitmap_font_of, has_glyph
from zeroscope_mock.media.text_layout import arrange_signs


def drawn(text: str, size: int = 16) -> Image.Image:
    """A text in white on black."""
    picture = Image.new("RGB", (20 * max(1, len(text)) * size // 16, 3 * size))
    bitmap_font_of(size).draw(picture, 0, size, text, (255, 255, 255))
    return picture.convert("L")


@pytest.mark.parametrize(
    "text",
    [
        "A lighthouse",
        "Ünïcödé",
        "Маяк",
        "Φάρος",
        "宇航员骑马",
        "ウマに乗る",
        "우주 비행사",
        "רוכב על סוס",
        "رائد فضاء",
        "घोड़े की सवारी",
        "ঘোড়া",
        "குதிரை",
        "ขี่ม้า",
        "ძია",
        "ձի",
        "ፈረስ",
        "🐎🚀👩😀",
        "𞤀𞤣",
    ],
)
def test_font__has_the_letters_of(text: str) -> None:
    """Every script in use has glyphs, each of which differs from the box that stands for a missing one."""
    box = drawn(MISSING_GLYPH).tobytes()

    assert all(map(has_glyph, text))
    assert all(drawn(character).tobytes() != box for character in text)
    assert drawn(text).getbbox() is not None


@pytest.mark.parametrize("character", ["\u0378", "\U00020000", "\x00", "\ud83d", "\ue000"])
def test_font__draws_a_box_for_what_it_lacks(character: str) -> None:
    """A character without a glyph is to be seen."""
    assert not has_glyph(character)
    assert drawn(character).tobytes() == drawn(MISSING_GLYPH).tobytes()


@pytest.mark.parametrize(
    ("text", "columns"), [("", 0), ("horse", 40), ("馬", 16), ("e\u0301", 8), ("घ\u0941", 16), ("\u0301", 0)]
)
def test_length__is_that_of_the_letters_without_marks(text: str, columns: int) -> None:
    """Ideographs are twice as wide as letters, and marks take no room."""
    assert bitmap_font_of(16).getlength(text) == columns
    assert bitmap_font_of(32).getlength(text) == 2 * columns


@pytest.mark.parametrize(("base", "mark"), [("e", "\u0301"), ("宇", "\u3099"), ("घ", "\u0941"), ("ב", "\u05b0")])
def test_draw__puts_marks_over_their_letter(base: str, mark: str) -> None:
    """A mark adds ink within the letter's own columns."""
    alone, marked = drawn(base), drawn(base + mark).crop((0, 0, *drawn(base).size))
    left, _, right, _ = marked.getbbox() or (0, 0, 0, 0)

    assert sum(marked.tobytes()) > sum(alone.tobytes())
    assert 0 <= left < right <= bitmap_font_of(16).getlength(base)


@pytest.mark.parametrize(("size", "height"), [(9, 16), (16, 16), (20, 20), (44, 44)])
def test_draw__is_never_smaller_than_the_glyphs(size: int, height: int) -> None:
    """Fewer rows than the glyphs have could not be read."""
    assert bitmap_font_of(size).size == height
    assert drawn("宇航员", size).getbbox() is not None


@pytest.mark.parametrize(
    ("text", "columns"),
    [
        # In the order in which they stand: each letter with the marks over it, and its first column.
        ("कि", [("\u093f", 0), ("क", 4)]),
        ("की", [("क", 0), ("\u0940", 16)]),
        ("बाः", [("ब", 0), ("\u093e", 16), ("\u0903", 20)]),
        ("বাংলা", [("ব", 0), ("\u09be", 16), ("\u0982", 20), ("ল", 25), ("\u09be", 41)]),
        ("কো", [("\u09c7", 0), ("ক", 4), ("\u09be", 20)]),
        ("ਕਿ", [("\u0a3f", 0), ("ਕ", 6)]),
        ("કિ", [("\u0abf", 0), ("ક", 4)]),
        ("கொ", [("\u0bc6", 0), ("க", 7), ("\u0bbe", 19)]),
        ("னை", [("\u0bc8", 0), ("ன", 11)]),
        ("కి", [("కి", 0)]),
        ("ಕು", [("ಕ", 0), ("\u0cc1", 9)]),
        ("കൊ", [("\u0d46", 0), ("ക", 6), ("\u0d3e", 18)]),
        ("කො", [("\u0dd9", 0), ("ක", 5), ("\u0dcf", 19)]),
        ("ကြောင်", [("\u1031", 0), ("ကြ", 4), ("\u102c", 17), ("င်", 26)]),
        ("កោះ", [("\u17c1", 0), ("ក", 4), ("\u17b6", 13), ("\u17c7", 19)]),
        ("កៅ", [("\u17c1", 0), ("ក", 4), ("\u17c5", 13)]),
        ("កើ", [("\u17c1", 0), ("កើ", 4)]),
    ],
)
def test_draw__puts_spacing_marks_beside_their_letter(text: str, columns: list[tuple[str, int]]) -> None:
    """No letter touches the ink of another, except for the hooks above the letters and the headline."""
    font, arranged = bitmap_font_of(16), arrange_signs(text)
    assert arranged == "".join(stack for stack, _ in columns)
    picture = drawn(arranged)
    for number, (stack, column) in enumerate(columns):
        assert font.getlength("".join(before for before, _ in columns[:number])) == column
        within = (0, 3, int(font.getlength(stack)), 16)
        shown = picture.crop((column, 3, column + within[2], 16))
        assert shown.tobytes() == drawn(stack).crop(within).tobytes()


def test_has_glyph__does_not_search_the_whole_font() -> None:
    """A prompt of ideographs without a glyph costs no more than another."""
    has_glyph("a")
    start = time.process_time()

    assert not any(has_glyph(chr(0x20000 + number)) for number in range(4000))
    assert time.process_time() - start < 2
