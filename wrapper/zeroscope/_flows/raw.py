"""The flows whose result is a raw response."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import httpx

from .._service import api, validation
from .._service.api import PredictionModel, Response
from .._steps import Call, Flow
from ..errors import UnknownOutcomeError, ZeroscopeError
from .outcome import settle
from .request import Request, Sender

# What only some programs need is loaded by the functions.
if TYPE_CHECKING:
    from ..responses import RawResponse

T = TypeVar("T")


def with_response(
    sender: Sender, flow: Callable[[Sender], Flow[PredictionModel]], new: Callable[[PredictionModel], T]
) -> Flow[RawResponse[T]]:
    """Run a flow that ends with a request, and return the raw response to it, which was parsed as always."""
    from ..responses import ParsedResponse

    received: list[tuple[Call, Response[Any]]] = []
    model = yield from flow(sender.replaced(received=received))
    return ParsedResponse(new(model), _raw(sender, *received[-1]))


def get(sender: Sender, path: str, params: Mapping[str, Any] | None) -> Flow[RawResponse[Any]]:
    query = None if params is None else validation.require_query("params", params)
    return (yield from sender.send_repeatable(Request(api.any_call("GET", path, params=query), partial(_raw, sender))))


def post(sender: Sender, path: str, json: Any) -> Flow[RawResponse[Any]]:
    """Send a POST, again only if it cannot have been executed: what it does may cost money."""
    body = None if json is None else validation.require_json("json", json)
    call = api.any_call("POST", path, json=body)
    return (yield from sender.execute_once(call, partial(_posted, sender, call)))


def _posted(sender: Sender, call: Call, result: Any, sent_at: float) -> RawResponse[Any]:
    def lost(error: ZeroscopeError) -> UnknownOutcomeError:
        unknown = UnknownOutcomeError(
            f"{error}. The request may have been executed, so it was not sent again; check what it did first"
        )
        unknown.sent_at = sent_at
        return unknown

    return settle(lambda: _raw(sender, call, sender.check_response(call, result)), lost)


def _raw(sender: Sender, call: Call, response: Response[Any]) -> RawResponse[Any]:
    from ..responses import RawResponse

    # The server may repeat the token, and a response is easily printed or pickled.
    headers = httpx.Headers([(name, _redacted(sender, value)) for name, value in httpx.Headers(response.headers).raw])
    return RawResponse(call.name, response.status_code, headers, _redacted(sender, response.content))


def _redacted(sender: Sender, content: bytes) -> bytes:
    # In an encoding that keeps every byte.
    return sender.parser.redact(content.decode("latin-1")).encode("latin-1")
