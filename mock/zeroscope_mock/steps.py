"""What answering a request takes besides thinking: logic yields steps, and each door carries them out in its way."""

from __future__ import annotations

from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

if TYPE_CHECKING:
    from .protocols import Clock

T = TypeVar("T")


class Step(Protocol):
    """Something that takes time or leads outside."""

    def do(self, clock: Clock) -> Any:
        """Carry it out in this thread."""
        ...

    async def do_async(self, clock: Clock) -> Any:
        """Carry it out while other tasks run."""
        ...


Flow = Generator[Step, Any, T]
"""Logic that does no I/O: it yields steps, is sent what came of each and returns a value."""


@dataclass(frozen=True, slots=True)
class Sleep:
    """Let time pass on the server's clock.

    Args:
        seconds: how much; less than nothing is nothing.
        idle: whether nothing is bound to come, so that somebody far away need not have the clock moved for it.
    """

    seconds: float
    idle: bool = False

    def do(self, clock: Clock) -> None:
        """Sleep in this thread."""
        clock.sleep(self.seconds)

    async def do_async(self, clock: Clock) -> None:
        """Sleep while other tasks run."""
        await clock.sleep_async(self.seconds)


@dataclass(frozen=True, slots=True)
class Work:
    """Make something that takes the processor a while.

    Args:
        make: makes it; may be called in another thread.
    """

    make: Callable[[], Any]

    def do(self, clock: Clock) -> Any:
        """Make it in this thread."""
        return self.make()

    async def do_async(self, clock: Clock) -> Any:
        """Make it in a thread of its own while other tasks run."""
        import anyio.to_thread

        # How long it really takes must not show in anybody's times.
        with clock.hold():
            return await anyio.to_thread.run_sync(self.make)


@dataclass(frozen=True, slots=True)
class Advance:
    """Move the server's clock, and let happen what falls due on the way.

    Args:
        seconds: how far, 0 or more.
    """

    seconds: float

    def do(self, clock: Clock) -> None:
        """Move it in this thread."""
        clock.advance(self.seconds)

    async def do_async(self, clock: Clock) -> None:
        """Move it while other tasks run."""
        await clock.advance_async(self.seconds)


class ConnectionCutError(Exception):
    """The server breaks the connection off instead of answering, or in the middle of the answer; raised by flows."""


def drive(flow: Flow[T], clock: Clock) -> T:
    """Run a flow to its end in this thread."""
    try:
        step = next(flow)
        while True:
            try:
                answer = step.do(clock)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()


async def drive_async(flow: Flow[T], clock: Clock, step: Step | None = None) -> T:
    """Run a flow to its end while other tasks run.

    Args:
        flow: the flow.
        clock: what it sleeps on.
        step: its first step, if it has been started already.
    """
    try:
        step = step or next(flow)
        while True:
            try:
                answer = await step.do_async(clock)
            except Exception as error:
                step = flow.throw(error)
            else:
                step = flow.send(answer)
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        flow.close()
