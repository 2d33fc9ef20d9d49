"""The service's error responses, as problem details (recorded traffic)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from .documents.invalid_field import InvalidField
from .messages import Headers, Response, json_response

PROBLEM = "application/problem+json"
"""The content type of errors."""

NOT_FOUND = "The requested resource could not be found."
"""What the service says with 404."""


def problem(
    status: int,
    detail: str,
    *,
    title: str | None = None,
    content_type: str = PROBLEM,
    headers: Headers = (),
    **more: Any,
) -> Response:
    """An error response; the other functions here make the service's own ones."""
    body = {"detail": detail, "status": status, **({"title": title} if title else {}), **more}
    return json_response(status, body, content_type=content_type, headers=headers)


def malformed(detail: str) -> Response:
    """400 for a body that cannot be read."""
    return problem(400, detail, title="Bad request")


def unauthenticated() -> Response:
    """401 for a missing or wrong token."""
    detail = "You did not pass a valid authentication token"
    return problem(401, detail, title="Unauthenticated", headers=(("www-authenticate", "Bearer"),))


def not_found(missing: str, otherwise: str | None = "this token may not see it") -> Response:
    """404 for an id or a name that the server does not have.

    Args:
        missing: What there is none of, such as `prediction 'abc'`.
        otherwise: What else may be the reason; None if nothing else may be.
    """
    return problem(404, f"{NOT_FOUND} There is no {missing}{f', or {otherwise}' if otherwise else ''}.")


def forbidden(detail: str) -> Response:
    """403 for what the account may not do."""
    return problem(403, detail, title="Forbidden")


def conflict(detail: str) -> Response:
    """409 for a name that is taken and an object that is in use; clients read the reason in `errors`."""
    return problem(409, detail, title="Conflict", errors=[{"detail": detail}])


def no_such_operation(method: str, path: str, nearest: str) -> Response:
    """404 for a path that no operation has.

    Args:
        path: The path, as it was sent.
        nearest: The operation with the most similar path.
    """
    return problem(404, f"{NOT_FOUND} The mock server has no operation {method} {path}; the nearest is {nearest}.")


def method_not_allowed(method: str, allowed: Collection[str]) -> Response:
    """405 with the allowed methods."""
    return problem(405, f'Method "{method}" not allowed.', headers=(("allow", ", ".join(sorted(allowed))),))


def too_large(limit: int, what: str = "request body") -> Response:
    """413 for more than `limit` bytes; closes the connection, since the rest of the body may still be coming."""
    return problem(413, f"The {what} must not be larger than {limit} bytes.", headers=(("connection", "close"),))


def unsupported_media_type(content_type: str, supported: Sequence[str]) -> Response:
    """415 for a body of a type that the operation does not take."""
    return problem(415, f'Unsupported content type "{content_type}"; send {" or ".join(supported)}.')


def invalid(fields: Sequence[InvalidField], status: int = 422, content_type: str = PROBLEM) -> Response:
    """422, or another status that the document has instead, with all invalid fields."""
    values = [{"type": one.type, "field": one.field, "description": one.description} for one in fields]
    detail = "".join(one.line() for one in fields)
    title = "Input validation failed"
    return problem(status, detail, title=title, content_type=content_type, invalid_fields=values)


def throttled(seconds: int, *, in_body: bool, headers: Headers = ()) -> Response:
    """429 for a request beyond the rate limit.

    Args:
        seconds: When the next request may be sent.
        in_body: Whether the body has the field `retry_after`.
        headers: More headers.
    """
    detail = f"Request was throttled. Your rate limit resets in ~{seconds}s."
    more: dict[str, Any] = {"retry_after": seconds} if in_body else {}
    return problem(429, detail, headers=headers, **more)


def invalid_version() -> Response:
    """422 for an unknown version."""
    detail = "The specified version does not exist (or perhaps you don't have permission to use it?)"
    return problem(422, detail, title="Invalid version or not permitted")


def not_implemented(operation_id: str) -> Response:
    """501 for an operation without a handler, for whose response no sample can be made."""
    return problem(501, f"The mock server does not know how to carry out the operation {operation_id}.")
