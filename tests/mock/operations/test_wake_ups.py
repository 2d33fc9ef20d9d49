"""The wake-ups of held creates and event streams, which poll for nothing."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from helpers.waiting import LONG
from zeroscope_mock import MockServer, RealClock, VirtualClock

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
NEVER = {"startup": 1e7}
BY_READS = {"reads": 2, "logs": ["one"], "outputs": 0}
PAIRS = 20


class Requests:
    """Requests in progress of one server's ASGI application, in this event loop."""

    def __init__(self, server: MockServer) -> None:
        self._app = server.app
        self.tasks: set[asyncio.Task[Any]] = set()

    async def send(self, method: str, path: str, body: Any = None, **headers_sent: str) -> tuple[int, bytes]:
        """The status and the body of a response."""
        headers = [(b"host", b"h"), (b"content-type", b"application/json")]
        # A snapshot holds the data of all tokens, so control calls have none.
        headers += [] if path.startswith("/_mock") else [(b"authorization", b"Bearer a-token")]
        scope = {
            "type": "http",
            "method": method,
            "path": path,
            "query_string": b"",
            "server": ("h", 80),
            "headers": [*headers, *((name.encode(), value.encode()) for name, value in headers_sent.items())],
        }
        received = [{"type": "http.request", "body": b"" if body is None else json.dumps(body).encode()}]
        sent: list[Any] = []

        async def receive() -> Any:
            return received.pop() if received else await asyncio.Event().wait()

        async def send(message: Any) -> None:
            sent.append(message)

        await self._app(scope, receive, send)
        return sent[0]["status"], b"".join(message["body"] for message in sent[1:])

    def start(self, *request: Any, **settings: Any) -> asyncio.Task[tuple[int, bytes]]:
        """A request that is left in progress."""
        task = asyncio.create_task(self.send(*request, **settings))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return task

    async def create(self, **headers: str) -> str:
        """The path of a new prediction with a stream."""
        sent = {"version": VERSION, "input": {}, "stream": True}
        status, body = await self.send("POST", "/predictions", sent, **headers)
        assert status == 201
        return f"/predictions/{json.loads(body)['id']}"

    def hold(self) -> asyncio.Task[tuple[int, bytes]]:
        """A create that is held open."""
        return self.start("POST", "/predictions", {"version": VERSION, "input": {}}, prefer="wait=60")

    def stream(self, path: str) -> asyncio.Task[tuple[int, bytes]]:
        """The event stream of the prediction with a path."""
        return self.start("GET", path.replace("predictions", "streams"))


@asynccontextmanager
async def requests_of(server: MockServer) -> AsyncIterator[Requests]:
    """Ends what is in progress afterwards."""
    requests = Requests(server)
    yield requests
    tasks = list(requests.tasks)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def settle() -> None:
    """Let everything run that is ready."""
    for _ in range(100):
        await asyncio.sleep(0)


async def wake_ups(monkeypatch: pytest.MonkeyPatch) -> tuple[int, list[float]]:
    """How many callbacks become ready in a hundred turns of the loop, and the delays of the timers set meanwhile."""
    loop = asyncio.get_running_loop()
    ready, timers = 0, list[float]()
    call_soon, call_at = loop.call_soon, loop.call_at

    def soon(*arguments: Any, **settings: Any) -> Any:
        nonlocal ready
        ready += 1
        return call_soon(*arguments, **settings)

    def at(when: float, *arguments: Any, **settings: Any) -> Any:
        timers.append(when - loop.time())
        return call_at(when, *arguments, **settings)

    with monkeypatch.context() as patch:
        patch.setattr(loop, "call_soon", soon)
        patch.setattr(loop, "call_at", at)
        await settle()
    # Each turn of this task itself is one.
    return ready - 100, timers


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


def frozen() -> VirtualClock:
    clock = VirtualClock()
    clock.freeze()
    return clock


@pytest.mark.anyio
@pytest.mark.parametrize("clock", [RealClock, frozen], ids=["real", "frozen"])
@pytest.mark.parametrize("script", [NEVER, BY_READS], ids=["scheduled", "by reads"])
async def test_waiting__takes_no_wake_ups(
    clock: Callable[[], VirtualClock | RealClock], script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """While nothing happens no task runs, and the only timers are those of the next events."""
    server = MockServer(clock=clock())
    server.scripts.add(script, times=None)
    async with requests_of(server) as requests:
        paths = [await requests.create() for _ in range(PAIRS)]
        for path in paths:
            requests.stream(path)
            requests.hold()
        timers = (await wake_ups(monkeypatch))[1]
        assert len(requests.tasks) == 2 * PAIRS

        assert await wake_ups(monkeypatch) == (0, [])

    # On a real clock, the end of a hold after 60 seconds, and a comment after 15 of a scheduled event's silence.
    kinds = 0 if isinstance(server.clock, VirtualClock) else 2 if script is NEVER else 1
    assert len(timers) == kinds * PAIRS
    assert min(timers, default=15) >= 10


@pytest.mark.anyio
@pytest.mark.parametrize("clock", [RealClock, frozen], ids=["real", "frozen"])
async def test_advance__wakes_streams_and_holds(clock: Callable[[], VirtualClock | RealClock]) -> None:
    """All of them end as soon as the clock is moved past the end, by a control call as well."""
    server = MockServer(clock=clock())
    server.scripts.add({"startup": 20, "run": 20}, times=None)
    async with requests_of(server) as requests, asyncio.timeout(LONG):
        streams = [requests.stream(await requests.create()) for _ in range(PAIRS)]
        holds = [requests.hold() for _ in range(PAIRS)]
        await settle()

        assert (await requests.send("POST", "/_mock/clock/advance", {"seconds": 41}))[0] == 200

        assert {(await hold)[0] for hold in holds} == {201}
        assert {(await stream)[1].count(b"event: done") for stream in streams} == {1}


@pytest.mark.anyio
@pytest.mark.parametrize("clock", [RealClock, frozen], ids=["real", "frozen"])
@pytest.mark.parametrize("script", [NEVER, BY_READS], ids=["scheduled", "by reads"])
async def test_change__wakes_only_those_who_wait_for_it(
    clock: Callable[[], VirtualClock | RealClock], script: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancel, or the last read, ends the streams of its prediction, and no other task runs."""
    server = MockServer(clock=clock())
    server.scripts.add(script, times=None)
    async with requests_of(server) as requests, asyncio.timeout(LONG):
        paths = [await requests.create() for _ in range(PAIRS)]
        streams = {path: [requests.stream(path) for _ in range(2)] for path in paths}
        await settle()
        woken = list[str]()
        wait = type(server.clock).wait_async

        async def counted(*arguments: Any) -> None:
            woken.append("stream")
            await wait(*arguments)

        monkeypatch.setattr(type(server.clock), "wait_async", counted)
        path = paths[PAIRS // 2]
        for _ in range(2):
            await (requests.send("POST", f"{path}/cancel") if script is NEVER else requests.send("GET", path))
            await settle()

        assert {(await stream)[1].count(b"event: done") for stream in streams[path]} == {1}
        # By reads, each stream of the prediction waits once more after the first.
        assert len(woken) == (0 if script is NEVER else 2)
        assert len(requests.tasks) == 2 * PAIRS - 2


@pytest.mark.anyio
@pytest.mark.parametrize("way", ["cancel", "reset", "restore", "drop"])
@pytest.mark.parametrize("clock", [RealClock, frozen], ids=["real", "frozen"])
async def test_request__that_ends_a_prediction_ends_those_who_wait(
    clock: Callable[[], VirtualClock | RealClock], way: str
) -> None:
    """A cancel, a reset, a restored snapshot, or a new prediction that drops the oldest."""
    server = MockServer(clock=clock(), prediction_limit=2, streams=True)
    server.scripts.add(NEVER, times=None)
    snapshot = server.snapshot()
    async with requests_of(server) as requests, asyncio.timeout(LONG):
        hold = requests.hold()
        await settle()
        path = f"/predictions/{next(iter(server.core.state.store.predictions())).id}"
        stream = requests.stream(path)
        await settle()
        assert not hold.done() and not stream.done()

        match way:
            case "cancel":
                await requests.send("POST", f"{path}/cancel")
            case "reset":
                await requests.send("POST", "/_mock/reset")
            case "restore":
                assert (await requests.send("PUT", "/_mock/snapshot", snapshot))[0] == 204
            case _:
                await requests.create()
                await requests.create()

        assert (await hold)[0] == (201 if way == "cancel" else 404)
        assert (await stream)[1].count(b"event: done") == (way == "cancel")


@pytest.mark.anyio
@pytest.mark.parametrize("clock", [RealClock, frozen], ids=["real", "frozen"])
async def test_deadline__ends_a_stream_that_waits_for_reads(clock: Callable[[], VirtualClock | RealClock]) -> None:
    """`Cancel-After` is a moment of its timeline like any other."""
    server = MockServer(clock=clock())
    server.scripts.add(BY_READS)
    async with requests_of(server) as requests, asyncio.timeout(LONG):
        path = await requests.create(**{"cancel-after": "3600s"})
        stream = requests.stream(path)
        # The first read starts it, and the second would end it.
        await requests.send("GET", path)
        await settle()
        assert not stream.done()
        server.clock.advance(3600)

        assert b"event: done" in (await stream)[1]


@pytest.mark.anyio
async def test_client_that_disconnects__leaves_nothing_behind() -> None:
    """The condition that its request waited for is forgotten."""
    server = MockServer(clock="real")
    server.scripts.add(NEVER, times=None)
    async with requests_of(server) as requests:
        path = await requests.create()
        stream = requests.stream(path)
        await settle()
        condition = server.core.state.changes.of(path.rpartition("/")[2])
        assert len(condition._wakers) == 1
        stream.cancel()
        await settle()

    assert stream.done()
    assert len(condition._wakers) == 0
