"""The entries of a clock's agenda run on time, however the clock is moved."""

from __future__ import annotations

import logging
import threading
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from functools import partial
from heapq import heappop, heappush
from typing import Any

import anyio
import anyio.lowlevel
import pytest

from helpers.waiting import LONG, eventually
from zeroscope_mock import RealClock, VirtualClock
from zeroscope_mock.clocks import real as real_clocks
from zeroscope_mock.clocks import virtual
from zeroscope_mock.protocols import Clock, Flow
from zeroscope_mock.steps import AdvanceClock, RunBlocking, Sleep


@dataclass
class Do:
    """A step that calls a function, in the thread or the loop of its driver."""

    act: Callable[[], object] = lambda: None
    act_async: Callable[[], Awaitable[object]] | None = None

    def run(self, clock: Clock) -> object:
        return self.act()

    async def run_async(self, clock: Clock) -> object:
        return await self.act_async() if self.act_async else self.act()


class Plan:
    """An agenda that keeps a diary: what began, what ended, and when, in seconds since the start."""

    def __init__(self, clock: VirtualClock | RealClock) -> None:
        self.clock = clock
        self.start = clock.time()
        self.diary: list[tuple[str, float]] = []
        self.asked_by: set[threading.Thread] = set()
        self._things: list[tuple[float, str, tuple[Any, ...]]] = []
        clock.attach(self)

    def at(self, seconds: float, name: str, *steps: Any) -> None:
        heappush(self._things, (self.start + seconds, name, steps))

    def due(self) -> float | None:
        self.asked_by.add(threading.current_thread())
        return self._things[0][0] if self._things else None

    def take(self, now: float) -> Flow[None] | None:
        if not self._things or self._things[0][0] > now:
            return None
        _, name, steps = heappop(self._things)
        return self._carry_out(name, steps)

    def note(self, name: str) -> None:
        self.diary.append((name, round(self.clock.time() - self.start, 3)))

    def _carry_out(self, name: str, steps: tuple[Any, ...]) -> Flow[None]:
        self.note(name)
        try:
            yield from steps
        finally:
            if steps:
                self.note(f"{name} ended")


def stall(begun: threading.Event, enough: threading.Event) -> Callable[[], None]:
    """A step that starts and then waits to be released."""

    def act() -> None:
        begun.set()
        assert enough.wait(LONG)

    return act


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    backend: str = request.param
    return backend


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock()


@pytest.fixture
def plan(clock: VirtualClock) -> Plan:
    return Plan(clock)


Move = Callable[[VirtualClock, float], None]


WAYS = ["advance", "sleep", *((way, loop) for way in ("advance_async", "sleep_async") for loop in ("asyncio", "trio"))]


@pytest.fixture(params=WAYS, ids=str)
def move(request: pytest.FixtureRequest) -> Move:
    """Moves a clock in one of all the ways there are."""
    if isinstance(request.param, str):
        return lambda clock, seconds: getattr(clock, request.param)(seconds)
    way, loop = request.param
    return lambda clock, seconds: anyio.run(getattr(clock, way), seconds, backend=loop)


def test_entries_run_when_due(clock: VirtualClock, plan: Plan, move: Move) -> None:
    """Entries run in order, each at its own time, and not before."""
    for seconds in (7, 2, 5.5, 11):
        plan.at(seconds, "thing")

    move(clock, 10)

    assert plan.diary == [("thing", 2), ("thing", 5.5), ("thing", 7)]
    assert clock.monotonic() == 10
    move(clock, 1)
    assert plan.diary[3:] == [("thing", 11)]


def test_entries_add_entries(clock: VirtualClock, plan: Plan, move: Move) -> None:
    """An entry that another one adds runs in the same call: now, later, or at once if overdue."""

    def bring_up() -> None:
        for seconds in (4, 2, 1, 9):
            plan.at(seconds, "more")

    plan.at(2, "first", Do(bring_up))

    move(clock, 5)

    assert plan.diary == [("first", 2), ("first ended", 2), ("more", 2), ("more", 2), ("more", 4)]


@pytest.mark.parametrize("step", [Sleep(20), AdvanceClock(20)], ids=["sleeps", "advances"])
def test_an_entry_moves_the_clock(clock: VirtualClock, plan: Plan, move: Move, step: Any) -> None:
    """Entries that fall due meanwhile run on time, and the clock does not go back."""
    plan.at(3, "slow", step)
    plan.at(8, "quick")
    plan.at(22, "slow too", step)

    move(clock, 5)

    assert plan.diary == [
        ("slow", 3),
        ("quick", 8),
        ("slow too", 22),
        ("slow too ended", 42),
        ("slow ended", 42),
    ]
    assert clock.monotonic() == 42


def test_an_entry_that_fails(clock: VirtualClock, plan: Plan, move: Move) -> None:
    """The caller that moved the clock gets the error, and the rest runs when the clock is moved again."""
    plan.at(1, "bad", Do(lambda: 1 / 0))
    plan.at(2, "good")

    with pytest.raises(ZeroDivisionError):
        move(clock, 5)
    move(clock, 5)

    assert plan.diary == [("bad", 1), ("bad ended", 1), ("good", 2)]
    assert clock.monotonic() == 6


@pytest.mark.parametrize("start", [0.1, 1_767_225_600.1, 1e12 + 0.3])
@pytest.mark.parametrize("jump", [0, 0.7, 86_400 / 7, -1e9 / 3])
def test_due_times_survive_rounding(move: Move, start: float, jump: float) -> None:
    """Whatever the time of day, each entry runs once and not before it is due."""
    clock = VirtualClock(start)
    clock.advance(13.44)
    clock.set(start + jump)
    plan = Plan(clock)
    for number in range(50):
        plan.at(number / 30, f"{number}")

    for _ in range(10):
        move(clock, 0.2)

    assert [name for name, _ in plan.diary] == [f"{number}" for number in range(50)]
    assert [when for _, when in plan.diary] == pytest.approx([number / 30 for number in range(50)], abs=2e-3)


def test_another_time_of_day(clock: VirtualClock, plan: Plan, move: Move) -> None:
    """Setting the time of day lets no time pass, but entries whose time of day has passed are due."""
    plan.at(3600, "thing")

    clock.set(plan.start + 7200)

    assert (clock.monotonic(), plan.diary) == (0, [])
    move(clock, 1)
    assert clock.monotonic() == 1
    assert plan.diary == [("thing", 7200)]


@pytest.mark.anyio
@pytest.mark.parametrize("seconds", [1, 5, 10, 20, 30, 50])
async def test_entries_sleep_concurrently(clock: VirtualClock, plan: Plan, seconds: float) -> None:
    """No task waits for ever, whichever wakes first; only a task that runs an entry can wake late."""
    woken: dict[float, float] = {}

    async def sleep(seconds: float) -> None:
        await clock.sleep_async(seconds)
        woken[seconds] = clock.monotonic()

    plan.at(3, "slow", Do(act_async=lambda: clock.sleep_async(20)))
    plan.at(7, "slower", Do(act_async=lambda: clock.sleep_async(30)))
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            for each in (seconds, 40, 60):
                group.start_soon(sleep, each)

    assert plan.diary[:2] == [("slow", 3), ("slower", 7)]
    assert dict(plan.diary)["slow ended"] >= 23
    assert dict(plan.diary)["slower ended"] == 37
    assert seconds <= woken[seconds] <= max(seconds, 37)
    assert woken[60] == clock.monotonic() == 60


@pytest.mark.anyio
async def test_an_entry_added_during_a_sleep(clock: VirtualClock, plan: Plan) -> None:
    """The entry runs on time, although it was added after the task had gone to sleep."""

    async def sleep() -> None:
        await clock.sleep_async(10)
        plan.note("awake")

    async with anyio.create_task_group() as group:
        group.start_soon(sleep)
        await anyio.lowlevel.checkpoint()
        plan.at(4, "thing")

    assert plan.diary == [("thing", 4), ("awake", 10)]


@pytest.mark.anyio
@pytest.mark.parametrize("turns", [1, 50, 1000])
async def test_the_clock_waits_for_running_entries(clock: VirtualClock, plan: Plan, turns: int) -> None:
    """However many turns of the event loop an entry takes, other sleepers let no time pass meanwhile."""

    async def wait() -> None:
        for _ in range(turns):
            await anyio.lowlevel.checkpoint()

    plan.at(3, "slow", Do(act_async=wait))
    async with anyio.create_task_group() as group:
        for seconds in (4, 5, 6):
            group.start_soon(clock.sleep_async, seconds)

    assert plan.diary == [("slow", 3), ("slow ended", 3)]
    assert clock.monotonic() == 6


@pytest.mark.anyio
async def test_the_clock_waits_for_an_entry_that_has_slept(clock: VirtualClock, plan: Plan) -> None:
    """Other tasks move the clock only while an entry sleeps on that clock; a sleep on another one does not count."""

    async def stay() -> None:
        for _ in range(50):
            await anyio.lowlevel.checkpoint()

    async def sleep_elsewhere() -> None:
        other = VirtualClock()
        for _ in range(50):
            await other.sleep_async(60)

    plan.at(3, "slow", Sleep(2), Do(act_async=stay))
    plan.at(8, "elsewhere", Do(act_async=sleep_elsewhere))
    async with anyio.create_task_group() as group:
        for seconds in (4, 6, 9, 10):
            group.start_soon(clock.sleep_async, seconds)

    assert plan.diary == [("slow", 3), ("slow ended", 5), ("elsewhere", 8), ("elsewhere ended", 8)]


@pytest.mark.anyio
async def test_the_clock_waits_for_work(clock: VirtualClock) -> None:
    """The processor time of an entry does not show in the clock's times."""
    begun, enough = threading.Event(), threading.Event()
    work = RunBlocking(stall(begun, enough))

    async def sleep() -> None:
        await anyio.to_thread.run_sync(begun.wait)
        sleeper.start_soon(clock.sleep_async, 10)
        for _ in range(100):
            await anyio.lowlevel.checkpoint()
        assert clock.monotonic() == 0
        enough.set()

    async with anyio.create_task_group() as sleeper:
        sleeper.start_soon(work.run_async, clock)
        sleeper.start_soon(sleep)

    assert clock.monotonic() == 10


@pytest.mark.anyio
async def test_many_entries_let_other_tasks_run(clock: VirtualClock, plan: Plan) -> None:
    """Other tasks get their turn between two entries, even if no entry waits for anything."""
    for number in range(20):
        plan.at(number, "thing")

    async def other() -> None:
        for _ in range(10):
            await anyio.lowlevel.checkpoint()
        plan.note("other")

    async with anyio.create_task_group() as group:
        group.start_soon(other)
        await anyio.lowlevel.checkpoint()
        await clock.advance_async(60)

    assert 5 < [name for name, _ in plan.diary].index("other") < 15


@pytest.mark.anyio
async def test_a_task_that_an_entry_starts(clock: VirtualClock, plan: Plan) -> None:
    """The task sleeps on like any other, even while the clock waits for something else."""

    async def leave() -> None:
        group.start_soon(clock.sleep_async, 50)

    async def check() -> None:
        for _ in range(50):
            await anyio.lowlevel.checkpoint()
            assert clock.monotonic() == 8

    plan.at(3, "leaves one", Do(act_async=leave))
    plan.at(8, "slow", Do(act_async=check))
    async with anyio.create_task_group() as group:
        group.start_soon(clock.sleep_async, 4)
        group.start_soon(clock.sleep_async, 9)

    assert clock.monotonic() == 53


@pytest.mark.anyio
async def test_the_task_that_runs_an_entry_is_canceled(clock: VirtualClock, plan: Plan) -> None:
    """The entry is canceled with the task, and the clock no longer waits for it."""
    under_way = anyio.Event()

    async def hang() -> None:
        under_way.set()
        await anyio.sleep_forever()

    async def sleep(scope: anyio.CancelScope) -> None:
        with scope:
            await clock.sleep_async(5)

    plan.at(3, "hangs", Do(act_async=hang))
    plan.at(4, "next")
    first, later = anyio.CancelScope(), anyio.CancelScope()
    with anyio.fail_after(LONG):
        async with anyio.create_task_group() as group:
            group.start_soon(sleep, first)
            group.start_soon(sleep, later)
            await under_way.wait()
            first.cancel()
            later.cancel()
        assert plan.diary == [("hangs", 3), ("hangs ended", 3)]
        await clock.sleep_async(5)

    assert plan.diary[2:] == [("next", 4)]


def test_threads_wait_for_each_other(clock: VirtualClock, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that moves the clock does not overtake the entry that another thread runs, nor what that entry adds."""
    monkeypatch.setattr(virtual, "TURN_LIMIT", LONG)
    begun, enough = threading.Event(), threading.Event()
    plan.at(1, "slow", Do(stall(begun, enough)), Do(lambda: plan.at(5, "next")))
    first = threading.Thread(target=clock.advance, args=(9,))
    first.start()
    begun.wait(LONG)
    second = threading.Thread(target=clock.advance, args=(600,))
    acquire, waiting = clock._turns.acquire, threading.Event()

    def note(limit: float) -> bool:
        waiting.set()
        return acquire(limit)

    monkeypatch.setattr(clock._turns, "acquire", note)
    second.start()
    assert waiting.wait(LONG)
    enough.set()
    for thread in (first, second):
        thread.join(LONG)

    assert plan.diary == [("slow", 1), ("slow ended", 1), ("next", 5)]
    assert clock.monotonic() == 601


def test_threads_wait_once_for_one_entry(clock: VirtualClock, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that lets other threads move the clock again and again costs one wait, not one for each time."""
    monkeypatch.setattr(virtual, "TURN_LIMIT", 0.01)
    waits: list[float] = []
    settler = clock._turns._turn

    class Settler:
        @staticmethod
        def acquire(timeout: float) -> bool:
            waits.append(timeout)
            return settler.acquire(timeout=timeout)

        release = staticmethod(settler.release)

    def wait() -> None:
        waits.clear()
        for _ in range(3):
            thread = threading.Thread(target=clock.sleep, args=(10,))
            thread.start()
            thread.join(LONG)

    plan.at(1, "waits", Do(wait))
    monkeypatch.setattr(clock._turns, "_turn", Settler)
    clock.advance(1)

    assert [timeout for timeout in waits if timeout] == [0.01]
    assert plan.diary == [("waits", 1), ("waits ended", 31)]


def test_threads_run_every_entry(clock: VirtualClock, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that falls due while another thread runs the agenda is run by that thread if it takes too long."""
    monkeypatch.setattr(virtual, "TURN_LIMIT", 0.01)
    begun, enough = threading.Event(), threading.Event()
    plan.at(1, "slow", Do(stall(begun, enough)))
    plan.at(50, "other")
    thread = threading.Thread(target=clock.advance, args=(2,))
    thread.start()
    begun.wait(LONG)

    clock.advance(99)
    assert plan.diary == [("slow", 1)]
    enough.set()
    thread.join(LONG)

    assert plan.diary == [("slow", 1), ("slow ended", 100), ("other", 100)]


def test_threads_take_over_from_each_other(clock: VirtualClock, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """A thread that found another one running the agenda polls again once it has moved the clock."""
    monkeypatch.setattr(virtual, "TURN_LIMIT", 0.01)
    begun, enough = threading.Event(), threading.Event()
    plan.at(1, "slow", Do(stall(begun, enough)))
    plan.at(50, "other")
    thread = threading.Thread(target=clock.advance, args=(2,))
    thread.start()
    begun.wait(LONG)
    reach = clock._reach

    def reach_late(moment: float) -> None:
        if threading.current_thread() is threading.main_thread():
            enough.set()
            thread.join(LONG)
        reach(moment)

    monkeypatch.setattr(clock, "_reach", reach_late)
    clock.advance(99)

    assert plan.diary[2:] == [("other", 100)]


def test_an_entry_may_wait_for_another_thread(clock: VirtualClock, plan: Plan, monkeypatch: pytest.MonkeyPatch) -> None:
    """An entry that waits for its own thread, which moves the clock, does not wait for ever."""
    monkeypatch.setattr(virtual, "TURN_LIMIT", 0.01)

    def wait() -> None:
        thread = threading.Thread(target=clock.sleep, args=(10,))
        thread.start()
        thread.join(LONG)
        assert not thread.is_alive()

    plan.at(1, "waits", Do(wait))
    plan.at(5, "other")

    clock.advance(2)

    assert plan.diary == [("waits", 1), ("waits ended", 11), ("other", 11)]


# The threads that other tests have left, whose clocks may have entries for ever.
OTHERS = set[threading.Thread]()


@pytest.fixture(autouse=True)
def others() -> None:
    """Leave the threads of other tests out of account."""
    OTHERS.clear()
    OTHERS.update(threading.enumerate())


@pytest.fixture
def real(monkeypatch: pytest.MonkeyPatch) -> Iterator[RealClock]:
    """A real clock that stands still, so that a test decides when entries run."""
    monkeypatch.setattr(real_clocks, "_CLOSE_TIMEOUT", LONG)
    clock = RealClock()
    clock.freeze()
    yield clock
    clock.close()
    eventually(lambda: not workers())


def workers() -> list[threading.Thread]:
    return [one for one in threading.enumerate() if one.name == "zeroscope_mock clock" and one not in OTHERS]


def test_a_real_clock_has_a_thread_while_entries_remain(real: RealClock) -> None:
    """The thread starts with the first entry, ends with the last one, and may start again."""
    plan = Plan(real)
    real.run_due()
    real.advance(1)
    assert not workers()

    for now in (3, 5):
        plan.at(now, "thing")
        real.run_due()
        assert len(workers()) == 1
        real.advance(2)
        eventually(lambda: not workers())

    assert plan.diary == [("thing", 3), ("thing", 5)]


def test_a_real_clock_runs_entries_in_the_background() -> None:
    """Entries run in the background, in order and not too early."""
    clock = RealClock()
    plan = Plan(clock)
    for seconds in (0.05, 0.02, 0.09):
        plan.at(seconds, f"{seconds}")

    clock.run_due()
    eventually(lambda: not workers())

    assert [name for name, _ in plan.diary] == ["0.02", "0.05", "0.09"]
    assert all(when >= float(name) for name, when in plan.diary)


def test_a_real_clock_does_not_oversleep(real: RealClock) -> None:
    """An entry that is added while the thread waits for a later one runs on time."""
    plan = Plan(real)
    plan.at(3600, "later")
    real.run_due()
    eventually(lambda: plan.asked_by & set(workers()))

    plan.at(0, "now")
    real.run_due()

    eventually(lambda: plan.diary)
    assert plan.diary[0][0] == "now"


@pytest.mark.parametrize("how", ["advance", "set", "run"])
def test_a_real_clock_is_advanced_while_its_thread_waits(real: RealClock, how: str) -> None:
    """The thread notices that the time it waits for has come."""
    plan = Plan(real)
    plan.at(0.001 if how == "run" else 3600, "thing")
    real.run_due()
    eventually(lambda: plan.asked_by & set(workers()))

    match how:
        case "advance":
            real.advance(3600)
        case "set":
            real.set(plan.start + 3601)
        case _:
            real.run()

    eventually(lambda: plan.diary)
    assert real.monotonic() >= (3600 if how == "advance" else 0)


@pytest.mark.parametrize("how", ["sleep", "sleep_async"])
def test_a_real_clock_runs_entries_during_a_sleep(real: RealClock, how: str) -> None:
    """A held request must not delay the webhooks."""
    plan = Plan(real)
    plan.at(0, "thing", Do(lambda: real.advance(5)))

    if how == "sleep":
        real.sleep(5)
    else:
        anyio.run(real.sleep_async, 5)

    assert plan.diary[0] == ("thing", 0)


def test_a_real_clock_runs_entries_concurrently(real: RealClock) -> None:
    """A long entry does not delay the next one."""
    plan = Plan(real)
    plan.at(1, "slow", Sleep(10))
    plan.at(2, "quick")

    real.advance(2)
    eventually(lambda: len(plan.diary) == 2)
    real.advance(10)
    eventually(lambda: not workers())

    assert plan.diary == [("slow", 2), ("quick", 2), ("slow ended", 12)]


def test_a_real_clock_limits_concurrent_entries(real: RealClock, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many due entries a limited number starts; each of the others follows as soon as one has ended."""
    monkeypatch.setattr(real_clocks, "_MAX_CONCURRENT", 3)
    plan = Plan(real)
    under_way: set[int] = set()
    most = 0

    async def be(number: int) -> None:
        nonlocal most
        under_way.add(number)
        most = max(most, len(under_way))
        await anyio.lowlevel.checkpoint()
        under_way.remove(number)

    for number in range(20):
        plan.at(1 + number / 100, "thing", Do(act_async=partial(be, number)))

    real.advance(2)
    eventually(lambda: not workers())

    assert len(plan.diary) == 40
    assert most == 3


def test_a_real_clock_survives_failures(real: RealClock, caplog: pytest.LogCaptureFixture) -> None:
    """The failure is logged and the next entry runs."""
    plan = Plan(real)
    plan.at(1, "bad", Do(lambda: 1 / 0))
    plan.at(2, "good")

    with caplog.at_level(logging.ERROR, "zeroscope_mock"):
        real.advance(2)
        eventually(lambda: not workers())

    assert ("good", 2) in plan.diary
    assert [record.message for record in caplog.records] == ["an entry of the clock's agenda failed"]
    assert "ZeroDivisionError" in caplog.text


def test_a_real_clock_is_closed(real: RealClock) -> None:
    """Running entries are canceled, and no entry runs after that."""
    plan = Plan(real)
    plan.at(1, "hangs", Do(act_async=anyio.sleep_forever))
    plan.at(3, "never")
    real.advance(1)
    eventually(lambda: plan.diary)

    real.close()
    real.close()
    assert plan.diary == [("hangs", 1), ("hangs ended", 1)]
    assert not workers()
    real.advance(2)
    real.run_due()

    assert not workers()
