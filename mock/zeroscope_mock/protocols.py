"""The protocols of time and of work: `Clock`, `Agenda`, `Step` and `Flow`.

They lie in one module because they name each other: a clock runs the flows of an agenda, a flow yields steps, and a
step is run on a clock. Nothing here has behaviour; `clocks/` has the clocks and `steps` the steps.
"""

from __future__ import annotations

from collections.abc import Generator
from contextlib import AbstractContextManager
from typing import Any, Protocol, TypeVar

from .conditions import Condition

T = TypeVar("T")


class Clock(Protocol):
    """A source of time that tasks can sleep on."""

    @property
    def poll_interval(self) -> float:
        """The pause between two polls by a thread of something that changes on this clock, in seconds of the clock."""
        ...

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        ...

    def signing_time(self) -> float:
        """The time of day that receivers of webhooks compare with their clocks, in seconds since 1970."""
        ...

    def monotonic(self) -> float:
        """Seconds since an arbitrary moment, never going back."""
        ...

    def sleep(self, seconds: float) -> None:
        """Block this thread until the clock has moved forward by a number of seconds."""
        ...

    async def sleep_async(self, seconds: float) -> None:
        """Wait until the clock has moved forward by a number of seconds while other tasks run."""
        ...

    async def wait_async(self, until: float, condition: Condition, seen: int) -> None:
        """Wait until a moment or a change of a condition, whichever comes first, while other tasks run.

        Args:
            until: In seconds of `monotonic`; infinite if only a change ends the wait.
            condition: Notified of changes.
            seen: The version of the condition that the caller has seen.
        """
        ...

    def advance(self, seconds: float) -> None:
        """Move forward at once and run what falls due on the way."""
        ...

    async def advance_async(self, seconds: float) -> None:
        """Move forward as `advance` does while other tasks run."""
        ...

    @property
    def has_due(self) -> bool:
        """Whether `run_due_async` would do anything."""
        ...

    def run_due(self) -> None:
        """Run what is due now."""
        ...

    async def run_due_async(self) -> None:
        """Run what is due now while other tasks run."""
        ...

    def set(self, time: float) -> None:
        """Show another time of day, in seconds since 1970, without any time passing."""
        ...

    def freeze(self) -> None:
        """Stop the clock, so that only `advance` moves it."""
        ...

    def run(self) -> None:
        """Undo `freeze`."""
        ...

    @property
    def frozen(self) -> bool:
        """Whether only `advance` moves the clock."""
        ...

    @property
    def stands_still(self) -> bool:
        """Whether the clock moves only when it is advanced, because it is frozen or because no task sleeps on it."""
        ...

    def hold(self) -> AbstractContextManager[None]:
        """Keep other tasks' sleeps from moving the clock until the end of the block."""
        ...

    def attach(self, agenda: Agenda) -> None:
        """Run the entries of an agenda when the clock reaches them."""
        ...

    def close(self) -> None:
        """Run nothing any more and cancel what is running."""
        ...


class Agenda(Protocol):
    """A schedule of flows that a clock runs, each when it is due."""

    def due(self) -> float | None:
        """The due time of the first entry, in seconds since 1970; None if there is none."""
        ...

    def take(self, now: float) -> Flow[None] | None:
        """Remove the first entry that is due and return its flow, which never raises.

        Args:
            now: In seconds since 1970.

        Returns:
            None if nothing is due by then; `due` agrees from then on.
        """
        ...


class Step(Protocol):
    """A step that a flow waits for: it takes time or does I/O."""

    def run(self, clock: Clock) -> Any:
        """Run it in this thread."""
        ...

    async def run_async(self, clock: Clock) -> Any:
        """Run it while other tasks run."""
        ...


Flow = Generator[Step, Any, T]
"""Logic without I/O: it yields steps, is sent the result of each, and returns a value."""
