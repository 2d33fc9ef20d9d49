"""Errors of commands whose extra is not installed."""

from __future__ import annotations

from .._extras import EXTRAS, ExtraName, first_missing_package, missing_package
from .errors import CommandError


def require(name: ExtraName) -> None:
    """Check that everything in an extra is installed, before any of it is imported.

    Raises:
        CommandError: If a package is missing; the message names it and the extra.
    """
    if message := first_missing_package(name):
        raise CommandError(message)


def missing_extra(error: ModuleNotFoundError) -> CommandError | None:
    """Explain a failed import by the extra that is not installed.

    Returns:
        The error to report, or None if the module belongs to no extra or its package is installed.
    """
    messages = (missing_package(name, error) for name in EXTRAS)
    return next((CommandError(message) for message in messages if message), None)
