"""The virtual clock, which stands still until it is advanced or slept on.

Three parties meet here. *Flows* come from the agenda (the scheduler of webhooks): when the clock reaches the moment at
which one is due, it drives that flow, and runs the steps that the flow yields. *Threads* move the clock for all
at once by `advance` and `sleep`; each runs what falls due in its own thread. *Tasks* move it by `sleep_async`, and this
is the hard part, because the clock must jump only once every task of the event loop that ever sleeps on it is asleep:

- A task that sleeps joins the `SleepQueue` of its loop. The first one is the leader; the others wait to be woken.
- The leader yields to the loop a few times, until every task that became ready has run. If another sleeper wakes
  earlier by then, it hands over to that one. Otherwise it is first itself, and moves the clock to its own wake-up time,
  or to the agenda's next entry if that is due earlier. On a frozen clock it waits until that has been moved.
- A task that waits for a change sleeps as well, unless no moment ends its wait; the change wakes it.
- A task that runs an entry of the agenda, or computes in a worker thread, *holds* the clock: no other sleep moves it
  until that work is done or sleeps itself. So an entry ends when it is due, however long it takes in real time.
- What falls due wakes the leader, which runs it inside its own `sleep_async` and then goes back to sleep.

Threads do not sleep side by side: the sleep of one moves the clock for all, so that what others wait for may run out of
time. Those that wait at the same time need the real clock, or tasks of one event loop in their place.

Threads and event loops may share a clock: `_lock` guards its fields, and `Turns` lets one thread at a time run
entries. A thread waits for another one's entry no longer than `TURN_LIMIT`, since that entry may wait for this thread.
"""

from __future__ import annotations

import threading
import time
from contextlib import AbstractContextManager
from math import inf

from ..conditions import Condition
from ..protocols import Agenda, Flow
from ..steps import drive, drive_async
from .durations import require_duration
from .holds import Holds
from .readable import ReadableClock
from .sleep_queue import POLL_INTERVAL, Sleeper, SleepQueues
from .stall_guard import StallGuard
from .turns import TURN_LIMIT, Turns

START = 1_767_225_600.0
"""The time at which a virtual clock starts, in seconds since 1970: the first moment of 2026."""

# Enough turns of the event loop for a chain of callbacks that became ready together.
_TURNS = 4
# A leader that cannot move the clock polls this often without a pause; most holds end within microseconds.
_EAGER_POLLS = 100


class VirtualClock(ReadableClock):
    """A clock that stands still until it is advanced or slept on, so that no test waits in real time.

    Tasks that sleep at the same time sleep side by side: once all of them sleep, the clock jumps to the moment at which
    the first one wakes. What falls due on the way, such as a webhook, runs on time and in order, one entry after
    another, before the clock moves on. Threads and event loops may share a clock, but the sleep of a thread moves it
    for all at once.

    Args:
        start: The time it shows first, in seconds since 1970.

    Example:
        >>> clock = VirtualClock()
        >>> clock.advance(600)
        >>> clock.monotonic()
        600.0
    """

    poll_interval = 0.5
    """The pause between two polls of something that changes on this clock, in seconds of the clock."""

    def __init__(self, start: float = START) -> None:
        self._start = start
        self._now = 0.0
        self._frozen = False
        self._agenda: Agenda | None = None
        self._lock = threading.Lock()
        self._turns, self._holds = Turns(), Holds()
        self._moved, self._sleep_queues = Condition(), SleepQueues()

    def time(self) -> float:
        """The time of day, in seconds since 1970."""
        return self._start + self._now

    signing_time = time

    def monotonic(self) -> float:
        """Seconds since the clock was made."""
        return self._now

    def set(self, time: float) -> None:
        """Show another time of day, earlier or later, without any time passing.

        Args:
            time: In seconds since 1970.
        """
        with self._lock:
            self._start = time - self._now

    @property
    def frozen(self) -> bool:
        """Whether sleeping does not move the clock."""
        return self._frozen

    @property
    def stands_still(self) -> bool:
        """Whether the clock moves only when it is advanced: it is frozen, or no task sleeps on it."""
        return self._frozen or not self._sleep_queues.has_sleepers

    def freeze(self) -> None:
        """Stop the clock, so that only `advance` moves it, and sleeps wait for that."""
        self._frozen = True

    def run(self) -> None:
        """Undo `freeze`."""
        self._frozen = False
        self._moved.notify()

    def attach(self, agenda: Agenda) -> None:
        """Run the entries of an agenda when the clock reaches them."""
        self._agenda = agenda

    def advance(self, seconds: float) -> None:
        """Move the clock forward and run, in order, what falls due on the way; see `TURN_LIMIT`.

        Args:
            seconds: How far, 0 or more.

        Raises:
            ValueError: For a negative or infinite number of seconds.
        """
        require_duration(seconds)
        with self._lock:
            target = self._now + seconds
            if not self._turns.in_progress and self._next() > target:
                self._now = target
                self._moved.notify()
                return
        self._run_due_until(target, TURN_LIMIT)
        self._reach(target)
        # Entries that another thread added meanwhile, and did not advance far enough to run.
        self._run_due_until(target)

    async def advance_async(self, seconds: float) -> None:
        """Move the clock forward as `advance` does; what falls due runs in this event loop."""
        require_duration(seconds)
        target = self._now + seconds
        await self._run_due_until_async(target)
        self._reach(target)
        await self._run_due_until_async(target)

    @property
    def has_due(self) -> bool:
        """Whether anything is due now."""
        return self._next() <= self._now

    def run_due(self) -> None:
        """Run what is due now."""
        self._run_due_until(self._now)

    async def run_due_async(self) -> None:
        """Run what is due now, in this event loop."""
        await self._run_due_until_async(self._now)

    def close(self) -> None:
        """Do nothing: nothing runs in the background."""

    def sleep(self, seconds: float) -> None:
        """Move the clock forward as `advance` does.

        Args:
            seconds: How far; a negative number counts as 0.

        Raises:
            RuntimeError: If the clock is frozen and no other thread has moved it for a minute of real time.
        """
        seconds = max(0.0, seconds)
        if self._frozen:
            due, guard = self._now + seconds, StallGuard(self)
            while self._frozen and self._now < due:
                guard.raise_if_stalled()
                time.sleep(POLL_INTERVAL)
            seconds = max(0.0, due - self._now)
        self.advance(seconds)

    async def sleep_async(self, seconds: float) -> None:
        """Sleep until the clock has moved forward by a number of seconds.

        The clock moves by itself as soon as all tasks of this event loop that ever sleep on it do so; it knows of none
        that waits for a socket. The task whose sleep reaches an entry of the agenda runs it, and then sleeps on.

        Args:
            seconds: How long; a negative number counts as 0.

        Raises:
            ValueError: For an infinite number of seconds.
        """
        due = self._now + seconds
        if seconds > 0:
            require_duration(seconds)
        else:
            await self._sleep_queues.current().checkpoint()
            await self.run_due_async()
        await self.wait_async(due, None, 0)

    async def wait_async(self, until: float, condition: Condition | None, seen: int) -> None:
        """Sleep until a moment or a change of a condition, whichever comes first.

        Args:
            until: In seconds of `monotonic`; infinite if only a change ends the wait, which does not move the clock.
            seen: The version of the condition that the caller has seen.
        """
        while self._now < until and (condition is None or condition.version == seen):
            sleeper = Sleeper(until, condition, seen)
            with sleeper.waking():
                await (self._sleep(sleeper) if until < inf else sleeper.wait())
            await self.run_due_async()

    def hold(self) -> AbstractContextManager[None]:
        """Keep other tasks' sleeps from moving the clock until the end of the block, unless this task sleeps on it."""
        # An entry that falls due while this task sleeps runs in this task as well, and ends before the task goes on.
        return self._holds.add()

    async def _sleep(self, sleeper: Sleeper) -> None:
        """Sleep until the sleeper is due, its condition has changed, or an entry of the agenda is due."""
        sleep_queue, hold = self._sleep_queues.current(), self._holds.current()
        if hold:
            hold.asleep += 1
        sleep_queue.add(sleeper)
        due, polls = sleeper.due, 0
        try:
            # One sleeper is the leader and moves the clock, so that no background task is needed.
            if sleep_queue.leader is None:
                sleep_queue.leader = sleeper
            else:
                await sleeper.wait()
            while due > self._now and not sleeper.changed:
                moved = self._moved.version
                for _ in range(_TURNS):
                    await sleep_queue.checkpoint()
                # Another event loop may have moved the clock, and a sleeper that woke since has released this one.
                if due <= self._now or sleeper.changed:
                    return
                first = sleep_queue.first()
                if first is not sleeper:
                    sleep_queue.leader = first
                    first.waker.wake()
                    await sleeper.wait()
                elif self._frozen:
                    with self._moved.waking(sleeper.waker):
                        if self._moved.version == moved:
                            await sleeper.wait()
                elif self._holds.all_asleep:
                    self._reach(min(due, self._next()))
                    if self._next() <= self._now:
                        return
                elif polls == _EAGER_POLLS:
                    await sleep_queue.pause()
                else:
                    polls += 1
        finally:
            if hold:
                hold.asleep -= 1
            sleep_queue.remove(sleeper, self._now)

    def _next(self) -> float:
        """The time of the agenda's first entry, in seconds of `monotonic`; infinite if there is none."""
        due = self._agenda.due() if self._agenda else None
        return inf if due is None else due - self._start

    def _reach(self, moment: float) -> None:
        with self._lock:
            self._now = max(self._now, moment)
        self._moved.notify()

    def _take(self, target: float) -> Flow[None] | None:
        """Remove the first entry that is due by a moment or by now, and move the clock to when it is due."""
        due = self._agenda.due() if self._agenda else None
        if self._agenda is None or due is None or due - self._start > max(target, self._now):
            return None
        self._reach(due - self._start)
        # The time of day may have been rounded to just before.
        return self._agenda.take(max(self.time(), due))

    def _run_due_until(self, target: float, turn_limit: float = 0.0) -> None:
        while (self._turns.in_progress and turn_limit) or self._next() <= max(target, self._now):
            if not self._turns.acquire(turn_limit):
                return
            try:
                if self._next() > max(target, self._now):
                    return
                with self._turns.running():
                    if flow := self._take(target):
                        drive(flow, self)
            finally:
                self._turns.release()

    async def _run_due_until_async(self, target: float) -> None:
        while self._next() <= max(target, self._now):
            # Entries that never wait must not keep other tasks from running.
            await self._sleep_queues.current().checkpoint()
            if flow := self._take(target):
                with self.hold():
                    await drive_async(flow, self)
