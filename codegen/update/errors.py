"""Why the spec was left as it is."""

from __future__ import annotations


class UpdateError(Exception):
    """The spec cannot be brought up to date; the message is one sentence that says what to do."""
