"""The sync driver: it carries out the steps of flows on the calling thread.

`run` asks the flow for a step, performs it, and sends the result back in, until the flow returns. Exceptions take the
same way: whatever a step raises is thrown into the flow at its `yield`, so the flow decides what is retried, and it can
still cancel a paid prediction after Ctrl-C. The async driver does the same in an event loop; everything that differs
between sync and async is in these two classes.
"""

from __future__ import annotations

import contextvars
import threading
from collections.abc import Iterator
from typing import Any, TypeVar, cast

from .._flows.request import Sender
from .._steps import (
    Call,
    Close,
    Download,
    Flow,
    Gather,
    Open,
    OpenAhead,
    Read,
    ReadAhead,
    RunBlocking,
    Sleep,
    Step,
    Stream,
    WaitForAny,
)
from ..clock import SystemClock
from ..polling import Polling
from .common import CLEANUP_ERRORS, CLEANUP_TIMEOUT, Driver, EndpointClient, abandon, announce_wait, next_emitted
from .deadline import Interruption, applied, make_interruptible, trace
from .exchange import Exchange, Exchanging, Receive, Send
from .http_clients import SyncHttpClients
from .read_ahead import (
    WATCH_INTERVAL,
    ReadingAhead,
    WaitForRoom,
    body_to_pause,
    is_full,
    open_inline,
    read_ahead,
    ready,
)

T = TypeVar("T")

# How long the thread that waits for others cannot be interrupted, in seconds.
_JOIN_INTERVAL = 1.0
# How long the end of a thread that reads ahead is waited for once its connection is shut down, in seconds.
_CLOSE_TIMEOUT = 1.0


class SyncDriver(Driver):
    """Carries out flows on the calling thread."""

    def __init__(self, sender: Sender, polling: Polling, clients: SyncHttpClients) -> None:
        super().__init__(sender, polling)
        self._clients = clients

    @property
    def own_http_client(self) -> object:
        return self._clients.own

    def run(self, flow: Flow[T] | Exchanging[T] | ReadingAhead) -> T:
        """Carry out a flow and return its result."""
        result: Any = None
        failure: BaseException | None = None
        interrupts: list[BaseException] = []
        while True:
            try:
                step = flow.send(result) if failure is None else flow.throw(failure)
                result, failure = None, None
                result = self._do(step)
            # An interrupt goes into the flow as well, which may have a paid prediction to cancel, and so does one that
            # arrives between two steps.
            except BaseException as error:
                if getattr(flow, "gi_frame", None) is not None:
                    failure = error
                    if not isinstance(error, Exception):
                        interrupts.append(error)
                elif isinstance(error, StopIteration):
                    return cast(T, error.value)
                elif interrupts and isinstance(error, CLEANUP_ERRORS):
                    raise interrupts.pop() from error
                else:
                    raise

    def iterate(self, stream: Stream[T]) -> Iterator[T]:
        try:
            while (emitted := self.run(next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            self.run(abandon(stream))

    def _do(self, step: Step | Send | Receive | WaitForRoom) -> Any:
        match step:
            case Call():
                client = EndpointClient(self, self._exchange(), step)
                return step.endpoint.sync_detailed(client=client, **step.arguments)
            case Send():
                step.request.extensions["trace"] = trace
                with applied(step.deadline):
                    response = step.http.send(step.request, auth=step.auth, follow_redirects=False, stream=True)
                return Download(response, response.iter_raw())
            case Receive():
                with applied(step.deadline):
                    return next(cast(Iterator[bytes], step.chunks), None)
            case Gather():
                return self._gather(step)
            case Sleep():
                self.clock.sleep(step.seconds)
            case Open():
                return self.run(self._exchange().logged_open(step))
            case OpenAhead():
                return self._open_ahead(step)
            case WaitForAny():
                return self._wait_for_any(step)
            case Read(ReadAhead() as download, until):
                if download.has_piece or download.opened is None:
                    return download.take()
                return self.run(self._exchange().read(download.opened, until))
            case Read(Download() as download, until):
                return self.run(self._exchange().read(download, until))
            case Close(ReadAhead() as download):
                self._close_ahead(download)
            case Close(Download() as download):
                download.response.close()
            case WaitForRoom():
                taken = threading.Event()
                step.download.on_take = taken.set
                if is_full(step.download):
                    taken.wait()
            case RunBlocking():
                return step.function()

    def _exchange(self) -> Exchange:
        return Exchange(self._clients.current(), self.sender)

    def _open_ahead(self, step: OpenAhead) -> bool:
        if not self._clients.reserve(step):
            return False
        download, interruption = step.download, Interruption()
        if download.is_inline:
            self.run(open_inline(step))
            return True

        def interrupt() -> None:
            download.is_closed = True
            download.on_take()
            interruption.set()

        def read() -> None:
            make_interruptible(interruption)
            self.run(read_ahead(step))

        download.interrupt = interrupt
        run = contextvars.copy_context().run
        download.reader = threading.Thread(target=run, args=(read,), name="zeroscope stream", daemon=True)
        try:
            download.reader.start()
        except RuntimeError:
            # The system has no thread left, or the program ends.
            self._clients.release(download)
            return False
        return True

    def _close_ahead(self, download: ReadAhead) -> None:
        self._clients.release(download)
        download.interrupt()
        if download.opened is None:
            # A thread that still connects goes on for as long as that takes.
            return
        if download.is_inline:
            download.opened.response.close()
        else:
            download.reader.join(_CLOSE_TIMEOUT)

    def _wait_for_any(self, step: WaitForAny) -> list[ReadAhead]:
        clock, arrived = self.clock, threading.Event()
        for download in step.downloads:
            download.on_put = arrived.set
        while not (found := ready(step)) and (left := step.until - (now := clock.monotonic())) > 0:
            if (body := body_to_pause(step, clock)) is not None:
                body.pause(step.until)
            elif not isinstance(clock, SystemClock) or any(download.is_inline for download in step.downloads):
                clock.sleep(min(left, WATCH_INTERVAL))
            # In intervals, because Windows cannot interrupt a wait without a timeout.
            elif not arrived.wait(min(left, _JOIN_INTERVAL)) and clock.monotonic() == now:
                # It raises an error if the clock stands still.
                clock.sleep(0.0)
            arrived.clear()
        return found

    def _gather(self, step: Gather) -> list[Any]:
        changed = threading.Condition()
        running, left = 0, len(step.calls)
        interrupted = False

        def call(number: int) -> None:
            nonlocal running, left
            with changed:
                if interrupted:
                    return
                running += 1
            try:
                step.results[number] = self._do(step.calls[number])
            except BaseException as error:
                step.results[number] = error
            with changed:
                running, left = running - 1, left - 1
                changed.notify()

        # A single call gets a thread, too: it goes on when Ctrl-C, at any moment from here, stops this one.
        try:
            for number in range(len(step.calls)):
                # The thread sees the context variables of this one.
                run = contextvars.copy_context().run
                threading.Thread(target=run, args=(call, number), name="zeroscope", daemon=True).start()
            with changed:
                # In intervals, because Windows cannot interrupt a wait without a timeout.
                while left:
                    changed.wait(_JOIN_INTERVAL)
        except BaseException:
            announce_wait()
            with changed:
                interrupted = True
                changed.wait_for(lambda: not running, CLEANUP_TIMEOUT)
            raise
        for result in step.results:
            if isinstance(result, BaseException) and not isinstance(result, Exception):
                raise result
        return step.results
