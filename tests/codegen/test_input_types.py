"""The types of the fields of an input, and their names and texts of all kinds."""

from __future__ import annotations

import ast
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from helpers.source_trees import Change, GeneratedTree, replace_input

TEXT, NUMBER, INTEGER, NULL = {"type": "string"}, {"type": "number"}, {"type": "integer"}, {"type": "null"}
FLAG, FILE, OBJECT = {"type": "boolean"}, {"type": "string", "format": "uri"}, {"type": "object"}


def array(**items: Any) -> dict[str, Any]:
    """The schema of an array."""
    return {"type": "array", "items": items}


def reference(name: str) -> dict[str, str]:
    """A reference to a schema."""
    return {"$ref": f"#/components/schemas/{name}"}


SCHEMAS: dict[str, Any] = {
    "Scheduler": {
        "title": "Scheduler",
        "description": "An enumeration.",
        "type": "string",
        "enum": ["DDIM", "K_EULER"],
    },
    "Seed": {"type": "integer", "enum": [1, 2, 10]},
    "Point": {"type": "object", "required": ["x"], "properties": {"x": NUMBER, "next": reference("Point")}},
    "Alias": reference("Scheduler"),
}
"""Schemas that the fields refer to; the first two come from enumerations in Python."""


@dataclass(frozen=True)
class Variant:
    """A field's schema, its type, and values for it."""

    schema: Any
    type: str
    right: dict[str, Any] = field(default_factory=dict)
    """Expressions in Python that are of the type, each with the value that the server receives."""
    wrong: tuple[str, ...] = ()
    """Expressions that type checkers refuse."""


V = Variant
VARIANTS: dict[str, Variant] = {
    # What the generator's own types could not be used for.
    "untyped": V({}, "Any", {"{'a': [1]}": {"a": [1]}, "None": None}),
    "described_only": V({"description": "Anything", "default": 3}, "Any", {"'x'": "x"}),
    "union": V({"anyOf": [TEXT, INTEGER]}, "str | int", {"'x'": "x", "3": 3}, ("1.5", "None")),
    "optional_union": V({"anyOf": [NUMBER, TEXT, NULL]}, "float | str | None", {"None": None, "1.5": 1.5}, ("[]",)),
    "nullable_union": V({"oneOf": [INTEGER, FLAG], "nullable": True}, "int | bool | None", {"None": None, "7": 7}),
    "types": V({"type": ["integer", "string"]}, "int | str", {"5": 5, "'5'": "5"}, ("None",)),
    "types_and_null": V({"type": ["string", "null"]}, "str | None", {"None": None}, ("1",)),
    "union_with_any": V({"anyOf": [TEXT, {}]}, "Any", {"[1]": [1]}),
    "array_of_anything": V({"type": "array"}, "Sequence[Any]", {"[1, 'a']": [1, "a"], "(1, None)": [1, None]}, ("1",)),
    "array_of_true": V({"type": "array", "items": True}, "Sequence[Any]", {"['a']": ["a"]}),
    "array_of_empty": V(array(), "Sequence[Any]", {"[{}]": [{}]}),
    "tuple": V({"type": "array", "prefixItems": [TEXT, INTEGER]}, "Sequence[Any]", {"('a', 1)": ["a", 1]}),
    "constant": V({"const": "v1"}, "Literal['v1']", {"'v1'": "v1"}, ("'v2'",)),
    "constant_number": V({"const": 3, "type": "integer"}, "Literal[3]", {"3": 3}, ("4",)),
    "constant_float": V({"const": 1.5}, "float", {"1.5": 1.5}, ("'x'",)),
    "constant_object": V({"const": {"a": 1}}, "Mapping[str, Any]", {"{'a': 1}": {"a": 1}}),
    "choice_of_constants": V(
        {"oneOf": [{"const": "a"}, {"const": "b"}]}, "Literal['a'] | Literal['b']", {"'b'": "b"}, ("'c'",)
    ),
    "day": V(
        {"type": "string", "format": "date"},
        "date | str",
        {"date(2026, 1, 31)": "2026-01-31", "'2026-01-31'": "2026-01-31"},
        ("1",),
    ),
    "moment": V(
        {"type": "string", "format": "date-time"},
        "datetime | str",
        {
            "datetime(2026, 1, 31, 8, 30, tzinfo=UTC)": "2026-01-31T08:30:00+00:00",
            "'2026-01-31T08:30:00Z'": "2026-01-31T08:30:00Z",
        },
        ("1",),
    ),
    "moment_or_none": V(
        {"anyOf": [{"type": "string", "format": "date-time"}, NULL]}, "datetime | str | None", {"None": None}
    ),
    "days": V(array(type="string", format="date"), "list[date | str]", {"[date(2026, 1, 31)]": ["2026-01-31"]}),
    "case_alone": V(
        {"enum": ["Euler", "euler", "EULER"], "type": "string"},
        "Literal['EULER', 'Euler', 'euler']",
        {"'euler'": "euler"},
        ("'eULER'",),
    ),
    "choice_or_none": V({"enum": ["a", "b", None]}, "Literal['a', 'b'] | None", {"None": None, "'a'": "a"}, ("'c'",)),
    "choice_of_integers": V(
        {"enum": [512, 64, 1024], "type": "integer"}, "Literal[64, 512, 1024]", {"64": 64}, ("65",)
    ),
    "choice_of_floats": V({"enum": [0.5, 1.0], "type": "number"}, "float", {"0.5": 0.5}, ("'x'",)),
    "choice_of_kinds": V(
        {"enum": ["auto", 1, True]}, "Literal[True, 1, 'auto']", {"'auto'": "auto", "True": True}, ("'x'",)
    ),
    "choice_with_quotes": V(
        {"enum": ['it\'s "it"', "a\\b\n", "é日"]}, "Literal['a\\\\b\\n', 'it\\'s \"it\"', 'é日']", {"'é日'": "é日"}
    ),
    "choice_with_empty": V({"enum": ["", "x"], "type": "string"}, "Literal['', 'x']", {"''": ""}),
    "empty_choice": V({"enum": []}, "Any"),
    "contradictory_choice": V({"type": "integer", "enum": ["1", "2"]}, "Literal['1', '2']"),
    "objects": V(
        array(type="object"),
        "Sequence[Mapping[str, Any]]",
        {"[{'role': 'user', 'n': 1}]": [{"role": "user", "n": 1}], "({'a': [1]},)": [{"a": [1]}], "[]": []},
        ("['x']", "{'a': 1}"),
    ),
    "map": V(
        OBJECT,
        "Mapping[str, Any]",
        {"{'a': {'b': 1}}": {"a": {"b": 1}}, "MappingProxyType({'a': 1})": {"a": 1}},
        ("[1]", "'x'"),
    ),
    "map_or_none": V({"anyOf": [OBJECT, NULL]}, "Mapping[str, Any] | None", {"None": None, "{}": {}}, ("1",)),
    "map_of_texts": V(
        {"type": "object", "additionalProperties": TEXT}, "Mapping[str, Any]", {"{'a': 'b'}": {"a": "b"}}
    ),
    "point": V(reference("Point"), "Mapping[str, Any]", {"{'x': 1.0, 'next': {'x': 2}}": {"x": 1.0, "next": {"x": 2}}}),
    "points": V(array(**reference("Point")), "Sequence[Mapping[str, Any]]", {"[{'x': 1}]": [{"x": 1}]}),
    "days_within": V(OBJECT, "Mapping[str, Any]", {"{'on': [date(2026, 1, 31)]}": {"on": ["2026-01-31"]}}),
    "one_of_objects": V(
        {"oneOf": [reference("Point"), {"type": "object", "required": ["y"], "properties": {"y": TEXT}}]},
        "Mapping[str, Any]",
        {"{'y': 'a'}": {"y": "a"}},
        ("1",),
    ),
    "object_or_text": V(
        {"anyOf": [OBJECT, TEXT]}, "Mapping[str, Any] | str", {"'x'": "x", "{'a': 1}": {"a": 1}}, ("1",)
    ),
    "object_without_type": V({"properties": {"a": TEXT}}, "Mapping[str, Any]", {"{'a': 'b'}": {"a": "b"}}),
    # What Cog writes.
    "scheduler": V(
        {"allOf": [reference("Scheduler")], "default": "DDIM", "x-order": 1},
        "Literal['DDIM', 'K_EULER']",
        {"'DDIM'": "DDIM"},
        ("'x'",),
    ),
    "scheduler_or_none": V(
        {"anyOf": [reference("Scheduler"), NULL]}, "Literal['DDIM', 'K_EULER'] | None", {"None": None}, ("'x'",)
    ),
    "nullable_scheduler": V(
        {"allOf": [reference("Scheduler")], "nullable": True}, "Literal['DDIM', 'K_EULER'] | None", {"None": None}
    ),
    "alias": V(reference("Alias"), "Literal['DDIM', 'K_EULER']", {"'DDIM'": "DDIM"}),
    "choice_of_seeds": V(reference("Seed"), "Literal[1, 2, 10]", {"10": 10}, ("3",)),
    "schedulers": V(
        array(**reference("Scheduler")), "list[Literal['DDIM', 'K_EULER']]", {"['DDIM']": ["DDIM"]}, ("['x']",)
    ),
    "texts": V(array(**TEXT), "list[str]", {"['a']": ["a"], "[]": []}, ("'a'", "[1]")),
    "texts_or_none": V({"anyOf": [array(**TEXT), NULL]}, "list[str] | None", {"None": None, "['a']": ["a"]}, ("'a'",)),
    "text_or_texts": V({"anyOf": [TEXT, array(**TEXT)]}, "str | list[str]", {"'a'": "a", "['a']": ["a"]}, ("1",)),
    "numbers": V(
        {"type": "array", "items": NUMBER, "default": [0.5, 1]}, "list[float]", {"[1, 2.5]": [1, 2.5]}, ("['a']",)
    ),
    "matrix": V(array(**array(**NUMBER)), "Sequence[list[float]]", {"[[1, 2], [3.5]]": [[1, 2], [3.5]]}, ("[1]",)),
    "files": V(
        array(**FILE),
        "Sequence[FileInput]",
        {
            "['https://h.test/a', b'x']": ["https://h.test/a", "data:application/octet-stream;base64,eA=="],
            "(b'x',)": ["data:application/octet-stream;base64,eA=="],
            "[]": [],
        },
        ("b'x'", "None", "[1]", "[None]"),
    ),
    "files_or_none": V(
        {"anyOf": [array(**FILE), NULL]}, "Sequence[FileInput] | None", {"None": None, "[]": []}, ("1",)
    ),
    "files_or_nones": V(
        array(anyOf=[FILE, NULL]), "Sequence[FileInput | None]", {"[None, 'data:,']": [None, "data:,"]}, ("[1]",)
    ),
    "files_of_files": V(array(**array(**FILE)), "Sequence[list[str]]", {"[['data:,']]": [["data:,"]]}, ("[b'x']",)),
    "files_or_file": V(
        {"anyOf": [FILE, array(**FILE)]}, "str | list[str]", {"'data:,'": "data:,", "['data:,']": ["data:,"]}, ("b'x'",)
    ),
    "files_or_numbers": V(array(anyOf=[FILE, INTEGER]), "list[str | int]", {"['data:,', 1]": ["data:,", 1]}, ("1",)),
    "file": V(
        FILE,
        "FileInput",
        {"'https://h.test/a'": "https://h.test/a", "b'x'": "data:application/octet-stream;base64,eA=="},
        ("1", "None"),
    ),
    "file_or_none": V({"anyOf": [FILE, NULL]}, "FileInput | None", {"None": None}, ("1",)),
    "file_or_number": V(
        {"anyOf": [FILE, INTEGER]}, "str | int", {"'https://h.test/a'": "https://h.test/a", "5": 5}, ("b'x'",)
    ),
    "secret": V({"type": "string", "format": "password", "writeOnly": True, "x-cog-secret": True}, "str", {"'s'": "s"}),
    "flag": V({"type": "boolean", "default": False}, "bool", {"True": True}, ("'yes'",)),
    "bounded": V({"type": "integer", "minimum": 1, "maximum": 4, "default": 2}, "int", {"2": 2}, ("1.5",)),
    "narrowed": V({"type": "string", "anyOf": [{"minLength": 1}, {"pattern": "^$"}]}, "str", {"'a'": "a"}, ("1",)),
    "only_null": V(NULL, "None", {"None": None}, ("1",)),
    "odd_default": V({"type": "string", "default": {"a": ['"""', "\\"]}}, "str", {"'a'": "a"}),
}

NAMES = (
    *(
        "self",
        "class",
        "None",
        "True",
        "import",
        "items",
        "keys",
        "get",
        "additional_properties",
        "to_dict",
        "from_dict",
    ),
    *(
        "input_",
        "unset",
        "UNSET",
        "json",
        "d",
        "Seed",
        "seed",
        "SEED",
        "cls",
        "src_dict",
        "type",
        "id",
        "print",
        "lambda",
    ),
    *("str", "int", "list", "date", "datetime", "Any", "Literal", "Required", "Mapping", "TypedDict", "FileInput"),
    *("größe", "画像", "_hidden", "__private", "__len__", "my-field", "my field", "ﬁeld", "2nd", "x_", "snake__case"),
)
"""Names of fields that all hold a text."""

TEXTS = {
    "backslashes": "A regex \\d+ in C:\\users\\new \\N{x} \\",
    "quotes": "The \"best\" of 'all'",
    "ends_with_a_quote": 'Say "hello"',
    "triple_quotes": 'Not the end: """ + str(1) + """',
    "lines": "One\n\n  two\r\n\tthree",
    "braces": "{{ name }} {% raw %} {x!r} ${HOME} %s %(a)s",
    "control": "A bell \x07, a null \x00 and a turn \u202e",
    "unicode": "Größe des Bildes, 画像 🎬",
    "comment": "# noqa: E501 and <b>tags</b>",
    "long": "word " * 200,
    "empty": "",
}
"""Descriptions of fields that all hold a text."""


def change(document: Any) -> None:
    """Gives a document a model with all of the fields."""
    fields = {name: variant.schema for name, variant in VARIANTS.items()}
    fields |= {name: {**TEXT, "description": f"A text named {name}"} for name in NAMES}
    fields |= {f"text_{name}": {**TEXT, "description": text} for name, text in TEXTS.items()}
    replace_input(document, {**SCHEMAS, "Input": {"type": "object", "title": "Input", "properties": fields}})


@pytest.fixture(scope="module")
def tree(new_tree: Callable[[Change], GeneratedTree]) -> GeneratedTree:
    """The tree of the model."""
    return new_tree(change)


@pytest.fixture(scope="module")
def types(tree: GeneratedTree) -> dict[str, str]:
    """The source of each field's type."""
    found: dict[str, str] = {}
    for node in ast.walk(ast.parse(models(tree))):
        if isinstance(node, ast.ClassDef) and node.name == "PredictionInputDict":
            found |= {
                line.target.id: ast.unparse(line.annotation)
                for line in node.body
                if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name)
            }
        if isinstance(node, ast.Dict) and not found:
            found |= {
                ast.literal_eval(key): ast.unparse(value)
                for key, value in zip(node.keys, node.values, strict=True)
                if key
            }
    return found


def models(tree: GeneratedTree) -> str:
    """The source of the generated models."""
    return (tree.folder / "zeroscope_api/models/__init__.py").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", VARIANTS)
def test_type__is_that_of_the_schema(types: dict[str, str], name: str) -> None:
    """A type allows what the schema does, and is what a person would have written."""
    assert types[name] == ast.unparse(ast.parse(VARIANTS[name].type, mode="eval"))


SEND = """
import contextlib, io, json, sys
from datetime import UTC, date, datetime
from types import MappingProxyType
from zeroscope import InvalidInputError
from zeroscope.cli.app import run
from zeroscope_api.models import INPUT_DESCRIPTIONS
from zeroscope_mock import MockServer

given = json.loads(sys.argv[1])
def send(client, name, code):
    try:
        return client.predictions.create({name: eval(code)}).input
    except InvalidInputError as error:
        return str(error)

with MockServer().client() as client:
    sent = [send(client, name, code) for name, code in given]
with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()) as err:
    code = run(["run", "--help"])
print(json.dumps([sent, INPUT_DESCRIPTIONS, code, err.getvalue()]))
"""
VALUES = [(name, code, value) for name, variant in VARIANTS.items() for code, value in variant.right.items()]
VALUES += [(name, "'a'", "a") for name in NAMES]


@pytest.fixture(scope="module")
def seen(tree: GeneratedTree) -> Any:
    """What the server received, the descriptions, and how the command's help ended."""
    return tree.python(SEND, [(name, code) for name, code, _ in VALUES])


@pytest.mark.parametrize("index", range(len(VALUES)), ids=[f"{name}={code}" for name, code, _ in VALUES])
def test_value__reaches_the_server(seen: Any, index: int) -> None:
    """A value of the type is sent, a date as text; the server shows no secret."""
    name, _, value = VALUES[index]
    if name == "secret":
        value = "[REDACTED]"
    assert seen[0][index] == {name: value}


def test_help__is_made(seen: Any) -> None:
    """The command has options for all of the fields."""
    assert seen[2:] == [0, ""]


@pytest.mark.parametrize("name", TEXTS)
def test_description__is_kept(seen: Any, name: str) -> None:
    """The text of a description is that of the document, on one line, whatever is in it."""
    text = " ".join(TEXTS[name].split()).strip(".") or f"text_{name}"
    assert seen[1][f"text_{name}"] == f"{text}."


def check(tree: GeneratedTree, find: Callable[[Path], dict[int, str]]) -> None:
    """Let a checker read a program with all right and all wrong values."""
    wrong = [f"client.run({name}={code})" for name, variant in VARIANTS.items() for code in variant.wrong]
    lines = [
        "from datetime import UTC, date, datetime",
        "from types import MappingProxyType",
        "from zeroscope import PredictionInputDict, Zeroscope",
        "def use(client: Zeroscope) -> None:",
        *(f"    input{n}: PredictionInputDict = {{{name!r}: {code}}}" for n, (name, code, _) in enumerate(VALUES)),
        *(f"    client.run({name}={code})" for name, code, _ in VALUES if name in VARIANTS),
        *(f"    {line}" for line in wrong),
    ]
    program = tree.folder / "program.py"
    program.write_text("\n".join(lines) + "\n", encoding="utf-8")
    assert [lines[number - 1].strip() for number in find(program)] == wrong


def test_types__are_checked_by_mypy(tree: GeneratedTree) -> None:
    """Plain literals of each type pass, and values of other types do not."""
    check(tree, tree.mypy)


def test_types__are_checked_by_pyright(tree: GeneratedTree) -> None:
    """The other checker accepts the same, and refuses the same."""
    check(tree, tree.pyright)
