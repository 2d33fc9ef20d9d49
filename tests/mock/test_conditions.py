"""Conditions and the waits for them, in event loops and in threads."""

from __future__ import annotations

import gc
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from math import inf

import anyio
import anyio.lowlevel
import pytest

from helpers.waiting import LONG
from zeroscope_mock import RealClock, VirtualClock
from zeroscope_mock.conditions import Condition, Conditions, Waker
from zeroscope_mock.steps import WaitForChange

CLOCKS = pytest.mark.parametrize("clock", [VirtualClock, RealClock], ids=["virtual", "real"])
LOOPS = pytest.mark.parametrize("loop", ["asyncio", "trio"])


@CLOCKS
@LOOPS
@pytest.mark.parametrize("until", [1e6, inf])
def test_wait__ends_with_a_change_in_another_thread(
    clock: Callable[[], VirtualClock | RealClock], loop: str, until: float
) -> None:
    """Any thread wakes the tasks of any event loop, whether or not a moment would end their wait as well."""
    time, condition, waiting = clock(), Condition(), threading.Event()
    time.freeze()

    async def run() -> None:
        with anyio.fail_after(LONG):
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(time.wait_async, until, condition, condition.version)
                for _ in range(20):
                    await anyio.lowlevel.checkpoint()
                waiting.set()

    thread = threading.Thread(target=anyio.run, args=(run,), kwargs={"backend": loop})
    thread.start()
    assert waiting.wait(LONG)
    condition.notify()
    thread.join(LONG)

    assert not thread.is_alive()
    assert time.monotonic() < 1


@CLOCKS
@LOOPS
def test_wait__begun_after_the_change_ends_at_once(clock: Callable[[], VirtualClock | RealClock], loop: str) -> None:
    """A change between the flow's look and its wait is not missed."""
    time, condition = clock(), Condition()
    step = WaitForChange(inf, condition, condition.version)
    condition.notify()

    async def run() -> None:
        with anyio.fail_after(LONG):
            await step.run_async(time)

    anyio.run(run, backend=loop)
    step.run(time)

    assert time.monotonic() < LONG


@LOOPS
def test_wait__is_one_of_the_sleepers_of_a_virtual_clock(loop: str) -> None:
    """The clock stands at the moment of the change, and at the moment of the wait's end without one."""
    clock, condition = VirtualClock(), Condition()
    ended = list[tuple[str, float]]()

    async def wait(name: str, until: float) -> None:
        await clock.wait_async(until, condition, condition.version)
        ended.append((name, clock.monotonic()))

    async def change() -> None:
        await clock.sleep_async(5)
        condition.notify()
        await clock.sleep_async(3)
        ended.append(("change", clock.monotonic()))

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for name, until in (("endless", inf), ("early", 2.0), ("late", 9.0)):
                group.start_soon(wait, name, until)
            group.start_soon(change)

    anyio.run(run, backend=loop)

    assert ended[0] == ("early", 2.0)
    assert sorted(ended[1:3]) == [("endless", 5.0), ("late", 5.0)]
    assert ended[3:] == [("change", 8.0)]


@LOOPS
def test_wait__that_a_change_ends_does_not_move_a_virtual_clock(loop: str) -> None:
    """The change may come from a task that does not sleep on the clock, right before the clock would move."""
    clock, condition = VirtualClock(), Condition()

    async def change() -> None:
        await anyio.lowlevel.checkpoint()
        condition.notify()

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(clock.wait_async, 9.0, condition, condition.version)
            group.start_soon(change)

    anyio.run(run, backend=loop)

    assert clock.monotonic() == 0


class Racing(Condition):
    """A condition that another thread notifies right before a task can be woken by it."""

    @contextmanager
    def waking(self, waker: Waker) -> Iterator[None]:
        self.notify()
        with super().waking(waker):
            yield


@CLOCKS
@LOOPS
@pytest.mark.parametrize("until", [1e6, inf])
def test_wait__misses_no_change_of_another_thread(
    clock: Callable[[], VirtualClock | RealClock], loop: str, until: float
) -> None:
    """Each task that waits looks once more when it can be woken."""
    time = clock()
    time.freeze()

    async def run() -> None:
        with anyio.fail_after(LONG):
            async with anyio.create_task_group() as group:
                for _ in range(3):
                    group.start_soon(time.wait_async, until, Racing(), 0)

    anyio.run(run, backend=loop)

    assert time.monotonic() < 1


def test_wait__in_a_thread_looks_again_after_a_while() -> None:
    """The thread may be the only one, so the clock moves on even if only a change would end the wait."""
    clock, condition = VirtualClock(), Condition()

    for until in (inf, 0.7, 0.7, 0.7):
        WaitForChange(until, condition, condition.version).run(clock)

    assert clock.monotonic() == 0.7


def test_conditions__are_kept_as_long_as_someone_waits() -> None:
    """Only those of the thing that changed are notified, and none is left behind."""
    conditions = Conditions()
    one, other = conditions.of("one"), conditions.of("other")
    assert conditions.of("one") is one

    conditions.notify("one")
    conditions.notify("no task waits for it")
    assert (one.version, other.version) == (1, 0)
    conditions.notify_all()
    assert (one.version, other.version) == (2, 1)

    del one
    gc.collect()
    assert len(conditions._conditions) == 1


@LOOPS
def test_waker__of_a_loop_that_has_ended(loop: str) -> None:
    """Nothing happens, in this thread or in another one."""

    async def make() -> Waker:
        return Waker()

    waker = anyio.run(make, backend=loop)
    errors = list[BaseException]()

    def wake() -> None:
        try:
            waker.wake()
        except BaseException as error:
            errors.append(error)

    thread = threading.Thread(target=wake)
    thread.start()
    thread.join(LONG)
    wake()

    assert errors == []
