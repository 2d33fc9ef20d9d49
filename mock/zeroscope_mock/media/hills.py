"""Hills: skylines that repeat, and the strips that roll by below them."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Sequence

from PIL import Image, ImageChops, ImageDraw

from .sprite import Colour, Planes, Sprite


class Ridge:
    """A skyline that repeats every `period` pixels, so that hills can roll by for ever.

    Args:
        rng: Decides the form.
        period: In pixels.
        middle: The height around which it swings, in pixels from above.
        swing: How far it swings, in pixels.
        jagged: Whether it has peaks.
    """

    def __init__(self, rng: random.Random, period: int, middle: float, swing: float, *, jagged: bool = False) -> None:
        self.period, self._middle, self._jagged = period, middle, jagged
        waves = ((1, 0.2), (2, 0.3), (3, 0.3), (7, 0.2)) if jagged else ((1, 0.5), (2, 0.35), (3, 0.15))
        self._waves = [(math.tau * times / period, share * swing, rng.uniform(0, math.tau)) for times, share in waves]

    def y(self, x: float) -> float:
        """The height of the skyline at a place, in pixels from above."""
        if self._jagged:
            slopes = [height * math.asin(math.sin(pace * x + phase)) for pace, height, phase in self._waves]
            return self._middle + sum(slopes) * 2 / math.pi
        return self._middle + sum([height * math.sin(pace * x + phase) for pace, height, phase in self._waves])

    def draw(self, width: int, bottom: int, firs: list[tuple[float, float]]) -> tuple[Image.Image, int]:
        """The mask of a strip `width` wide with firs of given heights at given places, and the y where it belongs."""
        line = [*((x, self.y(x)) for x in range(0, self.period, 8)), (self.period, self.y(0))]
        laps = (-self.period, 0, self.period)
        planted = [
            (x + lap, self.y(x), size) for x, size in firs for lap in laps if -size < x + lap < self.period + size
        ]
        top = max(0, math.floor(min([y for _, y in line] + [y - size for _, y, size in planted])))
        top = min(top - top % 2, bottom - 2)
        # Drawn at twice the size, as Pillow's polygons have hard edges.
        mask = Image.new("L", (2 * self.period, 2 * (bottom - top)))
        draw = ImageDraw.Draw(mask)

        def fill(*points: tuple[float, float]) -> None:
            draw.polygon([(2 * x, 2 * (y - top)) for x, y in points], 255)

        fill(*line, (self.period, bottom), (0, bottom))
        for x, y, size in planted:
            for tier in range(3):
                foot, half = y - size * (0.48 - 0.25 * tier), size * (0.13 + 0.06 * tier)
                fill((x, y - size * (1 - 0.26 * tier)), (x + half, foot), (x - half, foot))
        period, strip = mask.reduce(2), Image.new("L", (width, bottom - top))
        for x in range(0, width, self.period):
            strip.paste(period, (x, 0))
        return strip, top


def lay(
    strips: Sequence[tuple[Image.Image, int, Colour, float]], background: Planes, lowest: int, chroma_step: int
) -> Iterator[tuple[Sprite, int, float]]:
    """Lay strips one before another, and return what is left of each to paste, with its top and speed.

    The rows that a strip fills from side to side look alike in every frame, so they become a part of the background.

    Args:
        strips: The mask, the top, the colour and the speed of each, the furthest first; each reaches further down.
        background: The planes behind them.
        lowest: The row up to which other things may be drawn over the background, behind the strips.
        chroma_step: 2 for halved chroma, else 1.
    """
    ends = [top + mask.height for mask, top, *_ in strips]
    filled = [
        min(end, max(top + _filled_from(mask), lowest + lowest % 2))
        for (mask, top, *_), end in zip(strips, ends, strict=True)
    ]
    for index, (mask, top, colour, speed) in enumerate(strips):
        # Below that row, it is hidden by the next ones.
        end = min([ends[index], *filled[index + 1 :]])
        shown = min(filled[index], end)
        strip = Sprite(mask.crop((0, 0, mask.width, max(1, shown - top))), colour, chroma_step)
        if shown < end:
            strip.fill(background, shown, end)
        if shown > top:
            yield strip, top, speed


def _filled_from(mask: Image.Image) -> int:
    """The first row, of an even number, from which on a mask hides everything."""
    box = ImageChops.invert(mask).getbbox()
    row = box[3] if box else 0
    return row + row % 2
