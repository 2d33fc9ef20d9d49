"""The OpenAPI document that the server follows."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from functools import cached_property, partial
from pathlib import Path
from typing import Any
from urllib.parse import quote, unquote, urlsplit

from .extensions import (
    accepted_schemes,
    default_events,
    default_hold,
    described_model,
    model_output,
    service_number,
)
from .operation import Match, Operation, Parameter, Route
from .places import Parts, locate, pointer
from .reading import SpecError, merged, object_of, packaged_document, read_document, reading, text_of, unescape
from .requirements import LINKS, RUNS, check_body, check_parameters, has_all
from .validation import Schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")

PACKAGED = "openapi.yaml"
"""The name of the project's own document."""


class Spec:
    """A document, ready to serve.

    Args:
        document: The OpenAPI document as JSON values.
        more: Another document. Its operations and components are added unless the document has one of the same name.
        lazy: Whether schemas are compiled when they are first used. They are then not checked, for documents that are
            known to be valid.
        name: The name of the document.

    Raises:
        SpecError: For a document that cannot be followed, naming the reason.
    """

    def __init__(
        self,
        document: Mapping[str, Any],
        more: Mapping[str, Any] | None = None,
        *,
        lazy: bool = False,
        name: str = "document",
    ) -> None:
        self.document = document
        self.name = name
        self._lazy = lazy
        self._more = more or {}
        with reading("the document"):
            self._whole = merged(object_of(document), self._more)
        with reading("servers"):
            self.prefixes = self._prefixes()
        with reading("paths"):
            self.routes = list(self._routes())
            if more is not None:
                self._check_links()
            self._paths = {operation.id: route.path for route in self.routes for operation in route.operations.values()}
        with reading("components.securitySchemes"):
            self.schemes = accepted_schemes(self._whole)
        with reading("info"):
            self.model, self.version = described_model(document)
        with reading("the parameter Prefer"):
            self.default_hold = default_hold(self.operations())
        with reading("components.schemas.WebhookEvent"):
            self._check_events()
        with reading("webhook_events_filter"):
            schema = self.resolve(self._create_fields().get("webhook_events_filter", {}))
            self.default_events = default_events(schema, self.enum("WebhookEvent"))
        with reading("the input of createPrediction"):
            self.input_fields = self._input_fields()
        with reading("the output of a prediction"):
            self.model_output = self.resolve(model_output(self._whole))
            Schema(self.model_output, self._whole.get("components", {}), lazy=lazy)

    @classmethod
    def load(
        cls,
        source: str | Path | Mapping[str, Any] | None = None,
        more: Mapping[str, Any] | None = None,
        *,
        lazy: bool = False,
    ) -> Spec:
        """Read a document.

        Args:
            source: A YAML or JSON file, or the document itself; the packaged one if left out.
            more: Another document, which is added.
            lazy: Whether schemas are compiled when they are first used, and not checked.

        Raises:
            SpecError: For a file that cannot be read and a document that cannot be followed.
        """
        if isinstance(source, Mapping):
            return cls(source, more, lazy=lazy)
        try:
            if source is None:
                return cls(packaged_document(), more, lazy=lazy, name=PACKAGED)
            return cls(read_document(Path(source)), more, lazy=lazy, name=Path(source).name)
        except OSError as error:
            raise SpecError(f"{source or 'the packaged document'} cannot be read: {error.strerror or error}") from error

    def match(self, path: str) -> Match | None:
        """The route that a path matches, percent-encoded and without the query; None if there is none."""
        for prefix in self.prefixes:
            if path.startswith(prefix + "/"):
                rest = path[len(prefix) :]
                for route in self.routes:
                    if found := route.pattern.fullmatch(rest):
                        return Match(route, prefix, {name: unquote(text) for name, text in found.groupdict().items()})
        return None

    def path(self, operation_id: str, **arguments: str) -> str:
        """The path of an operation with its parameters filled in, all of which must be given.

        Raises:
            KeyError: For an unknown operation.
        """
        path = self._paths[operation_id]
        for name, value in arguments.items():
            # Ids need no quoting, which takes longer than the rest of this method.
            path = path.replace(f"{{{name}}}", value if value.isascii() and value.isalnum() else quote(value, safe=""))
        return path

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The object that a reference leads to, or the object itself if it is not a reference."""
        if "$ref" not in object_of(schema):
            return schema
        target: Any = self._whole
        for part in map(unescape, text_of(schema["$ref"], "a $ref").removeprefix("#/").split("/")):
            if not isinstance(target, Mapping) or part not in target:
                raise SpecError(f"the document has no {part!r}, but it refers to {schema['$ref']}")
            target = target[part]
        return self.resolve(target)

    def enum(self, schema_name: str) -> list[str]:
        """The values of a schema among the components; none if there is no such schema."""
        schema = self._whole["components"].get("schemas", {}).get(schema_name, {})
        return list(schema.get("enum", []))

    @cached_property
    def retention(self) -> float | None:
        """The time that the data of predictions is kept, in seconds; None if the document does not say."""
        return service_number(self.document, "retention-seconds")

    @cached_property
    def file_retention(self) -> float | None:
        """The time that uploaded files are kept, in seconds; None if the document does not say."""
        return service_number(self.document, "file-retention-seconds")

    @property
    def file_bytes(self) -> float | None:
        """The size of the largest file that can be uploaded; None if the document does not say."""
        return service_number(self.document, "file-bytes")

    def input_schema(self) -> Mapping[str, Any]:
        """The schema of the model's input; empty if no operation takes one."""
        return self.resolve(self._create_fields().get("input", {}))

    def _create_fields(self) -> Mapping[str, Any]:
        """The schemas of the fields of a create; none if no operation creates predictions."""
        for operation in self.operations():
            if operation.id == "createPrediction":
                for body, _ in operation.bodies.values():
                    fields: Mapping[str, Any] = body.get("properties", {})
                    return fields
        return {}

    def _prefixes(self) -> list[str]:
        """The paths of the document's servers, the longest first."""
        servers = self.document.get("servers") or [{"url": ""}]
        return sorted({urlsplit(server["url"]).path.rstrip("/") for server in servers}, key=len, reverse=True)

    def _routes(self) -> Iterator[Route]:
        for path, item in self._whole["paths"].items():
            try:
                with reading(f"paths.{path}"):
                    route = self._route(path, item)
            except SpecError:
                # Added paths may refer to components that a user's document does not have.
                if path in self.document["paths"]:
                    raise
            else:
                yield route

    def _route(self, path: str, item: Mapping[str, Any]) -> Route:
        item = self.resolve(item)
        parts = re.split(r"({\w+})", path)
        pattern = "".join(f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part) for part in parts)
        operations: dict[str, Operation] = {}
        for method in item:
            if method in METHODS:
                with reading(f"paths.{path}.{method}"):
                    place = ("paths", path, method)
                    operation = self._operation(object_of(item[method]), item.get("parameters", []), place)
                    if path in self.document["paths"] and not self._fits(path, method, operation):
                        operation = replace(operation, fits=False)
                    check_parameters(operation, {part[1:-1] for part in parts if part.startswith("{")})
                    if not self._lazy:
                        check_body(operation, self.resolve, self.compile)
                    operations[method.upper()] = operation
        described = {method.upper() for method in self.document["paths"].get(path, item)} & operations.keys()
        return Route(path, re.compile(pattern), operations, described)

    def _operation(self, operation: Mapping[str, Any], shared: Sequence[Any], place: Parts) -> Operation:
        own = operation.get("parameters", [])
        places = [(*at, "parameters", n) for at, some in ((place[:2], shared), (place, own)) for n in range(len(some))]
        # An operation's own parameter replaces the path's of the same name and place.
        parameters = {
            (parameter["name"], parameter["in"]): (parameter, at)
            for parameter, at in zip(map(self.resolve, [*shared, *own]), places, strict=True)
        }
        body = self.resolve(operation.get("requestBody", {}))
        content = {text_of(kind, "a content type"): one["schema"] for kind, one in body.get("content", {}).items()}
        at = {kind: (*place, "requestBody", "content", kind, "schema") for kind in content}
        return Operation(
            id=text_of(operation["operationId"], "operationId"),
            place=place,
            protected=bool(operation.get("security", self._whole.get("security"))),
            parameters=tuple(self._parameter(*one) for one in parameters.values()),
            bodies={kind: (self.resolve(one), self.compile(one, at[kind])) for kind, one in content.items()},
            open_bodies=self._open_bodies(content, at) if operation["operationId"] in RUNS else {},
            body_required=body.get("required", False),
            responses=operation.get("responses"),
            invalid_status=operation.get("x-invalid-status", 422),
            invalid_type=operation.get("x-invalid-type", "application/problem+json"),
        )

    def _open_bodies(self, content: Mapping[str, Any], at: Mapping[str, Parts]) -> dict[str, Schema]:
        """The schemas of bodies for models that the document does not describe, with any object as the input."""
        return {
            kind: self.compile({**one, "properties": {**one["properties"], "input": {"type": "object"}}}, at[kind])
            for kind, one in ((kind, self.resolve(schema)) for kind, schema in content.items())
            if "input" in one.get("properties", {})
        }

    def _fits(self, path: str, method: str, operation: Operation) -> bool:
        """Return whether an operation of the document has all that the bundled one of the same id has."""
        for place, item in self._more.get("paths", {}).items():
            for name, theirs in item.items():
                if name in METHODS and theirs["operationId"] == operation.id:
                    wanted = self._operation(theirs, item.get("parameters", []), ("paths", place, name))
                    return (place, name) == (path, method) and has_all(operation, wanted)
        return True

    def _parameter(self, parameter: Mapping[str, Any], place: Parts) -> Parameter:
        return Parameter(
            name=text_of(parameter["name"], "the name of a parameter"),
            place=text_of(parameter["in"], "the place of a parameter"),
            required=parameter.get("required", False),
            described=self.resolve(parameter["schema"]),
            schema=self.compile(parameter["schema"], (*place, "schema")),
            locate=partial(self._place, place),
        )

    def compile(self, schema: Mapping[str, Any], place: Parts = ()) -> Schema:
        """A schema of the document, compiled.

        Args:
            schema: The schema.
            place: Where it stands.
        """
        # Most parameters have no references, and compiling the components again for each would be slow.
        components = self._whole.get("components", {}) if "ref" in repr(schema).lower() else {}
        return Schema(schema, components, lazy=self._lazy, locate=partial(self._place, place))

    def locate(self, place: Parts) -> Parts:
        """The place that a place leads to, if references in the document and the added one are followed."""
        return locate(self._whole, place)

    def _place(self, base: Parts, path: Parts) -> str:
        """The place of a keyword of the schema at `base`, whose references the path has followed."""
        return pointer(self.locate(path if tuple(path[:1]) == ("components",) else (*base, *path)))

    def _input_fields(self) -> dict[str, Mapping[str, Any]]:
        """The schema of each field of the model's input."""
        fields = self.input_schema().get("properties", {})
        return {name: self.resolve(schema) for name, schema in fields.items()}

    def _check_events(self) -> None:
        for event in self.enum("WebhookEvent"):
            text_of(event, "a value of its enum")

    def _check_links(self) -> None:
        """Refuse operations whose responses link to a missing one; leave out those of bundled documents."""
        theirs = {
            operation.id
            for route in self.routes
            if route.path in self.document["paths"]
            for method, operation in route.operations.items()
            if method in route.described
        }
        known = {operation.id for operation in self.operations()}
        for creator in LINKS.keys() & known:
            missing = [name for name in LINKS[creator] if name not in known]
            if missing and creator in theirs:
                raise SpecError(
                    f"the document has {creator}, but not {', '.join(missing)}, which its responses link to",
                    placed=True,
                )
            if missing:
                self.routes = [route.without(creator) for route in self.routes]

    def operations(self) -> Iterator[Operation]:
        """The operations, in the document's order."""
        for route in self.routes:
            yield from route.operations.values()
