"""Plausible numbers and texts, by the name of the property that they stand in."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from math import ceil, floor, inf, isfinite
from typing import Any

from ..cog.field_values import is_number
from . import words
from .model_input import ModelInput

_DIGITS = 4
_LARGEST = 1e300
_RANGES = (
    ("score confidence probability prob similarity relevance certainty ratio weight likelihood nsfw", 0, 1),
    ("count num number total amount", 1, 9),
    ("id index idx rank position", 0, 9),
    ("start begin offset", 0, 10),
    ("end duration seconds time timestamp length", 10, 30),
    ("age", 18, 80),
    ("tokens", 20, 400),
    ("percent percentage", 0, 100),
)
_NUMBERS: Mapping[str, tuple[float, float]] = {
    word: (low, high) for names, low, high in _RANGES for word in names.split()
}
_LABEL_WORDS = "label labels class classes category categories tag tags object objects emotion genre topic"
_LABEL = frozenset(_LABEL_WORDS.split())
_LANGUAGE = frozenset(("language", "lang", "locale"))
_ADDRESS = frozenset(("url", "urls", "uri", "link", "href"))
ASKED = frozenset(("prompt", "input", "query", "question", "instruction"))
"""Words in the names of properties that repeat the input's text."""

_PICTURE = frozenset(("caption", "captions", "alt"))
_SPOKEN = frozenset(("transcription", "transcript", "translation", "lyrics"))


def number_like(name: Collection[str], fraction: float, wanted: ModelInput, seed: int, *, whole: bool) -> int | float:
    """A plausible number.

    Args:
        name: The words of the property's name, in lower case.
        fraction: What is random in it, from 0 up to 1.
        seed: The seed of the prediction.
        whole: Whether it is an integer.
    """
    known = {"width": wanted.width, "height": wanted.height, "seed": seed, "fps": wanted.fps}
    if found := next((known[word] for word in name if word in known), None):
        return found
    low, high = next((_NUMBERS[word] for word in name if word in _NUMBERS), (1, 9) if whole else (0, 1))
    value = low + fraction * (high - low)
    return floor(value + 0.5) if whole else round(value, _DIGITS)


def within_bounds(value: float, schema: Mapping[str, Any], fraction: float, *, whole: bool) -> float | None:
    """The value if the bounds of a schema allow it, else one between them; None if there is none.

    Args:
        fraction: What is random in it, from 0 up to 1.
        whole: Whether it is an integer.
    """
    low, above = _bound(schema, "minimum", "exclusiveMinimum", max)
    high, below = _bound(schema, "maximum", "exclusiveMaximum", min)
    if whole:
        # The integers that the bounds allow include both ends.
        low = floor(low) + 1 if above and isfinite(low) else ceil(low) if isfinite(low) else low
        high = ceil(high) - 1 if below and isfinite(high) else floor(high) if isfinite(high) else high
        above = below = False

    def allowed(one: float) -> bool:
        return (low < one if above else low <= one) and (one < high if below else one <= high)

    width = min(high - low, 2**53)
    if isfinite(low) and isfinite(high):
        others = (low + round(fraction * width, 0 if whole else _DIGITS), low + width / 2, low, high)
    else:
        others = (low, low + 1, high, high - 1)
    return next((int(one) if whole else one for one in (value, *others) if isfinite(one) and allowed(one)), None)


def _bound(
    schema: Mapping[str, Any], inclusive: str, exclusive: str, tighter: Callable[..., float]
) -> tuple[float, bool]:
    """The bound on one side, which may be infinite, and whether it is not allowed itself."""
    nowhere = inf if tighter is min else -inf
    first, second = (_limit(schema.get(name), nowhere) for name in (inclusive, exclusive))
    return tighter(first, second), second != nowhere and tighter(first, second) == second


def _limit(value: Any, otherwise: float) -> float:
    return value if is_number(value) and not isinstance(value, bool) and abs(value) < _LARGEST else otherwise


def text_like(name: Collection[str], number: int, wanted: ModelInput, usual: Callable[[], str]) -> str:
    """A plausible text.

    Args:
        name: The words of the property's name, in lower case.
        number: What is random in it.
        usual: Makes the text of properties whose name says nothing.
    """
    found = frozenset(name)
    if found & _LABEL:
        return words.label(number)
    if found & _LANGUAGE:
        return "english" if "detected" in found else "en"
    if found & _ADDRESS:
        return "https://example.com/"
    if found & ASKED and wanted.prompt:
        return wanted.prompt
    if found & _PICTURE:
        return words.caption(number)
    if found & _SPOKEN:
        return words.transcription(number)
    if "speaker" in found:
        return f"SPEAKER_{number % 2:02}"
    if found & {"id", "uuid", "hash"}:
        return f"{number:08x}"
    if found & {"title", "name"}:
        return words.label(number).capitalize()
    if found & {"color", "colour"}:
        return f"#{number % 0x1000000:06x}"
    if "status" in found:
        return "succeeded"
    if "error" in found:
        return ""
    return usual()
