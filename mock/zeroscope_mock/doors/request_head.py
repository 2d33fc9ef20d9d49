"""Heads of requests, as they come on a connection."""

from __future__ import annotations

import re
from dataclasses import dataclass

import httptools

from ..messages import Head

_VERSIONS = frozenset({"1.0", "1.1"})
_AUTHORITY_END = re.compile("[/?#]")


@dataclass(slots=True, eq=False)
class RequestHead:
    """The head of a request from a connection.

    Args:
        head: What the core sees of it.
        length: The length of the body, in bytes; None for a chunked one.
        keep_alive: Whether the connection stays open after the response.
        chunks: Whether the client understands chunked responses.
        expects: Whether the client sends the body only when told to continue.
    """

    head: Head
    length: int | None
    keep_alive: bool
    chunks: bool
    expects: bool


def read_head(
    method: str, target: str, version: str, headers: list[tuple[str, str]], keep_alive: bool, scheme: str, host: str
) -> RequestHead:
    """The head of a request, by what a parser has found.

    Args:
        method: The method.
        target: The target, in any form of HTTP.
        version: The version, without the name of the protocol.
        headers: The headers, with names in lower case.
        keep_alive: Whether the client leaves the connection open.
        scheme: `http` or `https`.
        host: Host and port that the connection reached.

    Raises:
        ValueError: For a head that is not valid here.
    """
    if version not in _VERSIONS:
        raise ValueError(f"its version is {version}, neither 1.0 nor 1.1")
    path, query, authority = _split(target)
    values: dict[str, list[str]] = {}
    for name, value in headers:
        values.setdefault(name, []).append(value)
    if authority is not None and len(values.get("host", ())) == 1:
        # It counts instead of the header (RFC 9112, section 3.2.2), which must be there all the same.
        headers = [(name, authority if name == "host" else value) for name, value in headers]
    return RequestHead(
        head=Head(method, path, query, tuple(headers), scheme, host),
        length=_body_length(values),
        keep_alive=version != "1.0" and keep_alive,
        chunks=version != "1.0",
        expects=version != "1.0" and "100-continue" in map(str.lower, values.get("expect", ())),
    )


def _split(target: str) -> tuple[str, str, str | None]:
    """The path and the query of a target, and its authority, if it has one.

    Raises:
        ValueError: For a target without a path, and for a URL with a user.
    """
    if target == "*":
        return target, "", None
    if not target.startswith("/") or "#" in target:
        try:
            url = httptools.parse_url(target.encode("ascii"))
        except httptools.HttpParserError:
            # Its text has the target in it.
            raise ValueError("its target is neither a path nor a URL") from None
        if url.schema is None and not target.startswith("/"):
            raise ValueError("its target is neither a path nor a URL")
        if url.userinfo is not None:
            raise ValueError("its target has a user name or password in it")
        authority = None if url.schema is None else _AUTHORITY_END.split(target.partition("://")[2], maxsplit=1)[0]
        return (url.path or b"/").decode(), (url.query or b"").decode(), authority
    path, _, query = target.partition("?")
    return path, query, None


def _body_length(headers: dict[str, list[str]]) -> int | None:
    """The length of the body; None for a chunked one.

    Raises:
        ValueError: If two readers might find different lengths.
    """
    codings, lengths = headers.get("transfer-encoding", []), headers.get("content-length", [])
    if codings:
        if lengths:
            raise ValueError("it has both Transfer-Encoding and Content-Length; send one of them")
        if [coding.lower() for coding in codings] != ["chunked"]:
            raise ValueError("its Transfer-Encoding is not chunked alone")
        return None
    if not lengths:
        return 0
    if len(lengths) > 1:
        raise ValueError(f"it has {len(lengths)} Content-Length headers; send one")
    if not (lengths[0].isascii() and lengths[0].isdigit()):
        raise ValueError("its Content-Length is not a number")
    return int(lengths[0])
