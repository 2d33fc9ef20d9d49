"""Number checks: whether a value is a number within bounds."""

from __future__ import annotations

import math

from .errors import ConfigurationError


def is_number(value: object, minimum: float = 0, maximum: float = math.inf, *, integer: bool = False) -> bool:
    """Whether a value is a finite number within bounds; a bool is not a number.

    Args:
        integer: Whether only integers are allowed.
    """
    if isinstance(value, bool) or not isinstance(value, int if integer else int | float):
        return False
    # An integer may be too large for a float.
    return (isinstance(value, int) or math.isfinite(value)) and minimum <= value <= maximum


def require_setting(name: str, value: object) -> None:
    """Refuse a setting that is not a number, 0 or more.

    Raises:
        ConfigurationError: If it is not.
    """
    if not is_number(value):
        raise ConfigurationError(f"{name} cannot be {value!r}: it should be a number, 0 or more")
