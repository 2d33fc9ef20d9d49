"""The steps that flows yield, and the drivers that run them.

The logic of the mock server does no I/O and never sleeps. Whatever takes time or leads outside is a *step*: a small
object that knows how to do one thing, in a thread or in an event loop. Handlers of operations, faults and webhook
deliveries are *flows*, generators that yield steps. Flows nest with `yield from`, so that a fault can wrap the flow of
a handler, delay it, or never start it.

A driver is the only code that runs steps. `drive` runs a flow in the calling thread, `drive_async` in the running event
loop. Each sends the result of a step back into the flow, or throws the step's exception into it at the `yield`, and
returns what the flow returns. The doors drive the flows of requests; the clocks drive the flows of the agenda, that is,
of webhooks. The same flow therefore behaves alike through httpx, ASGI and a socket, on a real and on a virtual clock,
and a test can drive it by hand and inspect its steps.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from dataclasses import dataclass
from typing import Any, TypeVar

from .conditions import Condition, Waker
from .machine import machine_seconds
from .protocols import Clock, Flow, Step

T = TypeVar("T")

# The pause between two polls of a thread that waits for a change, in real seconds.
_POLL_INTERVAL = 0.005


@dataclass(frozen=True, slots=True)
class Sleep:
    """Lets time pass on the server's clock.

    Args:
        seconds: How long; a negative number counts as 0.
    """

    seconds: float

    def run(self, clock: Clock) -> None:
        """Sleep in this thread."""
        clock.sleep(self.seconds)

    async def run_async(self, clock: Clock) -> None:
        """Sleep while other tasks run."""
        await clock.sleep_async(self.seconds)


@dataclass(frozen=True, slots=True)
class WaitForChange:
    """Lets time pass on the server's clock until a moment or a change, whichever comes first.

    Args:
        until: The moment, in seconds of the clock's `monotonic`; infinite if only a change ends the wait.
        condition: Notified of changes.
        seen: The version of the condition that the flow has seen.
    """

    until: float
    condition: Condition
    seen: int

    def run(self, clock: Clock) -> None:
        """Sleep in this thread, for a short while only: nothing wakes a thread."""
        if self.condition.version == self.seen:
            clock.sleep(max(0.0, min(self.until - clock.monotonic(), clock.poll_interval)))

    async def run_async(self, clock: Clock) -> None:
        """Wait while other tasks run."""
        await clock.wait_async(self.until, self.condition, self.seen)


@dataclass(frozen=True, slots=True)
class Watch:
    """Waits for a change in real time, whatever the server's clock does; it neither moves that clock nor sleeps on it.

    Args:
        conditions: Notified of changes; the first change ends the wait.
        seen: The version of each condition that the flow has seen.
        seconds: The longest wait, in real seconds.
    """

    conditions: tuple[Condition, ...]
    seen: tuple[int, ...]
    seconds: float

    @property
    def changed(self) -> bool:
        """Whether a condition has changed."""
        return any(condition.version != seen for condition, seen in zip(self.conditions, self.seen, strict=True))

    def run(self, clock: Clock) -> None:
        """Wait in this thread, which polls, since nothing wakes a thread."""
        end = machine_seconds() + self.seconds
        while not self.changed and (left := end - machine_seconds()) > 0:
            time.sleep(min(left, _POLL_INTERVAL))

    async def run_async(self, clock: Clock) -> None:
        """Wait while other tasks run."""
        import anyio

        waker = Waker()
        with ExitStack() as stack:
            for condition in self.conditions:
                stack.enter_context(condition.waking(waker))
            # A condition may have changed before it had the waker.
            if not self.changed:
                with anyio.move_on_after(self.seconds):
                    await waker.wait()


Pause = Sleep | WaitForChange | Watch
"""The steps that only let time pass."""


@dataclass(frozen=True, slots=True)
class RunBlocking:
    """Calls a function that keeps a processor busy.

    Args:
        function: The function; may be called in another thread.
    """

    function: Callable[[], Any]

    def run(self, clock: Clock) -> Any:
        """Call it in this thread."""
        return self.function()

    async def run_async(self, clock: Clock) -> Any:
        """Call it in a worker thread while other tasks run."""
        import anyio.to_thread

        # The real duration must not show in the times of the virtual clock.
        with clock.hold():
            return await anyio.to_thread.run_sync(self.function)


@dataclass(frozen=True, slots=True)
class AdvanceClock:
    """Moves the server's clock and runs what falls due on the way.

    Args:
        seconds: How far, 0 or more.
    """

    seconds: float

    def run(self, clock: Clock) -> None:
        """Move it in this thread."""
        clock.advance(self.seconds)

    async def run_async(self, clock: Clock) -> None:
        """Move it while other tasks run."""
        await clock.advance_async(self.seconds)


class ConnectionCutError(Exception):
    """The server cuts the connection instead of answering, or within the response; raised by flows."""


Around = Callable[[Step], AbstractContextManager[Step]]
"""Surrounds the run of each step, and returns the step to run in its place; an error of its own ends the flow."""


def drive(flow: Flow[T], clock: Clock, during: Around = nullcontext) -> T:
    """Run a flow to its end in this thread and return its result.

    Args:
        clock: The clock that its steps run on.
        during: Surrounds each step.
    """
    try:
        step = next(flow)
        while True:
            with during(step) as allowed:
                try:
                    result = allowed.run(clock)
                except Exception as error:
                    step = flow.throw(error)
                    continue
            step = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def drive_async(flow: Flow[T], clock: Clock, step: Step | None = None, during: Around = nullcontext) -> T:
    """Run a flow to its end while other tasks run, and return its result.

    Args:
        clock: The clock that its steps run on.
        step: Its first step, if it has been started already.
        during: Surrounds each step.
    """
    try:
        step = step or next(flow)
        while True:
            with during(step) as allowed:
                try:
                    result = await allowed.run_async(clock)
                except Exception as error:
                    step = flow.throw(error)
                    continue
            step = flow.send(result)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()
