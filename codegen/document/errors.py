"""The text of an exception, shortened for a message of one sentence."""

from __future__ import annotations


def first_line(error: Exception) -> str:
    """Return the first line of an exception's message, without its full stop and at most 200 characters long.

    Of an error of the operating system, this is the reason alone, without number and file name.
    """
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line.rstrip(".:;, ")[:200]
