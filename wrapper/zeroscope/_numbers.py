"""Number checks: whether a value is a number within bounds."""

from __future__ import annotations

import math

from .errors import ConfigurationError


def is_number(value: object, minimum: float = 0, maximum: float = math.inf, *, integer: bool = False) -> bool:
    """Whether a value is a finite number within bounds, or an integer if it must be one; a bool is not a number."""
    if isinstance(value, bool) or not isinstance(value, int if integer else int | float):
        return False
    # An integer may be too large for a float.
    return (isinstance(value, int) or math.isfinite(value)) and minimum <= value <= maximum


def require_setting(name: str, value: object) -> None:
    """Raise a ConfigurationError for a setting that is not a number, 0 or more."""
    if not is_number(value):
        raise ConfigurationError(f"{name} cannot be {value!r}: it should be a number, 0 or more")
