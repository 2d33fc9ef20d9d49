"""Sizes of pictures and videos, by the fields that an input may name them with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from math import sqrt
from typing import Any

SIDE_LIMIT = 4096
"""The longest width or height that a model can make, in pixels; more fails. The mock's own choice."""

FALLBACK_SIZE = (512, 512)
"""Width and height where neither input nor schema says anything. The mock's own choice."""

_MEGAPIXEL = 1024 * 1024
# 4096x4096, in megapixels.
_LARGEST_AREA = 16
# The short side of videos whose model names no size, in pixels.
_VIDEO_SIDE = 720
_MOST = {"width": 10**9, "height": 10**9, "megapixels": 1000}
_LARGEST_RATIO = 16
_NUMBER = r"(\d{1,6}(?:\.\d{1,6})?)"
_EXACT = re.compile(rf"\s*{_NUMBER}\s*[x×*]\s*{_NUMBER}\s*", re.IGNORECASE)
_SHORT_SIDE = re.compile(r"\s*(\d{2,4})p\s*", re.IGNORECASE)
_THOUSANDS = re.compile(r"\s*(\d(?:\.\d)?)k\s*", re.IGNORECASE)
_SIDE = re.compile(r"\s*(\d{1,6})\s*(?:px)?\s*", re.IGNORECASE)
_RATIO = re.compile(rf"\s*{_NUMBER}\s*[:/x]\s*{_NUMBER}\s*")
_WORDS = {"square": 1.0, "landscape": 16 / 9, "portrait": 9 / 16}


def pixel_size(sent: Mapping[str, Any], defaults: Mapping[str, Any], *, video: bool = False) -> tuple[int, int]:
    """Width and height in pixels: as the input says, then as the defaults do, then `FALLBACK_SIZE`.

    Pixels come before a size by name, and that before an aspect ratio.

    Args:
        sent: The values in the input of `width`, `height`, `size`, `aspect_ratio` and `megapixels`.
        defaults: The model's defaults of these.
        video: Whether the model makes videos, which have their own usual size.
    """
    known = {**defaults, **sent}
    for name, most in _MOST.items():
        if name in known:
            # JSON's integers have no end, but floats have.
            known[name] = min(max(known[name], -most), most)
    for given in (sent, known):
        ratio = _ratio(given.get("aspect_ratio")) or 1
        if "width" in given or "height" in given:
            width = known["width"] if "width" in known else known["height"] * ratio
            height = known["height"] if "height" in known else known["width"] / ratio
            return round(width), round(height)
        if any(name in given for name in ("size", "aspect_ratio", "megapixels")) and (size := _named(known, video)):
            return size
    return FALLBACK_SIZE


def _named(known: Mapping[str, Any], video: bool) -> tuple[int, int] | None:
    """Width and height by name, ratio and area; None if these say nothing."""
    size, ratio = known.get("size"), _ratio(known.get("aspect_ratio"))
    # Negative areas, and those that no picture can have, come only where no schema forbids them.
    area = min(max(0, known.get("megapixels", 0)), _LARGEST_AREA)
    text = str(size)
    if found := _EXACT.fullmatch(text):
        return max(1, round(float(found[1]))), max(1, round(float(found[2])))
    if found := _SIDE.fullmatch(text):
        return _of_area(int(found[1]) ** 2, ratio or 1, step=1)
    if found := _SHORT_SIDE.fullmatch(text):
        return _of_short_side(int(found[1]), ratio or 16 / 9)
    if found := _THOUSANDS.fullmatch(text):
        return _of_area((float(found[1]) * 1024) ** 2, ratio or 1)
    if ratio is None:
        ratio = _WORDS.get(text.partition("_")[0].lower())
    if ratio is None and not area:
        # A word such as `match_input_image` says that a model has no usual size of its own, but it makes one.
        return _of_area(_MEGAPIXEL, 1) if "aspect_ratio" in known and not _pixels(known) else None
    if video and not area:
        return _of_short_side(_VIDEO_SIDE, ratio or 16 / 9)
    return _of_area((area or 1) * _MEGAPIXEL, ratio or 1)


def _pixels(known: Mapping[str, Any]) -> bool:
    return "width" in known or "height" in known


def _ratio(value: Any) -> float | None:
    """Width divided by height; None for a word that says nothing of it."""
    text = str(value)
    if found := _RATIO.fullmatch(text):
        width, height = float(found[1]), float(found[2])
        return min(max(width / height, 1 / _LARGEST_RATIO), _LARGEST_RATIO) if width and height else None
    return _WORDS.get(text.partition("_")[0].lower())


def _of_short_side(side: int, ratio: float) -> tuple[int, int]:
    long = round(side * max(ratio, 1 / ratio) / 2) * 2
    return _limited(long, side) if ratio >= 1 else _limited(side, long)


def _of_area(area: float, ratio: float, step: int | None = None) -> tuple[int, int]:
    """Width and height of an area, in the multiples that image models make of it: 1344x768 for a megapixel of 16:9."""
    if step is None:
        step = 64 if area > _MEGAPIXEL / 2 else 32
    sides = sqrt(area * ratio), sqrt(area / ratio)
    return _limited(*(max(step, int(side + 0.001) // step * step) for side in sides))


def _limited(width: int, height: int) -> tuple[int, int]:
    """The size, shrunk to `SIDE_LIMIT`: a name is never too large."""
    shrunk = min(1, SIDE_LIMIT / max(width, height, 1))
    return max(1, round(width * shrunk)), max(1, round(height * shrunk))
