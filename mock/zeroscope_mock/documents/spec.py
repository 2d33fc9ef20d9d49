"""The OpenAPI document that the server follows: its operations, its schemas and what it says of the model."""

from __future__ import annotations

import importlib.util
import json
import re
from collections.abc import Collection, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from ..messages import Request
from ..problems import InvalidField
from .validation import Schema

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")


class SpecError(Exception):
    """The document cannot be read, or the server cannot follow it."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter of an operation, in the path, the query or a header."""

    name: str
    place: str
    required: bool
    described: Mapping[str, Any]
    schema: Schema

    @property
    def _is_number(self) -> bool:
        types = self.described.get("type", [])
        return bool({"integer", "number", "boolean"} & set([types] if isinstance(types, str) else types))

    def check(self, text: str | None) -> tuple[Any, list[InvalidField]]:
        """The value that was sent and what is wrong with it; None when nothing was sent."""
        if text is None:
            missing = InvalidField("required", "", f"{self.name} is required")
            return None, [missing] if self.required else []
        # What no UTF-8 can hold would stop the validator instead of failing it.
        value: Any = text.encode("utf-8", "replace").decode()
        if self._is_number:
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
    """

    id: str
    protected: bool
    parameters: tuple[Parameter, ...]
    bodies: Mapping[str, tuple[Mapping[str, Any], Schema]]
    body_required: bool

    def arguments(self, request: Request, path: Mapping[str, str]) -> tuple[dict[str, Any], list[InvalidField]]:
        """The parameters that a request sends, by name, and everything that is wrong with them."""
        query = dict(parse_qsl(request.query, keep_blank_values=True, errors="replace")) if request.query else {}
        arguments: dict[str, Any] = {}
        faults: list[InvalidField] = []
        for parameter in self.parameters:
            match parameter.place:
                case "path":
                    text = path.get(parameter.name)
                case "query":
                    text = query.get(parameter.name)
                case _:
                    text = request.header(parameter.name.lower())
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


@dataclass(frozen=True, slots=True)
class Match:
    """Where a request's path leads: a route, the prefix it was reached under and the path's parameters."""

    route: Route
    prefix: str
    arguments: Mapping[str, str] = field(default_factory=dict[str, str])


class Spec:
    """A document, ready to serve.

    Args:
        document: the OpenAPI document as JSON values.
        more: another one, whose operations and components are added as far as the document has none under their names.

    Raises:
        SpecError: for a document that cannot be followed, naming the reason.
    """

    def __init__(self, document: Mapping[str, Any], more: Mapping[str, Any] | None = None) -> None:
        self.document = document
        try:
            self._whole = _merged(document, more or {})
            self.prefixes = self._prefixes()
            self.routes = list(self._routes())
            self._paths = {operation.id: route.path for route in self.routes for operation in route.operations.values()}
            self.model: str | None = document.get("info", {}).get("x-replicate", {}).get("model")
            self.input_defaults = self._input_defaults()
        except KeyError as error:
            raise SpecError(f"the document has no {error}") from error
        except (AttributeError, RecursionError, TypeError, ValueError) as error:
            raise SpecError(f"the document cannot be followed: {str(error).splitlines()[0]}") from error

    @classmethod
    def load(cls, source: str | Path | Mapping[str, Any] | None = None, more: Mapping[str, Any] | None = None) -> Spec:
        """Read a document.

        Args:
            source: a YAML or JSON file, or the document itself; the one this package was made with if left out.
            more: another document, which is added.

        Raises:
            SpecError: for a file that cannot be read and a document that cannot be followed.
        """
        if isinstance(source, Mapping):
            return cls(source, more)
        try:
            return cls(_packaged() if source is None else _read(Path(source)), more)
        except OSError as error:
            raise SpecError(f"{source or 'the packaged document'} cannot be read: {error}") from error

    def match(self, path: str) -> Match | None:
        """Where a path leads, percent-encoded and without the query; None if nowhere."""
        for prefix in self.prefixes:
            if path.startswith(prefix + "/"):
                rest = path[len(prefix) :]
                for route in self.routes:
                    if found := route.pattern.fullmatch(rest):
                        return Match(route, prefix, {name: unquote(text) for name, text in found.groupdict().items()})
        return None

    def path(self, operation_id: str, **arguments: str) -> str:
        """The path of an operation, with its parameters filled in.

        Raises:
            KeyError: for an operation that there is not.
        """
        return re.sub(r"{(\w+)}", lambda found: quote(arguments[found[1]], safe=""), self._paths[operation_id])

    def resolve(self, schema: Mapping[str, Any]) -> Mapping[str, Any]:
        """The schema, parameter or other object that a reference leads to, or the object itself if it is none."""
        if "$ref" not in schema:
            return schema
        target: Any = self._whole
        for part in schema["$ref"].removeprefix("#/").split("/"):
            target = target[part.replace("~1", "/").replace("~0", "~")]
        return self.resolve(target)

    def enum(self, schema_name: str) -> list[str]:
        """The values of a schema among the components; none if there is no such schema."""
        schema = self._whole["components"].get("schemas", {}).get(schema_name, {})
        return list(schema.get("enum", []))

    def default_hold(self) -> float:
        """How long `Prefer: wait` without a number holds a request, in seconds."""
        return next(
            (
                float(parameter.described.get("x-default-seconds", 0))
                for operation in self.operations()
                for parameter in operation.parameters
                if parameter.name == "Prefer"
            ),
            0.0,
        )

    def _prefixes(self) -> list[str]:
        """What the document's servers put before its paths, the longest first."""
        servers = self.document.get("servers") or [{"url": ""}]
        return sorted({urlsplit(server["url"]).path.rstrip("/") for server in servers}, key=len, reverse=True)

    def _routes(self) -> Iterator[Route]:
        for path, item in self._whole["paths"].items():
            try:
                yield self._route(path, item)
            except KeyError:
                # What is added refers to components that a document of somebody's own need not have.
                if path in self.document["paths"]:
                    raise

    def _route(self, path: str, item: Mapping[str, Any]) -> Route:
        item = self.resolve(item)
        pattern = "".join(
            f"(?P<{part[1:-1]}>[^/]+)" if part.startswith("{") else re.escape(part)
            for part in re.split(r"({\w+})", path)
        )
        operations = {
            method.upper(): self._operation(operation, item.get("parameters", []))
            for method, operation in item.items()
            if method in METHODS
        }
        described = {method.upper() for method in self.document["paths"].get(path, item)} & operations.keys()
        return Route(path, re.compile(pattern), operations, described)

    def _operation(self, operation: Mapping[str, Any], shared: list[Mapping[str, Any]]) -> Operation:
        # An operation's own parameter replaces the path's of the same name and place.
        parameters = {
            (parameter["name"], parameter["in"]): parameter
            for parameter in map(self.resolve, [*shared, *operation.get("parameters", [])])
        }
        body = self.resolve(operation.get("requestBody", {}))
        return Operation(
            id=operation["operationId"],
            protected=bool(operation.get("security", self._whole.get("security"))),
            parameters=tuple(self._parameter(parameter) for parameter in parameters.values()),
            bodies={
                kind: (self.resolve(content["schema"]), self.compile(content["schema"]))
                for kind, content in body.get("content", {}).items()
            },
            body_required=body.get("required", False),
        )

    def _parameter(self, parameter: Mapping[str, Any]) -> Parameter:
        return Parameter(
            name=parameter["name"],
            place=parameter["in"],
            required=parameter.get("required", False),
            described=self.resolve(parameter["schema"]),
            schema=self.compile(parameter["schema"]),
        )

    def compile(self, schema: Mapping[str, Any]) -> Schema:
        """A schema of the document, ready to check values."""
        return Schema(schema, self._whole.get("components", {}))

    def _input_defaults(self) -> dict[str, Any]:
        """The default of each field of the model's input."""
        for operation in self.operations():
            if operation.id == "createPrediction":
                body, _ = next(iter(operation.bodies.values()))
                fields = self.resolve(body["properties"]["input"])["properties"]
                return {
                    name: described["default"]
                    for name, described in ((name, self.resolve(schema)) for name, schema in fields.items())
                    if "default" in described
                }
        return {}

    def operations(self) -> Iterator[Operation]:
        """All operations, in the document's order."""
        for route in self.routes:
            yield from route.operations.values()


def _merged(document: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the operations and components of another one added, never replaced."""
    theirs, ours = more.get("paths", {}), document["paths"]
    parts = {**more.get("components", {}), **document.get("components", {})}
    return {
        **document,
        "paths": {path: {**theirs.get(path, {}), **ours.get(path, {})} for path in {**ours, **theirs}},
        "components": {
            part: {**more.get("components", {}).get(part, {}), **document.get("components", {}).get(part, {})}
            for part in parts
        },
    }


def _packaged() -> Any:
    """The document as the generator wrote it, which reads many times faster than YAML."""
    # Looked for, not imported: the generated client would bring httpx with it.
    found = importlib.util.find_spec("zeroscope_api")
    if found is None or found.origin is None:
        raise SpecError("the package zeroscope_api, which holds the document, is not installed")
    return json.loads(Path(found.origin).with_name("spec.json").read_bytes())


def _read(path: Path) -> Any:
    text = path.read_bytes()
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"{path} is not JSON: {error}") from error
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SpecError(f"{path} is not YAML: {str(error).splitlines()[0]}") from error
