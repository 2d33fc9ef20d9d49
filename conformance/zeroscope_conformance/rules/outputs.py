"""Rules of a prediction's output."""

from __future__ import annotations

from .conditions import has_video_shape
from .rule import Rule

RULES = (
    Rule(
        "outputs-fetchable",
        "Every output can be downloaded without a token.",
        "The output is what users pay for.",
    ),
    Rule(
        "outputs-as-asked",
        "There are as many videos as requested, of the requested size, length and frame rate.",
        "As for `outputs-fetchable`.",
        applies_to=has_video_shape,
    ),
)
