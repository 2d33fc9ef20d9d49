"""Receivers of deliveries: functions, apps and URLs, in threads and loops."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import anyio
import httpx
import pytest
from standardwebhooks import Webhook

from helpers.webhooks import (
    KINDS,
    SECRET,
    URL,
    App,
    ScriptedReceiver,
    WebhookHarness,
    advance,
    as_app_function,
    as_coroutine_function,
    as_function,
)
from zeroscope_mock.webhooks import receivers
from zeroscope_mock.webhooks.receivers import refusal_reason
from zeroscope_mock.webhooks.scheduler import RETRY_DELAYS

RECEIVERS = pytest.mark.parametrize("wrap", [as_function, as_coroutine_function, App, as_app_function])


@KINDS
@RECEIVERS
def test_deliveries__reach_every_kind_of_receiver(
    kind: str, wrap: Callable[[ScriptedReceiver], Callable[..., Any]]
) -> None:
    """Functions and apps, in threads and event loops, get the same requests at the same times."""
    receiver = ScriptedReceiver(200, 500, 204, 503, 202)
    harness = WebhookHarness(wrap(receiver))
    harness.create()

    advance(kind, harness, 60)

    assert harness.attempts == [
        ("start", 1.0, 200),
        ("logs", 1.5, 500),
        ("logs", 2.0, 204),
        ("completed", 3.0, 503),
        ("completed", 4.0, 202),
    ]
    assert [json.loads(request.content) for request in receiver.requests] == [
        {"id": "p", "status": "processing", "after": 1.0},
        {"id": "p", "status": "processing", "after": 1.5},
        {"id": "p", "status": "processing", "after": 2.0},
        {"id": "p", "status": "succeeded", "after": 3.0},
        {"id": "p", "status": "succeeded", "after": 3.0},
    ]
    assert {(request.method, str(request.url)) for request in receiver.requests} == {("POST", URL)}


def caused(error: BaseException, cause: BaseException | None) -> BaseException:
    error.__cause__ = cause
    return error


def around() -> BaseException:
    first, second = ValueError("first"), ValueError("second")
    first.__cause__, second.__cause__ = second, first
    return first


def while_handling(error: BaseException, context: BaseException) -> BaseException:
    error.__context__ = context
    return error


FULL = OSError(24, "Too many open files")


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        pytest.param(
            caused(OSError("no way"), caused(KeyError(), FULL)),
            "OSError: no way (OSError: [Errno 24] Too many open files)",
            id="caused",
        ),
        pytest.param(
            while_handling(OSError("no way"), FULL),
            "OSError: no way (OSError: [Errno 24] Too many open files)",
            id="while handling",
        ),
        pytest.param(
            caused(while_handling(OSError("no way"), FULL), None),
            "OSError: no way (OSError: [Errno 24] Too many open files)",
            id="hidden",
        ),
        pytest.param(
            caused(OSError("no way"), ExceptionGroup("many", [FULL, OSError("other")])),
            "OSError: no way (OSError: [Errno 24] Too many open files)",
            id="of several",
        ),
        pytest.param(caused(OSError("no way"), ValueError("no way")), "OSError: no way", id="nothing new"),
        pytest.param(around(), "ValueError: first", id="in circles"),
    ],
)
def test_reason__names_the_root_cause(error: BaseException, reason: str) -> None:
    """The original error is the one to fix."""
    harness = WebhookHarness(ScriptedReceiver(error))
    harness.create(events=("start",))

    harness.clock.advance(60)

    assert harness.reasons == [reason]


async def silent(scope: Any, receive: Any, send: Any) -> None:
    """An app that sends no response."""


async def broken(scope: Any, receive: Any, send: Any) -> None:
    raise LookupError("no such table")


def returns(answer: Any) -> Callable[[httpx.Request], Any]:
    return lambda request: answer


@KINDS
@pytest.mark.parametrize(
    ("receiver", "status", "reason"),
    [
        (returns(None), 200, None),
        (returns(299), 299, None),
        (returns(httpx.Response(418, text="short and stout")), 418, "answered with 418"),
        (returns(99), None, "TypeError: a receiver returns a status, an httpx.Response or None, not 99"),
        (returns(True), None, "TypeError: a receiver returns a status, an httpx.Response or None, not True"),
        (returns("ok"), None, "TypeError: a receiver returns a status, an httpx.Response or None, not 'ok'"),
        (max, None, "TypeError: 'Request' object is not iterable"),
        (ScriptedReceiver(ConnectionResetError("by peer")), None, "ConnectionResetError: by peer"),
        (ScriptedReceiver(AssertionError()), None, "AssertionError"),
        (as_coroutine_function(ScriptedReceiver(ValueError("no"))), None, "ValueError: no"),
        (silent, None, "RuntimeError: the app returned without a response"),
        (broken, None, "LookupError: no such table"),
    ],
)
def test_receiver__responds_or_the_reason_is_recorded(
    kind: str, receiver: Any, status: int | None, reason: Any
) -> None:
    """Whatever a receiver does, the attempt records it, and the scheduler goes on."""
    harness = WebhookHarness(receiver)
    harness.create(events=("start", "logs"))

    advance(kind, harness, 60)

    assert [(one.status, one.reason) for one in harness.scheduler.deliveries] == [(status, reason)] * 3


def test_receiver__may_be_a_builtin_method() -> None:
    """A list can collect deliveries by itself."""
    requests: list[httpx.Request] = []
    harness = WebhookHarness(requests.append)
    harness.create(events=("start",))

    harness.clock.advance(60)

    assert [request.url for request in requests] == [URL]
    assert harness.reasons == [None]


def test_receiver__must_be_callable() -> None:
    """Anything else is refused when the server is made."""
    with pytest.raises(TypeError, match="a receiver is a function of a request or an ASGI app, not 'https://"):
        WebhookHarness(receiver=URL)  # type: ignore[arg-type]  # the mistake is meant


def test_receiver__can_be_interrupted() -> None:
    """An interrupt in a receiver stops the program; the interrupted delivery is recorded."""
    harness = WebhookHarness(ScriptedReceiver(KeyboardInterrupt(), None))
    harness.create(events=("start", "completed"))

    with pytest.raises(KeyboardInterrupt):
        harness.clock.advance(60)

    assert [(one.event, one.status, one.retry_at) for one in harness.scheduler.deliveries] == [("start", None, None)]
    harness.clock.advance(60)
    assert harness.attempts[1:] == [("completed", 3.0, 200)]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_app__is_reached_from_sync_code_in_an_event_loop(backend: str) -> None:
    """A test that moves the clock without `await` reaches an app as well, and no thread is left behind."""
    harness = WebhookHarness(App(ScriptedReceiver()))
    harness.create(events=("start", "completed"))
    threads = set(threading.enumerate())

    async def main() -> None:
        harness.clock.advance(60)

    anyio.run(main, backend=backend)

    assert harness.attempts == [("start", 1.0, 200), ("completed", 3.0, 200)]
    assert set(threading.enumerate()) <= threads


def test_app__may_move_the_clock_itself() -> None:
    """The server waits for a receiver that sleeps on its clock, and sends the next event after that."""
    order: list[str] = []

    async def receive(request: httpx.Request) -> None:
        event = json.loads(request.content)["after"]
        order.append(f"begin {event}")
        await harness.clock.sleep_async(0.8)
        order.append(f"end {event}")

    harness = WebhookHarness(receive)
    harness.create(events=("start", "logs"))

    anyio.run(harness.clock.advance_async, 60)

    assert order == [f"{what} {at}" for at in (1.0, 1.5, 2.0) for what in ("begin", "end")]


@pytest.mark.parametrize(
    ("url", "allow_http", "refused"),
    [
        ("https://example.test/hook", False, None),
        ("https://10.0.0.1:8443/hook", False, None),
        ("HTTPS://example.test", False, None),
        ("http://localhost:8000/hook", False, None),
        ("http://LOCALHOST/hook", False, None),
        ("http://127.0.0.1/hook", False, None),
        ("http://127.255.0.7:1/hook", False, None),
        ("http://[::1]:8000/hook", False, None),
        ("http://example.test/hook", True, None),
        ("http://example.test/hook", False, "http is for loopback hosts"),
        ("http://localhost.example.test/", False, "http is for loopback hosts"),
        ("http://localhost@example.test/", False, "http is for loopback hosts"),
        ("http://127.0.0.1.example.test/", False, "http is for loopback hosts"),
        ("http://0.0.0.0/", False, "http is for loopback hosts"),
        ("http://192.168.0.1/", False, "http is for loopback hosts"),
        ("http://[::2]/", False, "http is for loopback hosts"),
        ("ftp://localhost/hook", True, "an https URL with a host"),
        ("file:///etc/passwd", True, "an https URL with a host"),
        ("https:///hook", True, "an https URL with a host"),
        ("example.test/hook", True, "an https URL with a host"),
        ("", True, "an https URL with a host"),
        ("http://[::1/", False, "the webhook is not a URL"),
        ("https://example.test:99999999/", False, "the webhook is not a URL"),
        ("https://exa mple.test\n/", False, "the webhook is not a URL"),
    ],
)
def test_targets__are_https_or_this_machine(url: str, allow_http: bool, refused: str | None) -> None:
    """Invalid URLs are refused, and so is plain http to other hosts, unless it was allowed."""
    reason = refusal_reason(url, allow_http=allow_http)
    assert reason is None if refused is None else refused in str(reason)


def test_refused_target__is_not_tried_again() -> None:
    """The attempt says why nothing was sent, also for the end."""
    harness = WebhookHarness()
    harness.sender.online = True
    harness.create(events=("start", "completed"), url="http://example.test/hook")

    harness.clock.advance(3600)

    assert harness.attempts == [("start", 1.0, None), ("completed", 3.0, None)]
    allow = "use https, or allow it with MockServer(insecure_webhooks=True) or the option --insecure-webhooks"
    assert allow in str(harness.reasons[1])


def test_receiver__is_reached_whatever_the_url() -> None:
    """With a receiver nothing leaves the process, so every valid URL is safe."""
    harness = WebhookHarness(ScriptedReceiver())
    harness.create(events=("start",), url="http://example.test/hook")
    harness.create(events=("start",), url="https://exa mple.test\n:x/")

    harness.clock.advance(60)

    assert [one.status for one in harness.scheduler.deliveries] == [200, None]
    assert str(harness.reasons[1]).startswith("InvalidURL: ")


def test_no_receiver__gets_no_delivery() -> None:
    """A server without receiver and socket says what to do; the body can be inspected all the same."""
    harness = WebhookHarness()
    harness.create(events=("start", "completed"))

    harness.clock.advance(3600)

    assert harness.attempts == [("start", 1.0, None), ("completed", 3.0, None)]
    reason = "not sent: there is no receiver; pass MockServer(receiver=...) or listen on a socket"
    assert harness.reasons == [reason, reason]
    assert json.loads(harness.scheduler.deliveries[1].body)["status"] == "succeeded"


class Listener(HTTPServer):
    """A receiver on a loopback socket, whose responses can be set."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answering)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.statuses = [200]
        self.silence: threading.Event | None = None
        self.url = f"http://127.0.0.1:{self.server_port}/hook"


class _Answering(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        listener = self.server
        assert isinstance(listener, Listener)
        content = self.rfile.read(int(self.headers["content-length"]))
        listener.requests.append((self.path, {name.lower(): value for name, value in self.headers.items()}, content))
        if listener.silence:
            listener.silence.wait(10)
        statuses = listener.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:
        """No test reads it."""


@pytest.fixture
def listener(monkeypatch: pytest.MonkeyPatch) -> Iterator[Listener]:
    # A proxy of the machine that runs the tests does not know our loopback.
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with Listener() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield server
        finally:
            if server.silence:
                server.silence.set()
            server.shutdown()
            thread.join()


@KINDS
def test_http__is_sent_to_the_url(kind: str, listener: Listener) -> None:
    """While the server listens, deliveries go over HTTP, and the end is sent again after a failure."""
    listener.statuses = [204, 503, 200]
    harness = WebhookHarness()
    harness.sender.online = True
    harness.create(events=("start", "completed"), url=f"{listener.url}?to=me")

    advance(kind, harness, 60)

    assert harness.attempts == [("start", 1.0, 204), ("completed", 3.0, 503), ("completed", 4.0, 200)]
    for (path, headers, content), sent in zip(listener.requests, harness.scheduler.deliveries, strict=True):
        assert path == "/hook?to=me"
        assert content.decode() == sent.body
        assert headers["content-type"] == "application/json"
        assert headers["webhook-id"] == sent.id
        signed = Webhook(SECRET).sign(sent.id, datetime.fromtimestamp(sent.time, UTC), sent.body)
        assert headers["webhook-signature"] == signed


def test_http__follows_no_redirects(listener: Listener) -> None:
    """A redirect is final, and its target gets no request."""
    listener.statuses = [307]
    harness = WebhookHarness()
    harness.sender.online = True
    harness.create(events=("completed",), url=listener.url)

    harness.clock.advance(60)

    assert harness.attempts == [("completed", 3.0, 307)]
    assert [path for path, _, _ in listener.requests] == ["/hook"]


def test_http__times_out(listener: Listener, monkeypatch: pytest.MonkeyPatch) -> None:
    """A receiver that does not respond is unreachable."""
    monkeypatch.setattr(receivers, "HTTP_TIMEOUT", 0.05)
    listener.silence = threading.Event()
    harness = WebhookHarness()
    harness.sender.online = True
    harness.create(events=("start",), url=listener.url)

    harness.clock.advance(60)

    assert harness.reasons == ["TimeoutError: there was no response within 0.05 s"]


def test_http__says_why_the_receiver_is_unreachable() -> None:
    """A closed port is a network error: the end is sent again."""
    harness = WebhookHarness()
    harness.sender.online = True
    # It has a port of its own, which no other process can take, and does not listen.
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        harness.create(events=("completed",), url=f"http://127.0.0.1:{closed.getsockname()[1]}/hook")
        harness.clock.advance(120)

    assert len(harness.attempts) == 1 + len(RETRY_DELAYS)
    assert all("(ConnectionRefusedError: " in str(reason) for reason in harness.reasons)
    assert {str(reason).partition(":")[0] for reason in harness.reasons} == {"ConnectError"}
