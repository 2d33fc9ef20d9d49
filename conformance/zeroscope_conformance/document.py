"""What a conformance run needs of the OpenAPI document: operations, answers, and values on both sides of every edge."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from math import inf, nextafter
from pathlib import Path
from typing import Any
from urllib.parse import quote

import jsonschema_rs

from zeroscope_mock.documents.sample import sample

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON = "application/json"
# Resources that stand for themselves in a document of any model; what is asked for has to come from somewhere.
_ADDRESS = "https://zeroscope.invalid/nothing.mp4"

SHAPE = {"width": 320, "height": 264, "num_frames": 6, "fps": 5, "batch_size": 2}
"""What is asked of a video, by the names that such fields have, where the document has them and allows it."""


class DocumentError(Exception):
    """The document cannot be read, or it is not one of this API."""


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation of the document.

    Args:
        id: its `operationId`.
        method: in capitals.
        path: with its parameters in braces.
        raw: the operation as it stands there.
        protected: whether it wants a token.
    """

    id: str
    method: str
    path: str
    raw: Mapping[str, Any]
    protected: bool

    def fill(self, id: str) -> str:
        """The path with an id wherever it wants one."""
        return re.sub(r"{\w+}", quote(id, safe=""), self.path)

    def pattern(self) -> re.Pattern[str]:
        """What matches the end of a URL's path that leads here."""
        return re.compile(re.sub(r"\\{\w+\\}", "[^/]+", re.escape(self.path)) + "$")


@dataclass(frozen=True, slots=True)
class Edge:
    """A value just beyond what the document allows.

    Args:
        rule: the name of the rule that it breaks.
        field: the path of the field at fault.
        body: a whole request body with that one fault.
        says: what the document says there, in words.
    """

    rule: str
    field: str
    body: Any
    says: str


class Document:
    """An OpenAPI document of this API.

    Args:
        raw: the document as JSON values.

    Raises:
        DocumentError: if an operation that every rule needs is missing.
    """

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self.raw = raw
        try:
            self.operations = {operation.id: operation for operation in self._operations()}
            self.facts: Mapping[str, Any] = raw["info"]["x-replicate"]
            self.create_body = self.deref(
                self.operations["createPrediction"].raw["requestBody"]["content"][JSON]["schema"]
            )
            self.input = self.deref(self.create_body["properties"]["input"])
            statuses = raw["components"]["schemas"]["PredictionStatus"]
            self.statuses: list[str] = statuses["enum"]
            self.final = frozenset(statuses["x-final"])
            self.events: list[str] = raw["components"]["schemas"]["WebhookEvent"]["enum"]
            for name in ("listPredictions", "getPrediction", "cancelPrediction"):
                self.operations[name]
        except (KeyError, TypeError, AttributeError) as error:
            raise DocumentError(f"this is no document of this API: it has no {error}") from error

    @classmethod
    def load(cls, path: Path | None = None) -> Document:
        """Read a document.

        Args:
            path: a YAML or JSON file; the document that this package was made with if left out.

        Raises:
            DocumentError: for a file that cannot be read and a document of something else.
        """
        if path is None:
            return cls(json.loads(files("zeroscope_api").joinpath("spec.json").read_bytes()))
        import yaml

        try:
            raw = yaml.safe_load(path.read_bytes())
        except OSError as error:
            raise DocumentError(f"{path} cannot be read: {error.strerror}") from error
        except (yaml.YAMLError, UnicodeDecodeError) as error:
            raise DocumentError(f"{path} is not YAML or JSON: {' '.join(str(error).split())}") from error
        if not isinstance(raw, dict):
            raise DocumentError(f"{path} is no OpenAPI document, but {type(raw).__name__}")
        # YAML has dates and other values that JSON has not.
        return cls(json.loads(json.dumps(raw, default=str)))

    def rank(self, status: str) -> int | None:
        """How far along a status is: those before the end in the document's order, then the final ones alike."""
        if status in self.final:
            return len(self.statuses)
        return self.statuses.index(status) if status in self.statuses else None

    def deref(self, schema: Any) -> Any:
        """The schema that a reference, also one alone in an `allOf`, leads to, or the schema itself."""
        while isinstance(schema, Mapping):
            if "$ref" in schema:
                target: Any = self.raw
                for part in schema["$ref"].removeprefix("#/").split("/"):
                    target = target[part.replace("~1", "/").replace("~0", "~")]
                schema = {**target, **{name: value for name, value in schema.items() if name != "$ref"}}
            elif len(schema.get("allOf", [])) == 1:
                rest = {name: value for name, value in schema.items() if name != "allOf"}
                schema = {**self.deref(schema["allOf"][0]), **rest}
            else:
                break
        return schema

    def answer(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        """What the document says of an answer with this status; None if nothing."""
        answers = operation.raw.get("responses", {})
        for name in (str(status), f"{status // 100}XX", "default"):
            if name in answers:
                found: Mapping[str, Any] = self.deref(answers[name])
                return found
        return None

    def faults(self, schema: Mapping[str, Any], value: Any, *, formats: bool = False) -> list[str]:
        """What is wrong with a value by a schema of the document, in words; with `formats`, also by their names."""
        key = json.dumps([schema, formats], sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": self.raw["components"]}
            self._validators[key] = jsonschema_rs.validator_for(whole, validate_formats=formats)
        errors = self._validators[key].iter_errors(value)
        return [f"{'.'.join(map(str, error.instance_path)) or 'the body'}: {error.message}" for error in errors]

    def operation_at(self, method: str, path: str) -> Operation | None:
        """The operation that the path of a URL leads to."""
        found = (one for one in self.operations.values() if one.method == method and one.pattern().search(path))
        return next(found, None)

    @property
    def required_input(self) -> dict[str, Any]:
        """An input of the required fields alone."""
        described = self.input["properties"]
        return {name: sample(described[name], self.deref, whole=False) for name in self.input.get("required", [])}

    @property
    def failing_input(self) -> dict[str, Any] | None:
        """An input that the document allows and that makes a prediction fail; None if there is no field to do it with.

        The mock server fails for the text, the model for the address, at which there is nothing.
        """
        addresses = [name for name, schema in self._fields if schema.get("format") == "uri"]
        text = self.steered_input("fail the prediction was meant to fail")
        if text == self.required_input and not addresses:
            return None
        return {**text, **dict.fromkeys(addresses[:1], _ADDRESS)}

    def steered_input(self, how: str) -> dict[str, Any]:
        """An input that the mock server does something special for; to a model it is a prompt like any other."""
        texts = [name for name, schema in self._fields if _is_text(schema)]
        texts.sort(key=lambda name: name != "prompt")
        return {**self.required_input, **dict.fromkeys(texts[:1], f"mock:{how}")}

    @property
    def shaped_input(self) -> dict[str, Any]:
        """An input that asks for small videos of a size, length and rate of their own, as far as fields allow."""
        return {**self.required_input, **self.shape}

    @cached_property
    def shape(self) -> dict[str, int]:
        """What is asked of a video: for each field of `SHAPE` that is a number, the nearest value that is allowed."""
        found: dict[str, int] = {}
        for name, schema in self._fields:
            if name in SHAPE:
                wanted = SHAPE[name]
                choices = schema.get("enum") or [wanted, schema.get("minimum"), schema.get("maximum")]
                allowed = [one for one in choices if isinstance(one, int) and not self.faults(schema, one)]
                found |= {name: min(allowed, key=lambda one: abs(one - wanted))} if allowed else {}
        return found

    def body(self, input: Any, **more: Any) -> dict[str, Any]:
        """The body of a create with an input."""
        body = {"input": input, **more}
        if "version" in self.create_body["properties"]:
            body.setdefault("version", self.facts["version"])
        return body

    def edges_within(self) -> Iterator[tuple[str, str, dict[str, Any]]]:
        """Inputs at the very edge of what the document allows: the rule, what the document says, and the input."""
        for bound in ("minimum", "maximum"):
            found = {name: schema[bound] for name, schema in self._fields if bound in schema}
            if found:
                said = ", ".join(f"input.{name} {value}" for name, value in found.items())
                yield "bounds-enforced", f"each {bound} is allowed: {said}", {**self.required_input, **found}
        for name, schema in self._fields:
            for value in schema.get("enum", []):
                yield "enum-enforced", f"input.{name} may be {value!r}", {**self.required_input, name: value}

    def edges_beyond(self) -> Iterator[Edge]:
        """Requests just beyond what the document allows, one for each thing that it says."""
        for name, schema in self._fields:
            field = f"input.{name}"

            def beyond(rule: str, value: Any, says: str, name: str = name, field: str = field) -> Edge:
                return Edge(rule, field, self.body({**self.required_input, name: value}), f"{field}: {says}")

            whole = _kind(schema) == "integer"
            for bound, step, toward in (("minimum", -1, -inf), ("maximum", 1, inf)):
                if bound in schema:
                    value = schema[bound] + step if whole else nextafter(schema[bound], toward)
                    yield beyond("bounds-enforced", value, f"{bound} {schema[bound]}")
            if "enum" in schema:
                allowed = json.dumps(schema["enum"])
                yield beyond("enum-enforced", f"{schema['enum'][0]}-", f"one of {allowed}")
            for value, word in _of_other_types(schema):
                yield beyond("types-enforced", value, f"{_kind(schema)}, not {word}")
        for name in self.input.get("required", []):
            input = {key: value for key, value in self.required_input.items() if key != name}
            yield Edge("required-enforced", f"input.{name}", self.body(input), f"input.{name} is required")
        for name in self.create_body.get("required", []):
            body = {key: value for key, value in self.body(self.required_input).items() if key != name}
            yield Edge("required-enforced", name, body, f"{name} is required")
        if self.create_body.get("additionalProperties") is False:
            body = {**self.body(self.required_input), "unheard_of": 1}
            yield Edge("unknown-names-refused", "unheard_of", body, "no other names than those listed")

    @cached_property
    def _fields(self) -> list[tuple[str, Any]]:
        return [(name, self.deref(schema)) for name, schema in self.input["properties"].items()]

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    def _operations(self) -> Iterator[Operation]:
        everywhere = self.raw.get("security", [])
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    raw = item[method]
                    yield Operation(
                        raw["operationId"], method.upper(), path, raw, bool(raw.get("security", everywhere))
                    )


def _kind(schema: Mapping[str, Any]) -> str | None:
    """The type of a value other than null; None if several or none are named."""
    named = schema.get("type")
    kinds = [kind for kind in (named if isinstance(named, list) else [named]) if kind != "null"]
    return kinds[0] if len(kinds) == 1 else None


def _is_text(schema: Mapping[str, Any]) -> bool:
    return _kind(schema) == "string" and not {"enum", "format", "pattern", "maxLength"} & schema.keys()


def _of_other_types(schema: Mapping[str, Any]) -> Iterator[tuple[Any, str]]:
    kind = _kind(schema)
    if kind is None:
        return
    others: dict[str, tuple[Any, str]] = {
        "string": (7, "a number"),
        "integer": (1.5, "a fraction"),
        "number": ("1", "a text"),
        "boolean": ("true", "a text"),
        "array": ("a", "a text"),
        "object": ([], "an array"),
    }
    yield others[kind]
    if kind in {"integer", "number"}:
        yield True, "a boolean"
    if "null" not in (schema["type"] if isinstance(schema["type"], list) else []):
        yield None, "null"
