"""The effects of a rule on one request and its response."""

from __future__ import annotations

from collections.abc import Iterator
from http import HTTPStatus

from ..messages import Headers, Response, Stream, json_response
from ..problems import NOT_FOUND, problem, throttled, unauthenticated
from ..protocols import Flow
from ..rate_limits import no_credit
from ..steps import ConnectionCutError, Pause, Sleep
from .rules import FaultRule

_PIECES_PER_SECOND = 10
_MIDDLE = 0.5
# The statuses of the service's edge, which no standard names.
_PHRASES = {
    499: "Client Closed Request",
    520: "Web Server Returned an Unknown Error",
    521: "Web Server Is Down",
    522: "Connection Timed Out",
    523: "Origin Is Unreachable",
    524: "A Timeout Occurred",
    525: "SSL Handshake Failed",
    526: "Invalid SSL Certificate",
    529: "Site Is Overloaded",
}
_PAGE = """<!DOCTYPE html>
<html lang="en">
<head><title>{title}</title></head>
<body>
<center><h1>{title}</h1></center>
<hr><center>cloudflare</center>
</body>
</html>
"""


def apply(rule: FaultRule, flow: Flow[Response]) -> Flow[Response]:
    """Answer a request with the effects of a rule.

    Args:
        flow: Carries the request out; not started yet, and never started if the rule replaces it.

    Raises:
        ConnectionCutError: If the rule cuts the connection.
    """
    if rule.delay:
        yield Sleep(rule.delay)
    if rule.reset == "before":
        raise ConnectionCutError("the connection was reset before the request was carried out")
    carried_out = rule.carried_out or not (rule.replaces or rule.hang)
    response = (yield from flow) if carried_out else _replacement(rule)
    if rule.hang:
        yield Sleep(rule.hang)
        raise ConnectionCutError("the connection hung and was cut")
    if rule.reset:
        raise ConnectionCutError("the connection was reset after the request was carried out")
    if rule.replaces:
        response = _replacement(rule)
    body = _halved(response.body) if rule.malformed else response.body
    if rule.truncate is not None or rule.bytes_per_second:
        stream = body if isinstance(body, Stream) else _streamed(body)
        if rule.truncate is not None:
            stream = _truncated(stream, rule.truncate)
        body = _paced(stream, rule.bytes_per_second) if rule.bytes_per_second else stream
    return Response(response.status, _changed(response.headers, rule), body)


def alter_delivery(rule: FaultRule, headers: Headers, body: bytes) -> tuple[Headers, bytes]:
    """The headers and the body of a webhook delivery after the effects of a rule.

    Args:
        headers: The delivery's headers, names in lower case.
    """
    return _changed(headers, rule), _half(body) if rule.malformed else body


def _replacement(rule: FaultRule) -> Response:
    """The response that replaces the server's own."""
    if rule.html:
        status = rule.status or 502
        page = _PAGE.format(title=f"{status} {_phrase(status)}")
        return Response(status, (("content-type", "text/html; charset=UTF-8"),), page.encode())
    status = rule.status or 200
    match rule.body:
        case None:
            return _service_response(status, rule.retry_after)
        case bytes():
            return Response(status, (("content-type", "application/octet-stream"),), rule.body)
        case str():
            text = rule.body.encode("utf-8", "replace")
            return Response(status, (("content-type", "text/plain; charset=utf-8"),), text)
        case _:
            return json_response(status, rule.body)


def _service_response(status: int, retry_after: int | None) -> Response:
    """The service's own response with a status."""
    match status:
        case 401:
            return unauthenticated()
        case 402:
            return no_credit()
        case 404:
            return problem(404, NOT_FOUND)
        case 429:
            seconds = 1 if retry_after is None else retry_after
            hints = {"retry-after": seconds, "ratelimit-remaining": 0, "ratelimit-reset": seconds}
            return throttled(seconds, in_body=True, headers=tuple((name, str(hint)) for name, hint in hints.items()))
        case _ if status < 400:
            return Response(status, (), b"")
        case _:
            return problem(status, f"{_phrase(status)}.")


def _phrase(status: int) -> str:
    try:
        return _PHRASES.get(status) or HTTPStatus(status).phrase
    except ValueError:
        return "Error"


def _changed(headers: Headers, rule: FaultRule) -> Headers:
    changes = dict(rule.headers)
    if rule.content_type is not None:
        changes["content-type"] = rule.content_type
    if rule.retry_after is not None:
        changes.setdefault("retry-after", str(rule.retry_after))
    return (*((name, value) for name, value in headers if name not in changes), *changes.items())


def _half(body: bytes) -> bytes:
    return body[: _count(len(body), _MIDDLE)]


def _count(length: int, amount: float) -> int:
    """The number of bytes in an amount, given in bytes or as a share; at least one less than all of them."""
    return max(0, min(length - 1, int(amount if isinstance(amount, int) else length * amount)))


def _halved(body: bytes | Stream) -> bytes | Stream:
    """The first half of a body, as if it were all."""
    if isinstance(body, Stream):
        length = None if body.length is None else _count(body.length, _MIDDLE)
        return Stream(lambda: _start(body, _MIDDLE, reset=False), length)
    return _half(body)


def _streamed(body: bytes) -> Stream:
    return Stream(lambda: iter((body,)), len(body))


def _truncated(body: Stream, amount: float) -> Stream:
    """The start of a body, as if the rest were to come."""
    # A client notices a missing rest only if a length above 0 was announced; otherwise a reset must show it.
    return Stream(lambda: _start(body, amount, reset=not body.length), body.length or None)


def _start(body: Stream, amount: float, *, reset: bool) -> Iterator[bytes | Pause]:
    """The first pieces of a body; without a length, a share is one of the first piece."""
    left = _count(body.length, amount) if body.length is not None else amount if isinstance(amount, int) else None
    for piece in body.pieces():
        if not isinstance(piece, bytes):
            yield piece
            continue
        if left is None:
            left = _count(len(piece), amount)
        if part := piece[:left]:
            yield part
        left -= len(part)
        if not left:
            break
    if reset:
        raise ConnectionCutError("the connection was reset in the middle of the body")


def _paced(body: Stream, rate: float) -> Stream:
    """A body that is sent at a number of bytes per second."""
    size = max(1, int(rate / _PIECES_PER_SECOND))

    def pieces() -> Iterator[bytes | Pause]:
        for piece in body.pieces():
            if not isinstance(piece, bytes):
                yield piece
                continue
            for start in range(0, len(piece), size):
                part = piece[start : start + size]
                yield Sleep(len(part) / rate)
                yield part

    return Stream(pieces, body.length)
