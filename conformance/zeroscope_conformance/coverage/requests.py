"""Requests of exchanges, decoded: their parameters and their bodies."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from email.errors import MessageError
from email.parser import BytesParser
from email.policy import HTTP
from http.cookies import CookieError, SimpleCookie
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from ..document import Document
from ..exchange import Exchange, parse_json
from ..operation import Operation
from .nodes import place_of
from .values import ABSENT

FORM = "multipart/form-data"
_URLENCODED = "application/x-www-form-urlencoded"
_SEPARATORS = {"spaceDelimited": " ", "pipeDelimited": "|"}

MALFORMED = object()
"""What stands for a body that is not of its media type."""


@dataclass(frozen=True)
class DecodedRequest:
    """A request, decoded as its operation describes it.

    Args:
        parameters: The values of the parameters, by `in` and name; those that were not sent are missing.
        media_type: The media type of the body; empty for none.
        body: The body: a JSON value, `ABSENT` or `MALFORMED`.
    """

    parameters: Mapping[tuple[str, str], Any] = field(default_factory=dict)
    media_type: str = ""
    body: Any = ABSENT


def parameters_of(document: Document, operation: Operation, pointer: str) -> list[tuple[str, Mapping[str, Any]]]:
    """Return the parameters of an operation and of its path, each with its JSON pointer.

    Args:
        document: The document.
        operation: The operation.
        pointer: The JSON pointer of the operation.
    """
    found: dict[tuple[str, str], tuple[str, Mapping[str, Any]]] = {}
    item = pointer.rpartition("/")[0]
    for place, raw in ((item, document.at(item)), (pointer, operation.raw)):
        for number, parameter in enumerate(raw.get("parameters", [])):
            where = place_of(f"{place}/parameters/{number}", parameter)
            parameter = document.deref(parameter)
            found[parameter["in"], parameter["name"]] = (where, parameter)
    return list(found.values())


def decode(
    exchange: Exchange, parameters: Iterable[Mapping[str, Any]], path: str, document: Document
) -> DecodedRequest:
    """Return the request of an exchange, decoded.

    Args:
        exchange: The exchange.
        parameters: The parameters of the operation.
        path: The path of the operation, with its parameters in braces.
        document: The document with the schemas.
    """
    url = urlsplit(exchange.url)
    query = parse_qs(url.query, keep_blank_values=True, errors="replace")
    # Literal parts of the path and names of parameters, in turn.
    parts = re.split(r"{([^{}]+)}", path)
    pattern = "([^/]*)".join(map(re.escape, parts[::2]))
    matched = re.search(f"{pattern}$", url.path)
    in_path = dict(zip(parts[1::2], map(unquote, matched.groups()), strict=True)) if matched else {}
    try:
        cookies = {name: one.value for name, one in SimpleCookie(exchange.request_headers.get("cookie", "")).items()}
    except CookieError:
        cookies = {}
    values: dict[tuple[str, str], Any] = {}
    for parameter in parameters:
        name, where = parameter["name"], parameter["in"]
        sent: list[str] | None
        if where == "query":
            sent = query.get(name)
        else:
            found = {"header": exchange.request_headers, "path": in_path, "cookie": cookies}[where]
            one = found.get(name.lower() if where == "header" else name)
            sent = None if one is None else [one]
        if sent is not None:
            values[where, name] = _value(document.deref(parameter.get("schema", {})), sent, parameter)
    return DecodedRequest(values, *_body(exchange))


def _value(schema: Mapping[str, Any], sent: list[str], parameter: Mapping[str, Any]) -> Any:
    """Return the value of a parameter that was sent as one text or several."""
    if schema.get("type") == "array":
        exploded = parameter.get("explode", parameter.get("style", "form") == "form")
        if parameter["in"] != "query" or not exploded:
            sent = sent[0].split(_SEPARATORS.get(parameter.get("style", ""), ",")) if sent[0] else []
        items = schema.get("items", {})
        return [parse_text(items, text) for text in sent]
    return parse_text(schema, sent[0])


def parse_text(schema: Mapping[str, Any], text: str) -> Any:
    """Return the value that a text means: that of another type if its schema has one and it can be read as such."""
    named = schema.get("type", "string")
    types = {named} if isinstance(named, str) else {*named}
    if types - {"string"}:
        try:
            value = json.loads(text)
        except (ValueError, RecursionError):
            return text
        return value if "string" not in types or not isinstance(value, str) else text
    return text


def _body(exchange: Exchange) -> tuple[str, Any]:
    kind = exchange.request_headers.get("content-type", "")
    media_type = kind.partition(";")[0].strip().lower()
    if not exchange.request_body:
        return media_type, ABSENT
    if media_type == FORM:
        return media_type, _form(kind, exchange.request_body)
    if media_type == _URLENCODED:
        fields = parse_qs(exchange.request_body.decode("latin-1"), keep_blank_values=True)
        return media_type, {name: one[0] if len(one) == 1 else one for name, one in fields.items()}
    if media_type.endswith("json"):
        value = parse_json(exchange.request_body)
        is_null = exchange.request_body.strip() == b"null"
        return media_type, value if value is not None or is_null else MALFORMED
    return media_type, exchange.request_body.decode("latin-1")


def _form(kind: str, body: bytes) -> Any:
    """Return the parts of a form by name: files, JSON and other texts."""
    head = b"content-type: " + kind.encode("latin-1", "replace") + b"\r\n\r\n"
    try:
        message = BytesParser(policy=HTTP).parsebytes(head + body)
        parts = list(message.iter_parts()) if message.is_multipart() else []
    except (ValueError, LookupError, AttributeError, TypeError, MessageError):
        # The parser of the standard library raises a number of them for headers that are none.
        return MALFORMED
    if not parts:
        return MALFORMED
    fields: dict[str, Any] = {}
    for part in parts:
        name = part.get_param("name", header="content-disposition")
        if isinstance(name, str):
            content = part.get_payload(decode=True)
            text = content.decode("utf-8", "replace") if isinstance(content, bytes) else ""
            fields[name] = text
    return fields
