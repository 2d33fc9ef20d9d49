"""The async driver: it carries out the steps of flows in the running event loop."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Mapping
from typing import Any, TypeVar, cast

import httpx

from .._flows.request import Sender
from .._steps import Call, Close, Download, Flow, Gather, Open, Read, RunBlocking, Sleep, Step, Stream
from ..polling import Polling
from .common import CLEANUP_TIMEOUT, Driver, EndpointClient, abandon, announce_wait, next_emitted
from .deadline import Deadline
from .exchange import Exchange, Exchanging, Receive, Send
from .http_clients import AsyncHttpClients

T = TypeVar("T")

# How long after its deadline a part of an exchange is canceled, in seconds.
_GRACE = 0.25


class AsyncDriver(Driver):
    """Carries out flows in the running event loop."""

    def __init__(self, sender: Sender, polling: Polling, clients: AsyncHttpClients) -> None:
        super().__init__(sender, polling)
        self._clients = clients

    async def run(self, flow: Flow[T] | Exchanging[T], interrupted: bool = False) -> T:
        """Carry out a flow and return its result, with its steps shielded if the task was `interrupted` before."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await (self._do_shielded(step) if interrupted else self._do(step))
                except BaseException as error:
                    interrupted = interrupted or not isinstance(error, Exception)
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return cast(T, end.value)

    async def iterate(self, stream: Stream[T]) -> AsyncIterator[T]:
        """Carry out a stream and yield what it emits."""
        try:
            while (emitted := await self.run(next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            await self.run(abandon(stream))

    async def _do_shielded(self, step: Step | Send | Receive) -> Any:
        """Carry out a step after a cancellation, which would cancel the step as well."""
        import anyio

        with anyio.move_on_after(CLEANUP_TIMEOUT, shield=True):
            return await self._do(step)
        raise httpx.ReadTimeout(f"not done within {CLEANUP_TIMEOUT} s after a cancellation")

    async def _do(self, step: Step | Send | Receive) -> Any:
        match step:
            case Call():
                client = EndpointClient(self, self._exchange(), step)
                return await step.endpoint.asyncio_detailed(client=client, **step.arguments)
            case Gather():
                return await self._gather(step)
            case Sleep():
                await self.clock.sleep_async(step.seconds)
            case Open():
                return await self.run(self._exchange().open(step))
            case Read():
                return await self.run(self._exchange().read(step))
            case Send():
                sending = step.http.send(step.request, auth=step.auth, follow_redirects=False, stream=True)
                response: httpx.Response = await self._in_time(sending, step.request, step.deadline)
                return Download(response, response.aiter_raw())
            case Receive():
                following = anext(cast(AsyncIterator[bytes], step.chunks), None)
                return await self._in_time(following, step.request, step.deadline)
            case Close():
                await step.download.response.aclose()
            case RunBlocking():
                import anyio.to_thread

                return await anyio.to_thread.run_sync(step.function)

    def _exchange(self) -> Exchange:
        return Exchange(self._clients.current(), self.sender)

    async def _in_time(self, awaitable: Awaitable[T], request: httpx.Request, deadline: Deadline) -> T:
        """Await a part of an exchange up to its deadline."""
        import anyio

        async def trace(event: str, info: Mapping[str, Any]) -> None:
            if deadline.trace(event, info):
                scope.deadline = anyio.current_time() + deadline.left + _GRACE

        request.extensions["trace"] = trace
        # A little later, so that the timeouts of httpx come first, which say whether the request was sent.
        with anyio.move_on_after(max(deadline.left, 0.0) + _GRACE) as scope:
            return await awaitable
        raise httpx.ReadTimeout("", request=request)

    async def _gather(self, step: Gather) -> list[Any]:
        import anyio

        scopes = [anyio.CancelScope(shield=True) for _ in step.calls]
        left, ended = len(step.calls), anyio.Event()

        async def call(number: int) -> None:
            nonlocal left
            with scopes[number]:
                try:
                    step.results[number] = await self._do(step.calls[number])
                except Exception as error:
                    step.results[number] = error
            left -= 1
            if not left:
                ended.set()

        async with anyio.create_task_group() as tasks:
            for number in range(len(step.calls)):
                tasks.start_soon(call, number)
            try:
                await ended.wait()
            except BaseException:
                announce_wait()
                for scope in scopes:
                    scope.deadline = anyio.current_time() + CLEANUP_TIMEOUT
                raise
        return step.results
