"""Flows and streams run by the drivers."""

from __future__ import annotations

import sys
import threading
from types import FrameType
from typing import Any

import anyio
import httpx

from helpers.client import Harness, ScriptedResponses, prediction_body
from zeroscope._drivers.async_ import AsyncDriver
from zeroscope._drivers.sync import SyncDriver
from zeroscope._flows import read
from zeroscope._steps import Emit, Flow, RunBlocking, Stream


def driver() -> SyncDriver:
    """A driver with nothing behind it."""
    driver: SyncDriver = Harness("sync").client(ScriptedResponses(httpx.Response(200)))._driver
    return driver


def async_driver() -> AsyncDriver:
    """An async driver with nothing behind it."""
    driver: AsyncDriver = Harness("async").client(ScriptedResponses(httpx.Response(200)))._driver
    return driver


def test_driver__throws_what_a_step_raises_into_the_flow() -> None:
    """A flow can catch what happens while one of its steps is carried out, interrupts included."""

    def interrupted() -> None:
        raise KeyboardInterrupt

    def flow() -> Flow[str]:
        try:
            yield RunBlocking(interrupted)
        except KeyboardInterrupt:
            result: str = yield RunBlocking(lambda: "cleaned up")
            return result
        return "not interrupted"

    assert driver().run(flow()) == "cleaned up"


def test_driver__throws_an_interrupt_between_two_steps_into_the_flow() -> None:
    """Ctrl-C arrives at any line of the driver; a step that was just carried out may have started a prediction."""
    interrupts = 1

    def interrupt(frame: FrameType, event: str, _: object) -> None:
        nonlocal interrupts
        if interrupts and event == "return" and frame.f_code.co_name == "_do":
            interrupts -= 1
            raise KeyboardInterrupt

    def flow() -> Flow[str]:
        try:
            yield RunBlocking(lambda: "started")
        except KeyboardInterrupt:
            result: str = yield RunBlocking(lambda: "cleaned up")
            return result
        return "not interrupted"

    interrupted = driver()
    sys.setprofile(interrupt)
    try:
        result = interrupted.run(flow())
    finally:
        sys.setprofile(None)
    assert result == "cleaned up"


def test_stream__yields_what_is_emitted_and_is_closed_with_the_iterator() -> None:
    """Steps between two values are carried out when the second is asked for, and a stream left early is closed."""
    done: list[str] = []

    def stream() -> Stream[int]:
        try:
            yield Emit(1)
            yield RunBlocking(lambda: done.append("worked"))
            yield Emit(2)
            yield Emit(3)
        finally:
            done.append("closed")

    values = driver().iterate(stream())
    assert next(values) == 1 and done == []
    assert next(values) == 2 and done == ["worked"]
    values.close()  # type: ignore[attr-defined]  # a generator, for which Iterator is the public type
    assert done == ["worked", "closed"]


def test_driver__cuts_timeouts_to_a_calls_own_limit() -> None:
    """A call that has a limit is sent with timeouts no longer than that, nor than the client's own."""
    harness, script = Harness("sync"), ScriptedResponses(httpx.Response(200, json=prediction_body()))
    client = harness.client(script, timeout=7)
    for patience in (None, 2.0, 60.0):
        client._driver.run(read.cancel(client._sender, "gm3q", patience))
    assert [request.extensions["timeout"]["read"] for request in script.requests] == [7, 2.0, 7]


def test_driver__works_beside_the_event_loop() -> None:
    """The async driver leaves work that may block to another thread."""

    def flow() -> Flow[int]:
        thread: int = yield RunBlocking(threading.get_ident)
        return thread

    async def main() -> int:
        return await async_driver().run(flow())

    assert anyio.run(main) != threading.get_ident()


def test_stream__that_is_left_early_is_closed_at_once() -> None:
    """Both drivers close a stream with its iterator, even one that something else still holds."""

    def stream() -> Stream[int]:
        yield Emit(1)
        yield Emit(2)

    kept: Any = stream()
    kept_async: Any = stream()
    values: Any = driver().iterate(kept)
    assert next(values) == 1
    values.close()

    async def main() -> None:
        values: Any = async_driver().iterate(kept_async)
        assert await anext(values) == 1
        await values.aclose()

    anyio.run(main)
    assert kept.gi_frame is None and kept_async.gi_frame is None


def test_stream__can_catch_an_interrupt() -> None:
    """What a step of a stream raises is thrown into the stream, interrupts included."""

    def interrupted() -> None:
        raise SystemExit

    def stream() -> Stream[str]:
        try:
            yield RunBlocking(interrupted)
        except SystemExit:
            yield Emit("interrupted")

    assert list(driver().iterate(stream())) == ["interrupted"]


def test_stream__may_end_with_a_step() -> None:
    """Both drivers carry out what comes after the last value."""
    done: list[str] = []

    def stream() -> Stream[int]:
        yield Emit(1)
        yield RunBlocking(lambda: done.append("closed"))

    async def main() -> list[int]:
        return [value async for value in async_driver().iterate(stream())]

    assert list(driver().iterate(stream())) == [1] == anyio.run(main)
    assert done == ["closed"] * 2
