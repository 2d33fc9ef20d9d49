"""The operations of a document, as requests meet them."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from ..messages import Head
from ..problems import InvalidField
from .validation import Schema


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation, in the path, the query or a header."""

    name: str
    place: str
    required: bool
    described: Mapping[str, Any]
    schema: Schema
    is_number: bool = field(init=False)
    """Whether it is read as JSON and not as text."""

    def __post_init__(self) -> None:
        """Work out once what every request asks."""
        types = self.described.get("type", [])
        is_number = {"integer", "number", "boolean"} & set([types] if isinstance(types, str) else types)
        object.__setattr__(self, "is_number", bool(is_number))

    def check(self, text: str | None) -> tuple[Any, list[InvalidField]]:
        """The value that was sent and what is wrong with it; None when nothing was sent."""
        if text is None:
            missing = InvalidField("required", "", f"{self.name} is required")
            return None, [missing] if self.required else []
        # What no UTF-8 can hold would stop the validator instead of failing it.
        value: Any = text if text.isascii() else text.encode("utf-8", "replace").decode()
        if self.is_number:
            # What is no number fails the schema as the text that it is.
            with suppress(ValueError, RecursionError):
                value = json.loads(value)
        return value, self.schema.faults(value, self.name)


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document.

    Args:
        id: its `operationId`.
        protected: whether it needs a token.
        parameters: what it takes besides a body.
        bodies: the schema of each content type that it takes, as it stands and compiled.
        body_required: whether it can go without a body.
        responses: what the document says of its answers, as it stands.
    """

    id: str
    protected: bool
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, tuple[Mapping[str, Any], Schema]]
    body_required: bool
    responses: Any = None

    def arguments(self, head: Head, path: Mapping[str, str]) -> tuple[dict[str, Any], list[InvalidField]]:
        """The parameters that a request sends, by name, and everything that is wrong with them."""
        query = dict(parse_qsl(head.query, keep_blank_values=True, errors="replace")) if head.query else {}
        arguments: dict[str, Any] = {}
        faults: list[InvalidField] = []
        for parameter in self.parameters:
            match parameter.place:
                case "path":
                    text = path.get(parameter.name)
                case "query":
                    text = query.get(parameter.name)
                case _:
                    text = head.header(parameter.name.lower())
            arguments[parameter.name], found = parameter.check(text)
            faults += found
        return arguments, faults


@dataclass(frozen=True, slots=True)
class Route:
    """One path with all its methods.

    Args:
        path: the path, as the document writes it.
        pattern: matches it.
        operations: what each method does.
        described: the methods that the document itself has here; all, for a path that it does not have.
    """

    path: str
    pattern: re.Pattern[str]
    operations: Mapping[str, Operation]
    described: Collection[str]

    def operation(self, method: str) -> Operation | None:
        """What a method does here; what can be fetched without a token can be looked at with HEAD as well."""
        found = self.operations.get("GET" if method == "HEAD" and "HEAD" not in self.operations else method)
        return None if found is None or (method == "HEAD" and found.protected) else found

    @property
    def methods(self) -> list[str]:
        """The methods to name to those who use another one: no more than the document does."""
        return [method for method in (*self.described, "HEAD") if self.operation(method) is not None]


# Not frozen: one is made for every request, and frozen ones take three times as long to make.
@dataclass(slots=True)
class Match:
    """Where a request's path leads: a route, the prefix it was reached under and the path's parameters."""

    route: Route
    prefix: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])
