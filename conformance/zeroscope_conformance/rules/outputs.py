"""Rules of a prediction's output."""

from __future__ import annotations

from .conditions import HAS_OUTPUT_FILES, HAS_VIDEO_SHAPE
from .rule import Rule

RULES = (
    Rule(
        "outputs-fetchable",
        "Every file among the outputs can be downloaded without a token.",
        "The output is what users pay for.",
        applies_to=HAS_OUTPUT_FILES,
    ),
    Rule(
        "outputs-repeatable",
        "A file among the outputs is the same at every download, also at several at once.",
        "Downloads are repeated and continued, and a browser makes several of one video.",
        applies_to=HAS_OUTPUT_FILES,
    ),
    Rule(
        "outputs-decode",
        "Every picture, sound and video among the outputs decodes.",
        "As for `outputs-fetchable`.",
        applies_to=HAS_OUTPUT_FILES,
    ),
    Rule(
        "outputs-as-asked",
        "There are as many videos as requested, of the requested size, length and frame rate.",
        "As for `outputs-fetchable`.",
        applies_to=HAS_VIDEO_SHAPE,
    ),
)
