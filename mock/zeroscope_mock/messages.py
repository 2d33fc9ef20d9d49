"""HTTP requests and responses, as the core takes and returns them."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import orjson

from .steps import Pause

Headers = tuple[tuple[str, str], ...]

# Made once, because json.dumps makes an encoder for every call.
_dumps = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_AUTHORITY = re.compile(r"[A-Za-z0-9._-]+(:[0-9]{1,5})?|\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?")
_SCHEME = re.compile("https?")
_MOUNT = re.compile(r"(/[A-Za-z0-9._~!$&'()*+,;=:@%-]+)*")


class Head:
    """A request without its body.

    Args:
        method: In upper case.
        path: As on the wire, percent-encoded, without the query and below the mount.
        query: As on the wire, without the question mark.
        headers: Names in lower case, in the order sent.
        scheme: `http` or `https`.
        host: Host and port that were reached, for requests without a usable `Host` header.
        mount: The path that the server is mounted at, percent-encoded; empty, or a slash with what follows it.

    Attributes:
        hosts: How many `Host` headers it has.
        target: The path with the query.
        base_url: Scheme, host and mount as the client knows them, for the absolute URLs in responses.
        routed: A slot for `dispatch`, which keeps here what it derives from the head; a door may use a head again.
    """

    __slots__ = (
        "_values",
        "base_url",
        "headers",
        "host",
        "hosts",
        "method",
        "mount",
        "path",
        "query",
        "routed",
        "target",
    )

    def __init__(
        self,
        method: str,
        path: str,
        query: str = "",
        headers: Headers = (),
        scheme: str = "http",
        host: str = "localhost",
        mount: str = "",
    ) -> None:
        self.method = method
        self.path = path
        self.query = query
        self.headers = headers
        self.host = host
        self.mount = mount
        self.target = f"{path}?{query}" if query else path
        self._values = dict(headers)
        self.hosts = sum(name == "host" for name, _ in headers)
        named = self._values.get("host", "")
        # A forged header must not end up in every URL of the response.
        self.base_url = f"{scheme}://{named if _AUTHORITY.fullmatch(named) else host}{mount}"
        self.routed: object | None = None

    @property
    def forwarded_base_url(self) -> str:
        """The base URL by the `X-Forwarded` headers, as far as there are valid ones."""
        scheme, _, rest = self.base_url.partition("://")
        authority = rest.removesuffix(self.mount)
        scheme = self._forwarded("proto", _SCHEME) or scheme
        authority = self._forwarded("host", _AUTHORITY) or authority
        return f"{scheme}://{authority}{self._forwarded('prefix', _MOUNT)}{self.mount}"

    def _forwarded(self, name: str, valid: re.Pattern[str]) -> str:
        """What the first proxy wrote into an `X-Forwarded` header; empty if that is invalid."""
        value = self._values.get(f"x-forwarded-{name}", "").partition(",")[0].strip().rstrip("/")
        return value if valid.fullmatch(value) else ""

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in lower case; the last one if it was sent more than once."""
        return self._values.get(name)


# Not frozen: one is made for every request, and frozen dataclasses take three times as long to make.
@dataclass(slots=True, eq=False)
class Request:
    """One HTTP request, complete with its body."""

    head: Head
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Stream:
    """A body that is sent in pieces.

    Args:
        pieces: Starts the stream; yields bytes and pauses, and may raise `ConnectionCutError`.
        length: The `Content-Length`, which may be more than the pieces have; None for a body of unknown length.
    """

    pieces: Callable[[], Iterator[bytes | Pause]]
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Response:
    """One HTTP response.

    Args:
        status: The status code.
        headers: Names in lower case, without the length, which the doors add.
        body: The bytes, or a stream.
    """

    status: int
    headers: Headers
    body: bytes | Stream

    def header(self, name: str) -> str | None:
        """The value of a header, by its name in lower case."""
        for key, value in self.headers:
            if key == name:
                return value
        return None


def json_response(
    status: int, value: Any, *, content_type: str = "application/json", headers: Headers = ()
) -> Response:
    """A response with a JSON body."""
    return Response(status, (("content-type", content_type), *headers), encode(value))


def encoded_response(status: int, body: bytes) -> Response:
    """A response with a body that is JSON already."""
    return Response(status, (("content-type", "application/json"),), body)


def encode(value: Any) -> bytes:
    """A value as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        # orjson takes neither half a surrogate pair nor an integer of more than 64 bits; a client may send either.
        return _dumps(value).encode("utf-8", "replace")
