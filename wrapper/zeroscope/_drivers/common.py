"""The parts of a driver that sync and async share: requests, timeouts and streams."""

from __future__ import annotations

from contextlib import suppress
from typing import Any, TypeVar

import httpx

from .._flows.request import Sender
from .._service.api import ApiClient
from .._steps import Call, Emit, Flow, IterationAbandoned, Open, Step, Stream
from ..polling import Polling

T = TypeVar("T")

# The longest that each step of a flow may take after an interrupt, in seconds.
CLEANUP_TIMEOUT = 5.0


class Driver:
    """The common base of drivers: what a prediction needs of its client."""

    def __init__(self, sender: Sender, polling: Polling) -> None:
        self.sender = sender
        self.polling = polling
        self.clock = sender.clock


def build_request(
    http: httpx.Client | httpx.AsyncClient, api: ApiClient, step: Open
) -> tuple[httpx.Request, dict[str, Any]]:
    """Return the request that opens a download, and the arguments to send it with."""
    request = http.build_request("GET", step.url, headers=dict(step.headers), timeout=api.timeout)
    if step.token is None:
        return request, {"follow_redirects": True}
    # Not through a local variable, which an error reporter might record.
    request.headers["Authorization"] = f"Bearer {step.token}"
    return request, {"follow_redirects": False, "auth": None}


def with_timeouts(api: ApiClient, call: Call) -> ApiClient:
    """Return the client for a call, with its timeouts lowered to the call's limit or extended by its hold."""
    if call.limit is None and call.hold is None:
        return api
    allowed = dict(api.timeout.as_dict())
    if call.hold is not None and allowed["read"] is not None:
        allowed["read"] += call.hold
    if call.limit is not None:
        allowed = {name: call.limit if most is None else min(most, call.limit) for name, most in allowed.items()}
    return api.with_timeout(httpx.Timeout(**allowed))


def next_emitted(stream: Stream[T]) -> Flow[Emit[T] | None]:
    """Run a stream up to the next value that it emits, as a flow; the result is None at the end."""
    try:
        return (yield from _until_emit(stream, next(stream)))
    except StopIteration:
        return None


def abandon(stream: Stream[T]) -> Flow[None]:
    """Let a stream clean up after its caller stopped iterating, for example close a download."""
    with suppress(IterationAbandoned, StopIteration):
        while True:
            yield from _until_emit(stream, stream.throw(IterationAbandoned()))


def _until_emit(stream: Stream[T], step: Step | Emit[T]) -> Flow[Emit[T]]:
    while not isinstance(step, Emit):
        try:
            result = yield step
        except BaseException as error:
            step = stream.throw(error)
        else:
            step = stream.send(result)
    return step
