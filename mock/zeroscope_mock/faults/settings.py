"""The settings of a fault: their names and types, and how values are read."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Collection, Mapping
from typing import Any, Literal, TypedDict

from ..documents.spec import METHODS
from ..messages import Headers
from ..suggestions import did_you_mean
from ..tenants import tenant_of
from .expectations import FaultError, expectations, shortened

HANG = 60.0
"""The time a connection hangs if no number is given, in seconds."""

_SENT_BY_SERVER = frozenset({"content-length", "transfer-encoding"})


class FaultSettings(TypedDict, total=False):
    """The arguments of `Faults.add`, in Python or as JSON; None is the same as an omitted argument."""

    operation: str | Collection[str] | None
    """The `operationId` of the requests that the fault applies to, or several; all requests of clients if left out. It
    applies to webhook deliveries only if it names `receivePredictionEvent`."""

    method: str | Collection[str] | None
    """The method of the requests that the fault applies to, or several."""

    path: str | None
    """A pattern for the path, with or without `/v1`, such as `/predictions/*`; `*` matches slashes, too."""

    token: str | None
    """The bearer token of the requests that the fault applies to; only a hash of it is kept."""

    nth: int | Collection[int] | None
    """The numbers of the matching requests that the fault applies to, counted from 1: one or several."""

    skip: int | None
    """The number of matching requests to skip first."""

    times: int | None
    """The number of requests the fault applies to; after that it has no effect."""

    per: Literal["resource"] | None
    """`resource` to count each path separately."""

    probability: float | None
    """The probability that the fault applies to a request that is due, from 0 to 1; the server's seed decides."""

    status: int | None
    """The status of the response, 200 to 599, which is sent instead of carrying the request out. The body is the
    service's own for that status, as far as it is known."""

    retry_after: int | None
    """The seconds in the response after which the client may try again; 1 by default with the status 429."""

    body: Any
    """The body of the response, which is sent instead of carrying the request out: text, bytes, or a value to send as
    JSON. The status is 200 by default."""

    body_base64: str | None
    """The same for bytes, in base64."""

    html: bool | None
    """Answer with a page of HTML, as the service's edge does, instead of carrying the request out. The status is 502 by
    default."""

    headers: Mapping[str, str | int] | None
    """Headers that replace those of the response."""

    content_type: str | None
    """The content type that the response claims to have."""

    carried_out: bool | None
    """Carry the request out before `status`, `body`, `html` or `hang` hides its response, as when a create is lost."""

    delay: float | None
    """Seconds before the request is handled, at most 3600."""

    hang: float | bool | None
    """Seconds without a response, at most 3600, after which the connection is cut; True for 60."""

    reset: Literal["before", "after"] | None
    """Reset the connection instead of answering, `before` or `after` the request is carried out."""

    truncate: float | None
    """The part of the body that is sent, although `Content-Length` announces all of it: bytes as an integer, or a share
    between 0 and 1. At least the last byte is missing. A stream has no length; it is reset at that point, and a share
    is one of its first event."""

    malformed: bool | None
    """Send half of the body as if it were all, so that its JSON cannot be parsed. For a delivery, that is the body that
    is posted."""

    bytes_per_second: float | None
    """The speed at which the body is sent, from 0.001 up."""

    duplicate: bool | None
    """Deliver a webhook twice."""


def read_settings(settings: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a `FaultRule`, from the arguments of `Faults.add`.

    Args:
        settings: The arguments, by name; None is the same as an omitted argument.

    Raises:
        FaultError: For an unknown argument and an invalid value.
    """
    known = expectations("FaultSettings")
    values: dict[str, Any] = {}
    for name, value in settings.items():
        if name not in known:
            raise FaultError(str(name), f"a fault has no argument {name!r}{did_you_mean(name, known)}")
        if value is None:
            continue
        if name == "token" and isinstance(value, str):
            value = value.strip()
        if name == "body_base64" and isinstance(value, bytes):
            value = value.decode("latin-1")
        value = known[name].require(name, value) if name != "body" else value
        values[name] = _READERS[name](value) if name in _READERS else value
    if "body_base64" in values:
        if "body" in values:
            raise FaultError("body_base64", "body_base64 does not go with body: there is one body")
        values["body"] = values.pop("body_base64")
    if "token" in values:
        values["tenant"] = values.pop("token")
    return values


def _names(value: str | list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys([value] if isinstance(value, str) else value))


def _methods(value: str | list[str]) -> tuple[str, ...]:
    methods = tuple(name.upper() for name in _names(value))
    known = [method.upper() for method in METHODS]
    for method in methods:
        if method not in known:
            raise FaultError("method", f"there is no method {method!r}{did_you_mean(method, known)}")
    return methods


def _numbers(value: int | list[int]) -> tuple[int, ...]:
    return tuple(sorted({value} if isinstance(value, int) else set(value)))


def _body(value: Any) -> Any:
    if isinstance(value, str | bytes):
        return value
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (RecursionError, TypeError, ValueError) as error:
        raise FaultError("body", f"body must be text, bytes or a JSON value: {error}") from error


def _decoded(value: str) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except ValueError as error:
        raise FaultError(
            "body_base64", f"body_base64 must be text in base64, not {shortened(value)}: {error}"
        ) from error


def _headers(value: Mapping[str, str | int]) -> Headers:
    for name in value:
        if name.lower() in _SENT_BY_SERVER:
            raise FaultError("headers", f"the server itself sends the header {name!r}; truncate makes it wrong")
    return tuple((name.lower(), str(content)) for name, content in value.items())


def _hang(value: float | bool) -> float | None:
    return (HANG if value else None) if isinstance(value, bool) else float(value)


def _amount(value: float) -> float:
    if isinstance(value, float) and not 0 < value < 1:
        words = "bytes as an integer, or a share between 0 and 1 such as 0.5"
        raise FaultError("truncate", f"truncate must be {words}, not {value!r}")
    return value


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "operation": _names,
    "method": _methods,
    "token": tenant_of,
    "nth": _numbers,
    "probability": float,
    "body": _body,
    "body_base64": _decoded,
    "headers": _headers,
    "delay": float,
    "hang": _hang,
    "truncate": _amount,
    "bytes_per_second": float,
}
"""Converts the values of settings, once they are known to be valid, to those of the fields of `FaultRule`."""
