"""The error that leaves the spec unchanged."""

from __future__ import annotations


class UpdateError(Exception):
    """The spec cannot be updated; the message is one sentence that says what to do."""
