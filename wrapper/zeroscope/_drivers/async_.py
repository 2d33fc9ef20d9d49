"""The async driver: it carries out the steps of flows in the running event loop."""

from __future__ import annotations

import contextvars
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable, Coroutine, Mapping
from contextlib import suppress
from typing import Any, TypeVar, cast

import httpx

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
from ..polling import Polling
from .common import CLEANUP_ERRORS, CLEANUP_TIMEOUT, Driver, EndpointClient, abandon, announce_wait, next_emitted
from .deadline import Deadline
from .exchange import Exchange, Exchanging, Receive, Send
from .http_clients import AsyncHttpClients, current_loop
from .in_process import body_of
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

# How long after its deadline a part of an exchange is canceled, in seconds.
_GRACE = 0.25


class AsyncDriver(Driver):
    """Carries out flows in the running event loop."""

    def __init__(self, sender: Sender, polling: Polling, clients: AsyncHttpClients) -> None:
        super().__init__(sender, polling)
        self._clients = clients

    @property
    def own_http_client(self) -> object:
        return self._clients.own

    async def run(self, flow: Flow[T] | Exchanging[T] | ReadingAhead, interrupted: bool = False) -> T:
        """Carry out a flow and return its result, with its steps shielded if the task was `interrupted` before."""
        interrupt: BaseException | None = None
        try:
            step = next(flow)
            while True:
                try:
                    result = await (self._do_shielded(step) if interrupted else self._do(step))
                except BaseException as error:
                    if not isinstance(error, Exception):
                        interrupt, interrupted = error, True
                    step = flow.throw(error)
                else:
                    step = flow.send(result)
        except StopIteration as end:
            return cast(T, end.value)
        except CLEANUP_ERRORS as error:
            if interrupt is None:
                raise
            raise interrupt from error
        finally:
            # Its traceback refers to this frame.
            interrupt = None

    async def iterate(self, stream: Stream[T]) -> AsyncGenerator[T, None]:
        """Carry out a stream and yield what it emits."""
        try:
            while (emitted := await self.run(next_emitted(stream))) is not None:
                yield emitted.value
        finally:
            await self.run(abandon(stream))

    async def _do_shielded(self, step: Step | Send | Receive | WaitForRoom) -> Any:
        """Carry out a step after a cancellation, which would cancel the step as well."""
        import anyio

        with anyio.move_on_after(CLEANUP_TIMEOUT, shield=True):
            return await self._do(step)
        raise httpx.ReadTimeout(f"not done within {CLEANUP_TIMEOUT} s after a cancellation")

    async def _do(self, step: Step | Send | Receive | WaitForRoom) -> Any:
        match step:
            case Call():
                client = EndpointClient(self, self._exchange(), step)
                return await step.endpoint.asyncio_detailed(client=client, **step.arguments)
            case Send():
                sending = step.http.send(step.request, auth=step.auth, follow_redirects=False, stream=True)
                response: httpx.Response = await self._in_time(sending, step.request, step.deadline)
                return Download(response, response.aiter_raw())
            case Receive():
                following = _next(cast(AsyncIterator[bytes], step.chunks))
                return await self._in_time(following, step.request, step.deadline)
            case Gather():
                return await self._gather(step)
            case Sleep():
                await self.clock.sleep_async(step.seconds)
            case Open():
                return await self.run(self._exchange().logged_open(step))
            case OpenAhead():
                return await self._open_ahead(step)
            case WaitForAny():
                return await self._wait_for_any(step)
            case Read(ReadAhead() as download, until):
                if download.has_piece or download.opened is None:
                    return download.take()
                return await self.run(self._exchange().read(download.opened, until))
            case Read(Download() as download, until):
                return await self.run(self._exchange().read(download, until))
            case Close(ReadAhead() as download):
                await self._close_ahead(download)
            case Close(Download() as download):
                await _close(download)
            case WaitForRoom():
                import anyio

                taken = anyio.Event()
                step.download.on_take = taken.set
                if is_full(step.download):
                    await taken.wait()
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

    async def _open_ahead(self, step: OpenAhead) -> bool:
        if not self._clients.reserve(step):
            return False
        if step.download.is_inline:
            await self.run(open_inline(step))
            return True
        import anyio

        scope, ended, loop = anyio.CancelScope(), anyio.Event(), current_loop()

        async def read() -> None:
            with scope:
                await self.run(read_ahead(step))

        def end() -> None:
            ended.set()
            # Nothing else was put in by a task that was canceled before it began.
            step.download.put(None)

        step.download.interrupt = scope.cancel
        step.download.reader = (ended, loop, _start(read, end, loop))
        return True

    async def _close_ahead(self, download: ReadAhead) -> None:
        self._clients.release(download)
        if download.reader is not None:
            download.interrupt()
            await download.reader[0].wait()
        elif download.opened is not None:
            await _close(download.opened)

    async def _wait_for_any(self, step: WaitForAny) -> list[ReadAhead]:
        while not (found := ready(step)) and (left := step.until - self.clock.monotonic()) > 0:
            if (body := body_to_pause(step, self.clock)) is not None:
                await body.pause_async(step.until)
            elif any(download.is_inline for download in step.downloads):
                await self.clock.sleep_async(min(left, WATCH_INTERVAL))
            else:
                await self._sleep_until_put(step, left)
        return found

    async def _sleep_until_put(self, step: WaitForAny, seconds: float) -> None:
        """Sleep on the client's clock, at most until something has arrived."""
        import anyio

        woken, failures = anyio.Event(), list[Exception]()

        async def sleep() -> None:
            try:
                await self.clock.sleep_async(seconds)
            except Exception as error:
                failures.append(error)
            woken.set()

        for download in step.downloads:
            download.on_put = woken.set
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sleep)
            await woken.wait()
            tasks.cancel_scope.cancel()
        for failure in failures:
            raise failure

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


async def _next(chunks: AsyncIterator[bytes]) -> bytes | None:
    """Return the next piece, and None at the end."""
    # Not `anext` with a default, which leaves the generator marked as running if it is canceled.
    try:
        return await chunks.__anext__()
    except StopAsyncIteration:
        return None


async def _close(download: Download) -> None:
    await download.response.aclose()
    if download.chunks is None:
        return
    chunks = cast(AsyncGenerator[bytes, None], download.chunks)
    # A body that was not read to its end leaves generators around each other. If the garbage collection of another
    # thread finished them, it could meet one that this event loop is finishing.
    if body_of(download) is not None:
        # It reads an end now, with which the generators around it end as well; trio warns of those that do not.
        with suppress(httpx.StreamError):
            await _next(chunks)
    await chunks.aclose()


def _start(main: Callable[[], Coroutine[Any, Any, None]], end: Callable[[], object], loop: Any) -> object:
    """Start a task that outlives the step in which it starts; `end` is called in any case."""
    if hasattr(loop, "create_task"):
        task = loop.create_task(main())
        # Not in the task, which asyncio may cancel before its first step.
        task.add_done_callback(lambda _: end())
        return cast(object, task)
    import trio

    async def run() -> None:
        try:
            await main()
        finally:
            end()

    return trio.lowlevel.spawn_system_task(run, context=contextvars.copy_context())
