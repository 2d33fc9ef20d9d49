"""Schemas of models: what they allow, in all forms that Cog has written."""

from __future__ import annotations

from typing import Any

import pytest

from zeroscope_mock.cog import ModelSchema
from zeroscope_mock.documents.invalid_field import InvalidField

SCHEDULER = {"type": "string", "enum": ["DDIM", "PNDM"], "title": "scheduler", "description": "An enumeration."}
NODE = {
    "type": "object",
    "properties": {"value": {"type": "integer"}, "next": {"$ref": "#/components/schemas/Node"}},
}
OBJECTS = [{"type": "object", "required": ["a"]}, {"type": "object", "required": ["b"]}]
COMPONENTS = {"scheduler": SCHEDULER, "Node": NODE, "Loop": {"allOf": [{"$ref": "#/components/schemas/Loop"}]}}

URI = {"type": "string", "format": "uri"}
CHOICE = {"$ref": "#/components/schemas/scheduler"}
DATA = "data:image/png;base64,"


def schema_of(**fields: Any) -> ModelSchema:
    """A schema with some fields."""
    return with_input({"type": "object", "title": "Input", "properties": fields})


def with_input(schema: Any, **components: Any) -> ModelSchema:
    """A schema with a given schema of the input."""
    return ModelSchema({"openapi": "3.0.2", "components": {"schemas": {"Input": schema, **COMPONENTS, **components}}})


def expected(kind: str, given: str) -> tuple[str, str]:
    return "invalid_type", f"Invalid type. Expected: {kind}, given: {given}"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ({"type": "string"}, ""),
        ({"type": "integer", "minimum": 1.0, "maximum": 4.0}, 4),
        ({"type": "integer"}, 4.0),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": False}, 0),
        ({"type": "number", "exclusiveMinimum": 0}, 0.1),
        ({"type": "boolean"}, False),
        ({"allOf": [CHOICE], "default": "DDIM", "x-order": 3}, "PNDM"),
        ({**CHOICE, "default": "DDIM"}, "PNDM"),
        ({"type": "string", "nullable": True}, None),
        ({"allOf": [CHOICE], "nullable": True}, None),
        ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, None),
        ({"anyOf": [CHOICE, {"type": "null"}]}, None),
        ({"anyOf": [CHOICE, {"type": "null"}]}, "PNDM"),
        ({"anyOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}, None),
        ({"type": ["string", "null"]}, None),
        ({"type": "string", "enum": ["a", None]}, None),
        ({"const": "a"}, "a"),
        ({"type": "integer", "enum": [1.0, 2]}, 1),
        (URI, "https://example.com/a.png"),
        (URI, DATA + "iVBORw0KGgo="),
        ({"type": "array", "items": URI}, ["https://example.com/a.png"]),
        ({"type": "object"}, {"any": 1}),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"any": 1}),
        ({"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}, "r8_"),
        ({"type": "string", "format": "date"}, "2024-02-29"),
        ({"type": "string", "deprecated": True, "example": "x"}, "y"),
        ({"$ref": "#/components/schemas/Node"}, {"value": 1, "next": {"value": 2, "next": {}}}),
        ({"$ref": "#/components/schemas/Input/properties/other"}, "x"),
        ({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}, ["x", 1]),
        ({"oneOf": [{"type": "string"}, {"type": "integer"}]}, 7),
        (True, 7),
    ],
)
def test_a_field__with_a_valid_value(field: Any, value: object) -> None:
    """Every form of a field that Cog has written accepts its values."""
    schema = schema_of(field=field, other={"type": "string"})

    assert schema.invalid_fields({"field": value}) == []
    assert not any("choices" in warning for warning in schema.warnings)


@pytest.mark.parametrize(
    ("field", "value", "type_", "description"),
    [
        ({"type": "string"}, 7, *expected("string", "integer")),
        ({"type": "string"}, None, *expected("string", "null")),
        ({"type": "integer"}, 7.5, *expected("integer", "number")),
        ({"type": "integer"}, "7", *expected("integer", "string")),
        ({"type": "integer", "maximum": 4.0}, 5, "number_lte", "Must be less than or equal to 4"),
        ({"type": "number", "minimum": 0, "exclusiveMinimum": True}, 0, "number_gt", "Must be greater than 0"),
        ({"type": "number", "exclusiveMaximum": 1}, 1, "number_lt", "Must be less than 1"),
        ({"allOf": [CHOICE]}, "K", "enum", 'input.field must be one of the following: "DDIM", "PNDM"'),
        (CHOICE, "K", "enum", 'input.field must be one of the following: "DDIM", "PNDM"'),
        (
            {"anyOf": [CHOICE, {"type": "null"}]},
            "K",
            "enum",
            'input.field must be one of the following: "DDIM", "PNDM", null',
        ),
        ({"allOf": [CHOICE], "default": None}, None, *expected("string", "null")),
        ({"anyOf": [{"type": "integer", "maximum": 4}, {"type": "null"}]}, 5, "number_lte", None),
        ({"type": "string", "enum": ["a"]}, "b", "enum", 'input.field must be one of the following: "a"'),
        ({"const": "a"}, "b", "enum", 'input.field must be one of the following: "a"'),
        ({"type": "string", "minLength": 2.0}, "b", "string_gte", None),
        ({"type": "string", "pattern": "^[0-9]+$"}, "b", "pattern", "Does not match pattern '^[0-9]+$'"),
        (URI, "a.png", "format", "Does not match format 'uri'"),
        ({"type": "string", "format": "date"}, "2023-02-29", "format", "Does not match format 'date'"),
        ({"oneOf": OBJECTS}, {}, "number_one_of", "Must validate one and only one schema (oneOf)"),
        ({"not": {"type": "string"}}, "x", "not", None),
        (False, 7, "enum", None),
    ],
)
def test_a_field__with_an_invalid_value(field: Any, value: object, type_: str, description: str | None) -> None:
    """Errors have the service's type, field and words."""
    (invalid,) = (
        one for one in schema_of(field=field).invalid_fields({"field": value}) if one.type != "enum" or type_ == "enum"
    )

    assert (invalid.type, invalid.field) == (type_, "input.field")
    assert description in (None, invalid.description)


@pytest.mark.parametrize(
    ("field", "value", "path"),
    [
        ({"type": "array", "items": URI}, ["https://example.com/a.png", "b"], "input.field.1"),
        ({"type": "array", "items": [{"type": "string"}, {"type": "integer"}]}, ["x", "y"], "input.field.1"),
        ({"type": "object", "additionalProperties": {"type": "integer"}}, {"any": "x"}, "input.field.any"),
        ({"$ref": "#/components/schemas/Node"}, {"next": {"next": {"value": "x"}}}, "input.field.next.next.value"),
        (
            {"allOf": [{"$ref": "#/components/schemas/Node"}], "minProperties": 1},
            {"next": {"next": {"value": "x"}}},
            "input.field.next.next.value",
        ),
    ],
)
def test_a_field__with_an_invalid_value_within(field: Any, value: object, path: str) -> None:
    """Errors name the place within the field, at any depth of a schema that contains itself."""
    assert [one.field for one in schema_of(field=field).invalid_fields({"field": value})] == [path]


def test_an_input__without_its_required_fields() -> None:
    """Missing fields are errors of the input, and any place of an input may be named."""
    schema = with_input({"type": "object", "required": ["prompt"], "properties": {"prompt": {"type": "string"}}})

    assert schema.invalid_fields({}, "body.input") == [InvalidField("required", "body.input", "prompt is required")]


@pytest.mark.parametrize(
    ("additional", "invalid"), [(None, []), (True, []), (False, ["additional_property_not_allowed"])]
)
def test_an_input__with_unknown_fields(additional: bool | None, invalid: list[str]) -> None:
    """Unknown fields pass unless the schema forbids them."""
    schema = with_input({"properties": {}, **({} if additional is None else {"additionalProperties": additional})})

    assert [one.type for one in schema.invalid_fields({"unknown": 1})] == invalid


@pytest.mark.parametrize(
    "document",
    [
        {},
        {"components": {}},
        {"components": {"schemas": {}}},
        {"components": []},
        {"components": {"schemas": {"Input": {"type": "object", "title": "Input", "properties": {}}}}},
        {"components": {"schemas": {"Input": {}}}},
        {"components": {"schemas": {"Input": {"type": "object", "nullable": True}}}},
        {"components": {"schemas": {"Input": {"type": "string"}}}},
        {"components": {"schemas": {"Input": None}}},
    ],
)
def test_a_model__without_fields(document: dict[str, Any]) -> None:
    """A model without a schema of its input takes any object, but nothing else."""
    schema = ModelSchema(document)

    assert schema.invalid_fields({"any": {"thing": None}}) == schema.training_invalid_fields({"any": 1}) == []
    for value, given in (([], "array"), (None, "null"), ("", "string")):
        assert schema.invalid_fields(value) == [InvalidField("invalid_type", "input", expected("object", given)[1])]
    assert schema.properties == schema.defaults == schema.output == {}


def test_the_input_of_a_training() -> None:
    """Trainings have a schema of their own."""
    schema = with_input({}, TrainingInput={"required": ["steps"], "properties": {"steps": {"type": "integer"}}})

    assert [one.field for one in schema.training_invalid_fields({"steps": "x"})] == ["input.steps"]
    assert [one.field for one in schema.training_invalid_fields({})] == ["input"]
    assert schema.invalid_fields({}) == []


def test_the_output() -> None:
    """An output is resolved like a field, and can be checked."""
    schema = with_input(
        {},
        Output={"allOf": [{"$ref": "#/components/schemas/Files"}], "title": "Output"},
        Files={"type": "array", "items": URI, "title": "Files", "x-cog-array-type": "iterator"},
    )

    assert schema.output == {"type": "array", "items": URI, "title": "Output", "x-cog-array-type": "iterator"}
    assert schema.output_invalid_fields(["https://example.com/a.png"]) == []
    assert [one.field for one in schema.output_invalid_fields(["a"])] == ["output.0"]


def test_the_order_of_fields() -> None:
    """Fields come in the order of `x-order`; one without it keeps its place."""
    fields = {"c": {"x-order": 2}, "b": {}, "a": {"x-order": 0}, "d": {"x-order": "x"}, "e": {"x-order": True}}

    assert list(schema_of(**fields).properties) == ["a", "b", "c", "d", "e"]


def test_the_defaults() -> None:
    """Defaults stand beside a reference or in what it leads to; null is no default."""
    schema = schema_of(
        a={"allOf": [CHOICE], "default": "PNDM"},
        b={"$ref": "#/components/schemas/Input/properties/a"},
        c={"anyOf": [{"type": "integer"}, {"type": "null"}], "default": None},
        d={"type": "boolean", "default": False},
        e={"type": "string"},
    )

    assert schema.defaults == {"a": "PNDM", "b": "PNDM", "d": False}


def test_a_field__with_a_union() -> None:
    """The schemas of a union are resolved, to a limited depth if the union contains itself."""
    loop = {"anyOf": [{"$ref": "#/components/schemas/Union"}, {"type": "integer"}]}
    schema = with_input({"properties": {"a": {"oneOf": [CHOICE, {"type": 7}]}, "b": loop}}, Union=loop)

    assert schema.properties["a"]["oneOf"] == [SCHEDULER, {}]
    union = schema.properties["b"]
    for _ in range(3):
        assert union["anyOf"][1] == {"type": "integer"}
        union = union["anyOf"][0]
    assert union == {}


@pytest.mark.parametrize(
    ("schema", "resolved"),
    [
        ({"allOf": [CHOICE], "description": "How"}, {**SCHEDULER, "description": "How"}),
        ({**CHOICE, "description": "How"}, {**SCHEDULER, "description": "How"}),
        ({"anyOf": [CHOICE, {"type": "null"}]}, {**SCHEDULER, "nullable": True}),
        ({"oneOf": [{"type": "null"}, {"type": "integer"}]}, {"type": "integer", "nullable": True}),
        ({"anyOf": [{"type": "integer"}]}, {"type": "integer"}),
        (
            {"anyOf": [{"type": "integer"}, {"type": "null"}, {"type": "string"}]},
            {"anyOf": [{"type": "integer"}, {"type": "string"}], "nullable": True},
        ),
        ({"type": ["null", "integer"]}, {"type": "integer", "nullable": True}),
        ({"type": ["null", "integer", "string"]}, {"type": ["integer", "string"], "nullable": True}),
        ({"enum": ["a", None]}, {"enum": ["a"], "nullable": True}),
        ({"const": 7}, {"enum": [7]}),
        ({"minimum": 1, "exclusiveMinimum": True}, {"exclusiveMinimum": 1}),
        ({"maximum": 1, "exclusiveMaximum": False}, {"maximum": 1}),
        (
            {
                "allOf": [
                    {"properties": {"a": {}}, "required": ["a"]},
                    {"properties": {"b": {}}, "required": ["b", "a"]},
                ]
            },
            {"properties": {"a": {}, "b": {}}, "required": ["a", "b"]},
        ),
        ({"$ref": "#/components/schemas/Loop"}, {}),
        ({"$ref": "#/nowhere"}, {}),
        ({"$ref": "#/components/schemas/Escaped~1%7E0"}, {"type": "array"}),
        ({"$ref": "#/components/schemas/List/allOf/1"}, {"type": "string"}),
        ({"$ref": "#/components/schemas/List/allOf/2"}, {}),
        (None, {}),
        ([], {}),
        (True, {}),
    ],
)
def test_a_schema__resolved(schema: Any, resolved: dict[str, Any]) -> None:
    """A resolved schema is in one form, whatever the version of OpenAPI and pydantic."""
    components = {"Escaped/~": {"type": "array"}, "List": {"allOf": [{}, {"type": "string"}]}}

    assert with_input({}, **components).resolve(schema) == resolved


@pytest.mark.parametrize(
    ("field", "warning"),
    [
        ({"$ref": "https://example.com/x.json#/y"}, "refers to 'https://example.com/x.json#/y', outside the schema"),
        ({"$ref": "other.json"}, "refers to 'other.json', outside the schema"),
        (
            {"$ref": "#/components/schemas/None"},
            "refers to '#/components/schemas/None', which the schema does not have",
        ),
        ({"$ref": 7}, "refers to 7, outside the schema"),
        ({"$ref": "#/components/schemas/Loop"}, "refers to itself through '#/components/schemas/Loop'"),
        ({"allOf": [{"$ref": "other.json"}]}, "refers to 'other.json', outside the schema"),
        ({"title": "Field", "description": "Anything"}, "has no type, so any value is accepted"),
        ({}, "has no type, so any value is accepted"),
        ({"type": "file"}, "has the unknown type 'file', so any type is accepted"),
        ({"type": ["string", "file"]}, "has the unknown type 'file', so any type is accepted"),
        ({"type": ["string", []]}, "has ['string', []] as type, which is ignored"),
        ({"type": {}}, "has {} as type, which is ignored"),
        ({"properties": []}, "has [] as properties, which is ignored"),
        ({"type": "object", "required": [7]}, "has [7] as required, which is ignored"),
        ({"type": "string", "title": 7}, "has 7 as title, which is ignored"),
        ({"type": "integer", "minimum": True}, "has True as minimum, which is ignored"),
        ({"allOf": {}}, "has {} as allOf, where a list of schemas belongs"),
        ({"anyOf": []}, "has [] as anyOf, where a list of schemas belongs"),
        ({"items": 7, "type": "array"}, "has 7 as items, which is ignored"),
        ({"if": {}, "type": "string"}, "has if, which is not checked"),
        (7, "has 7 where a schema belongs"),
        ({"type": "string", "pattern": "("}, 'is not checked, because its schema is invalid: "(" is not a "regex"'),
        ({"type": "number", "multipleOf": 0}, "is not checked, because its schema is invalid: 0 is "),
        ({"type": "string", "minLength": "1"}, "has '1' as minLength, which is ignored"),
        ({"enum": 7}, "has 7 as enum, which is ignored"),
        ({"type": "string", "enum": ["a"], "default": "b"}, "has a default that it forbids"),
        (
            {"allOf": [CHOICE], "enum": ["DDIM"], "default": "DDIM"},
            "has enum more than once, of which only the last one counts",
        ),
    ],
)
def test_a_warning(field: Any, warning: str) -> None:
    """What cannot be checked is named in one sentence; the field takes any value, and the others are checked."""
    schema = schema_of(prompt={"type": "string"}, field=field)

    (found,) = schema.warnings

    assert found.startswith(f"input.field {warning}") and found.endswith(".")
    assert [one.field for one in schema.invalid_fields({"prompt": 7, "field": "DDIM"})][-1] == "input.prompt"


@pytest.mark.parametrize("union", ["anyOf", "oneOf"])
def test_a_warning__about_objects(union: str) -> None:
    """A union of objects is checked, but no error says which field of which object is wrong."""
    schema = schema_of(field={union: OBJECTS})

    assert schema.warnings == [f"input.field is {union} of objects, so an error may not name the field within."]
    assert schema.invalid_fields({"field": {"a": 1}}) == []


def test_a_warning__about_nested_fields() -> None:
    """The sentence names the place within the field, and shows no control characters."""
    within = {"a": {"$ref": "x"}, "b\n\x1b[1m": {"$ref": "y"}}
    schema = schema_of(field={"type": "array", "items": {"type": "object", "properties": within}})

    assert schema.warnings == [
        "input.field.items.a refers to 'x', outside the schema.",
        "input.field.items.b\\n\\x1b[1m refers to 'y', outside the schema.",
    ]


def test_a_warning__about_the_output_and_trainings() -> None:
    """The output and the input of trainings are looked at as well, but an output need have no type."""
    output = {"type": "object", "properties": {"file": {"$ref": "x"}, "segments": {"title": "Segments"}}}
    schema = with_input({}, Output=output, TrainingInput={"properties": {"steps": {"title": "Steps"}}})

    assert schema.warnings == [
        "output.file refers to 'x', outside the schema.",
        "TrainingInput.steps has no type, so any value is accepted.",
    ]


@pytest.mark.parametrize(
    ("kind", "choices", "valid", "invalid"),
    [
        ("integer", ["512", "256"], [512, "512", 256.0], [128, "128", True]),
        ("number", ["0.5"], [0.5, "0.5"], [1]),
        ("string", [1, 2.5], ["1", 1, "2.5", 2.5], ["2"]),
        (["string", "integer"], [True], [True], [1, "True"]),
        ("integer", ["small"], ["small"], [1]),
    ],
)
def test_choices__of_another_type(kind: Any, choices: list[Any], valid: list[Any], invalid: list[Any]) -> None:
    """Choices that contradict the type are accepted as they are, and numbers as text too, with a warning."""
    schema = schema_of(size={"type": kind, "enum": choices, "default": choices[0]})
    allowed = kind if isinstance(kind, str) else " or ".join(kind)

    assert schema.warnings == [
        f"input.size has choices that are not of the type {allowed}, so numbers are accepted as text too."
    ]
    assert [schema.invalid_fields({"size": value}) for value in valid] == [[]] * len(valid)
    assert [schema.invalid_fields({"size": value})[0].type for value in invalid] == ["enum"] * len(invalid)


@pytest.mark.parametrize(
    ("schema", "warning"),
    [
        ({"type": "array"}, "input has the type 'array', but is an object, so any object is accepted."),
        ({"$ref": "x.json"}, "input refers to 'x.json', outside the schema."),
        (
            {"minProperties": -1},
            "input is checked by its fields alone, because its schema is invalid: -1 is less than the minimum of 0.",
        ),
        (7, "input has 7 where a schema belongs."),
    ],
)
def test_an_input__that_is_no_schema(schema: Any, warning: str) -> None:
    """The model takes any object."""
    found = with_input(schema)

    assert found.warnings == [warning]
    assert found.invalid_fields({"any": 1}) == []
    assert found.invalid_fields(7) != []


def test_an_invalid_input__with_valid_fields() -> None:
    """The fields are checked even if the rest of the schema of the input is invalid."""
    schema = with_input({"minProperties": -1, "properties": {"steps": {"type": "integer"}}})

    assert [one.field for one in schema.invalid_fields({"steps": "x"})] == ["input.steps"]


def chain(length: int, link: Any) -> dict[str, Any]:
    """Components of which each refers to the next."""
    return {f"C{n}": link({"$ref": f"#/components/schemas/C{n + 1}"}) for n in range(length)}


@pytest.mark.parametrize(
    ("length", "link", "end"),
    [
        (5000, lambda part: part, "is nested too deeply to be followed"),
        (5000, lambda part: {"properties": {"x": part}}, "is nested too deeply to be checked"),
        # Twice at each of 20 levels is more than can be followed one by one.
        (20, lambda part: {"allOf": [part, part]}, None),
        (30, lambda part: {"properties": {"x": part, "y": part}}, None),
    ],
)
def test_references__without_an_end(length: int, link: Any, end: str | None) -> None:
    """Long and branching chains of references are followed as far as needed."""
    components = {**chain(length, link), f"C{length}": {"type": "integer"}}
    schema = with_input({"properties": {"field": {"$ref": "#/components/schemas/C0"}}}, **components)

    warnings = schema.warnings

    assert [end is not None and warning.endswith(f"{end}.") for warning in warnings] == [True] * (end is not None)
    assert schema.invalid_fields({}) == []


def test_a_long_data_uri() -> None:
    """A file of 200 KB within an input is valid."""
    assert schema_of(image=URI).invalid_fields({"image": DATA + "A" * 200_000}) == []
