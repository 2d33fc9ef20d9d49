"""What goes into the core and what comes out of it, whichever door leads there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import orjson

if TYPE_CHECKING:
    from .dispatch import Envelope
    from .steps import Sleep

Headers = tuple[tuple[str, str], ...]

# Made once: json.dumps would make an encoder for every call.
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


class Head:
    """All of a request but its body.

    Args:
        method: in capitals.
        path: as on the wire, percent-encoded, without the query.
        query: as on the wire, without the question mark.
        headers: names in small letters, in the order sent.
        scheme: `http` or `https`.
        host: host and port that were reached, for requests without a usable `Host` header.

    Attributes:
        target: the path with the query.
        origin: scheme and host as the client knows them, for the absolute URLs in answers.
        envelope: where it leads, once that was looked up.
    """

    __slots__ = ("_values", "envelope", "headers", "method", "origin", "path", "query", "target")

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Headers = (),
        scheme: str = "http",
        host: str = "localhost",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.target = f"{path}?{query}" if query else path
        self._values = dict(headers)
        named = self._values.get("host", "")
        # A forged header must not end up as nonsense in every URL of the answer.
        self.origin = f"{scheme}://{named if _AUTHORITY.fullmatch(named) else host}"
        self.envelope: Envelope | None = None

    def header(self, name: str) -> str | None:
        """The value of a header, named in small letters; the last one if it was sent more than once."""
        return self._values.get(name)


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True, eq=False)
class Request:
    """One HTTP request, complete with its body."""

    head: Head
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is sent piece by piece.

    Args:
        pieces: starts it; yields bytes and pauses, and may raise `ConnectionCutError`.
        length: how many bytes are announced; None for a body whose length nobody knows. One that ends before that is
            cut off.
    """

    pieces: Callable[[], Iterator[bytes | Sleep]]
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Args:
        status: the status code.
        headers: names in small letters, without the length, which the doors add.
        body: the bytes, or a stream.
    """

    status: int
    headers: Headers
    body: bytes | Stream

    def header(self, name: str) -> str | None:
        """The value of a header, named in small letters."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


def json_response(
    status: int, value: Any, *, content_type: str = "application/json", headers: Headers = ()
) -> Response:
    """A response whose body is a value as JSON."""
    return Response(status, (("content-type", content_type), *headers), encode(value))


def encode(value: Any) -> bytes:
    """A value as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # It takes neither half a surrogate pair nor an integer of more than 64 bits; a client may send either.
        return _dumps(value).encode("utf-8", "replace")
