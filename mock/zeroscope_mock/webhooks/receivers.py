"""The receivers of deliveries: a function, an ASGI application or a URL."""

from __future__ import annotations

import asyncio
import contextlib
import inspect
import ipaddress
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from ..messages import Headers, Response
from ..protocols import Clock

if TYPE_CHECKING:
    import httpx

T = TypeVar("T")

HTTP_TIMEOUT = 10.0
"""The time a receiver may take over HTTP, in real seconds. The service's documentation says "a few"; this number is the
mock's own choice."""

ANSWER_TIMEOUT = 1.0
"""The time that the server reads the body of a receiver's response after its head, in real seconds."""

ANSWER_BYTES = 8000
"""How much of that body it reads, in bytes."""

_STATUSES = range(100, 600)
_LAST_PORT = 65535
# Scope, receive and send.
_APP_ARGUMENTS = 3
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


class Receiver(Protocol):
    """A target of deliveries, which answers them."""

    def receive(self, request: httpx.Request) -> Response:
        """Answer a delivery in this thread; any exception counts as no response."""
        ...

    async def receive_async(self, request: httpx.Request) -> Response:
        """Answer a delivery while other tasks run; any exception counts as no response."""
        ...


@dataclass(frozen=True, slots=True)
class Post:
    """Sends one delivery; the result of the step is the receiver's response.

    Args:
        url: The webhook's URL, whatever the receiver.
        headers: Names in lower case.
    """

    receiver: Receiver
    url: str
    headers: Headers
    body: bytes

    def run(self, clock: Clock) -> Response:
        """Send it from this thread."""
        return self.receiver.receive(self._request())

    async def run_async(self, clock: Clock) -> Response:
        """Send it while other tasks run."""
        return await self.receiver.receive_async(self._request())

    def _request(self) -> httpx.Request:
        import httpx

        return httpx.Request("POST", self.url, headers=list(self.headers), content=self.body)


class FunctionReceiver:
    """A function that is called with each delivery.

    Args:
        function: Takes the request; returns a status, a response, or None for 200. It may be a coroutine function.
    """

    def __init__(self, function: Callable[[httpx.Request], Any]) -> None:
        self._function = function

    def receive(self, request: httpx.Request) -> Response:
        """Call it in this thread."""
        result = self._function(request)
        return _to_response(_run_in_new_loop(lambda: result) if inspect.isawaitable(result) else result)

    async def receive_async(self, request: httpx.Request) -> Response:
        """Call it in this event loop."""
        result = self._function(request)
        return _to_response(await result if inspect.isawaitable(result) else result)


class AppReceiver:
    """An ASGI application.

    Args:
        app: The application; its lifespan is not run.
    """

    def __init__(self, app: Callable[..., Awaitable[None]]) -> None:
        self._app = app

    def receive(self, request: httpx.Request) -> Response:
        """Call it in a new event loop."""
        return _run_in_new_loop(lambda: self.receive_async(request))

    async def receive_async(self, request: httpx.Request) -> Response:
        """Call it in this event loop."""
        import httpx

        response = await httpx.ASGITransport(self._answer).handle_async_request(request)
        return Response(response.status_code, tuple(response.headers.multi_items()), await response.aread())

    async def _answer(self, scope: Any, receive: Any, send: Any) -> None:
        answered = False

        async def send_and_note(message: Any) -> None:
            nonlocal answered
            answered = True
            await send(message)

        await self._app(scope, receive, send_and_note)
        if not answered:
            raise RuntimeError("the app returned without a response")


class HttpReceiver:
    """The server at the URL. Redirects are not followed."""

    def receive(self, request: httpx.Request) -> Response:
        """Send it from a new event loop, where it can be canceled after the timeout."""
        return _run_in_new_loop(lambda: self.receive_async(request))

    async def receive_async(self, request: httpx.Request) -> Response:
        """Send it from this event loop."""
        import anyio
        import httpx

        secure = request.url.scheme == "https"
        # Certificates take long to load, and a proxy cannot reach our loopback interface.
        client = httpx.AsyncClient(verify=secure, trust_env=not is_loopback(request.url.host), timeout=None)
        response, answer = None, bytearray()
        with anyio.move_on_after(HTTP_TIMEOUT):
            async with client:
                response = await client.send(request, stream=True, follow_redirects=False)
                await _read_start(response, answer)
                await response.aclose()
        if response is None:
            raise TimeoutError(f"there was no response within {HTTP_TIMEOUT:g} s")
        return Response(response.status_code, tuple(response.headers.multi_items()), bytes(answer))


async def _read_start(response: httpx.Response, answer: bytearray) -> None:
    """Read the start of a body, for people to see; however it goes on, the head has decided about the delivery."""
    import anyio
    import httpx

    with anyio.move_on_after(ANSWER_TIMEOUT), contextlib.suppress(httpx.HTTPError):
        # Raw, since a small compressed body can become a huge one.
        async for piece in response.aiter_raw():
            answer += piece[: ANSWER_BYTES - len(answer)]
            if len(answer) >= ANSWER_BYTES:
                return


def make_receiver(receiver: Callable[..., Any]) -> Receiver:
    """The receiver for an object that a test passed: an ASGI application if it takes three arguments, else a function.

    Raises:
        TypeError: For an object that is not callable.
    """
    if not callable(receiver):
        raise TypeError(f"a receiver is a function of a request or an ASGI app, not {receiver!r}")
    return AppReceiver(receiver) if _required_arguments(receiver) == _APP_ARGUMENTS else FunctionReceiver(receiver)


def refusal_reason(url: str, *, allow_http: bool) -> str | None:
    """The reason why nothing is sent to a URL over HTTP; None if deliveries are sent.

    Args:
        allow_http: Whether `http` URLs may have hosts other than this machine.
    """
    import httpx

    try:
        target = httpx.URL(url)
    except (httpx.InvalidURL, ValueError) as error:
        return f"not sent: the webhook is not a URL ({error})"
    if target.scheme not in {"http", "https"} or not target.host:
        return "not sent: a webhook is an https URL with a host"
    if (target.port or 0) > _LAST_PORT:
        return f"not sent: the webhook is not a URL (there is no port {target.port})"
    if target.scheme == "http" and not allow_http and not is_loopback(target.host):
        return (
            "not sent: http is for loopback hosts; use https, or allow it with MockServer(insecure_webhooks=True) or"
            " the option --insecure-webhooks"
        )
    return None


def is_loopback(host: str) -> bool:
    """Return whether a host is this machine, which the name alone decides."""
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _required_arguments(function: Callable[..., Any]) -> int | None:
    """The number of arguments that a function requires; None if it has no signature."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except ValueError:
        return None
    return sum(one.default is one.empty and one.kind in _POSITIONAL for one in parameters)


def _to_response(result: Any) -> Response:
    """The response that the result of a function stands for.

    Raises:
        TypeError: For a result that stands for none.
    """
    import httpx

    if result is None:
        return Response(200, (), b"")
    if isinstance(result, httpx.Response):
        return Response(result.status_code, tuple(result.headers.multi_items()), result.read())
    if isinstance(result, int) and result in _STATUSES:
        return Response(int(result), (), b"")
    raise TypeError(f"a receiver returns a status, an httpx.Response or None, not {result!r}")


def _run_in_new_loop(start: Callable[[], Awaitable[T]]) -> T:
    """Await something in a new event loop, and clean up the loop."""

    async def wait() -> T:
        return await start()

    if not _in_event_loop():
        return asyncio.run(wait())
    # A thread can run only one event loop at a time.
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
