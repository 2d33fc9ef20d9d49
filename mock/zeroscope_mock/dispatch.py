"""The dispatch of a request: its route, token, parameters and body."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from .bodies import MalformedBodyError, Upload, media_type, read_form, read_json, read_text
from .cog import ModelSchema
from .cog.secret_fields import redact_errors, secret_fields
from .documents.invalid_field import InvalidField
from .documents.operation import FORM, Match, Operation
from .documents.spec import Spec
from .journal import ExchangeNotes
from .messages import Head, Request, Response
from .operations.calls import Handler, OperationCall
from .operations.samples import sample_handler
from .problems import (
    invalid,
    malformed,
    method_not_allowed,
    no_such_operation,
    too_large,
    unauthenticated,
    unsupported_media_type,
)
from .settings import Settings
from .tenants import tenant_of

JSON = "application/json"
_TEXT = "text/"
# In place of a path, the server as a whole (RFC 9110), which has no methods of its own.
_SERVER = "*"
# How much of an unknown path is compared with those of the operations, in characters.
_COMPARED = 200


class RoutedRequest:
    """The head of a request with all that the document says about it.

    Args:
        head: The head.
        spec: The document.
        schemes: The schemes of `Authorization` that a token may have, in lower case.

    Attributes:
        spec: The document.
        token: The token; None without one of an accepted scheme.
        tenant: The tenant of the token; None without one.
        match: The route; None for an unknown path.
        operation: The operation; None for an unknown path or method.
        arguments: The parameters, by name.
        invalid: All errors in them.
    """

    __slots__ = ("arguments", "invalid", "match", "operation", "spec", "tenant", "token")

    def __init__(self, head: Head, spec: Spec, schemes: Collection[str]) -> None:
        self.spec = spec
        self.token = _token(head, schemes)
        self.tenant = tenant_of(self.token) if self.token else None
        self.match: Match | None = spec.match(head.path)
        self.operation: Operation | None = self.match.route.operation(head.method) if self.match else None
        self.arguments: Mapping[str, Any] = {}
        self.invalid: Sequence[InvalidField] = ()
        if self.match and self.operation:
            self.arguments, self.invalid = self.operation.arguments(head, self.match.arguments)

    @classmethod
    def of(cls, head: Head, spec: Spec, schemes: Collection[str]) -> RoutedRequest:
        """The routed request of a head, which the head keeps as long as the document is the same."""
        routed = head.routed
        if not isinstance(routed, RoutedRequest) or routed.spec is not spec:
            routed = head.routed = cls(head, spec, schemes)
        return routed


InputSchema = Callable[[RoutedRequest, Any, ExchangeNotes], tuple[str, ModelSchema] | None]
"""Returns the model that a request with a body runs and its schema, and may add notes; None if the document has it."""


def _described(routed: RoutedRequest, body: Any, notes: ExchangeNotes) -> None:
    """The schema of a request that runs no model but the document's."""


def answer_head(routed: RoutedRequest, head: Head, settings: Settings) -> Response | None:
    """The response to a request without an operation or a token; None for one that has both, or needs no token.

    Args:
        routed: The routed head of the request.
        head: The head.
        settings: The server's.
    """
    match, operation = routed.match, routed.operation
    if match is None:
        if (head.method, head.path) == ("OPTIONS", _SERVER):
            return Response(204, (), b"")
        return no_such_operation(head.method, head.path, _nearest(routed.spec, head))
    if operation is None:
        # No token is needed, because it is not certain whether the service needs one, and browsers never send it.
        if head.method == "OPTIONS":
            return Response(204, (("allow", ", ".join(match.route.methods)),), b"")
        return method_not_allowed(head.method, match.route.methods)
    if operation.protected and (routed.tenant is None or not _is_accepted(settings.token, routed.token)):
        return unauthenticated()
    return None


def note_refusal(routed: RoutedRequest, response: Response, notes: ExchangeNotes) -> Response:
    """Note why a request was refused, unless that is noted, and return its response.

    Args:
        routed: The routed head of the request.
        response: The response, which may be of any status.
        notes: Takes the reasons.
    """
    if 400 <= response.status < 500 and not notes.refusals:
        # Imported here, as below, because only errors need it.
        from .refusals import explain_response

        route = routed.match.route if routed.match else None
        notes.refusals = explain_response(routed.spec, route, routed.operation, response)
    return response


def prepare_call(
    routed: RoutedRequest,
    request: Request,
    handlers: Mapping[str, Handler],
    settings: Settings,
    notes: ExchangeNotes,
    input_schema: InputSchema = _described,
) -> tuple[OperationCall, Handler] | Response:
    """The call and its handler for a valid request, or the refusal.

    Args:
        routed: The routed head of the request, for which `answer_head` has no response.
        handlers: The handlers by `operationId`; other operations are answered with samples.
        settings: The server's.
        notes: Takes notes for the journal.
        input_schema: Returns the schema of the model that the request runs.
    """
    match, operation = routed.match, routed.operation
    assert match is not None and operation is not None
    handler = (handlers.get(operation.id) if operation.fits else None) or sample_handler(operation, routed.spec)
    body, errors = _read_body(routed, operation, request, settings, notes, input_schema)
    if isinstance(errors, Response):
        return errors
    if routed.invalid or errors:
        from .refusals import explain_fields

        fields = [*routed.invalid, *errors]
        notes.refusals = explain_fields(routed.spec, fields)
        return invalid(fields, operation.invalid_status, operation.invalid_type)
    return OperationCall(
        request, match.prefix, routed.token, routed.tenant or "", routed.arguments, body, notes
    ), handler


def _token(head: Head, schemes: Collection[str]) -> str | None:
    scheme, _, token = (head.header("authorization") or "").strip().partition(" ")
    return token.strip() or None if scheme.lower() in schemes else None


def _nearest(spec: Spec, head: Head) -> str:
    """The operation whose method and path are most like those of a request, in upper or lower case."""
    # Imported here because only errors need it.
    from difflib import SequenceMatcher

    path = head.path.lower()
    prefix = next((prefix for prefix in spec.prefixes if path.startswith(f"{prefix.lower()}/")), "")
    sent = f"{head.method.lower()} {path[len(prefix) :]}"[:_COMPARED]
    matcher = SequenceMatcher(b=sent)

    def likeness(operation: str) -> float:
        matcher.set_seq1(_filled(operation.lower(), sent))
        return matcher.ratio()

    operations = [f"{method} {route.path}" for route in spec.routes for method in route.operations]
    method, _, path = max(operations, key=likeness).partition(" ")
    return f"{method} {prefix}{path}"


def _filled(operation: str, sent: str) -> str:
    """The path of an operation with the segments of a request in place of its parameters."""
    segments = sent.split("/")
    return "/".join(
        segments[index] if "{" in segment and index < len(segments) else segment
        for index, segment in enumerate(operation.split("/"))
    )


def _is_accepted(required: str | None, token: str | None) -> bool:
    return required is None or hmac.compare_digest(
        (token or "").encode("utf-8", "surrogatepass"), required.encode("utf-8", "surrogatepass")
    )


def _read_body(
    routed: RoutedRequest,
    operation: Operation,
    request: Request,
    settings: Settings,
    notes: ExchangeNotes,
    input_schema: InputSchema,
) -> tuple[Any, list[InvalidField] | Response]:
    """The value of the body, and its invalid fields or the refusal of the whole body."""
    # Clients send a content type with everything, so it is ignored where the operation takes no body.
    if not operation.bodies:
        return None, too_large(settings.json_limit) if len(request.body) > settings.json_limit else []
    content_type = request.head.header("content-type") or ""
    kind = media_type(content_type) or JSON
    limit = settings.file_limit if kind == FORM and FORM in operation.bodies else settings.json_limit
    if len(request.body) > limit:
        return None, too_large(limit)
    if not request.body and not operation.body_required:
        return None, []
    if kind not in operation.bodies:
        return None, unsupported_media_type(content_type, list(operation.bodies))
    described, schema = operation.bodies[kind]
    try:
        if kind == FORM:
            value: Any = read_form(request.body, content_type, described)
        else:
            value = read_text(request.body) if kind.startswith(_TEXT) else read_json(request.body)
    except MalformedBodyError as error:
        return None, malformed(str(error))
    # In the schema a file is a string, and no keyword there is about its bytes.
    validated = {name: _without_uploads(part) for name, part in value.items()} if kind == FORM else value
    model = input_schema(routed, value, notes) if kind in operation.open_bodies else None
    sent = value.get("input") if isinstance(value, dict) else None
    if model is None:
        if (invalid := schema.invalid_fields(validated)) and sent is not None:
            invalid = redact_errors(invalid, sent, secret_fields(routed.spec.input_fields, routed.spec.resolve))
        return value, invalid
    invalid = operation.open_bodies[kind].invalid_fields(value)
    if isinstance(sent, dict):
        name, model_schema = model
        invalid += [one.within(name) for one in model_schema.invalid_fields(sent)]
    return value, invalid


def _without_uploads(part: Any) -> Any:
    """The value of a field with an empty string in place of each file."""
    if isinstance(part, list):
        return [_without_uploads(one) for one in part]
    return "" if isinstance(part, Upload) else part
