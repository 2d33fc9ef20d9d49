"""Explains refusals: what is wrong with a request, and the place that forbids it."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from .documents.bundled import bundled_file
from .documents.invalid_field import InvalidField
from .documents.operation import Operation, Route
from .documents.places import Parts, has, pointer
from .documents.reading import unescape
from .documents.spec import Spec
from .journal import Refusal
from .journal.redaction import Redactor
from .journal.secrets import redact_fields
from .messages import Request, Response
from .problems import NOT_FOUND

# A body may have as many errors as it has items, and a value or a name may be as long as a body.
_MOST = 20
_VALUE_LENGTH, _TEXT_LENGTH = 200, 500


def explain_fields(spec: Spec, invalid: Sequence[InvalidField]) -> tuple[Refusal, ...]:
    """The reasons why a request with invalid fields is refused.

    Args:
        spec: The document, in which the places are that name no other one.
        invalid: The invalid fields.
    """
    return tuple(
        Refusal(
            one.field,
            one.value,
            one.description,
            None if one.place is None else named_place(spec, one.place),
            one.relation,
        )
        for one in invalid[:_MOST]
    )


def explain_response(
    spec: Spec, route: Route | None, operation: Operation | None, response: Response
) -> tuple[Refusal, ...]:
    """The reason for a refusal of which nothing but the response is known.

    Args:
        spec: The document.
        route: Its route; None for an unknown path.
        operation: Its operation; None for an unknown path or method.
        response: The refusal.
    """
    body = _problem(response)
    fields = body.get("invalid_fields")
    if operation is not None and isinstance(fields, list):
        return explain_fields(spec, list(_invalid_fields(operation, fields, response.status)))
    detail = str(body.get("detail") or body.get("title") or f"status {response.status}")
    if route is None:
        # The request is known, and what it should have been is not.
        detail = f"No such operation; {detail.rpartition('; ')[2]}"
    place = named_place(spec, pointer(_place(spec, route, operation, response.status)))
    problem = detail.removeprefix(NOT_FOUND).strip() or detail
    return (Refusal("", None, problem, place, None),)


def shorten(refusals: Sequence[Refusal], request: Request, secrets: Collection[str]) -> tuple[Refusal, ...]:
    """Refusals with short texts, without tokens and secrets.

    Args:
        refusals: The refusals.
        request: The refused request.
        secrets: The names of the fields that hold secrets.
    """
    redactor = Redactor(request.head.headers, inputs=redact_fields(request.body, secrets)[1])

    def short(text: str, length: int = _TEXT_LENGTH) -> str:
        # The journal redacts what it keeps, but does not recognize the start of a token or secret.
        content, _ = redact_fields(text.encode(errors="surrogatepass"), secrets)
        text = redactor.text(content.decode(errors="surrogatepass"))
        return text if len(text) <= length else f"{text[: length - 1]}…"

    return tuple(
        Refusal(
            short(one.field),
            None if one.value is None else short(one.value, _VALUE_LENGTH),
            short(one.problem),
            None if one.place is None else short(one.place),
            None if one.relation is None else short(one.relation),
        )
        for one in refusals
    )


def named_place(spec: Spec, place: str) -> str | None:
    """A place with the name of its document; None if it is in none.

    Args:
        spec: The document, over which the bundled ones are laid.
        place: The place, a JSON pointer, in one of them; others are named already.
    """
    if not place.startswith("#"):
        return place
    start = tuple(unescape(part) for part in place[2:].split("/"))[:3]
    name = spec.name if has(spec.document, start) else bundled_file(start)
    return None if name is None else f"{name}{place}"


def _place(spec: Spec, route: Route | None, operation: Operation | None, status: int) -> Parts:
    """The place that refuses a request with a status."""
    if route is None:
        return ("paths",)
    if operation is None:
        return ("paths", route.path)
    if status == 401:
        own = (*operation.place, "security")
        return own if spec.locate(own) == own else ("security",)
    if status in (400, 415) and operation.bodies:
        return spec.locate((*operation.place, "requestBody", "content"))
    responses = operation.responses or {}
    described = (str(status), f"{status // 100}XX", "default")
    return (*operation.place, "responses", *[name for name in described if name in responses][:1])


def _invalid_fields(operation: Operation, fields: Sequence[Any], status: int) -> Iterator[InvalidField]:
    """The invalid fields of a response, at the parameters that they name or else at the response."""
    for one in fields:
        if isinstance(one, Mapping):
            name = str(one.get("field", ""))
            places = [parameter.locate(()) for parameter in operation.parameters if parameter.name == name]
            place = places[0] if places else pointer((*operation.place, "responses", str(status)))
            yield InvalidField(str(one.get("type", "")), name, str(one.get("description", "")), place=place)


def _problem(response: Response) -> Mapping[str, Any]:
    """The body of a response that is a problem; empty for any other."""
    try:
        body = json.loads(response.body) if isinstance(response.body, bytes) else None
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}
