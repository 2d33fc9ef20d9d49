"""Render the MP4 files the mock serves where the service would serve the model's videos.

PyAV and Pillow are big and only needed once a video is fetched, so they are imported on the first call. The picture
is a scene (see `scene`) with a caption below it; the two meet only in the bytes of a frame.
"""

from __future__ import annotations

import math
import unicodedata
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from functools import lru_cache
from io import BytesIO
from itertools import islice
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from PIL.ImageFont import FreeTypeFont

    from .sprite import Colour, Planes

_SMALLEST_SIDE = 16
_READABLE_SIDE = 96
# Of 24 frames at 576x320 superfast makes a third fewer bytes in twice the time, veryfast two thirds in three times.
_ENCODER = {"preset": "ultrafast", "crf": "23"}
# Numbers of the H.264 standard for how `sprite.to_planes` makes luma and chroma; older PyAV has no names for them.
_BT709 = _LIMITED_RANGE = 1
# The default font has these and ASCII; anything else shows as the font's box for a missing glyph.
_FONT_EXTRAS = "·«»\u2018\u2019\u201c\u201d"
_LOOKALIKES = str.maketrans(dict.fromkeys("\u2010\u2011\u2013\u2014\u2212", "-"))
_MISSING_GLYPH = "\ufffd"


def render(prompt: str, *, width: int, height: int, fps: int, num_frames: int, seed: int, index: int = 0) -> bytes:
    """Render one MP4 of a moving scene with the prompt as its caption; equal arguments give equal bytes.

    Args:
        prompt: the caption, of any length; what does not fit ends in an ellipsis.
        width: in pixels, at least 16.
        height: in pixels, at least 16.
        fps: frames per second, at least 1.
        num_frames: number of frames, at least 1.
        seed: chooses the colours and details of the scene.
        index: the video's place among the outputs of one prediction, from 0; each place shows another scene.

    Raises:
        ValueError: for a size, rate or number of frames below its least value.
    """
    for name, value, least in (
        ("width", width, _SMALLEST_SIDE),
        ("height", height, _SMALLEST_SIDE),
        ("fps", fps, 1),
        ("num_frames", num_frames, 1),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, but is {value}")

    import av

    from .scene import Scene

    # Browsers want halved chroma, which exists for even sides only.
    pixel_format, chroma_step = ("yuv444p", 1) if width % 2 or height % 2 else ("yuv420p", 2)
    caption = _Caption(prompt, width, height) if min(width, height) >= _READABLE_SIDE else None
    view = height - caption.height if caption else height
    scene = Scene(width, view, fps=fps, seed=seed, index=index, chroma_step=chroma_step, labelled=caption is not None)
    if caption:
        place = f"seed {seed}" + (f" · output-{index}" if index else "")
        caption.draw(num_frames, place, scene.ink, scene.glow, chroma_step)

    file = BytesIO()
    with av.open(file, "w", format="mp4") as container, ThreadPoolExecutor(1) as thread:
        encoding = deque[Future[Any]]()
        stream = container.add_stream("libx264", rate=fps, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        encoder = stream.codec_context
        # The bytes depend on the number of threads, and so on the machine, unless it is fixed.
        encoder.thread_count = 1
        encoder.color_range = _LIMITED_RANGE
        encoder.colorspace = encoder.color_primaries = encoder.color_trc = _BT709
        # Else it would be begun by the first packet, while a frame is encoded in the other thread.
        container.start_encoding()
        for number in range(num_frames):
            frame = av.VideoFrame(width, height, pixel_format)
            parts = [scene.planes(number), *([caption.planes(number)] if caption else [])]
            for plane, *images in zip(frame.planes, *parts, strict=True):
                plane.update(b"".join(image.tobytes("raw", "L", plane.line_size) for image in images))
            frame.pts = number
            if len(encoding) > 1:
                container.mux(encoding.popleft().result())
            # The encoder lets other threads run, so the next frames are drawn while it works.
            encoding.append(thread.submit(stream.encode, frame))
        for packets in encoding:
            container.mux(packets.result())
        container.mux(stream.encode())
    return file.getvalue()


class _Caption:
    """The band under the scene: the prompt in up to three lines, the number of the frame, the seed."""

    def __init__(self, prompt: str, width: int, height: int) -> None:
        from .sprite import font_of

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
        # An even height, or the halved chroma of scene and caption could not meet.
        self.height = bottom + bottom % 2

    def draw(self, frames: int, place: str, ink: Colour, glow: Colour, chroma_step: int) -> None:
        """Draw all that stays the same, leaving room for the number of the frame."""
        from PIL import Image, ImageDraw

        from .sprite import Sprite, mix, to_planes

        band = mix(ink, (0, 0, 0), 0.5)
        bright = mix((255, 255, 255), glow, 0.3)
        dim = mix(bright, band, 0.35)
        picture = Image.new("RGB", (self._width, self.height), band)
        draw = ImageDraw.Draw(picture)
        for row, line in enumerate(self._lines):
            draw.text((self._margin, self._margin + row * self._pitch), line, bright, self._font)

        cell = math.ceil(max(map(self._small.getlength, "0123456789")))
        x, y = self._margin + round(self._small.getlength("frame ")), self._foot
        self._cells = [(x + place * cell, y) for place in range(len(str(frames)))]
        after = x + cell * len(self._cells)
        end = after + round(self._small.getlength(f"/{frames}  "))
        left = self._width - self._margin - round(self._small.getlength(place))
        draw.text((self._margin, y), "frame", dim, self._small)
        draw.text((after, y), f"/{frames}", dim, self._small)
        if left >= end:
            draw.text((left, y), place, dim, self._small)
        self._background = to_planes(picture, chroma_step)

        self._digits: list[Sprite] = []
        for digit in "0123456789":
            mask = Image.new("L", (cell, self.height - y))
            offset = (cell - self._small.getlength(digit)) / 2
            ImageDraw.Draw(mask).text((offset, 0), digit, 255, self._small)
            self._digits.append(Sprite(mask, dim, 1, luma_only=True))

    def planes(self, number: int) -> Planes:
        """The planes of the band under one frame, counted from 0; shown counted from 1."""
        luma, *chroma = self._background
        planes = luma.copy(), *chroma
        for digit, (x, y) in zip(str(number + 1)[::-1], self._cells[::-1], strict=False):
            self._digits[int(digit)].paste(planes, x, y)
        return planes


def _drawable(prompt: str) -> str:
    """The prompt on one line, in characters the font has."""
    # No frame has room for more.
    head = prompt[:1000]
    text = " ".join(head.split()) or "(empty prompt)"
    plain = (c for c in unicodedata.normalize("NFKD", text.translate(_LOOKALIKES)) if not unicodedata.combining(c))
    return "".join(c if " " <= c <= "~" or c in _FONT_EXTRAS else _MISSING_GLYPH for c in plain) + (
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
    """How many leading characters of the text fit into the width."""
    for count, character in enumerate(text):
        width -= _advance(font, character)
        if width < 0:
            return count
    return len(text)


@lru_cache(maxsize=4096)
def _advance(font: FreeTypeFont, character: str) -> float:
    # Measuring whole strings again and again took longer than encoding; without kerning a line only gets shorter.
    return font.getlength(character)
