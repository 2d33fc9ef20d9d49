"""Small writes to a connection are joined, and none is lost."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any, cast

import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.doors.buffered_transport import MAX_BUFFERED, BufferedTransport
from zeroscope_mock.doors.http_server import HttpServer

Act = Callable[[BufferedTransport], object]
Told = list[tuple[int, bytes | str]]
BIG = b"x" * (MAX_BUFFERED + 1)


class Recorder:
    """A transport that notes what it is told, and when: 0 for the turn in which a connection is used, 1 for later."""

    def __init__(self) -> None:
        self.told: Told = []
        self.turn = 0
        self.closing = False

    def get_extra_info(self, name: str) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def write(self, piece: bytes) -> None:
        self.writelines([piece])

    def writelines(self, pieces: list[bytes]) -> None:
        self.told.append((self.turn, b"".join(pieces)))

    def close(self) -> None:
        self.told.append((self.turn, "close"))

    def abort(self) -> None:
        self.told.append((self.turn, "abort"))


async def told(*acts: Act, then: Act = lambda connection: None) -> Told:
    """What a transport is told of some acts, and of another one in the next turn."""
    transport = Recorder()
    connection = BufferedTransport(cast(Any, transport))
    for act in acts:
        act(connection)
    transport.turn = 1
    await asyncio.sleep(0)
    then(connection)
    await asyncio.sleep(0)
    return transport.told


@pytest.mark.parametrize(
    ("acts", "expected"),
    [
        ([lambda c: c.write(b"a"), lambda c: c.write(b"b")], [(1, b"ab")]),
        ([lambda c: c.write(BIG)], [(0, BIG)]),
        ([lambda c: c.write(b"a"), lambda c: c.write(BIG)], [(0, b"a" + BIG)]),
        ([lambda c: c.write(BIG[1:]), lambda c: c.write(b"a")], [(0, BIG[1:] + b"a")]),
        ([lambda c: c.write(BIG), lambda c: c.write(b"a")], [(0, BIG), (1, b"a")]),
        ([lambda c: c.write(b"a"), lambda c: c.close()], [(0, b"a"), (0, "close")]),
        ([lambda c: c.write(b"a"), lambda c: c.abort()], [(0, b"a"), (0, "abort")]),
        ([lambda c: c.close()], [(0, "close")]),
        ([], []),
    ],
    ids=["two", "big", "small and big", "many small", "big and small", "close", "abort", "nothing to close", "nothing"],
)
def test_write__is_sent_once_a_turn(acts: list[Act], expected: Told) -> None:
    """What is small waits for what comes in the same turn; what is big, or before an end, does not."""
    assert asyncio.run(told(*acts)) == expected


def test_write__is_sent_in_the_turn_it_belongs_to() -> None:
    """What comes in another turn is sent by itself."""
    sent = asyncio.run(told(lambda c: c.write(b"a"), then=lambda c: c.write(b"b")))
    assert sent == [(1, b"a"), (1, b"b")]


def test_write__to_nobody_is_dropped() -> None:
    """Where the other side has gone, nothing is sent."""

    async def run() -> Told:
        transport = Recorder()
        BufferedTransport(cast(Any, transport)).write(b"a")
        transport.closing = True
        await asyncio.sleep(0)
        return transport.told

    assert asyncio.run(run()) == []


def test_answer__is_sent_at_once() -> None:
    """Head and body of a short answer go out together."""

    async def run() -> Told:
        server = HttpServer(MockServer().app)
        server.config.load()
        transport, kind = Recorder(), cast(Any, server.config.http_protocol_class)
        protocol = kind(config=server.config, server_state=server.server_state, app_state={})
        protocol.connection_made(transport)
        protocol.data_received(b"GET /v1/predictions HTTP/1.1\r\nAuthorization: Bearer a-token-of-a-test\r\n\r\n")
        await asyncio.gather(*server.server_state.tasks)
        await asyncio.sleep(0)
        return transport.told

    ((_, answer),) = asyncio.run(run())
    assert isinstance(answer, bytes) and answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'\r\n\r\n{"next":null,"previous":null,"results":[]}')
