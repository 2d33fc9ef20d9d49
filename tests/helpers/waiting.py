"""Waits for other threads and processes in tests."""

from __future__ import annotations

import time
from collections.abc import Callable

LONG = 60.0
"""A limit, in seconds, that only what hangs reaches, however busy the machine is."""


def eventually(condition: Callable[[], object]) -> None:
    """Wait for what another thread is about to do."""
    deadline = time.monotonic() + LONG
    while not condition():
        assert time.monotonic() < deadline, "it never came about"
        time.sleep(0.001)
