"""Downloads of a batch beside each other, which can be given up."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, InvalidStateError, wait
from contextlib import suppress
from queue import SimpleQueue
from typing import Generic, TypeVar

from .._text import log

T = TypeVar("T")

# More would only take bandwidth from one another.
_THREADS = 4
# How long downloads may go on after Ctrl-C, in seconds, and how long their threads then may take to remove part files.
# Together, much less than the time after which the command is killed.
FINISH_LIMIT = 10.0
_STOP_LIMIT = 1.0


class Downloads(Generic[T]):
    """Threads that download.

    Unlike those of an executor, they do not hold up the end of the process: no other thread can stop one that reads
    from a server which sends nothing.
    """

    def __init__(self) -> None:
        self._queue: SimpleQueue[tuple[Future[T], Callable[[], T]] | None] = SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._futures: list[Future[T]] = []
        self._is_given_up = False

    def start(self, download: Callable[[], T]) -> Future[T]:
        """Begin a download, once a thread is free."""
        future: Future[T] = Future()
        self._futures = [*(each for each in self._futures if not each.done()), future]
        self._queue.put((future, download))
        if len(self._threads) < _THREADS:
            thread = threading.Thread(target=self._work, name="save", daemon=True)
            self._threads.append(thread)
            thread.start()
        return future

    def check(self, received: int, total: int | None) -> None:
        """Raise an error in a download that was given up; a callback for its progress."""
        if self._is_given_up:
            raise CancelledError

    def end(self, is_interrupted: bool) -> None:
        """Cancel the downloads that have not begun, and wait for the others; after Ctrl-C, for a while only."""
        begun = [future for future in self._futures if not future.cancel() and not future.done()]
        if not is_interrupted:
            wait(begun)
        elif begun:
            what = f"{len(begun)} downloads" if len(begun) > 1 else "a download"
            log.warning("interrupted: finishing %s for up to %.0f s, or until another Ctrl-C", what, FINISH_LIMIT)
            wait(begun, FINISH_LIMIT)
            self._give_up(begun)

    def close(self) -> None:
        """Let the threads end."""
        for _ in self._threads:
            self._queue.put(None)

    def _give_up(self, begun: list[Future[T]]) -> None:
        self._is_given_up = True
        for future in begun:
            with suppress(InvalidStateError):
                future.set_exception(CancelledError())
        self.close()
        until = time.monotonic() + _STOP_LIMIT
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))

    def _work(self) -> None:
        while (item := self._queue.get()) is not None:
            future, download = item
            if not future.set_running_or_notify_cancel():
                continue
            # One that was given up has an error already.
            with suppress(InvalidStateError):
                try:
                    result = download()
                except BaseException as error:
                    future.set_exception(error)
                else:
                    future.set_result(result)
