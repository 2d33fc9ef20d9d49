"""Files among the outputs of a model: the URLs that its schema describes."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from zeroscope_mock.documents.extensions import LIST_OF_FILES, MODEL_OUTPUT, model_output

Resolve = Callable[[Any], Any]

# A schema may contain itself.
_MAX_DEPTH = 12


def described_output(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """Return the schema of the output of a document's model, its `x-model-output`; None for URLs of files."""
    output = model_output(document)
    return None if output == LIST_OF_FILES else output


def described_components(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the components of a document, with the output of its model as a condition on that of a prediction.

    An account may have predictions of other models, whose outputs the condition does not concern.
    """
    components: dict[str, Any] = {**document["components"]}
    prediction = components["schemas"].get("Prediction", {})
    output = prediction.get("properties", {}).get("output", {}).get(MODEL_OUTPUT)
    if output is not None:
        other = {"type": "string", "not": {"const": document["info"]["x-replicate"].get("model")}}
        condition = {
            "if": {"required": ["model"], "properties": {"model": other}},
            "else": {"properties": {"output": {"anyOf": [output, {"type": "null"}]}}},
        }
        described = {**prediction, "allOf": [*prediction.get("allOf", []), condition]}
        components["schemas"] = {**components["schemas"], "Prediction": described}
    return components


def describes_files(schema: Any, resolve: Resolve, depth: int = 0) -> bool:
    """Return whether a schema describes a URL, at any depth.

    Args:
        resolve: Finds what a schema refers to.
        depth: How many schemas this one is nested in.
    """
    schema = resolve(schema)
    if depth > _MAX_DEPTH or not isinstance(schema, Mapping):
        return False
    return _is_url(schema) or any(describes_files(part, resolve, depth + 1) for part in _parts(schema))


def output_files(schema: Any, output: Any, resolve: Resolve) -> list[str]:
    """Return the URLs in an output that its schema describes as URLs, each once, in order."""
    return list(dict.fromkeys(_files(schema, output, resolve)))


def _files(schema: Any, output: Any, resolve: Resolve) -> Iterator[str]:
    schema = resolve(schema)
    if not isinstance(schema, Mapping):
        return
    if isinstance(output, str) and _is_url(schema):
        yield output
    for option in (*schema.get("anyOf", []), *schema.get("oneOf", []), *schema.get("allOf", [])):
        yield from _files(option, output, resolve)
    if isinstance(output, list):
        for item in output:
            yield from _files(schema.get("items"), item, resolve)
    elif isinstance(output, dict):
        properties = schema.get("properties", {})
        for name, value in output.items():
            yield from _files(properties.get(name, schema.get("additionalProperties")), value, resolve)


def _is_url(schema: Mapping[str, Any]) -> bool:
    return schema.get("format") == "uri"


def _parts(schema: Mapping[str, Any]) -> Iterator[Any]:
    for name in ("anyOf", "oneOf", "allOf"):
        yield from schema.get(name, [])
    yield from schema.get("properties", {}).values()
    yield from (schema.get(name) for name in ("items", "additionalProperties"))
