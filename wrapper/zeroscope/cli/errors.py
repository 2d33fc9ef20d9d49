"""What commands raise besides the library's own errors."""

from __future__ import annotations


class UsageError(Exception):
    """A command line that makes no sense."""


class CannotStartError(Exception):
    """The mock server cannot start as it was told to."""


class CannotCheckError(Exception):
    """A server cannot be looked at as asked."""


class UnfitServerError(Exception):
    """The server is none of this API."""


class NonconformantError(Exception):
    """A rule was broken or not reached; everything about it has been printed."""
