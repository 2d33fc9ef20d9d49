"""Waits that follow event streams over real sockets, and how they are ended."""

from __future__ import annotations

import asyncio
import os
import pickle
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

import zeroscope
from helpers.client import TOKEN, prediction_body
from helpers.raw_server import RawServer, response
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Polling, Zeroscope
from zeroscope._drivers.http_clients import MAX_STREAMS
from zeroscope._steps import Open, OpenAhead, ReadAhead

# A wait with these pauses does not end by itself before the test does.
RARE = Polling(minimum=3600, maximum=3600)
OFTEN = Polling(minimum=0.01, maximum=0.01)


class Service:
    """A service with one prediction, which ends when the test says so."""

    def __init__(self) -> None:
        self.followed = threading.Event()
        self.ended = threading.Event()
        self.streams = self.most_streams = self.reads = 0
        self._changed = threading.Condition()
        self._server = RawServer(self._respond)

    @contextmanager
    def running(self) -> Iterator[Service]:
        """Listen until the end of the block."""
        with self._server.running():
            yield self
            self.ended.set()

    @property
    def url(self) -> str:
        """Its URL."""
        return self._server.url

    def loses_streams(self) -> bool:
        """Whether the connections of all streams close, which a server learns a moment later."""
        return self.waits_for(lambda: not self.streams)

    def waits_for(self, condition: Callable[[], bool]) -> bool:
        """Whether a condition comes to hold for the streams and reads."""
        with self._changed:
            return self._changed.wait_for(condition, timeout=2 * LONG)

    def _respond(self, server: RawServer, connection: socket.socket) -> None:
        while head := server.read_head(connection):
            method, path, _ = head.split(maxsplit=2)
            if path == "/stream":
                self._stream(connection)
                return
            urls = {"stream": f"{self.url}/stream"}
            status = "succeeded" if self.ended.is_set() else "canceled" if path.endswith("/cancel") else "processing"
            with self._changed:
                self.reads += method == "GET"
                self._changed.notify_all()
            output = [f"{self.url}/output-0.mp4"] if status == "succeeded" else None
            body = prediction_body("starting" if path == "/predictions" else status, urls=urls, output=output)
            connection.sendall(response(body, "201 Created" if path == "/predictions" else "200 OK"))

    def _stream(self, connection: socket.socket) -> None:
        with self._changed:
            self.streams += 1
            self.most_streams = max(self.streams, self.most_streams)
            self._changed.notify_all()
        try:
            connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
            connection.sendall(b"event: logs\nid: 1\ndata: Using seed: 7\n\n")
            connection.settimeout(0.01)
            self.followed.set()
            while not self.ended.is_set():
                try:
                    if not connection.recv(1):
                        return
                except TimeoutError:
                    continue
            connection.sendall(b"event: done\ndata: {}\n\n")
        finally:
            with self._changed:
                self.streams -= 1
                self._changed.notify_all()


@pytest.fixture
def service() -> Iterator[Service]:
    """The service of a test."""
    with Service().running() as service:
        yield service


@pytest.fixture(params=["sync", "asyncio", "trio"])
def wait(request: pytest.FixtureRequest, http_library: Any) -> Callable[..., Any]:
    """Creates a prediction, waits for it and returns it, with a client of its own, sync or in an event loop."""

    def wait(service: Service, on_update: Any = None, poll: Polling = RARE, **settings: Any) -> Any:
        settings = {"base_url": service.url, "poll": poll, **settings}
        if request.param == "sync":
            with Zeroscope(TOKEN, **settings) as client:
                return client.predictions.create({}).wait(on_update=on_update)

        async def main() -> Any:
            async with AsyncZeroscope(TOKEN, **settings) as client:
                return await (await client.predictions.create({})).wait(on_update=on_update)

        return anyio.run(main, backend=request.param)

    return wait


def test_wait__ends_with_the_stream(service: Service, wait: Callable[..., Any]) -> None:
    """The log comes with the stream, and so does the news that the prediction has ended; only one poll is needed."""
    seen: list[str] = []

    def update(prediction: Any) -> None:
        seen.append(prediction.logs)
        if prediction.logs:
            # By the stream alone.
            assert prediction.status in {"processing", "succeeded"}
            service.ended.set()

    prediction = wait(service, update)
    assert prediction.status == "succeeded" and service.reads == 1
    assert "Using seed: 7\n" in seen
    assert service.loses_streams()


def test_wait__without_streams_polls(service: Service, wait: Callable[..., Any]) -> None:
    """Where streams are switched off, none is opened."""
    service.ended.set()
    assert wait(service, poll=Polling(minimum=0.01, maximum=0.01, stream=False)).status == "succeeded"
    assert service.most_streams == 0


def test_pool__of_one_connection_is_left_to_the_polls(service: Service, kind: str) -> None:
    """A client whose pool a stream would fill follows none."""
    limits = httpx.Limits(max_connections=1)

    def end(prediction: Any) -> None:
        service.ended.set()

    settings: dict[str, Any] = {"base_url": service.url, "poll": OFTEN}
    if kind == "sync":
        with httpx.Client(limits=limits) as http, Zeroscope(TOKEN, http_client=http, **settings) as client:
            prediction: Any = client.predictions.create({}).wait(on_update=end)
    else:

        async def main() -> Any:
            async with httpx.AsyncClient(limits=limits) as http:
                client = AsyncZeroscope(TOKEN, http_client=http, **settings)
                timer = asyncio.get_running_loop().call_later(0.05, service.ended.set)
                prediction = await (await client.predictions.create({})).wait()
                timer.cancel()
                return prediction

        prediction = asyncio.run(main())
    assert prediction.status == "succeeded" and service.most_streams == 0


@pytest.mark.parametrize(("holder", "is_followed"), [(list, True), (iter, False)])
def test_transport__that_leads_to_others(service: Service, kind: str, holder: Any, is_followed: bool) -> None:
    """A stream is followed over connections that a transport holds in a list; over an unknown one, polls go on."""
    updates: list[Any] = []

    def end(prediction: Any) -> None:
        updates.append(prediction)
        if not is_followed or prediction.logs:
            service.ended.set()

    class Transport(httpx.BaseTransport, httpx.AsyncBaseTransport):
        def __init__(self, transport: Any) -> None:
            self.transports = holder([transport])
            self.inner: Callable[[], Any] = lambda: transport

        def handle_request(self, request: httpx.Request) -> httpx.Response:
            response: httpx.Response = self.inner().handle_request(request)
            return response

        async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
            response: httpx.Response = await self.inner().handle_async_request(request)
            return response

    settings: dict[str, Any] = {"base_url": service.url, "poll": OFTEN if not is_followed else RARE}
    if kind == "sync":
        with httpx.HTTPTransport() as transport, httpx.Client(transport=Transport(transport)) as http:
            client = Zeroscope(TOKEN, http_client=http, **settings)
            prediction: Any = client.predictions.create({}).wait(on_update=end)
    else:

        async def main() -> Any:
            async with httpx.AsyncHTTPTransport() as inner, httpx.AsyncClient(transport=Transport(inner)) as http:
                client = AsyncZeroscope(TOKEN, http_client=http, **settings)
                return await (await client.predictions.create({})).wait(on_update=end)

        prediction = asyncio.run(main())
    assert prediction.status == "succeeded"
    assert service.most_streams == int(is_followed)


def test_streams__are_limited_in_number(service: Service, kind: str) -> None:
    """Waits that get no stream poll, and all end."""
    count = MAX_STREAMS + 8
    most: list[int] = []
    settings: dict[str, Any] = {"base_url": service.url, "poll": Polling(minimum=0.05, maximum=0.05)}

    def end() -> None:
        # After some polls of each wait. Later, a stream may follow one whose end this server has not seen yet.
        service.waits_for(lambda: service.streams >= MAX_STREAMS and service.reads > 3 * count)
        most.append(service.most_streams)
        service.ended.set()

    ending = threading.Thread(target=end)
    ending.start()
    if kind == "sync":
        with Zeroscope(TOKEN, **settings) as client, ThreadPoolExecutor(count) as threads:
            predictions = [client.predictions.create({}) for _ in range(count)]
            ended = list(threads.map(lambda prediction: prediction.wait(), predictions))
    else:

        async def main() -> list[Any]:
            async with AsyncZeroscope(TOKEN, **settings) as client:
                predictions = [await client.predictions.create({}) for _ in range(count)]
                return await asyncio.gather(*(prediction.wait() for prediction in predictions))

        ended = asyncio.run(main())
    ending.join()
    assert [prediction.status for prediction in ended] == ["succeeded"] * count
    assert most == [MAX_STREAMS]


def test_forked_process__follows_streams_of_its_own(service: Service) -> None:
    """A child that inherits a client with open streams has none of them, and may open as many."""
    with Zeroscope(TOKEN, base_url=service.url, poll=RARE) as client:
        held = [OpenAhead(ReadAhead(), Open(service.url, {})) for _ in range(MAX_STREAMS + 1)]
        assert [client._clients.reserve(step) for step in held] == [*[True] * MAX_STREAMS, False]
        service.ended.set()
        child = os.fork()
        if not child:
            # No test may go on in the child.
            status = 1
            try:
                status = int(client.predictions.create({}).wait().status != "succeeded")
            finally:
                os._exit(status)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert service.most_streams == 1


def test_pickled_prediction__is_followed_by_another_client(service: Service) -> None:
    """A prediction that went through a pickle is read again, and followed with the client that read it."""
    settings: dict[str, Any] = {"base_url": service.url, "poll": RARE}
    with Zeroscope(TOKEN, **settings) as client, Zeroscope(TOKEN, **settings) as other:
        copy = pickle.loads(pickle.dumps(client.predictions.create({})))
        prediction = other.predictions.get(copy.id)
        prediction.wait(on_update=lambda _: service.ended.set())
    assert prediction.status == "succeeded" and service.most_streams == 1


def interrupt_when(event: threading.Event) -> threading.Thread:
    """Press Ctrl-C once an event is set."""
    main = threading.get_ident()

    def interrupt() -> None:
        if event.wait(LONG):
            signal.pthread_kill(main, signal.SIGINT)

    thread = threading.Thread(target=interrupt)
    thread.start()
    return thread


def test_ctrl_c__ends_a_wait_and_its_stream(service: Service) -> None:
    """A wait for a stream can be interrupted; the connection is closed, and the prediction of `run` is canceled."""
    with Zeroscope(TOKEN, base_url=service.url, poll=RARE) as client:
        prediction = client.predictions.create({})
        action: Callable[[], object]
        for action in (prediction.wait, partial(list, prediction.events()), client.run):
            service.followed.clear()
            thread = interrupt_when(service.followed)
            with pytest.raises(KeyboardInterrupt) as caught:
                action()
            thread.join()
            assert service.loses_streams()
        assert "was canceled" in caught.value.__notes__[0]


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_canceled_task__closes_its_stream(service: Service, backend: str) -> None:
    """A task that is canceled while it waits for a stream leaves no connection behind."""

    async def main() -> None:
        async with AsyncZeroscope(TOKEN, base_url=service.url, poll=RARE) as client:
            prediction = await client.predictions.create({})
            with anyio.CancelScope() as scope:
                await prediction.wait(on_update=lambda _: scope.cancel())
            assert scope.cancelled_caught and not prediction.done
            assert not client._clients.open_streams()

    anyio.run(main, backend=backend)
    assert service.loses_streams()


def test_closed_client__ends_the_wait_of_another_thread() -> None:
    """A client that is closed ends a wait in another thread, also if the stream's server says and does nothing more."""
    followed, released = threading.Event(), threading.Event()

    def respond(server: RawServer, connection: socket.socket) -> None:
        while head := server.read_head(connection):
            if " /stream " in head:
                connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n")
                followed.set()
                released.wait(2 * LONG)
                return
            body = prediction_body("processing", urls={"stream": f"{server.url}/stream"})
            connection.sendall(response(body, "201 Created" if head.startswith("POST") else "200 OK"))

    def wait() -> None:
        try:
            client.predictions.create({}).wait()
        except zeroscope.ConfigurationError as error:
            errors.append(str(error))

    errors: list[str] = []
    with RawServer(respond).running() as server:
        client = Zeroscope(TOKEN, base_url=server.url, poll=RARE)
        thread = threading.Thread(target=wait, daemon=True)
        thread.start()
        try:
            assert followed.wait(LONG)
            client.close()
            thread.join(LONG)
            assert not thread.is_alive()
        finally:
            released.set()
    assert len(errors) == 1 and "closed" in errors[0]


def test_closed_client__ends_the_wait_of_another_task(service: Service) -> None:
    """A client that is closed while another task waits ends the wait with an error that says so."""

    async def main() -> None:
        client = AsyncZeroscope(TOKEN, base_url=service.url, poll=RARE)
        prediction = await client.predictions.create({})
        waiting = asyncio.create_task(prediction.wait())
        assert await asyncio.to_thread(service.followed.wait, LONG)
        await client.aclose()
        with pytest.raises(zeroscope.ConfigurationError, match="closed"):
            await waiting

    asyncio.run(main())
    assert service.loses_streams()


def test_stream__that_begins_late_holds_up_no_poll(wait: Callable[..., Any]) -> None:
    """A server that accepts the connection of a stream and says nothing is left alone: the polls find the end."""

    def respond(server: RawServer, connection: socket.socket) -> None:
        while head := server.read_head(connection):
            if " /stream " in head:
                streams.append(head)
                while connection.recv(1):
                    pass
                server.closed.set()
                return
            # Polls may be faster than the thread that opens the stream.
            is_done = streams and len(server.heads) > 5
            body = prediction_body("succeeded" if is_done else "processing", urls={"stream": f"{server.url}/stream"})
            connection.sendall(response(body, "201 Created" if head.startswith("POST") else "200 OK"))

    streams: list[str] = []
    with RawServer(respond).running() as server:
        assert wait(server, poll=OFTEN).status == "succeeded"
        assert server.closed.wait(LONG)
    assert len(streams) == 1 and "authorization" not in streams[0].lower()
