"""The two drivers: they carry out the steps of a flow, and hold all that differs between sync and async."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any, TypeVar, cast

import httpx

from ._api import ApiClient
from ._steps import Call, Close, Download, Emit, Flow, Open, Read, Sleep, Step, Stream, Work
from .clock import Clock

T = TypeVar("T")

_CHUNK = 256 * 1024


class SyncDriver:
    """Carries flows out on the calling thread.

    Args:
        api: Sends the calls.
        http: Sends the downloads.
        clock: Lets time pass.
    """

    def __init__(self, api: ApiClient, http: httpx.Client, clock: Clock) -> None:
        self._api = api
        self._http = http
        self._clock = clock

    def run(self, flow: Flow[T]) -> T:
        """Carry a flow out and return its result."""
        try:
            step = next(flow)
            while True:
                try:
                    result = self._do(step)
                # An interrupt goes into the flow as well, which may have a paid job to cancel.
                except BaseException as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return cast(T, end.value)

    def iterate(self, stream: Stream[T]) -> Iterator[T]:
        """Carry a flow out and yield what it emits."""
        try:
            while (emitted := self.run(_next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            stream.close()

    def _do(self, step: Step) -> Any:
        match step:
            case Call():
                return step.endpoint.sync_detailed(client=_with_timeout(self._api, step), **step.arguments)
            case Sleep():
                self._clock.sleep(step.seconds)
            case Open():
                request = self._http.build_request("GET", step.url, headers=dict(step.headers))
                response = self._http.send(request, stream=True, follow_redirects=True)
                return Download(response, response.iter_bytes(_CHUNK))
            case Read():
                return next(cast(Iterator[bytes], step.download.chunks), None)
            case Close():
                step.download.response.close()
            case Work():
                return step.function()


class AsyncDriver:
    """Carries flows out in the running event loop.

    Args:
        api: Sends the calls.
        http: Sends the downloads.
        clock: Lets time pass.
    """

    def __init__(self, api: ApiClient, http: httpx.AsyncClient, clock: Clock) -> None:
        self._api = api
        self._http = http
        self._clock = clock

    async def run(self, flow: Flow[T]) -> T:
        """Carry a flow out and return its result."""
        try:
            step = next(flow)
            while True:
                try:
                    result = await self._do(step)
                except BaseException as error:
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return cast(T, end.value)

    async def iterate(self, stream: Stream[T]) -> AsyncIterator[T]:
        """Carry a flow out and yield what it emits."""
        try:
            while (emitted := await self.run(_next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            stream.close()

    async def _do(self, step: Step) -> Any:
        match step:
            case Call():
                return await step.endpoint.asyncio_detailed(client=_with_timeout(self._api, step), **step.arguments)
            case Sleep():
                await self._clock.sleep_async(step.seconds)
            case Open():
                request = self._http.build_request("GET", step.url, headers=dict(step.headers))
                response = await self._http.send(request, stream=True, follow_redirects=True)
                return Download(response, response.aiter_bytes(_CHUNK))
            case Read():
                return await anext(cast(AsyncIterator[bytes], step.download.chunks), None)
            case Close():
                await step.download.response.aclose()
            case Work():
                import anyio.to_thread

                return await anyio.to_thread.run_sync(step.function)


def _with_timeout(api: ApiClient, call: Call) -> ApiClient:
    """The client for a call, with the call's own timeout if it has one."""
    return api if call.timeout is None else api.with_timeout(call.timeout)


def _next_emitted(stream: Stream[T]) -> Flow[Emit[T] | None]:
    """The stretch of a stream up to the next value that it emits, as a flow of its own; None at the end."""
    try:
        step = next(stream)
        while not isinstance(step, Emit):
            try:
                result = yield step
            except BaseException as error:
                step = stream.throw(error)
            else:
                step = stream.send(result)
        return step
    except StopIteration:
        return None
