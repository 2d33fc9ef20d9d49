"""The conversion of the input schema that Cog writes."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from helpers.model_versions import OTHER_VERSION, Run, fields_of, input_of, openapi_schema
from helpers.source_trees import generate

NULLABLE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "3.0": ({"type": "integer", "nullable": True, "minimum": 1}, {"type": ["integer", "null"], "minimum": 1}),
    "union": (
        {
            "anyOf": [{"type": "string", "format": "uri"}, {"type": "null"}],
            "title": "Mask",
            "description": "What stays",
        },
        {"type": ["string", "null"], "format": "uri", "description": "What stays"},
    ),
    "not": ({"type": "string", "nullable": False}, {"type": "string"}),
    "enumeration": (
        {"allOf": [{"$ref": "#/components/schemas/Kind"}], "nullable": True, "default": "b"},
        {"default": "b", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
    ),
    "enumeration in a union": (
        {"anyOf": [{"$ref": "#/components/schemas/Kind"}, {"type": "null"}], "description": "Which"},
        {"description": "Which", "anyOf": [{"type": "string", "enum": ["a", "b"]}, {"type": "null"}]},
    ),
    "both": ({"type": ["string", "null"], "nullable": True}, {"type": ["string", "null"]}),
    "beside a union": ({"nullable": True, "anyOf": [{"type": "string"}]}, {"type": ["string", "null"]}),
    "null among the choices": (
        {"enum": ["a", None], "type": ["null", "string"]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    "null among the choices alone": (
        {"enum": ["a", None]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    "choices without a type": (
        {"enum": [1, 2], "nullable": True},
        {"anyOf": [{"type": "integer", "enum": [1, 2]}, {"type": "null"}]},
    ),
    "choices that null is not of": (
        {"enum": ["a"], "type": ["string", "null"]},
        {"anyOf": [{"type": "string", "enum": ["a"]}, {"type": "null"}]},
    ),
    "default": (
        {"type": "string", "nullable": True, "default": None},
        {"type": ["string", "null"], "default": None},
    ),
}


@pytest.mark.parametrize(("field", "wanted"), NULLABLE.values(), ids=NULLABLE)
def test_nullable__is_one_of_the_types(run: Run, small: Path, field: dict[str, Any], wanted: dict[str, Any]) -> None:
    """`nullable` and a union with null come to the same; of an enumeration, to the union that the generator knows."""
    kind = {"enum": ["a", "b"], "type": "string", "description": "An enumeration."}
    assert run(openapi_schema({"mask": field}, Kind=kind)).err == ""
    assert input_of(small.read_text(encoding="utf-8"))["properties"] == {"mask": wanted}


FORMS: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "exclusive as in 3.0": (
        {"type": "number", "minimum": 0, "exclusiveMinimum": True, "maximum": 1, "exclusiveMaximum": False},
        {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    ),
    "secret": (
        {"type": "string", "x-cog-secret": True},
        {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True},
    ),
    "no secret": ({"type": "string", "x-cog-secret": False}, {"type": "string"}),
    "secret of another format": (
        {"type": "string", "format": "uri", "writeOnly": True, "x-cog-secret": True},
        {"type": "string", "format": "uri", "writeOnly": True, "x-cog-secret": True},
    ),
    "exclusive of nothing": ({"type": "number", "exclusiveMinimum": True}, {"type": "number"}),
    "exclusive as in 3.1": ({"type": "number", "exclusiveMinimum": 0}, {"type": "number", "exclusiveMinimum": 0}),
    "const": ({"const": 3, "type": "integer"}, {"type": "integer", "enum": [3]}),
    "example": ({"type": "string", "example": "a"}, {"type": "string", "examples": ["a"]}),
    "enumeration without a type": ({"enum": [1, 2]}, {"type": "integer", "enum": [1, 2]}),
    "array of anything": ({"type": "array"}, {"type": "array", "items": {}}),
    "text": (
        {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a: #", "format": "password"},
        {"type": "string", "minLength": 1, "maxLength": 9, "pattern": "^a: #", "format": "password"},
    ),
    "array": (
        {
            "type": "array",
            "items": {"$ref": "#/components/schemas/Kind", "title": "Item"},
            "minItems": 1,
            "maxItems": 3,
            "default": ["a"],
        },
        {
            "type": "array",
            "items": {"type": "string", "enum": ["a", "b"]},
            "minItems": 1,
            "maxItems": 3,
            "default": ["a"],
        },
    ),
    "reference through a reference": (
        {"$ref": "#/components/schemas/a~1b", "description": "Own"},
        {"type": "string", "enum": ["a", "b"], "description": "Own"},
    ),
    "description of the enumeration": (
        {"allOf": [{"$ref": "#/components/schemas/Shared"}]},
        {"type": "string", "enum": ["a"], "description": "Shared by all"},
    ),
    "objects": (
        {
            "allOf": [
                {
                    "type": "object",
                    "properties": {"items": {"type": "integer", "nullable": True}},
                    "required": ["items"],
                },
                {"type": "object", "properties": {"b": {"const": "c", "title": "B"}}, "required": ["b"]},
            ],
            "additionalProperties": {"type": "array", "title": "Rest"},
            "title": "Objects",
        },
        {
            "type": "object",
            "properties": {"items": {"type": ["integer", "null"]}, "b": {"type": "string", "enum": ["c"]}},
            "required": ["items", "b"],
            "additionalProperties": {"type": "array", "items": {}},
        },
    ),
    "objects of nothing else": (
        {"type": "array", "items": {"type": "object", "properties": {}, "additionalProperties": False}},
        {"type": "array", "items": {"type": "object", "properties": {}, "additionalProperties": False}},
    ),
    "union": (
        {"anyOf": [{"type": "string"}, {"$ref": "#/components/schemas/Kind"}, {"type": "null"}], "default": None},
        {"anyOf": [{"type": "string"}, {"type": "string", "enum": ["a", "b"]}, {"type": "null"}], "default": None},
    ),
    "union beside nullable": (
        {"oneOf": [{"type": "integer", "title": "I"}, {"type": "boolean"}], "nullable": True, "description": "Either"},
        {"oneOf": [{"type": "integer"}, {"type": "boolean"}, {"type": "null"}], "description": "Either"},
    ),
    "choices of numbers": ({"type": "number", "enum": [0.5, 1]}, {"type": "number", "enum": [0.5, 1]}),
    "mixed choices": ({"enum": [1, "a"]}, {"enum": [1, "a"]}),
    "mixed choices with null": ({"enum": [1, "a"], "nullable": True}, {"enum": [1, "a", None]}),
    "null alone": ({"const": None}, {"type": "null"}),
    "pattern of Python": (
        {"type": "string", "pattern": r"\A[{,3}\]]a{,3}\\Z\Z", "maxLength": 3, "default": "}\\Z"},
        {"type": "string", "pattern": r"^[{,3}\]]a{0,3}\\Z$", "maxLength": 3, "default": "}\\Z"},
    ),
    "text of brackets": (
        {"type": "string", "pattern": "[[:alpha:]]", "default": ":]"},
        {"type": "string", "pattern": "[[:alpha:]]", "default": ":]"},
    ),
    "small number": ({"type": "number", "default": 1e-05}, {"type": "number", "default": 1e-05}),
    "texts that look like others": (
        {"type": "string", "enum": ["no", "1:30", "1e3", "", "null", "=", "2020-01-01", "a, b", "é", "~", "0x1f"]},
        {"type": "string", "enum": ["no", "1:30", "1e3", "", "null", "=", "2020-01-01", "a, b", "é", "~", "0x1f"]},
    ),
    "signs that do not print": (
        {"type": "string", "default": '\u001b[31m\u202e\x85\u2028\t\U000e0001 \\ "'},
        {"type": "string", "default": '\u001b[31m\u202e\x85\u2028\t\U000e0001 \\ "'},
    ),
    "sign of the other direction": (
        {"type": "string", "default": "a\u202eb", "description": "a\u202eb\nc"},
        {"type": "string", "default": "a\u202eb", "description": "a\u202eb\nc"},
    ),
    "own words": (
        {"allOf": [{"type": "string", "description": "Theirs", "default": "a"}], "description": "Own", "default": "b"},
        {"type": "string", "description": "Own", "default": "b"},
    ),
    "lines": (
        {"type": "string", "description": "First\n\n  - second # no comment\n- third: 3\n"},
        {"type": "string", "description": "First\n\n  - second # no comment\n- third: 3"},
    ),
    "long line": (
        {"type": "string", "description": "words and more of them, " * 20},
        {"type": "string", "description": ("words and more of them, " * 20).strip()},
    ),
    "long enumeration": (
        {"type": "string", "enum": [f"style number {number}" for number in range(40)]},
        {"type": "string", "enum": [f"style number {number}" for number in range(40)]},
    ),
}


@pytest.mark.parametrize(("field", "wanted"), FORMS.values(), ids=FORMS)
def test_form__is_that_of_the_document(run: Run, small: Path, field: dict[str, Any], wanted: dict[str, Any]) -> None:
    """Whatever a version writes differently is written as the document writes it, and reads the same everywhere."""
    shared = {"enum": ["a"], "type": "string", "description": "Shared by all"}
    kind = {"enum": ["a", "b"], "type": "string", "title": "Kind", "description": "An enumeration."}
    cog = openapi_schema({"new": field}, Kind=kind, Shared=shared)
    cog["components"]["schemas"]["a/b"] = {"$ref": "#/components/schemas/Kind"}
    assert run(cog).err == "" and "nothing was written" in run(cog).out
    after = small.read_bytes().decode()
    assert input_of(after)["properties"] == {"new": wanted}
    assert yaml.safe_load(after)["components"]["schemas"]["PredictionInput"]["properties"] == {"new": wanted}
    assert all(line.isprintable() and len(line) <= 120 for line in after.split("\n"))


# Another model, through the generator.

OTHER_MODEL = openapi_schema(
    {
        "image": {"type": "string", "title": "Image", "format": "uri", "x-order": 0, "description": "What to sharpen"},
        "prompt": {"type": "string", "title": "Prompt", "x-order": 1, "description": "Words:\nmany # of them\n"},
        "scheduler": {
            "allOf": [{"$ref": "#/components/schemas/scheduler"}],
            "default": "K_EULER",
            "x-order": 2,
            "description": "Which scheduler takes the steps, " * 5,
        },
        "style": {"anyOf": [{"$ref": "#/components/schemas/style"}, {"type": "null"}], "x-order": 3},
        "steps": {"type": "integer", "enum": [1, 2, 4], "default": 4, "x-order": 4},
        "masks": {"type": "array", "items": {"type": "string", "format": "uri"}, "x-order": 5},
        "sizes": {"type": "array", "items": {"$ref": "#/components/schemas/size"}, "default": ["s"], "x-order": 6},
        "rest": {"type": "array", "x-order": 7},
        "strength": {
            "type": "number",
            "nullable": True,
            "minimum": 0,
            "exclusiveMinimum": True,
            "maximum": 1,
            "x-order": 8,
            "default": None,
        },
        "fast": {"type": "boolean", "default": True, "deprecated": True, "x-order": 9},
        "weight": {"type": "number", "enum": [0.5, 1.5], "x-order": 10, "description": "How heavy", "default": 0.5},
        "key": {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True, "x-order": 11},
        "width": {"type": "integer", "default": 512, "minimum": 64, "multipleOf": 8, "x-order": 12},
        "either": {"anyOf": [{"type": "integer"}, {"type": "boolean"}, {"type": "null"}], "x-order": 13},
        "boxes": {"type": "array", "items": {"$ref": "#/components/schemas/box"}, "x-order": 14},
        "mixed": {"enum": [1, "a", None], "x-order": 15},
    },
    required=["image"],
    scheduler={"enum": ["K_EULER", "DDIM"], "type": "string", "title": "scheduler", "description": "An enumeration."},
    style={"$ref": "#/components/schemas/looks"},
    looks={"enum": ["on", "off"], "type": "string", "title": "looks", "description": "An enumeration."},
    size={"enum": ["s", "m"], "type": "string", "title": "size"},
    box={"type": "object", "title": "box", "properties": {"w": {"type": "integer", "title": "W"}}, "required": ["w"]},
)


def test_other_model__comes_out_of_the_generator(run: Run, spec: Path, tmp_path: Path) -> None:
    """The input of a model that has nothing in common with this one becomes a client."""
    outcome = run({"id": OTHER_VERSION, "openapi_schema": OTHER_MODEL})
    assert outcome.code == 0
    assert not [line for line in outcome.err.splitlines() if ": strength: " not in line]
    described = input_of(spec.read_bytes().decode())
    assert described["required"] == ["image"] and set(described["properties"]) == set(fields_of(OTHER_MODEL))
    secret = {"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}
    assert described["properties"]["key"] == secret
    assert described["properties"]["width"] == {"type": "integer", "default": 512, "minimum": 64, "multipleOf": 8}
    generate(spec, tmp_path / "zeroscope_api")
    models = (tmp_path / "zeroscope_api/models/__init__.py").read_text(encoding="utf-8")
    assert "image: Required[FileInput]" in models
    assert "weight: float" in models and "either: int | bool | None" in models
    assert "boxes: Sequence[Mapping[str, Any]]" in models and 'mixed: Literal[1, "a"] | None' in models


WRITTEN: dict[str, tuple[dict[str, Any], str]] = {
    "one keyword": ({"type": "string"}, "type: string\n"),
    "items": ({"type": "array", "items": {"type": "string"}}, "type: array\nitems: {type: string}\n"),
    "items of more": (
        {"type": "array", "items": {"type": "string", "format": "uri"}},
        "type: array\nitems:\n  type: string\n  format: uri\n",
    ),
    "forms": (
        {"enum": ["a", "b"], "nullable": True},
        'anyOf:\n  - type: string\n    enum: [a, b]\n  - type: "null"\n',
    ),
    "text": (
        {"type": "string", "description": "Plain, of `one` line"},
        "type: string\ndescription: Plain, of `one` line\n",
    ),
    "lines": ({"description": "One\n\nTwo: 2"}, "description: |-\n  One\n\n  Two: 2\n"),
    "odd lines": ({"description": "a\u202e\nb"}, 'description: "a\\u202e\\nb"\n'),
    "long": (
        {"description": "word " * 30},
        f"description: >-\n  {('word ' * 21).strip()}\n  {('word ' * 9).strip()}\n",
    ),
    "quotes": ({"type": "string", "default": 'a "b" \\ #'}, 'type: string\ndefault: "a \\"b\\" \\\\ #"\n'),
    "choices": (
        {"type": "string", "enum": ["x" * 60, "y" * 60]},
        f"type: string\nenum:\n  - {'x' * 60}\n  - {'y' * 60}\n",
    ),
    "nothing": ({}, ""),
    "small number": ({"type": "number", "default": 1e-07}, "type: number\ndefault: 1.0e-07\n"),
}


@pytest.mark.parametrize(("field", "lines"), WRITTEN.values(), ids=WRITTEN)
def test_field__is_written_as_by_hand(run: Run, small: Path, field: dict[str, Any], lines: str) -> None:
    """One line for each keyword, in the document's order, quoted or folded only where that is needed."""
    assert run(openapi_schema({"new": field})).code == 0
    written = "".join(" " * (10 if line.strip() else 0) + line for line in lines.splitlines(keepends=True))
    head = "      properties:\n        new:" + ("\n" if lines else " {}\n")
    assert small.read_text(encoding="utf-8").endswith(head + written)


@pytest.mark.parametrize("depth", [30, 50, 60])
def test_field__that_lies_deep_is_folded(run: Run, small: Path, depth: int) -> None:
    """A long text is folded also where its column leaves little or no room."""
    field: dict[str, Any] = {"type": "string", "description": "word " * 30 + "end"}
    for _ in range(depth):
        field = {"type": "array", "items": field, "title": "Nested"}
    assert run(openapi_schema({"new": field})).code == 0
    assert [line.split() for line in small.read_text(encoding="utf-8").splitlines()][-1][-1] == "end"
    assert min(len(line.strip()) for line in small.read_text(encoding="utf-8").splitlines()[-4:-1]) >= 35


SAME: list[tuple[Any, Any, bool]] = [
    (1, 1.0, True),
    (1, True, False),
    (0, False, False),
    ("1", 1, False),
    ([1], [1.0], True),
    ([1], [True], False),
    ([1], [1, 2], False),
    ({"a": 1}, {"a": 1, "b": 2}, False),
    ({"a": 1}, {"a": 1.0}, True),
    (None, False, False),
]


@pytest.mark.parametrize(("old", "new", "same"), SAME)
def test_default__that_is_equal_keeps_its_form(run: Run, small: Path, old: Any, new: Any, same: bool) -> None:
    """Numbers are equal by their value, and no number is equal to true or false."""
    assert run(openapi_schema({"new": {"default": old}})).code == 0
    before = small.read_bytes()
    assert ("nothing was written" in run(openapi_schema({"new": {"default": new}})).out) is same
    assert (small.read_bytes() == before) is same


def test_secret__that_is_none_any_more_loses_its_mark(run: Run, small: Path) -> None:
    """Cog's mark comes and goes with the version; other extensions of the document stay."""
    assert run(openapi_schema({"key": {"type": "string", "x-cog-secret": True}})).code == 0
    marked = small.read_text(encoding="utf-8").replace("x-cog-secret: true", "x-cog-secret: true\n          x-a: 1")
    small.write_text(marked, encoding="utf-8")
    assert run(openapi_schema({"key": {"type": "string"}})).code == 0
    assert input_of(small.read_text(encoding="utf-8"))["properties"] == {"key": {"type": "string", "x-a": 1}}


# What cannot be carried over is said.

LEFT_OUT: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "keyword": (
        {"type": "string", "contentEncoding": "base64"},
        {"type": "string"},
        "new has 'contentEncoding', which is not carried over.",
    ),
    "default": (
        {"type": "integer", "minimum": 1, "default": 0},
        {"type": "integer", "minimum": 1},
        "new has a default that it does not allow, 0.",
    ),
    "default null": (
        {"type": "integer", "default": None},
        {"type": "integer"},
        "new has a default that it does not allow, None.",
    ),
    "default of another form": (
        {"type": "string", "format": "uri", "default": "no address"},
        {"type": "string", "format": "uri"},
        "new has a default that it does not allow, 'no address'.",
    ),
    "default of an item": (
        {"type": "array", "items": {"type": "integer", "default": "a"}},
        {"type": "array", "items": {"type": "integer"}},
        "new.items has a default that it does not allow, 'a'.",
    ),
    "examples": (
        {"type": "integer", "examples": [1, "a"]},
        {"type": "integer", "examples": [1]},
        "new has examples that it does not allow.",
    ),
    "all examples": (
        {"type": "integer", "examples": ["a"]},
        {"type": "integer"},
        "new has examples that it does not allow.",
    ),
    "no choices": (
        {"type": "string", "enum": []},
        {"type": "string"},
        "new has the choices [], which are none.",
    ),
    "union of nothing": (
        {"anyOf": [{"type": "null"}]},
        {},
        "new is a union of no schemas, which is not carried over.",
    ),
    "choices of several types": (
        {"type": "integer", "enum": [1, "a"]},
        {"enum": [1, "a"]},
        "new is of type integer, and some of its choices are not; they are carried over without the type.",
    ),
    "choices of an odd type": (
        {"enum": ["a"], "type": [[]]},
        {"type": "string", "enum": ["a"]},
        "new is of type [], and its choices are not; they are carried over with the type string.",
    ),
    "pattern of letters": (
        {"type": "string", "pattern": r"^\p{L}+$", "minLength": 1, "default": "a"},
        {"type": "string", "minLength": 1, "default": "a"},
        r"new has the pattern '^\\p{L}+$', which is not valid everywhere; it is left out.",
    ),
    "pattern that looks behind": (
        {"type": "string", "pattern": "(?<=a+)b"},
        {"type": "string"},
        "new has the pattern '(?<=a+)b', which is not valid everywhere; it is left out.",
    ),
    "pattern that is none": (
        {"type": "array", "items": {"type": "string", "pattern": 5}},
        {"type": "array", "items": {"type": "string"}},
        "new.items has the pattern 5, which is not valid everywhere; it is left out.",
    ),
    "choices of items as text": (
        {"type": "array", "items": {"type": "integer", "enum": ["1", "2"]}, "default": ["1"]},
        {"type": "array", "items": {"type": "integer", "enum": [1, 2]}, "default": [1]},
        "new.items is of type integer, and its choices are text; they are carried over as integers.",
    ),
    "two bounds": (
        {"allOf": [{"type": "integer", "minimum": 1}, {"minimum": 2}, {"minimum": 3}]},
        {"type": "integer", "minimum": 3},
        "new has 'minimum' more than once; the last one is used.",
    ),
    "own extension": ({"type": "string", "x-other": True}, {"type": "string"}, "new has 'x-other'"),
    "choices as text": (
        {"type": "integer", "enum": ["512", "256"], "default": 512},
        {"type": "integer", "default": 512, "enum": [512, 256]},
        "new is of type integer, and its choices are text; they are carried over as integers.",
    ),
    "choices as text, default as well": (
        {"allOf": [{"type": "number", "enum": ["1", "-2"]}], "default": "-2", "nullable": True},
        {"default": -2, "anyOf": [{"type": "integer", "enum": [1, -2]}, {"type": "null"}]},
        "new is of type number, and its choices are text; they are carried over as integers.",
    ),
    "choices as words": (
        {"type": "integer", "enum": ["small", "1"], "default": "small"},
        {"type": "string", "default": "small", "enum": ["small", "1"]},
        "new is of type integer, and its choices are not; they are carried over with the type string.",
    ),
    "choices as numbers": (
        {"type": "string", "enum": [1, 2], "default": "2"},
        {"type": "integer", "default": 2, "enum": [1, 2]},
        "new is of type string, and its choices are not; they are carried over with the type integer.",
    ),
    "choices as numbers that are written otherwise": (
        {"type": "integer", "enum": ["01", "1_0"]},
        {"type": "string", "enum": ["01", "1_0"]},
        "new is of type integer, and its choices are not; they are carried over with the type string.",
    ),
}


@pytest.mark.parametrize(("field", "wanted", "sentence"), LEFT_OUT.values(), ids=LEFT_OUT)
def test_rest__is_left_out_with_a_sentence(
    run: Run, small: Path, field: dict[str, Any], wanted: dict[str, Any], sentence: str
) -> None:
    """What the document cannot hold is named, with the file, and the rest of the field is taken over."""
    outcome = run(openapi_schema({"new": field}))
    assert outcome.code == 0 and f"version.json: {sentence}" in outcome.err and outcome.err.count("\n") == 1
    assert input_of(small.read_text(encoding="utf-8"))["properties"] == {"new": wanted}


def test_rest__of_the_input_is_left_out_with_a_sentence(run: Run, small: Path) -> None:
    """So is what is said of the input as a whole."""
    cog = openapi_schema({"a": {"type": "string"}}, required=["a", "b", "a"])
    cog["components"]["schemas"]["Input"].update(additionalProperties=False, description="Theirs")
    outcome = run(cog)
    assert [line.partition(": ")[2] for line in outcome.err.splitlines()] == [
        "Input has 'additionalProperties', which is not carried over.",
        "Input requires 'b', which is not one of its fields.",
    ]
    assert input_of(small.read_text(encoding="utf-8"))["required"] == ["a"]
