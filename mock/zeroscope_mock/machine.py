"""Time of the machine, past libraries that replace `time.monotonic`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from functools import partial

# freezegun replaces functions of `time` wherever a module holds them, and time-machine replaces what some of them do.
# Neither touches a partial of one, nor the monotonic clock by its number.
machine_seconds: Callable[[], float] = (
    partial(time.monotonic) if sys.platform == "win32" else partial(time.clock_gettime, time.CLOCK_MONOTONIC)
)
"""Returns seconds since an arbitrary moment, never going back."""
