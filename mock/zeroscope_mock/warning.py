"""The warning about what a passing test may have missed."""

from __future__ import annotations


class ZeroscopeWarning(UserWarning):
    """A test passed, but a fault or a script had no effect, or its program made requests that the server refused."""
