"""What the server and its clients need of time."""

from __future__ import annotations

import math
from contextlib import AbstractContextManager
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from .steps import Flow


class Clock(Protocol):
    """Tells the time and lets it pass."""

    @property
    def glance(self) -> float:
        """How long whoever watches for something on this clock sleeps at a time, in seconds of the clock."""
        ...

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds since some moment, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Let so many seconds pass."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Let so many seconds pass, and other tasks run meanwhile."""
        ...

    def advance(self, seconds: float) -> None:
        """Move forward at once, and let happen what falls due on the way."""
        ...

    async def advance_async(self, seconds: float) -> None:
        """Move forward as `advance` does, and let other tasks run meanwhile."""
        ...

    def settle(self) -> None:
        """Let happen what is due now."""
        ...

    async def settle_async(self) -> None:
        """Let happen what is due now, and other tasks run meanwhile."""
        ...

    def set(self, time: float) -> None:
        """Show another time of day, in seconds since 1970, without letting any time pass."""
        ...

    def freeze(self) -> None:
        """Let nothing but `advance` move the clock."""
        ...

    def run(self) -> None:
        """Undo `freeze`."""
        ...

    @property
    def frozen(self) -> bool:
        """Whether nothing but `advance` moves the clock."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keep a clock that others can move by sleeping where it is, until the end of the block."""
        ...

    def attach(self, agenda: Agenda) -> None:
        """Let the things of an agenda happen when the clock reaches them."""
        ...

    def close(self) -> None:
        """Let nothing happen any more, and break off what is under way."""
        ...


class Agenda(Protocol):
    """Things that happen at moments of a clock."""

    def due(self) -> float | None:
        """When the first thing is due, in seconds since 1970; None if there is nothing."""
        ...

    def take(self, now: float) -> Flow[None] | None:
        """Take out the first thing that is due, for somebody to carry out; the flow never raises.

        Args:
            now: in seconds since 1970.

        Returns:
            None if nothing is due by then; `due` says so from then on as well.
        """
        ...


def check_advance(seconds: float) -> None:
    """Refuse what no clock can do.

    Raises:
        ValueError: for a negative or endless time.
    """
    if not (seconds >= 0 and math.isfinite(seconds)):
        raise ValueError(f"a clock advances by 0 or more seconds, not by {seconds}")
