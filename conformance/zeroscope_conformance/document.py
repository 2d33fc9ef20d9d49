"""The OpenAPI document: its operations, its schemas and the inputs it allows."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

import jsonschema_rs

from zeroscope_mock.documents.sample import sample

from .operation import Operation
from .output_files import described_components, described_output, describes_files, output_files
from .sample_files import MISSING_FILE, sample_file

METHODS = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
JSON = "application/json"
PROBLEM_JSON = "application/problem+json"

VIDEO_SHAPE = {"width": 320, "height": 264, "num_frames": 6, "fps": 5, "batch_size": 2}
"""The videos to request, by the usual names of the input fields."""
# The most references that lead to one schema.
_MAX_REFERENCES = 100


class DocumentError(Exception):
    """The document cannot be read, or it does not describe this API."""


class Document:
    """An OpenAPI document of this API.

    Args:
        raw: The document as JSON values.
        output: The schema of the model's output; None for that of the document.

    Attributes:
        operations: The operations, by their `operationId`.
        metadata: The extension `x-replicate`: the model, its version and the limit of a run.
        create_body: The schema of a create's body.
        input: The schema of the input.
        statuses: The statuses, in their order.
        final: The final statuses.
        events: The webhook events, in their order.
        output: The schema of the model's output; None for URLs of videos.
        may_output_files: Whether an output may have files.

    Raises:
        DocumentError: If the document lacks an operation or a schema that every run needs.
    """

    def __init__(self, raw: Mapping[str, Any], output: Mapping[str, Any] | None = None) -> None:
        self.raw = raw
        try:
            self.output = described_output(raw) if output is None else output
            self.may_output_files = self.output is None or describes_files(self.output, self.deref)
            self.operations = {operation.id: operation for operation in self._operations()}
            self.metadata: Mapping[str, Any] = raw["info"]["x-replicate"]
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
            lacks = "it has no " if isinstance(error, KeyError) else ""
            raise DocumentError(f"the document does not describe this API: {lacks}{error}") from error

    @classmethod
    def load(cls, path: Path | None = None) -> Document:
        """Read a document.

        Args:
            path: A YAML or JSON file; by default, the document that this package was built with.

        Raises:
            DocumentError: If the file cannot be read, or does not describe this API.
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
            raise DocumentError(f"{path} is not an OpenAPI document, but {type(raw).__name__}")
        # YAML has dates and other values that JSON lacks.
        return cls(json.loads(json.dumps(raw, default=str)))

    def rank(self, status: str) -> int | None:
        """Return the position of a status in a lifecycle, the same for all final ones; None for an unknown status."""
        if status in self.final:
            return len(self.statuses)
        return self.statuses.index(status) if status in self.statuses else None

    def at(self, pointer: str) -> Any:
        """Return the value at a JSON pointer, which may begin with `#`."""
        target: Any = self.raw
        for part in pointer.removeprefix("#").split("/")[1:]:
            name = part.replace("~1", "/").replace("~0", "~")
            target = target[int(name) if isinstance(target, list) else name]
        return target

    def deref(self, schema: Any) -> Any:
        """Return the target of a reference, which may be the only item of an `allOf`; anything else unchanged."""
        given = schema
        for _ in range(_MAX_REFERENCES):
            if not isinstance(schema, Mapping):
                return schema
            if "$ref" in schema:
                rest = {name: value for name, value in schema.items() if name != "$ref"}
                schema = {**self.at(schema["$ref"]), **rest}
            elif len(schema.get("allOf", [])) == 1:
                rest = {name: value for name, value in schema.items() if name != "allOf"}
                schema = {**self.deref(schema["allOf"][0]), **rest}
            else:
                return schema
        raise DocumentError(f"a reference in the document leads back to itself: {given}")

    def response(self, operation: Operation, status: int) -> Mapping[str, Any] | None:
        """Return the description of an operation's response with a status; None if there is none."""
        key = self.response_key(operation, status)
        found: Mapping[str, Any] | None = None if key is None else self.deref(operation.raw["responses"][key])
        return found

    @staticmethod
    def response_key(operation: Operation, status: int) -> str | None:
        """Return the key of an operation's response with a status; None if there is none."""
        keys = (str(status), f"{status // 100}XX", "default")
        return next((key for key in keys if key in operation.raw.get("responses", {})), None)

    def schema_errors(self, schema: Mapping[str, Any], value: Any, *, formats: bool = False) -> list[str]:
        """Return what makes a value invalid against a schema of the document, in words; `format` may be enforced."""
        errors = self.validator(schema, formats=formats).iter_errors(value)
        return [f"{'.'.join(map(str, error.instance_path)) or 'the body'}: {error.message}" for error in errors]

    def validator(self, schema: Mapping[str, Any], *, formats: bool = False) -> Any:
        """Return the validator of jsonschema_rs for a schema of the document, which may enforce `format`."""
        key = json.dumps([schema, formats], sort_keys=True)
        if key not in self._validators:
            whole = {**schema, "components": described_components(self.raw)}
            self._validators[key] = jsonschema_rs.validator_for(whole, validate_formats=formats)
        return self._validators[key]

    @cached_property
    def auth_schemes(self) -> list[str]:
        """The schemes of the `Authorization` header under which a token is valid, the first one the usual one."""
        schemes = self.raw["components"].get("securitySchemes", {}).values()
        accepted: list[list[str]] = [one.get("x-accepted-schemes", []) for one in schemes]
        return next(filter(None, accepted), ["Bearer"])

    @cached_property
    def version_forms(self) -> list[str]:
        """The version in each form that a create takes."""
        forms: list[str] = self.create_body["properties"].get("version", {}).get("examples", [])
        return forms

    @cached_property
    def hidden_version(self) -> str | None:
        """What predictions show in place of a version that is hidden."""
        prediction = self.raw["components"]["schemas"].get("Prediction", {})
        hidden: str | None = prediction.get("properties", {}).get("version", {}).get("x-hidden")
        return hidden

    @cached_property
    def constant_urls(self) -> dict[str, str]:
        """The names of the URLs that every prediction has, each with the month since which it has it."""
        schema = self.raw["components"]["schemas"].get("PredictionUrls", {})
        key = "x-on-every-prediction-since"
        return {name: str(url[key]) for name, url in schema.get("properties", {}).items() if key in url}

    @cached_property
    def prefer_values(self) -> list[str]:
        """The values of `Prefer` that ask for the longest wait: without its limit and, if there is one, with it."""
        parameters = map(self.deref, self.operations["createPrediction"].raw.get("parameters", []))
        limits = [one["schema"].get("x-default-seconds") for one in parameters if one["name"] == "Prefer"]
        return ["wait", *(f"wait={limit}" for limit in limits if limit is not None)]

    @cached_property
    def filters(self) -> dict[str, Mapping[str, Any]]:
        """The schemas of the query parameters by which the list is filtered, by name."""
        parameters = map(self.deref, self.operations["listPredictions"].raw.get("parameters", []))
        schemas = {one["name"]: self.deref(one["schema"]) for one in parameters if one["in"] == "query"}
        return {name: schema for name, schema in schemas.items() if {"format", "enum"} & schema.keys()}

    @property
    def concatenates(self) -> bool:
        """Whether the items of an output are pieces of one text, which streams send as they are made."""
        display: str | None = self.deref(self.output or {}).get("x-cog-array-display")
        return display == "concatenate"

    def is_output(self, output: Any) -> bool:
        """Return whether a value is an output, as far as the model has any."""
        return output not in (None, "", [], {}) or self.output == {}

    def output_files(self, output: Any) -> list[Any]:
        """Return the URLs of the files in an output."""
        if self.output is None:
            return output if isinstance(output, list) else [output]
        return list(output_files(self.output, output, self.deref))

    def operation_at(self, method: str, path: str) -> Operation | None:
        """Return the operation of a method and the path of a URL; None if there is none."""
        found = (one for one in self.operations.values() if one.method == method and one.matches(path))
        return next(found, None)

    def body(self, input: Any, **properties: Any) -> dict[str, Any]:
        """Return the body of a create.

        Args:
            input: The input.
            **properties: Other properties of the body. The version is the document's unless it is one of them.
        """
        body = {"input": input, **properties}
        if "version" in self.create_body["properties"]:
            body.setdefault("version", self.metadata["version"])
        return body

    def sample(self, schema: Any, *, whole: bool = False) -> Any:
        """Return a value that a schema allows; an object has only its required properties unless it is `whole`."""
        return sample(schema, self.deref, whole=whole)

    @cached_property
    def input_fields(self) -> list[tuple[str, Any]]:
        """The names and the schemas of the input's fields."""
        return [(name, self.deref(schema)) for name, schema in self.input.get("properties", {}).items()]

    @cached_property
    def required_input(self) -> dict[str, Any]:
        """An input of the required fields only."""
        properties = self.input.get("properties", {})
        names = self.input.get("required", [])
        return {name: sample(properties.get(name, {}), self._resolve_value, whole=False) for name in names}

    @property
    def failing_input(self) -> dict[str, Any] | None:
        """A valid input that makes a prediction fail; None if no field allows that.

        The mock server fails because of the text, a model because of the URL.
        """
        url_fields = [name for name, schema in self.input_fields if schema.get("format") == "uri"]
        scripted = self.scripted_input("fail the prediction was meant to fail")
        if scripted == self.required_input and not url_fields:
            return None
        return {**scripted, **dict.fromkeys(url_fields[:1], MISSING_FILE)}

    def scripted_input(self, script: str) -> dict[str, Any]:
        """Return an input with a script for the mock server in its prompt; to a model, it is any other prompt."""
        return self.text_input(f"mock:{script}")

    def text_input(self, text: str) -> dict[str, Any]:
        """Return an input with a text as the prompt or, without one, in the first field for texts, if there is any."""
        text_fields = [name for name, schema in self.input_fields if _is_text(schema)]
        text_fields.sort(key=lambda name: name != "prompt")
        return {**self.required_input, **dict.fromkeys(text_fields[:1], text)}

    @property
    def shaped_input(self) -> dict[str, Any]:
        """An input for small videos of a distinct size, length and frame rate, as far as it has the fields."""
        return {**self.required_input, **self.shape}

    @cached_property
    def shape(self) -> dict[str, int]:
        """The allowed value nearest to that of `VIDEO_SHAPE`, for each of its fields that the input of videos has."""
        fields = {name: schema for name, schema in self.input_fields if name in VIDEO_SHAPE}
        # What has a size alone may be a picture.
        has_videos = self.output is None and not fields.keys().isdisjoint(("num_frames", "fps"))
        shape: dict[str, int] = {}
        for name, schema in fields.items() if has_videos else ():
            choices = schema.get("enum") or [VIDEO_SHAPE[name], schema.get("minimum"), schema.get("maximum")]
            if allowed := [one for one in choices if isinstance(one, int) and not self.schema_errors(schema, one)]:
                shape[name] = min(allowed, key=lambda one: abs(one - VIDEO_SHAPE[name]))
        return shape

    def _resolve_value(self, schema: Any) -> Any:
        """Return what `deref` does, without values that the schema forbids, and with a small file as that of a URL."""
        schema = self.deref(schema)
        if not isinstance(schema, Mapping):
            return schema
        if schema.get("format") == "uri":
            return {"default": sample_file(f"{schema.get('title')} {schema.get('description')}"), **schema}
        wrong = {name for name in ("default", "example") if name in schema and self.schema_errors(schema, schema[name])}
        return {name: value for name, value in schema.items() if name not in wrong}

    @cached_property
    def _validators(self) -> dict[str, Any]:
        return {}

    def _operations(self) -> Iterator[Operation]:
        default_security = self.raw.get("security", [])
        for path, item in self.raw["paths"].items():
            for method in METHODS:
                if method in item:
                    raw = item[method]
                    protected = bool(raw.get("security", default_security))
                    yield Operation(raw["operationId"], method.upper(), path, raw, protected)


def schema_type(schema: Mapping[str, Any]) -> str | None:
    """Return the only type besides null that a schema names; None if it names several or none."""
    named = schema.get("type")
    types = [one for one in (named if isinstance(named, list) else [named]) if one != "null"]
    return types[0] if len(types) == 1 else None


def _is_text(schema: Mapping[str, Any]) -> bool:
    """Return whether a schema allows any text."""
    return schema_type(schema) == "string" and not {"enum", "format", "pattern", "maxLength"} & schema.keys()
