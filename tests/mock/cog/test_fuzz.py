"""Schemas with arbitrary parts."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

import orjson
from hypothesis import given
from hypothesis import strategies as st

from zeroscope_mock.cog import ModelFileError, ModelSchema, read_version
from zeroscope_mock.lifecycle.default_output import default_output
from zeroscope_mock.lifecycle.model_input import InputReader

VERSION: dict[str, Any] = {
    "id": "0f" * 32,
    "created_at": "2024-05-06T07:08:09.25Z",
    "cog_version": "0.9.4",
    "openapi_schema": {
        "openapi": "3.0.2",
        "components": {
            "schemas": {
                "Input": {
                    "type": "object",
                    "required": ["prompt"],
                    "properties": {
                        "prompt": {"type": "string", "x-order": 0, "pattern": "^a", "minLength": 1},
                        "scheduler": {"allOf": [{"$ref": "#/components/schemas/scheduler"}], "default": "DDIM"},
                        "seed": {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "null"}], "nullable": True},
                        "images": {"type": "array", "items": {"type": "string", "format": "uri"}, "maxItems": 2},
                        "scale": {"type": "number", "minimum": 0, "exclusiveMinimum": True, "multipleOf": 0.5},
                        "tree": {"$ref": "#/components/schemas/Tree"},
                        "extra": {"type": "object", "additionalProperties": {"type": "boolean"}},
                    },
                },
                "Output": {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"},
                "TrainingInput": {"type": "object", "properties": {"steps": {"type": "integer"}}},
                "scheduler": {"type": "string", "enum": ["DDIM", "PNDM"]},
                "Tree": {"type": "object", "properties": {"left": {"$ref": "#/components/schemas/Tree"}}},
            }
        },
    },
}
WORDS = """
$ref $id allOf anyOf oneOf not type enum const items prefixItems properties additionalProperties required minimum
exclusiveMinimum maximum maxLength pattern format nullable default x-order components schemas
string integer number boolean array object null int64 uri # ^( https://example.com/x.json ../x.json #/openapi
#/components/schemas/Tree #/components/schemas/Input #/components/schemas/Input/properties/scheduler/allOf/0
""".split()  # noqa: SIM905 -- a list would have a line for each
TEXTS = st.sampled_from(WORDS) | st.text(max_size=5)
VALUES: st.SearchStrategy[Any] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**63), 2**64 - 1)
    | st.integers(-3, 3)
    | st.floats(allow_nan=False, allow_infinity=False)
    | TEXTS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXTS, inner, max_size=4),
    max_leaves=12,
)


def paths_of(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """The places of all values within a value."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, part in inner for place in paths_of(part, (*path, key)))]


def with_part(path: tuple[Any, ...], part: Any) -> Any:
    """The version with something else at a place; as its schema if the place is the version itself."""
    if not path:
        return {"openapi_schema": part}
    values = deepcopy(VERSION)
    target: Any = values
    for key in path[:-1]:
        target = target[key]
    target[path[-1]] = part
    return values


def use(schema: ModelSchema, value: Any) -> None:
    """Use all that a schema offers."""
    for invalid in (
        *schema.invalid_fields(value),
        *schema.training_invalid_fields(value),
        *schema.output_invalid_fields(value),
    ):
        assert invalid.type and invalid.description
    assert not any("\n" in warning for warning in schema.warnings)
    assert schema.defaults.keys() <= schema.properties.keys()
    orjson.dumps([schema.output, schema.properties, schema.resolve(value)])
    wanted = InputReader.of(schema).read(value if isinstance(value, dict) else {})
    orjson.dumps(default_output(schema, wanted, seed=5))


@given(st.sampled_from(paths_of(VERSION)), VALUES, VALUES)
def test_a_version__with_an_arbitrary_part(path: tuple[Any, ...], part: Any, value: Any) -> None:
    """A version with anything in place of a part is read as far as it can be, or refused in one sentence."""
    values = with_part(path, part)

    try:
        version = read_version(values)
    except ModelFileError as error:
        refusal = str(error)
    else:
        refusal = ""
        assert version.values == {**version.values, **values} or "openapi_schema" not in values
        assert all(version.warnings)
        use(version.schema, value)

    assert "\n" not in refusal


@given(st.dictionaries(TEXTS, VALUES, max_size=5), VALUES)
def test_a_schema__of_arbitrary_values(schemas: dict[str, Any], value: Any) -> None:
    """A model's schema may hold anything."""
    use(ModelSchema({"components": {"schemas": {"Input": schemas, "Output": value}}}), value)


@given(VALUES)
def test_a_field__of_arbitrary_values(field: Any) -> None:
    """A field that cannot be checked leaves the others checked."""
    schema = ModelSchema(
        {"components": {"schemas": {"Input": {"properties": {"field": field, "steps": {"type": "integer"}}}}}}
    )

    assert "input.steps" in [invalid.field for invalid in schema.invalid_fields({"steps": "x"})]
    assert schema.invalid_fields([])
