"""Interrupts of steps and of what is read ahead, also in forked processes."""

from __future__ import annotations

import asyncio
import os
import socket
import sys
import threading
from contextlib import suppress
from types import FrameType
from typing import Any

import anyio
import pytest

from helpers.client import TOKEN
from helpers.forked_workers import collect, fork
from helpers.raw_server import RawServer, keep_alive
from helpers.waiting import LONG
from zeroscope import AsyncZeroscope, Zeroscope
from zeroscope._steps import Close, Flow, Open, OpenAhead, Read, ReadAhead, RunBlocking, Sleep, WaitForAny
from zeroscope.clock import SystemClock

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n"


def opened(url: str) -> Flow[ReadAhead]:
    """Begin to read a response."""
    download, until = ReadAhead(), SystemClock().monotonic() + LONG
    assert (yield OpenAhead(download, Open(url, {}, until=until, is_patient=True)))
    return download


def taken(download: ReadAhead) -> Flow[bytes | None]:
    """Wait for a piece, and take it."""
    assert (yield WaitForAny([download], SystemClock().monotonic() + LONG))
    piece: bytes | None = yield Read(download)
    return piece


def closed(download: ReadAhead) -> Flow[None]:
    """Close a response."""
    yield Close(download)


def stay_silent(server: RawServer, connection: socket.socket) -> None:
    """Wait for the client to close the connection."""
    while connection.recv(4096):
        pass


@pytest.mark.parametrize("ends_with", ["response", "client"])
def test_reader__canceled_before_it_began_is_not_awaited(ends_with: str) -> None:
    """A task that never ran has ended, for its response and for its client, and the response has ended as well."""

    async def main(url: str) -> None:
        client = AsyncZeroscope(TOKEN, base_url=url)
        client._clients.current()
        download = await client._driver.run(opened(url))
        for task in asyncio.all_tasks() - {asyncio.current_task()}:
            task.cancel()
        with anyio.fail_after(LONG):
            if ends_with == "response":
                assert await client._driver.run(taken(download)) is None
                await client._driver.run(closed(download))
            await client.aclose()

    with RawServer(stay_silent).running() as server:
        asyncio.run(main(server.url))


def test_client__that_a_canceled_task_closes_is_closed() -> None:
    """A cancellation while the client waits for its readers leaves no connection open."""

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(HEAD)
        stay_silent(server, connection)

    async def main(url: str) -> None:
        client = AsyncZeroscope(TOKEN, base_url=url)
        http = client._clients.current().http
        assert await client._driver.run(taken(await client._driver.run(opened(url)))) == b""
        with anyio.CancelScope() as scope:
            scope.cancel()
            await client.aclose()
        assert http.is_closed and asyncio.all_tasks() == {asyncio.current_task()}

    with RawServer(respond).running() as server:
        asyncio.run(main(server.url))


def interrupted(interrupt: Any) -> Flow[None]:
    """Carry out a step, and then one that fails."""

    def fail() -> None:
        raise OSError("no space")

    try:
        yield interrupt
    finally:
        yield RunBlocking(fail)


@pytest.mark.parametrize("backend", ["asyncio", "trio"])
def test_cancellation__outlasts_a_cleanup_that_fails(backend: str) -> None:
    """A task that is canceled ends as canceled, whatever the cleanup raises."""

    async def main() -> None:
        client = AsyncZeroscope(TOKEN)
        with anyio.move_on_after(0) as scope:
            await client._driver.run(interrupted(Sleep(LONG)))
        assert scope.cancelled_caught

    anyio.run(main, backend=backend)


def test_ctrl_c__outlasts_a_cleanup_that_fails() -> None:
    """Ctrl-C ends a call, and its cause is what the cleanup raised."""

    def press() -> None:
        raise KeyboardInterrupt

    with Zeroscope(TOKEN) as client, pytest.raises(KeyboardInterrupt) as caught:
        client._driver.run(interrupted(RunBlocking(press)))
    assert isinstance(caught.value.__cause__, OSError)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="this system does not fork")
def test_forked_process__leaves_the_stream_to_its_parent() -> None:
    """A child that closes a stream which its parent reads closes its own descriptor only."""
    forked = threading.Event()

    def respond(server: RawServer, connection: socket.socket) -> None:
        server.read_head(connection)
        connection.sendall(HEAD)
        assert forked.wait(LONG)
        connection.sendall(b"one")
        stay_silent(server, connection)

    with RawServer(respond).running() as server, Zeroscope(TOKEN, base_url=server.url) as client:
        run = client._driver.run
        download = run(opened(server.url))
        assert run(taken(download)) == b""
        assert collect(*fork(lambda: str(run(closed(download))))) == "None"
        forked.set()
        assert run(taken(download)) == b"one"
        run(closed(download))


def test_ctrl_c__leaves_the_connection_pool_unlocked() -> None:
    """An interrupt right after httpcore has taken a lock in Python code would block all that follows."""

    def interrupt(frame: FrameType, event: str, _: object) -> Any:
        caller = frame.f_back
        takes_lock = frame.f_code.co_name == "__enter__" and caller is not None and "pool" in caller.f_code.co_filename
        if event == "return" and takes_lock:
            sys.settrace(None)
            raise KeyboardInterrupt
        return interrupt

    read: list[str] = []

    def main() -> None:
        with RawServer(keep_alive).running() as server, Zeroscope(TOKEN, base_url=server.url) as client:
            sys.settrace(interrupt)
            with suppress(KeyboardInterrupt):
                client.predictions.get("gm3q")
            sys.settrace(None)
            read.append(client.predictions.get("gm3q").id)

    thread = threading.Thread(target=main, daemon=True)
    thread.start()
    thread.join(LONG)
    assert read == ["gm3q"]
