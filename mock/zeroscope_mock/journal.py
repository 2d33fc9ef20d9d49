"""The request journal, for tests to inspect."""

from __future__ import annotations

import hashlib
import threading
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, overload

from .messages import Request, Response

_BODY_START = 2000
# Longer bodies are cut at once, so that they are not kept whole.
_SHORT = 10_000
_BINARY = ("audio/", "image/", "video/", "application/octet-stream")
# A shorter token, such as `x`, would match everywhere.
_SHORTEST_SECRET = 8


@dataclass(frozen=True, slots=True)
class Exchange:
    """One request and its response, without tokens.

    Args:
        time: When it was, in seconds since 1970 on the server's clock.
        method: The request's method.
        path: The request's path and query.
        operation: The `operationId`; None for an unknown path or method.
        status: The response's status code; None if there was no response, because the connection was cut.
        request_body: The start of the request's body; for binary content, its length and digest.
        response_body: The same of the response's body; empty for a stream.
        tenant: The tenant, a hash of the token; None for a request without a token.
        fault: The fault that was applied, in words.
        note: A note, such as the traceback of a script that raised.
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
        limit: How many are kept.

    Attributes:
        dropped: How many were dropped because of the limit.
        last: The number of the latest exchange, counted from 1.
        revision: Changes whenever exchanges are removed or replaced other than by the limit.

    Example:
        >>> [exchange.operation for exchange in server.journal]
        ['createPrediction', 'getPrediction']
    """

    def __init__(self, limit: int = 1000) -> None:
        # Most exchanges are never read. Until one is, it is kept as the arguments of `_exchange`: strings and numbers,
        # because other objects would be work for the garbage collector.
        self._exchanges: deque[Exchange | tuple[Any, ...]] = deque(maxlen=limit)
        self._lock = threading.Lock()
        self.dropped = self.last = self.revision = 0

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
        """Record an exchange, without the token."""
        head, sent = request.head, request.body
        status, response_type, received = None, None, b""
        if response is not None:
            status, response_type = response.status, response.header("content-type")
            received = response.body if isinstance(response.body, bytes) else b""
        fields = (
            head.method,
            head.target,
            head.header("content-type"),
            sent,
            status,
            response_type,
            received,
            time,
            operation,
            tenant,
            token,
            fault,
            note,
        )
        exchange = _exchange(*fields) if len(sent) > _SHORT or len(received) > _SHORT else fields
        with self._lock:
            self.dropped += len(self._exchanges) == self._exchanges.maxlen
            self._exchanges.append(exchange)
            self.last += 1

    def clear(self, tenant: str | None = None) -> None:
        """Forget all exchanges, or those of one tenant."""
        with self._lock:
            kept = [] if tenant is None else [one for one in self._read_all() if one.tenant != tenant]
            self._exchanges.clear()
            self._exchanges.extend(kept)
            self.revision += 1
            if tenant is None:
                self.dropped = 0

    def load(self, exchanges: Iterable[Exchange]) -> None:
        """Replace all exchanges."""
        with self._lock:
            self._exchanges.clear()
            self._exchanges.extend(exchanges)
            self.last = len(self._exchanges)
            self.revision += 1

    def since(self, number: int) -> list[tuple[int, Exchange]]:
        """The exchanges that are left of those after a number, oldest first, each with its number."""
        with self._lock:
            first = self.last - len(self._exchanges) + 1
            skipped = max(0, number + 1 - first)
            exchanges = self._exchanges
            for place in range(skipped, len(exchanges)):
                if isinstance(one := exchanges[place], tuple):
                    exchanges[place] = _exchange(*one)
            return [(first + place, exchanges[place]) for place in range(skipped, len(exchanges))]  # type: ignore[misc]

    def __len__(self) -> int:
        return len(self._exchanges)

    @overload
    def __getitem__(self, index: int) -> Exchange: ...

    @overload
    def __getitem__(self, index: slice) -> list[Exchange]: ...

    def __getitem__(self, index: int | slice) -> Exchange | list[Exchange]:
        with self._lock:
            if isinstance(index, slice):
                return self._read_all()[index]
            one = self._exchanges[index]
            if isinstance(one, tuple):
                one = self._exchanges[index] = _exchange(*one)
            return one

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self[:])

    def _read_all(self) -> list[Exchange]:
        """The exchanges, which are kept in this form from then on."""
        exchanges = [_exchange(*one) if isinstance(one, tuple) else one for one in self._exchanges]
        self._exchanges.clear()
        self._exchanges.extend(exchanges)
        return exchanges


def _exchange(
    method: str,
    path: str,
    request_type: str | None,
    sent: bytes,
    status: int | None,
    response_type: str | None,
    received: bytes,
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
        path=_redact(token, path),
        operation=operation,
        status=status,
        request_body=_excerpt(sent, request_type or "", token),
        response_body=_excerpt(received, response_type or "", token),
        tenant=tenant,
        fault=fault,
        note=note and _redact(token, note),
    )


def _excerpt(body: bytes, content_type: str, token: str | None) -> str:
    if content_type.startswith(_BINARY) and body:
        return f"[{len(body)} bytes of {content_type}, sha256 {hashlib.sha256(body).hexdigest()}]"
    if token and len(token) >= _SHORTEST_SECRET:
        # Before the cut, which could leave a part of the token. Headers are bytes decoded as Latin-1.
        body = body.replace(token.encode("latin-1", "replace"), b"[token]")
    return body[:_BODY_START].decode("utf-8", "replace")


def _redact(token: str | None, text: str) -> str:
    return text.replace(token, "[token]") if token and len(token) >= _SHORTEST_SECRET else text
