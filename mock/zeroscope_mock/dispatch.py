"""From a request to the operation it means: the route, the token, the parameters and the body, or why not."""

from __future__ import annotations

import hmac
from collections.abc import Mapping, Sequence
from typing import Any

from .bodies import MalformedBodyError, Upload, media_type, read_form, read_json
from .documents.operation import Match, Operation
from .documents.spec import FORM, Spec
from .messages import Head, Request, Response
from .operations.calls import Call, Handler
from .operations.samples import sampled
from .problems import (
    InvalidField,
    invalid,
    malformed,
    method_not_allowed,
    not_found,
    too_large,
    unauthenticated,
    unsupported_media_type,
)
from .settings import Settings
from .store import tenant_of

JSON = "application/json"


class Envelope:
    """What the head of a request tells: where it leads, who sent it and with which parameters.

    Args:
        head: the head.
        spec: the document that it is to be in order by.

    Attributes:
        spec: the document.
        token: the bearer token; None without one.
        tenant: a name for whoever holds the token; None without one.
        match: the route; None if it leads nowhere.
        operation: the operation; None if there is no such one.
        arguments: the parameters, by name.
        faults: everything that is wrong with them.
    """

    __slots__ = ("arguments", "faults", "match", "operation", "spec", "tenant", "token")

    def __init__(self, head: Head, spec: Spec) -> None:
        self.spec = spec
        self.token = bearer_token(head)
        self.tenant = tenant_of(self.token) if self.token else None
        self.match: Match | None = spec.match(head.path)
        self.operation: Operation | None = self.match.route.operation(head.method) if self.match else None
        self.arguments: Mapping[str, Any] = {}
        self.faults: Sequence[InvalidField] = ()
        if self.match and self.operation:
            self.arguments, self.faults = self.operation.arguments(head, self.match.arguments)

    @classmethod
    def of(cls, head: Head, spec: Spec) -> Envelope:
        """The envelope of a head, made when a document meets it for the first time."""
        envelope = head.envelope
        if envelope is None or envelope.spec is not spec:
            envelope = head.envelope = cls(head, spec)
        return envelope


def open_envelope(
    envelope: Envelope, request: Request, handlers: Mapping[str, Handler], settings: Settings, notes: list[str]
) -> tuple[Call, Handler] | Response:
    """The call that a request is and what carries it out, or the refusal.

    Args:
        envelope: that of its head.
        request: the request.
        handlers: what carries out each operation, by its `operationId`; where there is none, a sample is the answer.
        settings: the server's.
        notes: takes what the journal is to say besides.
    """
    match, operation = envelope.match, envelope.operation
    if match is None:
        return not_found()
    if operation is None:
        return method_not_allowed(request.head.method, match.route.methods)
    if operation.protected and (envelope.tenant is None or not _admits(settings.token, envelope.token)):
        return unauthenticated()
    handler = handlers.get(operation.id) or sampled(operation, envelope.spec)
    body, faults = _read_body(operation, request, settings)
    if isinstance(faults, Response):
        return faults
    if envelope.faults or faults:
        return invalid([*envelope.faults, *faults])
    return Call(request, match.prefix, envelope.tenant or "", envelope.arguments, body, notes), handler


def bearer_token(head: Head) -> str | None:
    """The token that a request bears; None without one."""
    scheme, _, token = (head.header("authorization") or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _admits(required: str | None, token: str | None) -> bool:
    return required is None or hmac.compare_digest(
        (token or "").encode("utf-8", "surrogatepass"), required.encode("utf-8", "surrogatepass")
    )


def _read_body(operation: Operation, request: Request, settings: Settings) -> tuple[Any, list[InvalidField] | Response]:
    """The value of the body, and what is wrong with it: its parts, or the whole of it."""
    # Clients send a content type with everything; what an operation does not read cannot be wrong.
    if not operation.bodies:
        return None, too_large(settings.json_limit) if len(request.body) > settings.json_limit else []
    sent = request.head.header("content-type") or ""
    kind = media_type(sent) or JSON
    limit = settings.file_limit if kind == FORM and FORM in operation.bodies else settings.json_limit
    if len(request.body) > limit:
        return None, too_large(limit)
    if not request.body and not operation.body_required:
        return None, []
    if kind not in operation.bodies:
        return None, unsupported_media_type(sent, list(operation.bodies))
    described, schema = operation.bodies[kind]
    try:
        value = read_form(request.body, sent, described) if kind == FORM else read_json(request.body)
    except MalformedBodyError as error:
        return None, malformed(str(error))
    # To the document a file is a string, and nothing it says of that string is about the bytes.
    plain = {name: _plain(part) for name, part in value.items()} if kind == FORM else value
    return value, schema.faults(plain)


def _plain(part: Any) -> Any:
    if isinstance(part, list):
        return [_plain(one) for one in part]
    return "" if isinstance(part, Upload) else part
