"""Descriptions of the output files of the mock server."""

from __future__ import annotations

from typing import Any

from zeroscope_mock.media.output_file import OutputFile


def output_file(suffix: str, text: str = "An astronaut riding a horse", **changed: Any) -> OutputFile:
    """A small file of a format.

    Args:
        changed: Other values than the usual ones, by field.
    """
    usual: dict[str, Any] = {
        "width": 160,
        "height": 120,
        "fps": 8,
        "num_frames": 4,
        "duration": 1.5,
        "seed": 123,
        "index": 0,
    }
    return OutputFile(suffix, text, **{**usual, **changed})
