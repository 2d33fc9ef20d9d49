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
from .._steps import Call, Close, Download, Flow, Gather, Open, Read, RunBlocking, Sleep, Step, Stream
from ..polling import Polling
from .common import CLEANUP_TIMEOUT, Driver, EndpointClient, abandon, announce_wait, next_emitted
from .deadline import applied, trace
from .exchange import Exchange, Exchanging, Receive, Send
from .http_clients import SyncHttpClients

T = TypeVar("T")

# How long the thread that waits for others cannot be interrupted, in seconds.
_JOIN_INTERVAL = 1.0


class SyncDriver(Driver):
    """Carries out flows on the calling thread."""

    def __init__(self, sender: Sender, polling: Polling, clients: SyncHttpClients) -> None:
        super().__init__(sender, polling)
        self._clients = clients

    def run(self, flow: Flow[T] | Exchanging[T]) -> T:
        """Carry out a flow and return its result."""
        result: Any = None
        failure: BaseException | None = None
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
                elif isinstance(error, StopIteration):
                    return cast(T, error.value)
                else:
                    raise

    def iterate(self, stream: Stream[T]) -> Iterator[T]:
        try:
            while (emitted := self.run(next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            self.run(abandon(stream))

    def _do(self, step: Step | Send | Receive) -> Any:
        match step:
            case Call():
                client = EndpointClient(self, self._exchange(), step)
                return step.endpoint.sync_detailed(client=client, **step.arguments)
            case Gather():
                return self._gather(step)
            case Sleep():
                self.clock.sleep(step.seconds)
            case Open():
                return self.run(self._exchange().open(step))
            case Read():
                return self.run(self._exchange().read(step))
            case Send():
                step.request.extensions["trace"] = trace
                with applied(step.deadline):
                    response = step.http.send(step.request, auth=step.auth, follow_redirects=False, stream=True)
                return Download(response, response.iter_raw())
            case Receive():
                with applied(step.deadline):
                    return next(cast(Iterator[bytes], step.chunks), None)
            case Close():
                step.download.response.close()
            case RunBlocking():
                return step.function()

    def _exchange(self) -> Exchange:
        return Exchange(self._clients.current(), self.sender)

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
