"""Limits on requests from a network, and the refusals of those beyond them."""

from __future__ import annotations

from ..messages import Head, Response
from ..problems import malformed, problem

HEAD_LIMIT = 65_536
"""The size of the largest head of a request, in bytes."""

HEAD_TIMEOUT = 10.0
"""The time a client may take for the head of a request, in real seconds."""

BODY_TIMEOUT = 60.0
"""The time a client may take for the next bytes of a request's body, in real seconds."""

# Longer than clients keep one, as most do for 5 s: a create that is sent on a connection that the server closes has an
# unknown outcome.
KEEP_ALIVE = 75.0
"""The time that a connection may be idle, in real seconds."""

WRITE_TIMEOUT = 60.0
"""The time a client may read nothing of what waits for it, in real seconds."""

_CLOSE = (("connection", "close"),)


def refuse_host(head: Head) -> Response | None:
    """The refusal of a request without one `Host`, as HTTP/1.1 demands it."""
    if head.hosts == 1:
        return None
    hosts = [value for name, value in head.headers if name == "host"]
    found = f"The request has {len(hosts)} Host headers: {', '.join(hosts)}" if hosts else "The request has no Host"
    return malformed(f"{found}; send exactly one.")


def large_head() -> Response:
    """The refusal of a head beyond `HEAD_LIMIT`."""
    return problem(431, f"The head of the request must not be larger than {HEAD_LIMIT} bytes.", headers=_CLOSE)


def late_head() -> Response:
    """The refusal of a head beyond `HEAD_TIMEOUT`."""
    detail = f"The head of the request did not come within {HEAD_TIMEOUT:g} seconds; send all of it."
    return problem(408, detail, headers=_CLOSE)


def late_body() -> Response:
    """The refusal of a body beyond `BODY_TIMEOUT`."""
    detail = f"Nothing more of the request's body came for {BODY_TIMEOUT:g} seconds; send all of it."
    return problem(408, detail, headers=_CLOSE)
