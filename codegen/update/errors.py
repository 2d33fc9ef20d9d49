"""Why the spec was left as it is."""

from __future__ import annotations


class UpdateError(Exception):
    """The spec cannot be brought up to date; the message is one sentence that says what to do."""


def first_line(error: Exception) -> str:
    """What another exception says, cut short, for within a sentence."""
    line = next(iter(str(error).splitlines()), "") or type(error).__name__
    return line.rstrip(".:;, ")[:200]
