"""Lets web pages of other origins read responses (CORS)."""

from __future__ import annotations

from collections.abc import Collection

from .messages import Head, Headers, Response

ANY = "*"

_PREFLIGHT_SECONDS = 600
_DEFAULT_PORTS = {"http": 80, "https": 443}


def normal_form(origin: str) -> str:
    """An origin as browsers send it: in lower case, and without the default port of its scheme."""
    origin = origin.lower()
    port = _DEFAULT_PORTS.get(origin.partition("://")[0])
    return origin if port is None else origin.removesuffix(f":{port}")


def share(response: Response, head: Head, origins: Collection[str]) -> Response:
    """A response with the headers by which a browser lets a page read it.

    Args:
        head: The head of the request.
        origins: The origins of the pages in their `normal_form`; `*` for all.
    """
    headers = _shared(head, origins)
    wanted = head.header("access-control-request-method")
    if head.method == "OPTIONS" and wanted and len(headers) > 1:
        # The browser asks before it sends a request. It is to send every one, so that the page sees the refusal.
        names = head.header("access-control-request-headers") or ""
        asked: Headers = (
            ("access-control-allow-methods", wanted),
            *((("access-control-allow-headers", names),) if names else ()),
            ("access-control-max-age", str(_PREFLIGHT_SECONDS)),
        )
        return Response(204, (*headers, *asked), b"")
    return Response(response.status, (*response.headers, *headers), response.body)


def _shared(head: Head, origins: Collection[str]) -> Headers:
    if ANY in origins:
        origin: str | None = ANY
    else:
        origin = head.header("origin")
    if origin is None or (origin != ANY and normal_form(origin) not in origins):
        return (("vary", "origin"),)
    varies: Headers = () if origin == ANY else (("vary", "origin"),)
    return (*varies, ("access-control-allow-origin", origin), ("access-control-expose-headers", "*"))
