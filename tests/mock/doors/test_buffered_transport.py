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
Calls = list[tuple[int, bytes | str]]
BIG = b"x" * (MAX_BUFFERED + 1)


class Recorder:
    """A transport that records each call with its turn: 0 if in the turn of the write, 1 if later."""

    def __init__(self) -> None:
        self.record: Calls = []
        self.turn = 0
        self.closing = False

    def get_extra_info(self, name: str) -> None:
        pass

    def is_closing(self) -> bool:
        return self.closing

    def write(self, piece: bytes) -> None:
        self.writelines([piece])

    def writelines(self, pieces: list[bytes]) -> None:
        self.record.append((self.turn, b"".join(pieces)))

    def close(self) -> None:
        self.record.append((self.turn, "close"))

    def abort(self) -> None:
        self.record.append((self.turn, "abort"))


async def record(*acts: Act, then: Act = lambda connection: None) -> Calls:
    """The calls of a transport after some acts, and after another one in the next turn."""
    transport = Recorder()
    connection = BufferedTransport(cast(Any, transport))
    for act in acts:
        act(connection)
    transport.turn = 1
    await asyncio.sleep(0)
    then(connection)
    await asyncio.sleep(0)
    return transport.record


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
def test_write__is_sent_once_a_turn(acts: list[Act], expected: Calls) -> None:
    """Small writes wait for others of the same turn; large writes, and those before a close, do not."""
    assert asyncio.run(record(*acts)) == expected


def test_write__is_sent_in_its_own_turn() -> None:
    """A write of another turn is sent separately."""
    sent = asyncio.run(record(lambda c: c.write(b"a"), then=lambda c: c.write(b"b")))
    assert sent == [(1, b"a"), (1, b"b")]


def test_write__to_a_closed_connection_is_dropped() -> None:
    """After the client has disconnected, nothing is sent."""

    async def run() -> Calls:
        transport = Recorder()
        BufferedTransport(cast(Any, transport)).write(b"a")
        transport.closing = True
        await asyncio.sleep(0)
        return transport.record

    assert asyncio.run(run()) == []


def test_response__is_sent_at_once() -> None:
    """Head and body of a short response are sent together."""

    async def run() -> Calls:
        server = HttpServer(MockServer().app, "127.0.0.1")
        server.config.load()
        transport, kind = Recorder(), cast(Any, server.config.http_protocol_class)
        protocol = kind(config=server.config, server_state=server.server_state, app_state={})
        protocol.connection_made(transport)
        head = b"GET /v1/predictions HTTP/1.1\r\nHost: h\r\nAuthorization: Bearer a-token-of-a-test\r\n\r\n"
        protocol.data_received(head)
        await asyncio.gather(*server.server_state.tasks)
        await asyncio.sleep(0)
        return transport.record

    ((_, answer),) = asyncio.run(run())
    assert isinstance(answer, bytes) and answer.startswith(b"HTTP/1.1 200 OK\r\n")
    assert answer.endswith(b'\r\n\r\n{"next":null,"previous":null,"results":[]}')
