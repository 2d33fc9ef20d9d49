"""Where deliveries go: a function, an ASGI application, or a URL over HTTP."""

from __future__ import annotations

import asyncio
import inspect
import ipaddress
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..messages import Headers, Response

if TYPE_CHECKING:
    import httpx

    from ..protocols import Clock

T = TypeVar("T")

HTTP_TIMEOUT = 10.0
"""How long a receiver has over HTTP, in real seconds. The service says «a few»; the mock's own choice."""

_STATUSES = range(100, 600)
_LAST_PORT = 65535
# Scope, receive and send.
_OF_AN_APP = 3
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Receiver(Protocol):
    """Somebody who is sent deliveries and answers them."""

    def receive(self, request: httpx.Request) -> Response:
        """Answer a delivery in this thread; whatever is raised counts as no answer."""
        ...

    async def receive_async(self, request: httpx.Request) -> Response:
        """Answer a delivery while other tasks run; whatever is raised counts as no answer."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """Send one delivery; the step's answer is the receiver's.

    Args:
        receiver: who is sent it.
        url: where it was to go.
        headers: names in small letters.
        body: the body.
    """

    receiver: Receiver
    url: str
    headers: Headers
    body: bytes

    def do(self, clock: Clock) -> Response:
        """Send it from this thread."""
        return self.receiver.receive(self._request())

    async def do_async(self, clock: Clock) -> Response:
        """Send it while other tasks run."""
        return await self.receiver.receive_async(self._request())

    def _request(self) -> httpx.Request:
        import httpx

        return httpx.Request("POST", self.url, headers=list(self.headers), content=self.body)


class FunctionReceiver:
    """A function that is called with each delivery.

    Args:
        function: takes the request; returns a status, a response, or None for 200. It may be a coroutine function.
    """

    def __init__(self, function: Callable[[httpx.Request], Any]) -> None:
        self._function = function

    def receive(self, request: httpx.Request) -> Response:
        """Call it in this thread."""
        answer = self._function(request)
        return _read(_run(lambda: answer) if inspect.isawaitable(answer) else answer)

    async def receive_async(self, request: httpx.Request) -> Response:
        """Call it in this event loop."""
        answer = self._function(request)
        return _read(await answer if inspect.isawaitable(answer) else answer)


class AppReceiver:
    """An ASGI application.

    Args:
        app: the application; its lifespan is up to others.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    def receive(self, request: httpx.Request) -> Response:
        """Call it in an event loop of its own."""
        return _run(lambda: self.receive_async(request))

    async def receive_async(self, request: httpx.Request) -> Response:
        """Call it in this event loop."""
        import httpx

        response = await httpx.ASGITransport(self._answer).handle_async_request(request)
        return Response(response.status_code, tuple(response.headers.multi_items()), await response.aread())

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        answered = False

        async def watch(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self._app(scope, receive, watch)
        if not answered:
            raise RuntimeError("the app returned without an answer")


class HttpReceiver:
    """Whoever is found at the URL. Redirects are not followed."""

    def receive(self, request: httpx.Request) -> Response:
        """Send it from an event loop of its own, where it can be given up in time."""
        return _run(lambda: self.receive_async(request))

    async def receive_async(self, request: httpx.Request) -> Response:
        """Send it from this event loop."""
        import anyio
        import httpx

        secure = request.url.scheme == "https"
        # Certificates take long to load, and a proxy does not know what is loopback to us.
        client = httpx.AsyncClient(verify=secure, trust_env=not is_loopback(request.url.host), timeout=None)
        with anyio.move_on_after(HTTP_TIMEOUT):
            async with client:
                # Nobody reads the body, so it may be as long as it likes.
                response = await client.send(request, stream=True, follow_redirects=False)
                await response.aclose()
                return Response(response.status_code, tuple(response.headers.multi_items()), b"")
        raise TimeoutError(f"there was no answer within {HTTP_TIMEOUT:g} s")


def receiver_of(receiver: Callable[..., Any]) -> Receiver:
    """The receiver that somebody means: an ASGI application if it takes three arguments, else a function.

    Raises:
        TypeError: for what cannot be called.
    """
    if not callable(receiver):
        raise TypeError(f"a receiver is a function of a request or an ASGI app, not {receiver!r}")
    return AppReceiver(receiver) if _needs(receiver) == _OF_AN_APP else FunctionReceiver(receiver)


def refusal(url: str, *, allow_http: bool) -> str | None:
    """Why nothing is sent to a URL over HTTP; None for one to which something is.

    Args:
        url: the URL.
        allow_http: whether `http` may lead to hosts other than this machine.
    """
    import httpx

    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        return f"not sent: the webhook is no URL ({error})"
    if target.scheme not in {"http", "https"} or not target.host:
        return "not sent: a webhook is an https URL with a host"
    if (target.port or 0) > _LAST_PORT:
        return f"not sent: the webhook is no URL (there is no port {target.port})"
    if target.scheme == "http" and not allow_http and not is_loopback(target.host):
        return (
            "not sent: http is for loopback hosts; use https, or allow it with MockServer(insecure_webhooks=True) or"
            " the option --insecure-webhooks"
        )
    return None


def is_loopback(host: str) -> bool:
    """Whether a host is this machine, as far as its name alone says."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _needs(function: Callable[..., Any]) -> int | None:
    """How many arguments a function cannot do without; None if it does not say."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return None
    return sum(one.default is one.empty and one.kind in _POSITIONAL for one in parameters)


def _read(answer: Any) -> Response:
    """What a function meant with what it returned.

    Raises:
        TypeError: if nobody can know.
    """
    import httpx

    if answer is None:
        return Response(200, (), b"")
    if isinstance(answer, httpx.Response):
        return Response(answer.status_code, tuple(answer.headers.multi_items()), answer.read())
    if isinstance(answer, int) and answer in _STATUSES:
        return Response(int(answer), (), b"")
    raise TypeError(f"a receiver returns a status, an httpx.Response or None, not {answer!r}")


def _run(begin: Callable[[], Awaitable[T]]) -> T:
    """Wait for something in an event loop of its own, and for what the loop leaves behind."""

    async def wait() -> T:
        return await begin()

    if not _in_event_loop():
        return asyncio.run(wait())
    # A thread runs one event loop at a time.
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(lambda: asyncio.run(wait())).result()


def _in_event_loop() -> bool:
    trio = sys.modules.get("trio")
    if trio is not None and trio.lowlevel.in_trio_run():
        return True
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True
