"""The operations, routes and parameters of a document."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any
from urllib.parse import parse_qsl

from ..messages import Head
from .invalid_field import InvalidField
from .places import Parts
from .validation import Locate, Schema

FORM = "multipart/form-data"


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation, in the path, the query or a header."""

    name: str
    place: str
    required: bool
    described: Mapping[str, Any]
    schema: Schema
    locate: Locate
    """Returns the places of its keywords."""
    is_number: bool = field(init=False)
    """Whether its value is read as JSON and not as text."""

    def __post_init__(self) -> None:
        """Compute once what every request needs."""
        types = self.described.get("type", [])
        is_number = {"integer", "number", "boolean"} & set([types] if isinstance(types, str) else types)
        object.__setattr__(self, "is_number", bool(is_number))

    def read(self, text: str | None) -> tuple[Any, list[InvalidField]]:
        """The value of a parameter's text, and its errors; for a missing parameter its default, None without one."""
        if text is None:
            if not self.required:
                return self.described.get("default"), []
            place = self.locate(("required",))
            return None, [InvalidField("required", "", f"{self.name} is required", place=place)]
        # The validator raises for text that UTF-8 cannot encode.
        value: Any = text if text.isascii() else text.encode("utf-8", "replace").decode()
        if self.is_number:
            # Text that is not a number fails the schema as text.
            with suppress(ValueError, RecursionError):
                value = json.loads(value)
        return value, self.schema.invalid_fields(value, self.name)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document.

    Args:
        id: Its `operationId`.
        place: Its place in the document.
        protected: Whether it needs a token.
        bodies: The schema of each content type that it takes, as written and compiled.
        body_required: Whether it needs a body.
        open_bodies: The compiled schemas of those that have an input, with any object in its place.
        responses: Its responses, as the document describes them.
        fits: Whether it has all that its handler reads.
        invalid_status: The status that refuses a request with invalid parameters or an invalid body.
        invalid_type: The content type of that response.
    """

    id: str
    place: Parts
    protected: bool
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, tuple[Mapping[str, Any], Schema]]
    body_required: bool
    responses: Any = None
    fits: bool = True
    invalid_status: int = 422
    invalid_type: str = "application/problem+json"
    open_bodies: Mapping[str, Schema] = field(default_factory=dict[str, Schema])

    def arguments(self, head: Head, path: Mapping[str, str]) -> tuple[dict[str, Any], list[InvalidField]]:
        """The parameters that a request sends, by name, and what is wrong with them.

        Args:
            head: The head of the request.
            path: The parameters in its path, decoded.
        """
        query = dict(parse_qsl(head.query, keep_blank_values=True, errors="replace")) if head.query else {}
        arguments: dict[str, Any] = {}
        invalid: list[InvalidField] = []
        for parameter in self.parameters:
            match parameter.place:
                case "path":
                    text = path.get(parameter.name)
                case "query":
                    text = query.get(parameter.name)
                case _:
                    text = head.header(parameter.name.lower())
            arguments[parameter.name], found = parameter.read(text)
            invalid += found
        return arguments, invalid


@dataclass(frozen=True, slots=True)
class Route:
    """One path with all its methods.

    Args:
        path: The path, as the document writes it.
        pattern: Matches it.
        operations: The operations, by method.
        described: The methods that the document itself has here; the others come from a bundled document.
    """

    path: str
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]
    described: Collection[str]

    def operation(self, method: str) -> Operation | None:
        """The operation of a method; HEAD stands for GET."""
        return self.operations.get("GET" if method == "HEAD" and "HEAD" not in self.operations else method)

    @property
    def methods(self) -> list[str]:
        """The methods for the header `Allow`: those that are served, HEAD for GET, and OPTIONS."""
        head = ["HEAD"] if "GET" in self.operations else []
        return sorted({*self.operations, *head, "OPTIONS"})

    def without(self, operation_id: str) -> Route:
        """The route without an operation."""
        kept = {method: operation for method, operation in self.operations.items() if operation.id != operation_id}
        return replace(self, operations=kept)


# Not frozen: one is made for every request, and frozen dataclasses take three times as long to make.
@dataclass(slots=True)
class Match:
    """The route that a path matches, the prefix before it and the path's parameters."""

    route: Route
    prefix: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
