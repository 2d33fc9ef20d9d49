"""Conditions that tasks of any event loop wait for, and that any thread notifies."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

if TYPE_CHECKING:
    import anyio


class Waker:
    """An event of the task that makes it; any thread may set it."""

    __slots__ = ("_event", "_make", "_post", "_thread")

    def __init__(self) -> None:
        self._thread = threading.get_ident()
        self._make: Callable[[], asyncio.Event | anyio.Event]
        self._post: Callable[[Callable[[], object]], object]
        try:
            self._make, self._post = asyncio.Event, asyncio.get_running_loop().call_soon_threadsafe
        except RuntimeError:
            # Trio, by way of anyio, whose own events would do on asyncio, too, but at ten times the cost.
            import anyio
            from anyio.lowlevel import current_token

            token: Any = current_token().native_token
            self._make, self._post = anyio.Event, token.run_sync_soon
        self._event = self._make()

    async def wait(self) -> None:
        """Wait until the event is set."""
        await self._event.wait()

    def clear(self) -> None:
        """Take the setting back; only the waiting task may do so."""
        if self._event.is_set():
            self._event = self._make()

    def wake(self) -> None:
        """Set the event."""
        try:
            if threading.get_ident() == self._thread:
                self._event.set()
            else:
                self._post(self._set)
        except RuntimeError:
            # The loop of a task that was left behind is closed.
            return

    def _set(self) -> None:
        self._event.set()


class Condition:
    """Something that changes.

    Attributes:
        version: Another number after each notification. A task that compares it with the version of before misses no
            change between its own look at what has changed and its wait.
    """

    def __init__(self) -> None:
        self.version = 0
        # Counts without a lock, however many threads notify.
        self._versions = count(1)
        self._wakers: set[Waker] = set()
        self._lock = threading.Lock()

    def notify(self) -> None:
        """Wake all tasks that wait for a change."""
        # Set before the look at the wakers: a task adds its own before it compares the version.
        self.version = next(self._versions)
        if not self._wakers:
            return
        with self._lock:
            wakers = tuple(self._wakers)
        for waker in wakers:
            waker.wake()

    @contextmanager
    def waking(self, waker: Waker) -> Iterator[None]:
        """Have each change wake a task until the end of the block."""
        with self._lock:
            self._wakers.add(waker)
        try:
            yield
        finally:
            with self._lock:
                self._wakers.discard(waker)


class Conditions:
    """A condition for each of many things, kept only as long as someone waits for it."""

    def __init__(self) -> None:
        self._conditions: WeakValueDictionary[str, Condition] = WeakValueDictionary()
        self._lock = threading.Lock()

    def of(self, key: str) -> Condition:
        """The condition of one thing; the caller must hold on to it."""
        with self._lock:
            condition = self._conditions.get(key)
            if condition is None:
                condition = self._conditions[key] = Condition()
            return condition

    def notify(self, key: str) -> None:
        """Notify those who wait for one thing."""
        if (condition := self._conditions.get(key)) is not None:
            condition.notify()

    def notify_all(self) -> None:
        """Notify everyone."""
        with self._lock:
            conditions = list(self._conditions.values())
        for condition in conditions:
            condition.notify()
