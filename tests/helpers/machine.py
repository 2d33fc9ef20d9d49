"""The clocks of a machine, which a test moves."""

from __future__ import annotations


class Machine:
    """A machine whose time passes only when a test says so.

    Attributes:
        passed: The seconds that have passed.
    """

    def __init__(self) -> None:
        self.passed = 0.0

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment."""
        return 5000.0 + self.passed

    def time_of_day(self) -> float:
        """Seconds since 1970."""
        return 1_800_000_000.0 + self.passed
