"""Sample responses for the document's operations that have no handler."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents.operation import Operation
from ..documents.sample import sample
from ..documents.spec import Spec
from ..messages import Response, json_response
from ..problems import not_implemented
from .calls import Handler, OperationCall


def sample_handler(operation: Operation, spec: Spec) -> Handler:
    """A handler that answers with the operation's first 2xx response and a body that its schema allows.

    The handler carries nothing out, and leaves a note in the journal. Where the document has no 2xx response, or none
    that a sample can be made of, it answers 501.

    Args:
        spec: The document that it belongs to.
    """

    def handle(call: OperationCall) -> Response:
        response = _success(operation, spec)
        if response is None:
            return not_implemented(operation.id)
        call.notes.append(
            f"{operation.id} has no handler; this is a sample of the response that the document describes"
        )
        return response

    return handle


def _success(operation: Operation, spec: Spec) -> Response | None:
    described = operation.responses if isinstance(operation.responses, Mapping) else {}
    statuses = sorted(str(status) for status in described if str(status).upper()[:1] == "2")
    if not statuses:
        return None
    status = int(statuses[0].upper().replace("XX", "00"))
    try:
        content: Mapping[str, Any] = spec.resolve(described[statuses[0]]).get("content", {})
        if not content:
            return Response(status, (), b"")
        kind = next(kind for kind in content if kind.endswith("json"))
        schema = content[kind].get("schema", {})
        value = content[kind]["example"] if "example" in content[kind] else sample(schema, spec.resolve)
        valid = spec.compile(schema).is_valid(value)
    except Exception:
        # The document may have anything here, and a schema without a sample is not an error of the server.
        return None
    return json_response(status, value, content_type=kind) if valid else None
