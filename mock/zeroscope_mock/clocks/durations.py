"""The validation of the durations that a clock is advanced by."""

from __future__ import annotations

import math


def require_duration(seconds: float) -> None:
    """Refuse a duration that no clock can be advanced by.

    Raises:
        ValueError: For a negative or infinite duration.
    """
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise ValueError(f"a clock advances by 0 or more seconds, not by {seconds}")
