"""The pictures of the mock: size, format, caption, and the input's picture."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise
from typing import Any

import pytest
from PIL import Image, ImageChops, ImageDraw, ImageStat

from helpers.output_files import output_file
from zeroscope_mock.media import animation, formats, input_picture

NAMES = {
    "png": "PNG",
    "jpg": "JPEG",
    "JPEG": "JPEG",
    "webp": "WEBP",
    "bmp": "BMP",
    "tif": "TIFF",
    "tiff": "TIFF",
    "gif": "GIF",
}
HOSTILE = {
    "empty": "",
    "blank": " \n\t ",
    "controls-and-half-a-surrogate-pair": "\ud83d \x00\x1b[31m \u202e",
    "emoji": "宇航员骑马 🐎🚀 👩‍🚀",
    "right-to-left": "رائد فضاء يركب حصانا",
    "100,000-characters": "word " * 20_000,
    "one-endless-word": "W" * 100_000,
}


def picture(suffix: str = "png", text: str = "A lighthouse", **changed: Any) -> Image.Image:
    """A decoded picture, or the first frame of an animation."""
    image = Image.open(BytesIO(formats.render(output_file(suffix, text, **changed))))
    image.load()
    return image


def encoded(image: Image.Image, name: str = "PNG", **settings: Any) -> bytes:
    """The bytes of a picture as an input."""
    content = BytesIO()
    image.save(content, name, **settings)
    return content.getvalue()


def halves(width: int = 80, height: int = 60) -> Image.Image:
    """A picture whose left half is red, and whose right half is blue."""
    image = Image.new("RGB", (width, height), "red")
    ImageDraw.Draw(image).rectangle((width // 2, 0, width, height), "blue")
    return image


def difference(one: Image.Image, other: Image.Image) -> float:
    """The mean difference of two pictures, 0 to 255."""
    return sum(ImageStat.Stat(ImageChops.difference(one.convert("RGB"), other.convert("RGB"))).mean) / 3


def colors(image: Image.Image) -> tuple[str, str]:
    """The strongest color in the middle of the left and of the right half of the view above the caption."""
    image = image.convert("RGB")
    found = []
    for share in (0.4, 0.6):
        pixel = image.getpixel((int(image.width * share), int(image.height * 0.3)))
        assert isinstance(pixel, tuple)
        found.append(("red", "green", "blue")[pixel.index(max(pixel))])
    return found[0], found[1]


@pytest.mark.parametrize("suffix", NAMES)
@pytest.mark.parametrize("size", [(160, 120), (1, 1), (1, 300), (97, 333), (1024, 64)])
def test_render__is_a_picture_of_the_format_and_size(suffix: str, size: tuple[int, int]) -> None:
    """Pillow decodes every format, in the size that was asked for."""
    image = picture(suffix, width=size[0], height=size[1])

    assert (image.format, image.size) == (NAMES[suffix], size)


@pytest.mark.parametrize(
    ("asked", "made"),
    [((0, -5), (1, 1)), ((5000, 50), (4096, 40)), ((10**400, 1), (4096, 1)), ((4096, 16), (4096, 16))],
)
def test_render__sizes_have_bounds(asked: tuple[int, int], made: tuple[int, int]) -> None:
    """A size beyond the bounds becomes one within, in the same proportions."""
    assert picture("jpg", width=asked[0], height=asked[1]).size == made


@pytest.mark.parametrize("suffix", NAMES)
def test_render__other_seeds_indices_and_texts_are_other_pictures(suffix: str) -> None:
    """Whatever tells two outputs apart is to be seen."""
    usual = picture(suffix)
    others: tuple[dict[str, Any], ...] = ({"seed": 5}, {"index": 1})

    assert min(difference(usual, picture(suffix, **other)) for other in others) > 2
    assert difference(usual, picture(suffix, "A ship in the night")) > 0.2


def test_render__size_and_format_are_shown() -> None:
    """They stand at the lower left, and nothing else tells two formats apart."""
    change = ImageChops.difference(picture("png"), picture("bmp")).getbbox()

    assert change is not None
    _, top, right, _ = change
    assert right <= 80 and top >= 100


@pytest.mark.parametrize("suffix", ["png", "gif", "webp"])
@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.parametrize("side", [48, 256])
def test_render__any_text(suffix: str, text: str, side: int) -> None:
    """Whatever the text, there is a picture, and most of it is not caption."""
    shown = picture(suffix, text, width=side, height=side, picture=encoded(halves()))

    assert shown.size == (side, side)
    assert colors(shown) == ("red", "blue")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("宇航员骑马", "宇航员骑牛"),
        ("маяк", "майк"),
        ("رائد", "رائب"),
        ("🐎", "🚀"),
        ("résumé", "resume"),
        ("a é", "a è"),
    ],
)
def test_render__shows_the_letters_of_any_script(one: str, other: str) -> None:
    """Prompts that differ in one letter, or in an accent, have different captions."""
    assert difference(picture(text=one), picture(text=other)) > 0


@pytest.mark.parametrize(("text", "left"), [("horse", True), ("马", True), ("סוס", False), ("حصان 24", False)])
def test_render__scripts_from_right_to_left_begin_at_the_right(text: str, left: bool) -> None:
    """The caption of a script that is written from right to left is at the right margin."""
    with_text, without = (picture(text=each, width=320, height=240) for each in (text, "\u00b7"))
    rows = (0, 200, 320, 222)
    box = ImageChops.difference(with_text.crop(rows), without.crop(rows)).crop((20, 0, 300, 22)).getbbox()

    assert box is not None
    assert box[0] < 60 if left else box[2] > 260


@pytest.mark.parametrize("suffix", ["jpg", "webp"])
def test_render__quality(suffix: str) -> None:
    """A higher quality takes more bytes, and a quality beyond the bounds is the nearest."""
    sizes = [len(formats.render(output_file(suffix, quality=quality))) for quality in (-7, 1, 50, 100, 10**9)]

    assert sizes[0] == sizes[1] < sizes[2] < sizes[3] == sizes[4]


@pytest.mark.parametrize("suffix", [*NAMES])
def test_render__shows_the_picture_of_the_input(suffix: str) -> None:
    """The input's picture takes the place of the scene, with the caption below it."""
    shown = picture(suffix, picture=encoded(halves()))

    assert colors(shown) == ("red", "blue")
    assert difference(shown, picture(suffix, "A ship", picture=encoded(halves()))) > 0.2


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(encoded(halves(), "JPEG"), id="jpeg"),
        pytest.param(encoded(halves(), "WEBP"), id="webp"),
        pytest.param(encoded(halves(), "GIF"), id="gif"),
        pytest.param(encoded(halves().convert("P")), id="palette"),
        pytest.param(encoded(halves().convert("RGBA")), id="with-alpha"),
        pytest.param(encoded(halves(30, 300)), id="tall"),
        pytest.param(encoded(halves(600, 30)), id="flat"),
        pytest.param(encoded(halves(2, 1)), id="tiny"),
        pytest.param(encoded(halves(2500, 2000)), id="large"),
    ],
)
@pytest.mark.parametrize("size", [(160, 120), (120, 200), (20, 20)])
def test_render__shows_any_picture(content: bytes, size: tuple[int, int]) -> None:
    """The whole picture is to be seen, whatever its format and its proportions."""
    shown = picture(picture=content, width=size[0], height=size[1]).convert("RGB")

    strong = [0] * 170 + [255] * 86
    red, green, blue = (band.point(strong) for band in shown.split())
    assert ImageChops.subtract(red, ImageChops.lighter(green, blue)).getbbox() is not None
    assert ImageChops.subtract(blue, ImageChops.lighter(green, red)).getbbox() is not None


@pytest.mark.parametrize("size", [(80, 60), (5000, 60)])
def test_decode__turns_the_picture_upright(size: tuple[int, int]) -> None:
    """A camera's note about which side is up is obeyed, and no picture is larger than an output can be."""
    exif = Image.Exif()
    exif[0x0112] = 3
    content = encoded(halves(*size), "JPEG", exif=exif)

    decoded = input_picture.decode(content)

    assert decoded is not None
    assert decoded.size == (min(4096, size[0]), decoded.height)
    assert colors(decoded) == ("blue", "red")


BOMB = encoded(Image.new("1", (12_000, 12_000)))


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"no picture", id="no-picture"),
        pytest.param(encoded(halves())[:90], id="cut-short"),
        pytest.param(encoded(halves(), "JPEG")[:200], id="jpeg-cut-short"),
        pytest.param(encoded(halves(), "BMP"), id="not-of-a-usual-format"),
        pytest.param(b"\x89PNG\r\n\x1a\n" + bytes(100), id="png-of-zeros"),
        pytest.param(BOMB, id="bomb"),
    ],
)
def test_render__a_picture_that_cannot_be_decoded_counts_as_none(content: bytes) -> None:
    """The scene is there instead, and nothing fills the memory."""
    assert difference(picture(picture=content), picture()) == 0


def test_decode__refuses_before_it_decodes(monkeypatch: pytest.MonkeyPatch) -> None:
    """One pixel too many is refused by the size that the picture's head gives."""
    content = encoded(halves(80, 60))
    monkeypatch.setattr(input_picture, "PIXEL_LIMIT", 80 * 60)
    assert input_picture.decode(content) is not None
    monkeypatch.setattr(input_picture, "PIXEL_LIMIT", 80 * 60 - 1)
    monkeypatch.setattr(Image.Image, "load", lambda _: pytest.fail("decoded"))
    assert input_picture.decode(content) is None


@pytest.mark.parametrize(("fps", "duration"), [(8, 3000), (24, 1000), (7, 3430), (50, 480), (1000, 480), (0, 24_000)])
def test_animation__lasts_as_long_as_its_frames(fps: int, duration: int) -> None:
    """The durations of the frames, which are whole hundredths of a second, add up to the whole."""
    image = picture("gif", fps=fps, num_frames=24)
    seen = []
    for number in range(24):
        image.seek(number)
        seen.append(image.info["duration"])

    assert (getattr(image, "n_frames", 1), sum(seen), image.info["loop"]) == (24, duration, 0)


@pytest.mark.parametrize("content", [None, encoded(halves())], ids=["scene", "picture"])
def test_animation__moves(content: bytes | None) -> None:
    """The scene moves from frame to frame, and so does the picture of the input."""
    image = picture("gif", num_frames=4, picture=content)
    frames = []
    for number in range(4):
        image.seek(number)
        frames.append(image.convert("RGB").crop((0, 0, 160, 70)))

    assert all(difference(one, other) > 0.1 for one, other in pairwise(frames))


def test_animation__has_a_bounded_number_of_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    """A longer animation is cut, so that it fits into the memory."""
    monkeypatch.setattr(animation, "PIXEL_LIMIT", 160 * 120 * 3)

    assert getattr(picture("gif", num_frames=10**9), "n_frames", 1) == 3
