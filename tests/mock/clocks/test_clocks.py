"""Virtual clocks, which stand still, and real clocks, which run with the machine."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Awaitable, Callable
from functools import partial

import anyio
import pytest

from helpers.machine import Machine
from zeroscope_mock import RealClock, VirtualClock
from zeroscope_mock.clocks import stall_guard

# A deadline that only a clock that hangs would reach.
LONG = 10


def test_a_virtual_clock_stands_still() -> None:
    """The clock moves only when it is advanced or slept on."""
    clock = VirtualClock()
    assert (clock.time(), clock.monotonic()) == (1_767_225_600.0, 0.0)

    clock.advance(1.5)
    clock.sleep(2)
    clock.sleep(-1)

    assert (clock.time(), clock.monotonic()) == (1_767_225_603.5, 3.5)


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()])
@pytest.mark.parametrize("seconds", [-1, float("nan"), float("inf")])
def test_a_clock_never_goes_back_or_to_infinity(clock: VirtualClock | RealClock, seconds: float) -> None:
    """Neither a negative nor an endless time can pass."""
    with pytest.raises(ValueError, match="a clock advances by 0 or more seconds"):
        clock.advance(seconds)


def test_a_real_clock_can_be_advanced() -> None:
    """An hour passes at once."""
    clock = RealClock()
    before = clock.time()

    clock.advance(3600)

    assert 3600 <= clock.time() - before < 3660


def test_threads_share_a_virtual_clock() -> None:
    """No second is lost between threads."""
    clock = VirtualClock()

    def sleep() -> None:
        for _ in range(500):
            clock.sleep(1)

    threads = [threading.Thread(target=sleep) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert clock.monotonic() == 4000


@pytest.mark.anyio
async def test_tasks_sleep_side_by_side() -> None:
    """A thousand tasks that sleep up to ten minutes wake in order, and ten minutes pass."""
    clock = VirtualClock()
    woken: list[float] = []

    async def sleep(seconds: float) -> None:
        await clock.sleep_async(seconds)
        assert clock.monotonic() == pytest.approx(seconds, abs=1e-6)
        woken.append(seconds)

    times = [(number * 7919) % 1000 * 0.6 for number in range(1000)]
    await asyncio.gather(*(sleep(seconds) for seconds in times))

    assert woken == sorted(times)
    assert clock.monotonic() == pytest.approx(999 * 0.6, abs=1e-6)


@pytest.mark.anyio
async def test_tasks_sleep_again_and_again() -> None:
    """A task that wakes and sleeps again takes its turn before the clock moves on."""
    clock = VirtualClock()
    woken: list[tuple[str, float]] = []

    async def tick(name: str, seconds: float, times: int) -> None:
        for _ in range(times):
            await clock.sleep_async(seconds)
            woken.append((name, clock.monotonic()))

    await asyncio.gather(tick("slow", 3, 2), tick("fast", 2, 3))

    assert woken[:3] == [("fast", 2.0), ("slow", 3.0), ("fast", 4.0)]
    assert sorted(woken[3:]) == [("fast", 6.0), ("slow", 6.0)]


@pytest.mark.anyio
async def test_a_sleeper_can_be_canceled() -> None:
    """The others sleep on, even when the task that moved the clock is canceled."""
    clock = VirtualClock()
    tasks = [asyncio.create_task(clock.sleep_async(seconds)) for seconds in (1, 5, 3)]
    await asyncio.sleep(0)
    tasks[0].cancel()

    await asyncio.gather(*tasks, return_exceptions=True)

    assert tasks[0].cancelled()
    assert clock.monotonic() == 5


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [0, -1])
async def test_a_sleep_of_zero_lets_other_tasks_run(seconds: float) -> None:
    """No time passes, but the other tasks get their turn."""
    clock = VirtualClock()
    ran: list[str] = []

    async def other() -> None:
        ran.append("other")

    task = asyncio.create_task(other())
    await clock.sleep_async(seconds)

    assert ran == ["other"]
    assert clock.monotonic() == 0
    await task


@pytest.mark.anyio
async def test_advancing_wakes_sleepers() -> None:
    """A task that sleeps less long than the clock is advanced does not move it any further."""
    clock = VirtualClock()
    task = asyncio.create_task(clock.sleep_async(5))
    await asyncio.sleep(0)
    clock.advance(100)

    await task

    assert clock.monotonic() == 100


def test_a_clock_outlives_event_loops() -> None:
    """One loop after another can sleep on it, even if the first one left sleepers behind."""
    clock = VirtualClock()

    async def leave_behind() -> None:
        task = asyncio.create_task(clock.sleep_async(1000))
        await asyncio.sleep(0)
        assert not task.done()

    asyncio.run(leave_behind())
    asyncio.run(clock.sleep_async(1))

    assert clock.monotonic() == 1


@pytest.mark.parametrize("jump", [0.0, 5000.0, -5000.0])
def test_a_real_clock_is_that_of_the_machine(jump: float) -> None:
    """A second of the machine is one of the clock; only when it was advanced, set or frozen are the two apart."""
    machine = Machine()
    clock = RealClock(machine.monotonic, machine.time_of_day)
    assert (clock.time(), clock.monotonic()) == (machine.time_of_day(), 0)

    machine.passed = 3600
    assert (clock.time(), clock.monotonic()) == (machine.time_of_day(), 3600)
    clock.advance(60)
    assert (clock.time() - machine.time_of_day(), clock.monotonic()) == (60, 3660)
    clock.set(machine.time_of_day() + jump)
    machine.passed += 10
    assert (clock.time() - machine.time_of_day(), clock.monotonic()) == (jump, 3670)
    clock.freeze()
    machine.passed += 100
    assert (clock.time() - machine.time_of_day(), clock.monotonic()) == (jump - 100, 3670)
    clock.run()
    machine.passed += 1
    assert (clock.time() - machine.time_of_day(), clock.monotonic()) == (jump - 100, 3671)
    assert clock.signing_time() == machine.time_of_day()


def test_a_real_clock_in_a_program_that_stops_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As freezegun does it: the clock runs on, and signs by the time that the program sees."""
    clock = RealClock()
    for name in ("monotonic", "perf_counter", "time"):
        # Servers of other tests that still run in this process must be able to write it as a date.
        monkeypatch.setattr(time, name, lambda: 4e9)
    later = RealClock()
    assert clock.signing_time() == 4e9 and clock.monotonic() < 1e9

    for one in (clock, later):
        before = one.monotonic()
        one.sleep(0.001)
        assert one.monotonic() > before and not one.stands_still


@pytest.mark.parametrize("frozen", [False, True])
def test_a_virtual_clock_stands_still_unless_a_task_sleeps_on_it(frozen: bool) -> None:
    """So does a real one that is frozen or reads a clock that does not move; a running one never does."""
    assert RealClock(lambda: 5.0).stands_still
    clock, real = VirtualClock(), RealClock()
    for one in (clock, real):
        if frozen:
            one.freeze()
    assert (clock.stands_still, real.stands_still) == (True, frozen)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(clock.sleep_async, 5)
            await asyncio.sleep(0)
            assert clock.stands_still == frozen
            group.cancel_scope.cancel()

    asyncio.run(run())
    assert clock.stands_still


@pytest.mark.parametrize("loop", ["asyncio", "trio"])
def test_tasks_sleep_side_by_side_in_every_loop(loop: str) -> None:
    """Under trio as under asyncio; one of them is canceled in its sleep, and one sleeps again."""
    clock = VirtualClock()
    woken: list[float] = []

    async def sleep(*seconds: float) -> None:
        for each in seconds:
            await clock.sleep_async(each)
            woken.append(clock.monotonic())

    async def run() -> None:
        async with anyio.create_task_group() as group:
            group.start_soon(sleep, 5)
            group.start_soon(sleep, 2, 2, 2)
            with anyio.CancelScope() as scope:
                scope.cancel()
                await clock.sleep_async(1)

    anyio.run(run, backend=loop)

    assert woken == [2, 4, 5, 6]


def test_loops_in_threads_share_a_virtual_clock() -> None:
    """No task wakes too early, whichever loop moves the clock."""
    clock = VirtualClock()
    late: list[float] = []

    async def sleep(seconds: float) -> None:
        for _ in range(50):
            due = clock.monotonic() + seconds
            await clock.sleep_async(seconds)
            late.append(clock.monotonic() - due)

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for seconds in (1, 2, 3):
                group.start_soon(sleep, seconds)

    threads = [
        threading.Thread(target=anyio.run, args=(run,), kwargs={"backend": loop}) for loop in ("asyncio", "trio")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(LONG)

    assert len(late) == 300
    assert min(late) >= 0


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()], ids=["virtual", "real"])
@pytest.mark.parametrize("loop", [None, "asyncio", "trio"])
def test_sleepers_on_a_frozen_clock(clock: VirtualClock | RealClock, loop: str | None) -> None:
    """They wait until the clock has been advanced by as much as each sleeps, or runs again."""
    clock.freeze()
    clock.freeze()
    assert clock.frozen
    start = clock.monotonic()
    awake = [threading.Event() for _ in range(3)]
    slept: dict[int, float] = {}

    def sleep(number: int) -> None:
        before = clock.monotonic()
        clock.sleep(10 * (number + 1))
        slept[number] = clock.monotonic() - before
        awake[number].set()

    async def sleep_async(number: int) -> None:
        before = clock.monotonic()
        await clock.sleep_async(10 * (number + 1))
        slept[number] = clock.monotonic() - before
        awake[number].set()

    async def run() -> None:
        async with anyio.create_task_group() as group:
            for number in range(3):
                group.start_soon(sleep_async, number)
            asleep.set()

    asleep = threading.Event()
    if loop:
        threads = [threading.Thread(target=anyio.run, args=(run,), kwargs={"backend": loop})]
    else:
        threads = [threading.Thread(target=sleep, args=(number,)) for number in range(3)]
        asleep.set()
    for thread in threads:
        thread.start()
    asleep.wait(LONG)
    # A task that does not sleep yet does so a little later, and sleeps as long.
    advanced = 0
    while not awake[0].wait(0.01):
        clock.advance(2)
        advanced += 2
    # Nothing else has moved it, however late a sleeper has noticed.
    assert clock.monotonic() == start + advanced >= start + 10
    clock.run()
    if isinstance(clock, RealClock):
        clock.advance(30)
    for thread in threads:
        thread.join(LONG)

    assert not clock.frozen
    assert all(event.is_set() for event in awake)
    assert all(slept[number] >= 10 * (number + 1) for number in range(3))
    assert clock.monotonic() >= start + 30


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()], ids=["virtual", "real"])
def test_another_time_of_day(clock: VirtualClock | RealClock) -> None:
    """Setting the time of day lets no time pass."""
    clock.freeze()
    clock.advance(3)
    before = clock.monotonic()

    clock.set(1_000_000_000.5)

    assert (clock.time(), clock.monotonic()) == (1_000_000_000.5, before)
    clock.advance(1)
    assert (clock.time(), clock.monotonic()) == (1_000_000_001.5, before + 1)


@pytest.mark.parametrize("run", [lambda clock: clock.sleep, lambda clock: partial(anyio.run, clock.sleep_async)])
def test_an_endless_sleep_is_refused(run: Callable[[VirtualClock], Callable[[float], None]]) -> None:
    """An endless sleep would make the clock unusable."""
    clock = VirtualClock()
    sleep = run(clock)

    with pytest.raises(ValueError, match="a clock advances by 0 or more seconds, not by inf"):
        sleep(float("inf"))

    assert clock.monotonic() == 0


@pytest.mark.parametrize("loop", [None, "asyncio", "trio"])
def test_advancing_a_real_clock_wakes_sleepers(loop: str | None) -> None:
    """A task that sleeps for an hour wakes once that hour has been advanced."""
    clock = RealClock()
    begun = threading.Event()

    async def sleep_async() -> None:
        begun.set()
        await clock.sleep_async(3600)

    def sleep() -> None:
        begun.set()
        clock.sleep(3600)

    run = sleep if loop is None else lambda: anyio.run(sleep_async, backend=loop)
    thread = threading.Thread(target=run)
    thread.start()
    begun.wait(LONG)
    # It may fall asleep only after the first time.
    for _ in range(50):
        clock.advance(3600)
        thread.join(LONG / 50)

    assert not thread.is_alive()


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()])
def test_both_clocks_are_clocks_of_the_client(clock: VirtualClock | RealClock) -> None:
    """The client's own `Clock` type accepts either."""
    from zeroscope.clock import Clock

    as_client_sees_it: Clock = clock
    sleep: Callable[[float], Awaitable[None]] = as_client_sees_it.sleep_async
    assert callable(sleep)


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()], ids=["virtual", "real"])
def test_a_sleep_on_a_frozen_clock_in_the_only_thread_fails(
    clock: VirtualClock | RealClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The only thread does not sleep for ever: the error says what to do."""
    monkeypatch.setattr(stall_guard, "FROZEN_LIMIT", 0.01)
    clock.freeze()

    with pytest.raises(RuntimeError, match=r"the clock is frozen, so sleeping on it never ends; call run\(\) or"):
        clock.sleep(5)

    clock.run()
    before = clock.monotonic()
    clock.sleep(0.01)
    assert clock.monotonic() >= before + 0.01


@pytest.mark.parametrize("clock", [VirtualClock(), RealClock()], ids=["virtual", "real"])
def test_a_frozen_clock_that_another_thread_moves_is_slept_on(
    clock: VirtualClock | RealClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However long it takes in all, the sleep only fails if the clock does not move for a minute."""
    real = 0.0

    class Machine:
        """The machine's time; every 50 real seconds another thread moves the clock by one."""

        @staticmethod
        def monotonic() -> float:
            return real

        @staticmethod
        def sleep(seconds: float) -> None:
            nonlocal real
            real += 50
            clock.advance(1)

    clock.freeze()
    before = clock.monotonic()
    monkeypatch.setattr(stall_guard, "machine_seconds", Machine.monotonic)
    for module in ("virtual", "real"):
        monkeypatch.setattr(f"zeroscope_mock.clocks.{module}.time", Machine)

    clock.sleep(5)

    assert (clock.monotonic() - before, real) == (5, 250)
