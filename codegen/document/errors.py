"""The text of an exception, shortened for a message of one sentence."""

from __future__ import annotations


def first_line(error: Exception) -> str:
    """Return the first line of an exception's message, without its full stop and at most 200 characters long."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line.rstrip(".:;, ")[:200]
