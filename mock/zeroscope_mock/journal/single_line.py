"""Texts on a single line, without control characters."""

from __future__ import annotations


def single_line(text: str, length: int | None = None) -> str:
    """A text on one line: spaces stand for control characters, line breaks and runs of spaces.

    Terminals and pages can show the result, even if a client wrote the text.

    Args:
        text: The text, of any origin.
        length: The maximum number of characters; a longer text ends with an ellipsis.
    """
    if length is not None:
        # Not all of a text of megabytes needs to be looked at; runs of spaces become shorter.
        text = text[: length * 10]
    if not text.isascii() or not text.isprintable():
        text = "".join([letter if letter.isprintable() else " " for letter in text])
    line = " ".join(text.split())
    return line if length is None or len(line) <= length else line[: length - 1] + "…"
