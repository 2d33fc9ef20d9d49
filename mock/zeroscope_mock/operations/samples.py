"""Operations that the document has and nobody wrote: they are answered with a sample of what it describes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents.operation import Operation
from ..documents.sample import sample
from ..documents.spec import Spec
from ..messages import Response, json_response
from ..problems import not_implemented
from .calls import Call, Handler


def sampled(operation: Operation, spec: Spec) -> Handler:
    """What answers an operation that has no handler: its first success, with a body that the schema allows.

    Nothing is carried out. The journal says that it was so. Where the document describes no success, or none that a
    sample can be made of, the answer is 501.

    Args:
        operation: the operation.
        spec: the document that it is of.
    """

    def handle(call: Call) -> Response:
        answer = _success(operation, spec)
        if answer is None:
            return not_implemented(operation.id)
        call.notes.append(f"nobody wrote what {operation.id} does; this is a sample of what the document says")
        return answer

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
        faults = spec.compile(schema).faults(value)
    except Exception:
        # The document may say anything here; that a sample cannot be made of it is no failure of the server.
        return None
    return None if faults else json_response(status, value, content_type=kind)
