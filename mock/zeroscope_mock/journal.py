"""What was asked of the server and what it answered, for tests to look at."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from .messages import Request, Response

_BODY_START = 2000
# Longer bodies are cut at once, so that they are not kept as a whole.
_SHORT = 10_000
_BINARY = ("audio/", "image/", "video/", "application/octet-stream")
# A shorter token, such as `x`, would be found everywhere.
_SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response. Tokens are in none of it.

    Args:
        time: when it was, in seconds since 1970 on the server's clock.
        method: the request's method.
        path: the request's path and query.
        operation: the `operationId`; None where the document describes nothing.
        status: the response's status code; None if there was no response, because the connection was cut.
        request_body: the start of the request's body; of what is no text, its length and digest.
        response_body: the same of the response's body; empty for a stream.
        tenant: a name for whoever holds the token; None for a request without one.
        fault: the fault that struck, in words.
        note: what else there is to say, such as the traceback of a script that raised.
    """

    time: float
    method: str
    path: str
    operation: str | None
    status: int | None
    request_body: str
    response_body: str
    tenant: str | None
    fault: str | None = None
    note: str | None = None


class Journal(Sequence[Exchange]):
    """The latest exchanges, oldest first.

    Args:
        limit: how many are kept.

    Attributes:
        dropped: how many were forgotten because there were more.

    Example:
        >>> [exchange.operation for exchange in server.journal]
        ['createPrediction', 'getPrediction']
    """

    def __init__(self, limit: int = 1000) -> None:
        # An exchange is written out when somebody looks at it, which nobody does for most; until then it is what
        # `_exchange` takes. Texts and numbers alone: whatever else is kept is work for the garbage collector.
        self._exchanges: deque[Exchange | tuple[Any, ...]] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self.dropped = 0

    def record(
        self,
        request: Request,
        response: Response | None,
        *,
        time: float,
        operation: str | None,
        tenant: str | None,
        token: str | None,
        fault: str | None = None,
        note: str | None = None,
    ) -> None:
        """Write down an exchange, without the token."""
        head, sent = request.head, request.body
        status, answered_type, answered = None, None, b""
        if response is not None:
            status, answered_type = response.status, response.header("content-type")
            answered = response.body if isinstance(response.body, bytes) else b""
        told = (
            head.method,
            head.target,
            head.header("content-type"),
            sent,
            status,
            answered_type,
            answered,
            time,
            operation,
            tenant,
            token,
            fault,
            note,
        )
        exchange = _exchange(*told) if len(sent) > _SHORT or len(answered) > _SHORT else told
        with self._lock:
            self.dropped += len(self._exchanges) == self._exchanges.maxlen
            self._exchanges.append(exchange)

    def clear(self, tenant: str | None = None) -> None:
        """Forget all exchanges, or those of one tenant."""
        with self._lock:
            kept = [] if tenant is None else [one for one in self._written() if one.tenant != tenant]
            self._exchanges.clear()
            self._exchanges.extend(kept)
            if tenant is None:
                self.dropped = 0

    def load(self, exchanges: Iterable[Exchange]) -> None:
        """Replace all exchanges."""
        with self._lock:
            self._exchanges.clear()
            self._exchanges.extend(exchanges)

    def __len__(self) -> int:
        return len(self._exchanges)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        with self._lock:
            if isinstance(index, slice):
                return self._written()[index]
            one = self._exchanges[index]
            if isinstance(one, tuple):
                one = self._exchanges[index] = _exchange(*one)
            return one

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self[:])

    def _written(self) -> list[Exchange]:
        """All exchanges, written out; from then on nothing else of them is kept."""
        written = [_exchange(*one) if isinstance(one, tuple) else one for one in self._exchanges]
        self._exchanges.clear()
        self._exchanges.extend(written)
        return written


def _exchange(
    method: str,
    path: str,
    sent_type: str | None,
    sent: bytes,
    status: int | None,
    answered_type: str | None,
    answered: bytes,
    time: float,
    operation: str | None,
    tenant: str | None,
    token: str | None,
    fault: str | None,
    note: str | None,
) -> Exchange:
    return Exchange(
        time=time,
        method=method,
        path=_without(token, path),
        operation=operation,
        status=status,
        request_body=_start(sent, sent_type or "", token),
        response_body=_start(answered, answered_type or "", token),
        tenant=tenant,
        fault=fault,
        note=note and _without(token, note),
    )


def _start(body: bytes, content_type: str, token: str | None) -> str:
    if content_type.startswith(_BINARY) and body:
        return f"[{len(body)} bytes of {content_type}, sha256 {hashlib.sha256(body).hexdigest()}]"
    if token and len(token) >= _SHORTEST_SECRET:
        # Before it is cut, or the cut could leave a part of the token; headers come as bytes read as Latin-1.
        body = body.replace(token.encode("latin-1", "replace"), b"[token]")
    return body[:_BODY_START].decode("utf-8", "replace")


def _without(token: str | None, text: str) -> str:
    return text.replace(token, "[token]") if token and len(token) >= _SHORTEST_SECRET else text
