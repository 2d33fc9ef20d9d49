"""The bodies with which the service refuses a request (recorded traffic), as responses."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from .messages import Headers, Response, json_response


@dataclass(frozen=True, slots=True)
class InvalidField:
    """One thing that is wrong with a request.

    Args:
        type: the service's word for the kind of fault, such as `number_lte`.
        field: the path of the field, such as `input.width`; for a missing or an unknown field that of its parent, which
            is empty for the body itself.
        description: the fault in words.
    """

    type: str
    field: str
    description: str

    def line(self) -> str:
        """The fault as a line of the problem's detail."""
        return f"- {self.field}: {self.description}\n" if self.field else f"- {self.description}\n"


def problem(status: int, detail: str, *, title: str | None = None, headers: Headers = (), **more: Any) -> Response:
    """A refusal; every other function here is one of these."""
    body = {"detail": detail, "status": status, **({"title": title} if title else {}), **more}
    return json_response(status, body, content_type="application/problem+json", headers=headers)


def malformed(detail: str) -> Response:
    """400 for a body that cannot be read."""
    return problem(400, detail, title="Bad request")


def unauthenticated() -> Response:
    """401 for a token that is missing or not the right one."""
    detail = "You did not pass a valid authentication token"
    return problem(401, detail, title="Unauthenticated", headers=(("www-authenticate", "Bearer"),))


def not_found() -> Response:
    """404 for an address or an id that leads nowhere."""
    return problem(404, "The requested resource could not be found.")


def method_not_allowed(method: str, allowed: Collection[str]) -> Response:
    """405 with the methods that would do."""
    return problem(405, f'Method "{method}" not allowed.', headers=(("allow", ", ".join(sorted(allowed))),))


def too_large(limit: int) -> Response:
    """413 for a body of more than `limit` bytes; the connection closes, since the rest of it may still be coming."""
    return problem(413, f"The request body must not be larger than {limit} bytes.", headers=(("connection", "close"),))


def unsupported_media_type(content_type: str, supported: Sequence[str]) -> Response:
    """415 for a body of another kind than the operation takes."""
    return problem(415, f'Unsupported content type "{content_type}"; send {" or ".join(supported)}.')


def invalid(faults: Sequence[InvalidField]) -> Response:
    """422 with everything that is wrong."""
    fields = [{"type": fault.type, "field": fault.field, "description": fault.description} for fault in faults]
    detail = "".join(fault.line() for fault in faults)
    return problem(422, detail, title="Input validation failed", invalid_fields=fields)


def throttled(seconds: int, *, in_body: bool, headers: Headers = ()) -> Response:
    """429 for one request too many, with the seconds until the next one."""
    detail = f"Request was throttled. Your rate limit resets in ~{seconds}s."
    more: dict[str, Any] = {"retry_after": seconds} if in_body else {}
    return problem(429, detail, headers=headers, **more)


def invalid_version() -> Response:
    """422 for a version that does not exist."""
    detail = "The specified version does not exist (or perhaps you don't have permission to use it?)"
    return problem(422, detail, title="Invalid version or not permitted")


def not_implemented(operation_id: str) -> Response:
    """501 for an operation that the mock has no handler for, and of whose answer no sample can be made."""
    return problem(501, f"The mock server does not know how to carry out the operation {operation_id}.")
