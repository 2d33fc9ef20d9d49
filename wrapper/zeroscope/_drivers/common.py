"""The two drivers: they carry out the steps of a flow, and hold all that differs between sync and async."""

from __future__ import annotations

import contextvars
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from typing import Any, TypeVar, cast

import httpx

from .._service.api import ApiClient
from .._steps import Call, Close, Download, Emit, Flow, LeftEarly, Open, Read, Sleep, Step, Stream, Together, Work
from ..clock import Clock
from ..errors import ConfigurationError
from .loops import CLOSED, LoopClients

T = TypeVar("T")

# What a flow does after a cancellation may take so many seconds a step.
_CLEANUP = 5.0
# How long the thread that waits for others is deaf, in seconds.
_TURN = 1.0


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
            self.run(_left_early(stream))

    def _do(self, step: Step) -> Any:
        match step:
            case Call() | Open() if self._http.is_closed:
                raise ConfigurationError(CLOSED)
            case Call():
                return step.endpoint.sync_detailed(client=_limited(self._api, step), **step.arguments)
            case Together():
                return self._do_together(step)
            case Sleep():
                self._clock.sleep(step.seconds)
            case Open():
                request, options = _opening(self._http, self._api, step)
                response = self._http.send(request, stream=True, **options)
                return Download(response, response.iter_bytes())
            case Read():
                return next(cast(Iterator[bytes], step.download.chunks), None)
            case Close():
                step.download.response.close()
            case Work():
                return step.function()

    def _do_together(self, step: Together) -> list[Any]:
        changed = threading.Condition()
        under_way, left = 0, len(step.calls)
        interrupted = False

        def settle(number: int) -> None:
            nonlocal under_way, left
            with changed:
                if interrupted:
                    return
                under_way += 1
            try:
                step.results[number] = self._do(step.calls[number])
            except BaseException as error:
                step.results[number] = error
            with changed:
                under_way, left = under_way - 1, left - 1
                changed.notify()

        # Also a single call: its thread goes on when Ctrl-C stops this one, which can happen at every moment from here.
        try:
            for number in range(len(step.calls)):
                # Context variables are there as they would be for a request of this thread.
                run = contextvars.copy_context().run
                threading.Thread(target=run, args=(settle, number), name="zeroscope", daemon=True).start()
            with changed:
                # In turns, as Windows lets nobody interrupt a wait without an end.
                while left:
                    changed.wait(_TURN)
        except BaseException:
            with changed:
                interrupted = True
                changed.wait_for(lambda: not under_way, _CLEANUP)
            raise
        return _settled(step)


class AsyncDriver:
    """Carries flows out in the running event loop.

    Args:
        clients: Tells what sends the calls and the downloads of this loop.
        clock: Lets time pass.
    """

    def __init__(self, clients: LoopClients, clock: Clock) -> None:
        self._clients = clients
        self._clock = clock

    async def run(self, flow: Flow[T], interrupted: bool = False) -> T:
        """Carry a flow out and return its result.

        Args:
            flow: The flow.
            interrupted: Whether the task was canceled already, which would cancel every step, too.
        """
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
        """Carry a flow out and yield what it emits."""
        try:
            while (emitted := await self.run(_next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            await self.run(_left_early(stream))

    async def _do_shielded(self, step: Step) -> Any:
        """Carry out what a flow still has to do after a cancellation, which would cancel this, too."""
        import anyio

        with anyio.move_on_after(_CLEANUP, shield=True):
            return await self._do(step)
        raise httpx.ReadTimeout(f"not done within {_CLEANUP} s after a cancellation")

    async def _do(self, step: Step) -> Any:
        match step:
            case Call():
                _, api = self._clients.current()
                return await step.endpoint.asyncio_detailed(client=_limited(api, step), **step.arguments)
            case Together():
                return await self._do_together(step)
            case Sleep():
                await self._clock.sleep_async(step.seconds)
            case Open():
                http, api = self._clients.current()
                request, options = _opening(http, api, step)
                response = await http.send(request, stream=True, **options)
                return Download(response, response.aiter_bytes())
            case Read():
                return await anext(cast(AsyncIterator[bytes], step.download.chunks), None)
            case Close():
                await step.download.response.aclose()
            case Work():
                import anyio.to_thread

                return await anyio.to_thread.run_sync(step.function)

    async def _do_together(self, step: Together) -> list[Any]:
        import anyio

        scopes = [anyio.CancelScope(shield=True) for _ in step.calls]
        left, ended = len(step.calls), anyio.Event()

        async def settle(number: int) -> None:
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
                tasks.start_soon(settle, number)
            try:
                await ended.wait()
            except BaseException:
                for scope in scopes:
                    scope.deadline = anyio.current_time() + _CLEANUP
                raise
        return _settled(step)


def _settled(step: Together) -> list[Any]:
    """The results, unless one is an interrupt."""
    for result in step.results:
        if isinstance(result, BaseException) and not isinstance(result, Exception):
            raise result
    return step.results


def _opening(
    http: httpx.Client | httpx.AsyncClient, api: ApiClient, step: Open
) -> tuple[httpx.Request, dict[str, Any]]:
    """The request that begins a download, and how it is sent."""
    request = http.build_request("GET", step.url, headers=dict(step.headers), timeout=api.timeout)
    if step.token is None:
        return request, {"follow_redirects": True}
    # Not by way of a variable, which a reporter of errors might write down.
    request.headers["Authorization"] = f"Bearer {step.token}"
    return request, {"follow_redirects": False, "auth": None}


def _limited(api: ApiClient, call: Call) -> ApiClient:
    """The client for a call, with its timeouts cut to the call's own limit, and longer where the service holds it."""
    if call.limit is None and call.hold is None:
        return api
    allowed = dict(api.timeout.as_dict())
    if call.hold is not None and allowed["read"] is not None:
        allowed["read"] += call.hold
    if call.limit is not None:
        allowed = {name: call.limit if most is None else min(most, call.limit) for name, most in allowed.items()}
    return api.with_timeout(httpx.Timeout(**allowed))


def _next_emitted(stream: Stream[T]) -> Flow[Emit[T] | None]:
    """The stretch of a stream up to the next value that it emits, as a flow of its own; None at the end."""
    try:
        return (yield from _stretch(stream, next(stream)))
    except StopIteration:
        return None


def _left_early(stream: Stream[T]) -> Flow[None]:
    """What a stream still has to do when nobody asks for more, such as to end a download."""
    with suppress(LeftEarly, StopIteration):
        while True:
            yield from _stretch(stream, stream.throw(LeftEarly()))


def _stretch(stream: Stream[T], step: Step | Emit[T]) -> Flow[Emit[T]]:
    while not isinstance(step, Emit):
        try:
            result = yield step
        except BaseException as error:
            step = stream.throw(error)
        else:
            step = stream.send(result)
    return step
