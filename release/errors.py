"""The error that ends a command of this package."""

from __future__ import annotations


class ReleaseError(Exception):
    """Something is not as it must be; the message says what to do, one problem per line."""
