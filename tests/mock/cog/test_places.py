"""The places in a model's document that forbid a value."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog import ModelSchema
from zeroscope_mock.documents.places import has
from zeroscope_mock.documents.reading import unescape

SCHEMAS: dict[str, Any] = {
    "Color": {"type": "string", "enum": ["r", "g"]},
    "Tree": {
        "type": "object",
        "required": ["n"],
        "properties": {
            "n": {"type": "integer", "exclusiveMinimum": True, "minimum": 3},
            "tree": {"$ref": "#/components/schemas/Tree"},
        },
    },
    "Input": {
        "type": "object",
        "required": ["must"],
        "additionalProperties": False,
        "properties": {
            "must": {},
            "w": {"type": "integer", "minimum": 5},
            "all": {"allOf": [{"$ref": "#/components/schemas/Color"}], "description": "x"},
            "optional": {"anyOf": [{"type": "null"}, {"type": "integer", "maximum": 9}]},
            "union": {
                "anyOf": [
                    {"type": "null"},
                    {"type": "array", "items": {"type": "string"}},
                    {"type": "string", "maxLength": 2},
                ]
            },
            "one": {"const": "z"},
            "tree": {"$ref": "#/components/schemas/Tree"},
            "a/b": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}, "minItems": 1},
            "no": False,
            "1": {"type": "string"},
        },
    },
}
INPUT = "#/components/schemas/Input"


@pytest.mark.parametrize(
    ("fields", "place"),
    [
        ({"must": None}, f"{INPUT}/required"),
        ({"x": 1}, f"{INPUT}/additionalProperties"),
        ({"w": 1}, f"{INPUT}/properties/w/minimum"),
        ({"all": "b"}, "#/components/schemas/Color/enum"),
        ({"optional": 10}, f"{INPUT}/properties/optional/anyOf/1/maximum"),
        ({"optional": "x"}, f"{INPUT}/properties/optional/anyOf/1/type"),
        ({"union": "abc"}, f"{INPUT}/properties/union/anyOf/2/maxLength"),
        ({"union": [1]}, f"{INPUT}/properties/union/anyOf/1/items/type"),
        ({"one": "y"}, f"{INPUT}/properties/one/const"),
        ({"tree": {"n": 3}}, "#/components/schemas/Tree/properties/n/exclusiveMinimum"),
        ({"tree": {"n": 4, "tree": {}}}, "#/components/schemas/Tree/required"),
        ({"a/b": []}, f"{INPUT}/properties/a~1b/minItems"),
        ({"a/b": [{"n": "x"}]}, "#/components/schemas/Tree/properties/n/type"),
        ({"no": 1}, f"{INPUT}/properties/no"),
        ({"1": 1}, f"{INPUT}/properties/1/type"),
    ],
)
def test_input__names_the_keyword_as_the_model_has_it(fields: dict[str, Any], place: str) -> None:
    """References, unions with null and other spellings are found where the model's document has them."""
    document = {"components": {"schemas": SCHEMAS}}
    given = {name: value for name, value in {"must": 1, **fields}.items() if value is not None}

    (invalid,) = ModelSchema(document).invalid_fields(given)

    assert invalid.place == place
    assert has(document, [unescape(part) for part in place[2:].split("/")])


def test_input__of_a_model_without_a_schema() -> None:
    """What no document forbids has no place."""
    (invalid,) = ModelSchema({}).invalid_fields(7)

    assert invalid.place is None
