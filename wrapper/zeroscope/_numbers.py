"""Number checks: whether a value is a number within bounds."""

from __future__ import annotations

import math
from datetime import timedelta
from enum import Enum
from typing import TypeVar

from .errors import ConfigurationError

T = TypeVar("T")


def is_number(value: object, minimum: float = 0, maximum: float = math.inf, *, integer: bool = False) -> bool:
    """Whether a value is a finite number within bounds, or an integer if it must be one; a bool is not a number."""
    if isinstance(value, bool) or not isinstance(value, int if integer else int | float):
        return False
    # An integer may be too large for a float.
    return (isinstance(value, int) or math.isfinite(value)) and minimum <= value <= maximum


def to_seconds(value: timedelta | T) -> float | T:
    """Return a duration in seconds, a float as one of Python's own, and any other value as it is."""
    if isinstance(value, float):
        # The numbers of numpy are floats as well, but their arithmetic returns other types.
        return float(value)
    return value.total_seconds() if isinstance(value, timedelta) else value


def conversion_hint(value: object) -> str:
    """Return the end of a message about a value that Python's own types can express; else an empty string.

    Such values are members of an `Enum`, `Decimal`, `Fraction`, and the numbers of numpy, which is not imported.
    """
    kind = type(value)
    if isinstance(value, Enum):
        return "; pass its .value"
    if isinstance(value, int | float) or getattr(value, "ndim", False):
        return ""
    if kind.__name__ in {"bool", "bool_"}:
        return "; convert it with bool()"
    if hasattr(kind, "__index__"):
        return "; convert it with int()"
    return "; convert it with int() or float()" if hasattr(kind, "__float__") else ""


def require_setting(name: str, value: object) -> None:
    """Raise a ConfigurationError for a setting that is not a number, 0 or more."""
    if not is_number(value):
        hint = conversion_hint(value)
        raise ConfigurationError(f"{name} cannot be {value!r}: it should be a number, 0 or more{hint}")
