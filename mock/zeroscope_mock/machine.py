"""Time of the machine, past libraries that replace `time.monotonic`."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable


def machine_seconds(read: Callable[[], float] = time.monotonic) -> float:
    """Seconds since an arbitrary moment, never going back.

    Args:
        read: Reads the clock of Windows.
    """
    # freezegun replaces attributes of modules, also of those that are imported while time stands still, and
    # time-machine replaces what some functions do. Neither touches this function, nor a default of a parameter.
    if sys.platform != "win32":
        return time.clock_gettime(time.CLOCK_MONOTONIC)
    return read()
