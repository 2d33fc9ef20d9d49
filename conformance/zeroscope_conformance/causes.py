"""Causes of failures: what of the document a request or a response breaks."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

import jsonschema_rs

from .document import JSON, Document
from .exchange import Exchange, parse_json
from .operation import Operation

_MAX_CAUSES = 5
# A check of one of these compares what the server accepts with what the document allows.
_OF_ACCEPTANCE = re.compile(r"-(enforced|refused|rejection|acceptance)$")
# No response explains a failure of one of these, whatever its status and body are.
_OF_ITSELF = frozenset({"token-kept", "date-forward", "response-headers-conformance"})
# A body explains no failure of these, which look at headers only.
_OF_HEADERS = frozenset({"prefer-confirmed", "limits-separate"})
# What the response to an invalid token contains does not matter to these.
_OF_TOKENS = frozenset({"no-token-401", "wrong-token-401", "auth-schemes", "ignored-auth"})
# What differs from one run to the next: JSON, quoted text, and words with digits, such as ids, times and numbers.
_VOLATILE = re.compile(r"""[{\[].*[}\]]|"[^"]*"|'[^']*'|\S*\d\S*|[^\w.`'"{\[]+|['"{\[]""", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Cause:
    """What is broken.

    Args:
        text: A sentence; failures with the same one are a group. Empty if only the rule is known.
        pointer: The JSON pointer of the place in the document; empty if there is none.
        detail: What tells failures of one rule and operation apart, the same in every run.
    """

    text: str
    pointer: str = ""
    detail: str = ""


def find_causes(rule: str, expected: str, exchange: Exchange | None, document: Document | None) -> list[Cause]:
    """Return the causes of a failed check, at least one.

    Args:
        rule: The name of the rule.
        expected: The expected behavior, which the check describes.
        exchange: The exchange that shows it; None if there is none.
        document: The document; None if it is unknown.
    """
    words = " ".join(_VOLATILE.sub(" ", expected).split())
    if exchange is None or document is None:
        return [Cause("", "", words)]
    operation = document.operations.get(exchange.operation or "")
    if operation is None:
        path = urlsplit(exchange.url).path
        operation = document.operation_at(exchange.method, path)
    if operation is None:
        return [_foreign_cause(rule, exchange, document, words)]
    found = _Failure(rule, expected, exchange, document, operation).causes()
    return found[:_MAX_CAUSES] or [Cause("", operation_pointer(operation), words)]


def operation_pointer(operation: Operation, *parts: str) -> str:
    """Return the JSON pointer of an operation, or of a place below it."""
    return _pointer(["paths", operation.path, operation.method.lower(), *parts])


def _foreign_cause(rule: str, exchange: Exchange, document: Document, words: str) -> Cause:
    """Return the cause of a failure of a request that no operation describes."""
    path = urlsplit(exchange.url).path
    others = (one for one in document.operations.values() if one.matches(path))
    pointer = next((_pointer(["paths", one.path]) for one in others), "")
    if exchange.status >= 500 and rule not in _OF_ITSELF:
        return Cause(f"{exchange.method}, which the document does not have, gets {exchange.status}", pointer, words)
    return Cause("", pointer, words)


class _Failure:
    """A failed check of an operation."""

    def __init__(self, rule: str, expected: str, exchange: Exchange, document: Document, operation: Operation) -> None:
        self._rule = rule
        self._expected = expected
        self._exchange = exchange
        self._document = document
        self._operation = operation

    def causes(self) -> list[Cause]:
        """Return what the exchange breaks, as far as that explains the failure."""
        exchange, name = self._exchange, self._operation.id
        if exchange.status == 0:
            return [Cause(f"{name} gets no response", operation_pointer(self._operation))]
        if self._rule in _OF_ITSELF:
            return []
        described = self._document.response(self._operation, exchange.status)
        if described is None or exchange.status >= 500:
            text = f"{name} responds with {exchange.status}"
            return [Cause(text, operation_pointer(self._operation, "responses"), str(exchange.status))]
        content: Mapping[str, Any] = described.get("content", {})
        if content and exchange.media_type not in content:
            text = f"{name} responds with {exchange.status} as {exchange.media_type or 'no content type'}"
            return [Cause(text, self._response_pointer(), exchange.media_type)]
        return (
            (self._of_token() if self._rule in _OF_TOKENS else [])
            or self._of_acceptance()
            or self._of_response(content.get(exchange.media_type, {}).get("schema"))
            or self._of_token()
        )

    def _response_pointer(self, *parts: str) -> str:
        responses: Mapping[str, Any] = self._operation.raw["responses"]
        status = self._exchange.status
        key = next(one for one in (str(status), f"{status // 100}XX", "default") if one in responses)
        return resolve(self._document, operation_pointer(self._operation, "responses", key)) + _pointer(parts)

    def _of_response(self, schema: Any) -> list[Cause]:
        exchange = self._exchange
        if not isinstance(schema, Mapping) or not exchange.media_type.endswith("json"):
            return []
        base = self._response_pointer("content", exchange.media_type, "schema")
        if exchange.json is None:
            return [Cause(f"{self._operation.id} responds with a body that is not JSON", base, "not JSON")]
        is_prediction = "prediction" in self._operation.id.lower() and exchange.status < 300
        is_unusable = is_prediction and exchange.prediction is None and not exchange.page_entries
        is_unusable = is_unusable and self._rule not in _OF_HEADERS
        causes = []
        for error in _errors(self._document, base, exchange.json):
            is_named = error.name and self._names(error.name)
            if self._rule == "response-schema-conformance" or is_unusable or is_named:
                causes.append(Cause(f"Responses {error.words}", error.pointer, error.pointer))
        if not causes and is_prediction:
            causes.extend(self._missing(base))
        return list(dict.fromkeys(causes))

    def _missing(self, base: str) -> Iterator[Cause]:
        """Yield the described properties which the response lacks and the check demands."""
        pointer, value = resolve(self._document, base), self._exchange.json
        for name in value_at(self._document.raw, pointer).get("properties", {}):
            # Other names are words of the language, too.
            is_name = "_" in name or f"{name}." in self._expected
            is_forbidden = re.search(rf"\b(no|not|without)\b[^,;.]*\b{re.escape(name)}\b", self._expected)
            if isinstance(value, dict) and name not in value and is_name and not is_forbidden and self._names(name):
                place = f"{pointer}/properties/{_escape(name)}"
                yield Cause(f"Responses lack the property `{name}`", place, place)

    def _names(self, name: str) -> bool:
        """Return whether the check mentions a property."""
        return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", f"{self._rule} {self._expected}") is not None

    def _of_token(self) -> list[Cause]:
        sent = self._exchange.request_headers.get("authorization", "").split()
        exchange = self._exchange
        # Of recorded traffic, the token is not known.
        if not self._operation.protected or not exchange.token or exchange.token in sent or exchange.status == 401:
            return []
        kind = "an unknown token" if sent else "no token"
        text = "Requests without a valid token get another response than 401"
        return [Cause(text, operation_pointer(self._operation), kind)]

    def _of_acceptance(self) -> list[Cause]:
        exchange, name = self._exchange, self._operation.id
        body = self._operation.raw.get("requestBody", {}).get("content", {}).get(JSON)
        if body is None or not _OF_ACCEPTANCE.search(self._rule):
            return []
        base = operation_pointer(self._operation, "requestBody", "content", JSON, "schema")
        errors = _errors(self._document, base, parse_json(exchange.request_body))
        if exchange.status < 400:
            return [
                Cause(f"{name} accepts requests that break `{error.keyword}`", error.pointer, error.pointer)
                for error in errors
            ]
        if errors:
            return []
        refused = exchange.json.get("invalid_fields") if isinstance(exchange.json, dict) else None
        fields = [str(one.get("field")) for one in refused or [] if isinstance(one, dict)]
        return [
            Cause(f"{name} refuses valid values of `{field}`", self._field_pointer(base, field), field)
            for field in dict.fromkeys(fields)
        ]

    def _field_pointer(self, base: str, field: str) -> str:
        pointer = resolve(self._document, base)
        for part in filter(None, field.split(".")):
            below = resolve(self._document, f"{pointer}/properties/{part}")
            if below == pointer or value_at(self._document.raw, below) is None:
                break
            pointer = below
        return pointer


@dataclass(frozen=True, slots=True)
class _SchemaError:
    """A keyword of a schema that a value breaks.

    Args:
        keyword: The keyword.
        name: The property that is missing or wrong; empty if it is the whole value.
        pointer: The place in the document: that of the property if it is missing, otherwise that of the keyword.
    """

    keyword: str
    name: str
    pointer: str

    @property
    def words(self) -> str:
        """What is wrong, after a subject in the plural."""
        if self.keyword == "required":
            return f"lack the required property `{self.name}`"
        return f"break `{self.keyword}` of `{self.name}`" if self.name else f"break `{self.keyword}`"


def _errors(document: Document, base: str, value: Any) -> list[_SchemaError]:
    """Return the keywords that a value breaks, each once."""
    base = resolve(document, base)
    validator = _validator(id(document), document, base)
    try:
        found = [_schema_error(document, base, error) for error in _leaves(validator.iter_errors(value))]
    except UnicodeEncodeError:
        # The validator reads no lone surrogates.
        return []
    return list(dict.fromkeys(found))


@lru_cache(maxsize=64)
def _validator(_: int, document: Document, base: str) -> Any:
    schema = {**value_at(document.raw, base), "components": document.raw["components"]}
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def _leaves(errors: Any) -> Iterator[Any]:
    """Yield errors, in place of that of `anyOf` or `oneOf` those of the branch that comes nearest to the value."""
    for error in errors:
        branches: Sequence[Sequence[Any]] = getattr(error.kind, "context", None) or []
        branches = [branch for branch in branches if branch]
        if not branches:
            yield error
            continue
        start = list(error.instance_path)

        def distance(branch: Sequence[Any], start: list[Any] = start) -> tuple[bool, int]:
            return any(one.kind.name == "type" and list(one.instance_path) == start for one in branch), len(branch)

        nearest = sorted(branches, key=distance)
        if distance(nearest[0])[0]:
            # Of no branch's type: the whole `anyOf` is broken.
            yield error
        else:
            yield from _leaves(nearest[0])


def _schema_error(document: Document, base: str, error: Any) -> _SchemaError:
    path = list(error.schema_path)
    pointer = _pointer(path) if path[:1] == ["components"] else base + _pointer(path)
    keyword: str = error.kind.name
    if keyword == "required":
        name = str(error.kind.property)
        place = f"{pointer.removesuffix('/required')}/properties/{_escape(name)}"
        return _SchemaError(keyword, name, place if value_at(document.raw, place) is not None else pointer)
    names = [str(part) for part in error.instance_path if isinstance(part, str)]
    return _SchemaError(str(path[-1]) if path else keyword, names[-1] if names else "", pointer)


def resolve(document: Document, pointer: str) -> str:
    """Return the pointer of the target of a reference, which may be the only item of an `allOf`."""
    for _ in range(20):
        value = value_at(document.raw, pointer)
        if not isinstance(value, Mapping):
            break
        if isinstance(value.get("$ref"), str):
            pointer = value["$ref"].removeprefix("#")
        elif len(value.get("allOf", [])) == 1:
            pointer = f"{pointer}/allOf/0"
        else:
            break
    return pointer


def value_at(raw: Any, pointer: str) -> Any:
    """Return the value at a JSON pointer; None if there is none."""
    for part in pointer.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if isinstance(raw, Mapping) and part in raw:
            raw = raw[part]
        elif isinstance(raw, list) and part.isdecimal() and int(part) < len(raw):
            raw = raw[int(part)]
        else:
            return None
    return raw


def _pointer(parts: Sequence[str | int]) -> str:
    return "".join(f"/{_escape(str(part))}" for part in parts)


def _escape(part: str) -> str:
    return part.replace("~", "~0").replace("/", "~1")
