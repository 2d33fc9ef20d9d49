"""Connections of an HTTP client, which event streams give up to its requests."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from typing import Any, TypeVar

import httpx

from .._steps import Call, Gather
from .event_stream import EventStream

Y = TypeVar("Y")
R = TypeVar("R")
Streams = Callable[[], Iterable[EventStream]]


def with_connections(flow: Generator[Y, Any, R], streams: Streams) -> Generator[Any, Any, R]:
    """Carry out a flow or a stream; event streams are left if one of its calls finds no free connection."""
    try:
        step = next(flow)
        while True:
            try:
                result = yield from _carry_out(step, streams)
            except BaseException as error:
                step = flow.throw(error)
            else:
                step = flow.send(result)
    except StopIteration as end:
        value: R = end.value
        return value


def _carry_out(step: Any, streams: Streams) -> Generator[Any, Any, Any]:
    """Carry out a step, and again those of its calls that were not sent because there was no connection."""
    try:
        result = yield step
    except httpx.PoolTimeout:
        if not isinstance(step, Call) or not (yield from _leave(streams)):
            raise
        return (yield step)
    if isinstance(step, Gather):
        unsent = [number for number, each in enumerate(step.results) if isinstance(each, httpx.PoolTimeout)]
        if unsent and (yield from _leave(streams)):
            again = Gather([step.calls[number] for number in unsent])
            try:
                yield again
            finally:
                # After an interrupt, too: what has arrived may cost money.
                for number, each in zip(unsent, again.results, strict=True):
                    step.results[number] = each
    return result


def _leave(streams: Streams) -> Generator[Any, Any, bool]:
    """Leave the streams that have connections; the result is whether there were any."""
    opened = [stream for stream in streams() if stream.download is not None]
    for stream in opened:
        yield from stream.leave()
    return bool(opened)
