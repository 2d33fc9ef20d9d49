"""What goes into the core and what comes out of it, whichever door leads there."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

Headers = tuple[tuple[str, str], ...]

# Made once: json.dumps would make an encoder for every call.
_encode = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request, complete with its body.

    Args:
        method: in capitals.
        path: as on the wire, percent-encoded, without the query.
        query: as on the wire, without the question mark.
        headers: names in small letters, in the order sent.
        body: the whole body.
        scheme: `http` or `https`.
        host: host and port that were reached, for requests without a usable `Host` header.
    """

    method: str
    path: str
    query: str = ""
    headers: Headers = ()
    body: bytes = b""
    scheme: str = "http"
    host: str = "localhost"

    def header(self, name: str) -> str | None:
        """The value of a header, named in small letters; the last one if it was sent more than once."""
        return next((value for key, value in reversed(self.headers) if key == name), None)

    @property
    def origin(self) -> str:
        """Scheme and host as the client knows them, for the absolute URLs in answers."""
        host = self.header("host") or ""
        # A forged header must not end up as nonsense in every URL of the answer.
        return f"{self.scheme}://{host if _AUTHORITY.fullmatch(host) else self.host}"


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Args:
        status: the status code.
        headers: names in small letters, without the length, which the doors add.
        body: the bytes, or a function that takes long to make them; a door may call it in a thread of its own.
    """

    status: int
    headers: Headers
    body: bytes | Callable[[], bytes]

    def content(self) -> bytes:
        """The bytes of the body, made now if they do not exist yet."""
        return self.body if isinstance(self.body, bytes) else self.body()


def json_response(
    status: int, value: Any, *, content_type: str = "application/json", headers: Headers = ()
) -> Response:
    """A response whose body is a value as JSON."""
    body = _encode(value).encode("utf-8", "replace")
    return Response(status, (("content-type", content_type), *headers), body)
