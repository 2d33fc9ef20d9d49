"""Updates of the input schema in openapi.yaml."""

from __future__ import annotations

import copy
import json
import os
import stat
import subprocess
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from openapi_spec_validator import validate
from ruamel.yaml import YAML

from helpers.client import TOKEN
from helpers.model_versions import (
    MODEL,
    OTHER_VERSION,
    ROOT,
    SMALL,
    SPEC,
    VERSION,
    Change,
    Run,
    Spec,
    changed_lines,
    fields_of,
    input_of,
    load,
    main,
    merge,
    openapi_schema,
)
from zeroscope_mock import MockServer

# What stays, and what changes.


@pytest.mark.parametrize("form", ["schema", "version", "yaml", "newer", "byte order mark"])
def test_same_input__leaves_every_byte(run: Run, spec: Path, cog: dict[str, Any], tmp_path: Path, form: str) -> None:
    """The present input, in any form in which it may come, changes nothing, and the file is not even written."""
    path = tmp_path / "described"
    written = json.dumps({"id": VERSION, "cog_version": "0.8.1", "openapi_schema": cog})
    if form == "schema":
        written = json.dumps(cog)
    elif form == "yaml":
        with path.open("w", encoding="utf-8") as file:
            YAML(typ="safe", pure=True).dump(cog, file)
        written = path.read_text(encoding="utf-8")
    elif form == "newer":
        written = json.dumps({**cog, "openapi": "3.1.0"})
    elif form == "byte order mark":
        written = "\ufeff" + written
    path.write_text(written, encoding="utf-8")
    before = spec.stat()
    outcome = run(path)
    assert (outcome.code, outcome.err) == (0, "") and "nothing was written" in outcome.out
    assert spec.read_bytes() == SPEC.encode() and spec.stat().st_mtime_ns == before.st_mtime_ns


def test_same_input__from_the_service(run: Run, spec: Path, tmp_path: Path) -> None:
    """The mock server's version has the same input as the document."""
    with httpx.Client(transport=MockServer().transport, headers={"Authorization": f"Bearer {TOKEN}"}) as http:
        answer = http.get(f"https://api.replicate.com/v1/models/{MODEL}/versions/{VERSION}")
    (tmp_path / "answer.json").write_bytes(answer.content)
    assert run(tmp_path / "answer.json").code == 0
    assert spec.read_bytes() == SPEC.encode()


def choice(cog: dict[str, Any]) -> dict[str, Any]:
    schema: dict[str, Any] = cog["components"]["schemas"]["model"]
    return schema


CHANGES: dict[str, tuple[Change, list[str], list[str]]] = {
    "bound": (lambda cog: fields_of(cog)["batch_size"].update(maximum=4), [], ["maximum: 4"]),
    "other bound": (
        lambda cog: fields_of(cog)["guidance_scale"].update(maximum=50.5),
        ["maximum: 100"],
        ["maximum: 50.5"],
    ),
    "no bound": (lambda cog: fields_of(cog)["num_inference_steps"].pop("maximum"), ["maximum: 500"], []),
    "default": (lambda cog: fields_of(cog)["num_frames"].update(default=25), ["default: 24"], ["default: 25"]),
    "no default": (lambda cog: fields_of(cog)["guidance_scale"].pop("default"), ["default: 7.5"], []),
    "same number": (lambda cog: fields_of(cog)["guidance_scale"].update(maximum=100.0), [], []),
    "description": (
        lambda cog: fields_of(cog)["fps"].update(description="Frames: how many # a second"),
        ["description: fps for the output video"],
        ['description: "Frames: how many # a second"'],
    ),
    "type": (
        lambda cog: fields_of(cog)["prompt"].update(nullable=True),
        ["type: string"],
        ['type: [string, "null"]'],
    ),
    "enum value": (
        lambda cog: choice(cog)["enum"].append("on"),
        ["enum: [xl, 576w, potat1, animov-512x]"],
        ['enum: [xl, 576w, potat1, animov-512x, "on"]'],
    ),
    "enum gone": (lambda cog: choice(cog).pop("enum"), ["enum: [xl, 576w, potat1, animov-512x]"], []),
    "plain": (
        lambda cog: fields_of(cog).update(model={"type": "string", "description": "Model to use", "default": "xl"}),
        ["enum: [xl, 576w, potat1, animov-512x]"],
        [],
    ),
    "removed": (
        lambda cog: fields_of(cog).pop("seed"),
        ["seed:", "type: integer", "description: Random seed. Leave blank to randomize the seed"],
        [],
    ),
    "deprecated": (
        lambda cog: fields_of(cog)["init_weight"].update(deprecated=True, exclusiveMaximum=1.5),
        [],
        ["exclusiveMaximum: 1.5", "deprecated: true"],
    ),
    "required": (
        lambda cog: cog["components"]["schemas"]["Input"].update(required=["prompt", "seed"]),
        [],
        ["required: [prompt, seed]"],
    ),
}


@pytest.mark.parametrize(("change", "gone", "come"), CHANGES.values(), ids=CHANGES)
def test_change__touches_its_own_lines_only(
    run: Run, spec: Path, cog: dict[str, Any], change: Change, gone: list[str], come: list[str]
) -> None:
    """A change of one thing is one line gone, one line come, and a document that is still good."""
    change(cog)
    outcome = run(cog)
    after = spec.read_bytes().decode()
    assert (outcome.code, outcome.err) == (0, "")
    assert changed_lines(SPEC, after) == (gone, come)
    shown = [line for line in outcome.out.splitlines() if line[:1] in set("-+") and line[:3] not in {"---", "+++"}]
    assert [line[1:].strip() for line in shown] == [*gone, *come]
    validate(load(after))
    assert run(cog).out.endswith("nothing was written.\n")


def test_new_fields__go_to_the_end_by_their_order(run: Run, spec: Path, cog: dict[str, Any]) -> None:
    """What stays keeps its place; what is new follows, by the version's order, whatever the file's."""
    fields = fields_of(cog)
    fields["zoom"] = {"type": "number", "title": "Zoom", "x-order": 2.5, "description": "How near", "default": 1}
    fields["alpha"] = {"type": "boolean", "title": "Alpha", "x-order": 1, "default": False}
    fields["last"] = {"type": "string", "title": "Last"}
    assert run(dict(cog)).code == 0
    after = spec.read_bytes().decode()
    names = list(input_of(after)["properties"])
    assert names == [*input_of(SPEC)["properties"], "alpha", "zoom", "last"]
    come = ["alpha:", "type: boolean", "default: false"]
    come += ["zoom:", "type: number", "description: How near", "default: 1", "last:", "type: string"]
    assert changed_lines(SPEC, after) == ([], come)


# What is written by hand around it.

HAND = """\
openapi: 3.1.0
info: {title: T, version: "1", x-replicate: {model: a/b, version: &version "111"}}   # one line
paths: {}
components:
  schemas:
    Before: {type: string, enum: [  a,b ]}
    # Above the input.
    PredictionInput:   # behind its name
      # Within it.
      type:   object
      x-departure: Kept.
      properties:   # behind the properties

        # Above the first.
        first:   # behind the first
          type: integer   # behind its type
          # Above its bound.
          minimum: 1   # behind its bound
          description: >-
            A text of
            two lines
          # At its end.

        # A heading, apart from what follows.

        # Above the second.
        second: {type: string, default: 'x'}   # behind the second
        third: {
          type: string,   # within the third
          default: "a # b"
        }
        # Above the fourth.
        'fourth':
          type: string
          default: "a"   # behind its default
          x-order-here: 7
          enum:
          - "a"   # behind a
          # Above b.
          - b

          # Above c.
          - 'c'
        # Above the fifth.
        fifth: *shared
        # At the end of the properties.
    After:
      type: object
      description: "Behind   it."
      example: *version
  responses: {}
"""


def hand(text: str = HAND) -> str:
    """The document with what its alias stands for."""
    return text.replace("paths: {}\n", "x-shared: &shared {type: boolean, default: true}\npaths: {}\n")


HAND_FIELDS: dict[str, Any] = {
    "first": {"type": "integer", "minimum": 1, "description": "A text of two lines"},
    "second": {"type": "string", "default": "x"},
    "third": {"type": "string", "default": "a # b"},
    "fourth": {"type": "string", "default": "a", "enum": ["a", "b", "c"]},
    "fifth": {"type": "boolean", "default": True},
}

BY_HAND: dict[str, tuple[Change, list[tuple[str, str]]]] = {
    "nothing": (lambda fields: None, []),
    "value with a comment": (
        lambda fields: fields["first"].update(minimum=2, type="number"),
        [("type: integer   #", "type: number  #"), ("minimum: 1   #", "minimum: 2  #")],
    ),
    "folded text": (
        lambda fields: fields["first"].update(description="Short"),
        [("description: >-\n            A text of\n            two lines\n", "description: Short\n")],
    ),
    "new keywords": (
        lambda fields: fields["first"].update(maximum=3, default=2),
        [
            (
                "            two lines\n          # At its end.\n",
                "            two lines\n          default: 2\n          maximum: 3\n          # At its end.\n",
            )
        ],
    ),
    "no bound": (
        lambda fields: fields["first"].pop("minimum"),
        [("          # Above its bound.\n          minimum: 1   # behind its bound\n", "")],
    ),
    "flow on a line": (
        lambda fields: fields["second"].update(default="y"),
        [
            (
                "        second: {type: string, default: 'x'}   # behind the second\n",
                "        second:  # behind the second\n          type: string\n          default: y\n",
            )
        ],
    ),
    "flow on lines": (
        lambda fields: fields["third"].pop("default"),
        [
            (
                HAND[HAND.index("        third: {") : HAND.index("        # Above the fourth.")],
                "        # within the third\n        third:\n          type: string\n",
            )
        ],
    ),
    "choices": (
        lambda fields: fields["fourth"].update(enum=["new", "c", "a"]),
        [
            (
                HAND[HAND.index('          - "a"   #') : HAND.index("        # Above the fifth.")],
                "          - new\n\n          # Above c.\n          - 'c'\n          - \"a\"   # behind a\n",
            )
        ],
    ),
    "alias": (
        lambda fields: fields["fifth"].update(default=False),
        [("fifth: *shared\n", "fifth:\n          type: boolean\n          default: false\n")],
    ),
    "first gone": (
        lambda fields: fields.pop("first"),
        [(HAND[HAND.index("        # Above the first.") : HAND.index("        # A heading")], "")],
    ),
    "second gone": (
        lambda fields: fields.pop("second"),
        [("        # Above the second.\n        second: {type: string, default: 'x'}   # behind the second\n", "")],
    ),
    "last gone": (lambda fields: fields.pop("fifth"), [("        # Above the fifth.\n        fifth: *shared\n", "")]),
    "new": (
        lambda fields: fields.update(sixth={"type": "string"}),
        [("fifth: *shared\n", "fifth: *shared\n        sixth:\n          type: string\n")],
    ),
    "all gone": (
        lambda fields: fields.clear(),
        [
            (
                HAND[HAND.index("      properties:   #") : HAND.index("    After:")],
                "      properties: {}  # behind the properties\n",
            )
        ],
    ),
}


@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["lines of unix", "lines of windows"])
@pytest.mark.parametrize(("change", "replaced"), BY_HAND.values(), ids=BY_HAND)
def test_hand__keeps_what_it_wrote(
    run: Run, spec: Path, change: Change, replaced: list[tuple[str, str]], end: str
) -> None:
    """Comments, quotes, order, anchors, empty lines and every other field stay; what changes is this, to the byte."""
    before = wanted = hand()
    spec.write_bytes(before.replace("\n", end).encode())
    fields = copy.deepcopy(HAND_FIELDS)
    change(fields)
    outcome = run(openapi_schema(fields))
    assert (outcome.code, outcome.err) == (0, "")
    for old, new in replaced:
        assert wanted.count(old) == 1
        wanted = wanted.replace(old, new)
    assert spec.read_bytes().decode() == wanted.replace("\n", end)
    assert input_of(wanted)["x-departure"] == "Kept."


INTEGER = {"type": "integer"}

LINES: dict[str, tuple[str, dict[str, Any], str]] = {
    "last behind an empty line": (
        "a: {type: integer}\n\n# Of b.\nb: {type: integer}\n",
        {"a": INTEGER},
        "a: {type: integer}\n",
    ),
    "between empty lines": (
        "a: {type: integer}\n\nb: {type: integer}\n\nc: {type: integer}\n",
        {"a": INTEGER, "c": INTEGER},
        "a: {type: integer}\n\nc: {type: integer}\n",
    ),
    "first of a group": (
        "a: {type: integer}\n\nb: {type: integer}\nc: {type: integer}\n",
        {"a": INTEGER, "c": INTEGER},
        "a: {type: integer}\n\nc: {type: integer}\n",
    ),
    "first keyword": (
        "a:\n  # Of the text.\n  description: A\n",
        {"a": {**INTEGER, "description": "A"}},
        "a:\n  type: integer\n  # Of the text.\n  description: A\n",
    ),
    "keywords in another order": (
        "a:\n  default: 1\n  type: integer\n  x-why: Kept.\n",
        {"a": {**INTEGER, "default": 1, "maximum": 2, "description": "A"}},
        "a:\n  default: 1\n  type: integer\n  description: A\n  maximum: 2\n  x-why: Kept.\n",
    ),
    "alias of lines": (
        "a: &a\n  type: integer\n  default: 1\nb: *a\n",
        {"a": {**INTEGER, "default": 1}, "b": INTEGER},
        "a: &a\n  type: integer\n  default: 1\nb:\n  type: integer\n",
    ),
    "alias among choices": (
        "a:\n  type: string\n  default: &v x\n  enum:\n    - *v\n    - y\n",
        {"a": {"type": "string", "default": "x", "enum": ["x", "z"]}},
        "a:\n  type: string\n  default: &v x\n  enum:\n    - *v\n    - z\n",
    ),
    "anchor of a value": (
        "a:\n  type: integer\n  minimum: &low 1  # low\nb:\n  type: integer\n  minimum: *low\n",
        {"a": {**INTEGER, "minimum": 2}, "b": {**INTEGER, "minimum": 2}},
        "a:\n  type: integer\n  minimum: 2  # low\nb:\n  type: integer\n  minimum: 2\n",
    ),
    "anchor of choices": (
        "a:\n  type: string\n  enum: &e [x, y]\nb:\n  type: string\n  enum: *e\n",
        {"a": {"type": "string", "enum": ["z"]}, "b": {"type": "string", "enum": ["z"]}},
        "a:\n  type: string\n  enum: [z]\nb:\n  type: string\n  enum: [z]\n",
    ),
    "tag": ("a:\n  default: !!str 5\n", {"a": {"default": 5}}, "a:\n  default: 5\n"),
    "comment at the sign of a text": (
        "a:\n  description: >-  # why\n    # no comment\n    A\n",
        {"a": {"description": "B"}},
        "a:\n  description: B  # why\n",
    ),
    "comment in a comment": (
        "a: {  # one # two\n  type: string,  # three # four\n  default: 'x # y'}\n",
        {"a": INTEGER},
        "# three # four\na:  # one # two\n  type: integer\n",
    ),
    "comment behind what looks like one": (
        "a: {type: string, default: 'x # y'}  # one # two\n",
        {"a": INTEGER},
        "a:  # one # two\n  type: integer\n",
    ),
    "dash alone": (
        "a:\n  enum:\n    -\n      x\n    - y-z\n  type: string\n",
        {"a": {"type": "string", "enum": ["x"]}},
        "a:\n  enum:\n    -\n      x\n  type: string\n",
    ),
    "equal items": (
        "a:\n  type: array\n  items: {}\n  default:\n    - 1  # one\n    - 2\n",
        {"a": {"type": "array", "default": [1, 1, 3]}},
        "a:\n  type: array\n  items: {}\n  default:\n    - 1  # one\n    - 1\n    - 3\n",
    ),
    "lists of lists": (
        "a:\n  type: array\n  items: {}\n  default:\n    - - 1\n      - 2  # two\n    - [3]\n",
        {"a": {"type": "array", "default": [[4], [1, 2]]}},
        "a:\n  type: array\n  items: {}\n  default:\n    - [4]\n    - - 1\n      - 2  # two\n",
    ),
    "nothing left of a field": ("a:\n  type: integer  # why\n", {"a": {}}, "a: {}\n"),
    "nothing there": ("a:  # why\n", {"a": INTEGER}, "a:  # why\n  type: integer\n"),
    "nested schema": (
        "a:\n  type: array\n  items:  # each\n    type: integer  # whole\n    minimum: 1\n",
        {"a": {"type": "array", "items": {**INTEGER, "minimum": 1, "maximum": 2}}},
        "a:\n  type: array\n  items:  # each\n    type: integer  # whole\n    minimum: 1\n    maximum: 2\n",
    ),
}


@pytest.mark.parametrize("last", ["\n", ""], ids=["with an end", "without an end"])
@pytest.mark.parametrize(("before", "fields", "after"), LINES.values(), ids=LINES)
def test_lines__are_rewritten_where_they_change(
    run: Run, small: Path, before: str, fields: dict[str, Any], after: str, last: str
) -> None:
    """Every form in which a field may be written gives way to the new one, with its comments and anchors."""

    def document(properties: str) -> str:
        lines = "".join(" " * (8 if line.strip() else 0) + line for line in properties.splitlines(keepends=True))
        return SMALL.replace("properties: {}\n", "properties:\n") + lines

    small.write_text(document(before).removesuffix("\n") + last, encoding="utf-8")
    outcome = run(openapi_schema(fields))
    assert (outcome.code, outcome.err) == (0, "")
    assert small.read_text(encoding="utf-8").removesuffix("\n") == document(after).removesuffix("\n")


ANCHORS: dict[str, tuple[str, str, str]] = {
    "removed": (
        "old: &old {type: string}",
        "Other: *old",
        "Other: &old {type: string}",
    ),
    "changed": (
        "new: &new\n          type: string",
        "Other: *new",
        "Other: &new\n      type: string",
    ),
}


@pytest.mark.parametrize(("field", "before", "after"), ANCHORS.values(), ids=ANCHORS)
def test_anchor__moves_to_its_alias(run: Run, small: Path, field: str, before: str, after: str) -> None:
    """An alias elsewhere keeps its value when the field with the anchor is removed or changed."""
    text = SMALL.replace("properties: {}", f"properties:\n        {field}") + f"    {before}  # elsewhere\n"
    small.write_text(text, encoding="utf-8")
    assert run(openapi_schema({"new": INTEGER})).code == 0
    head, *rest = f"    {after}".split("\n")
    wanted = SMALL.replace("properties: {}", "properties:\n        new:\n          type: integer")
    assert small.read_text(encoding="utf-8") == wanted + "\n".join([f"{head}  # elsewhere", *rest]) + "\n"
    assert load(small.read_text(encoding="utf-8"))["components"]["schemas"]["Other"] == {"type": "string"}


INDENTS: dict[str, str] = {
    "four spaces": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\npaths: {}\ncomponents:\n    schemas:\n"
    "        PredictionInput:\n            properties:\n                a:\n                    type: integer\n",
    "dashes without": "openapi: 3.1.0\ninfo: {title: T, version: '1'}\nservers:\n- url: https://a.test\npaths: {}\n"
    "components:\n  schemas:\n    PredictionInput:\n      properties:\n        a:\n          type: integer\n",
}


@pytest.mark.parametrize("text", INDENTS.values(), ids=INDENTS)
def test_indentation__is_that_of_the_document(run: Run, spec: Path, text: str) -> None:
    """New lines are indented as the lines around them, and those stay."""
    spec.write_text(text, encoding="utf-8")
    fields = {"a": {**INTEGER, "enum": [1000 + number for number in range(20)]}}
    assert run(openapi_schema(fields)).code == 0
    after = spec.read_text(encoding="utf-8")
    assert after.startswith(text) and load(after)["components"]["schemas"]["PredictionInput"]["properties"] == fields
    column = 20 if "    schemas" in text else 10
    dash = column + (2 if column == 20 else 0)
    assert after.removeprefix(text).startswith(f"{' ' * column}enum:\n{' ' * dash}- 1000\n")


WORDS = [
    *("yes", "No", "on", "OFF", "~", "null", "1e3", "0o17", "017", "1_000", "190:20:30"),
    *("2020-01-01", "2020-01-01T00:00:00Z", "---", "...", "<<", "=", "\n"),
]


def test_field__whose_name_is_a_word_of_yaml(run: Run, small: Path) -> None:
    """A name that YAML 1.1 takes for a truth value or null is quoted, so that every parser reads the name."""
    names = ["on", "yes", "n", "null", "plain"]
    assert run(openapi_schema(dict.fromkeys(names, INTEGER))).code == 0
    after = small.read_text(encoding="utf-8")
    assert list(input_of(after)["properties"]) == names
    assert list(yaml.safe_load(after)["components"]["schemas"]["PredictionInput"]["properties"]) == names
    assert '"on":' in after and " plain:" in after


@pytest.mark.parametrize("word", WORDS)
def test_text__that_a_parser_takes_for_something_else(run: Run, small: Path, word: str) -> None:
    """A new string is quoted where YAML 1.1 or 1.2 would read another value, in block style and in flow style."""
    field = {"type": "string", "description": "A word", "default": word, "enum": [word, "other"]}
    assert run(openapi_schema({"a": field, "last": INTEGER})).code == 0
    after = small.read_text(encoding="utf-8")
    for read in (load(after), yaml.safe_load(after)):
        assert read["components"]["schemas"]["PredictionInput"]["properties"] == {"a": field, "last": INTEGER}
    assert f"default: {json.dumps(word)}\n" in after


DAMAGES: dict[str, tuple[str, str, str]] = {
    "elsewhere": ('title: "on"', 'title: "off"', "info.title would change, too"),
    "for YAML 1.1 alone": ('title: "on"', "title: on", "info.title would change, too"),
    "no YAML": ("paths: {}", "paths: {", "the result would not be YAML"),
}


@pytest.mark.parametrize(("old", "new", "reason"), DAMAGES.values(), ids=DAMAGES)
def test_result__is_read_back_by_both_parsers(
    run: Run, small: Path, monkeypatch: pytest.MonkeyPatch, old: str, new: str, reason: str
) -> None:
    """A text that either parser reads as something else than was meant is not written."""
    before = SMALL.replace("title: Small", 'title: "on"')
    small.write_text(before, encoding="utf-8")
    monkeypatch.setattr("codegen.update.spec.merge", lambda *texts: merge(*texts).replace(old, new))
    outcome = run(openapi_schema({"new": INTEGER}))
    assert outcome.code == 2 and reason in outcome.err and small.read_text(encoding="utf-8") == before


@pytest.mark.parametrize("title", ["on", "190:20:30"])
def test_spec__that_yaml_1_1_does_not_read_alike(run: Run, small: Path, title: str) -> None:
    """A value elsewhere that YAML 1.1 reads as another one stays, and does not prevent an update."""
    small.write_text(SMALL.replace("title: Small", f"title: T, description: {title}"), encoding="utf-8")
    assert run(openapi_schema({"new": INTEGER})).code == 0
    assert f"description: {title}," in small.read_text(encoding="utf-8")


# The version, what is shown, and what is written.


def test_version__comes_along_with_all_that_names_it(run: Run, spec: Path, cog: dict[str, Any]) -> None:
    """A whole version brings its id, to the examples of the request that refer to it as well."""
    outcome = run({"id": OTHER_VERSION, "openapi_schema": cog})
    after = spec.read_bytes().decode()
    assert outcome.code == 0 and after == SPEC.replace(VERSION, OTHER_VERSION) != SPEC
    examples = load(after)["components"]["schemas"]["CreatePredictionRequest"]["properties"]["version"]["examples"]
    assert examples == [OTHER_VERSION, f"{MODEL}:{OTHER_VERSION}", MODEL]
    assert run(cog).code == 0 and spec.read_bytes().decode() == after


def test_version__is_renamed_at_the_end_of_a_reference_only(run: Run, small: Path) -> None:
    """A string that ends with a colon and the ID gets the new one; a string with the ID elsewhere stays."""
    others = "x-mine: {plain: a/b:111, quoted: 'a/b:111', within: a:111:b, number: 111, longer: a/b:0111}\n"
    small.write_text(others + SMALL, encoding="utf-8")
    assert run({"id": "a1", "openapi_schema": openapi_schema({})}).code == 0
    wanted = others.replace("plain: a/b:111", "plain: a/b:a1").replace("'a/b:111'", "a/b:a1")
    assert small.read_text(encoding="utf-8") == wanted + SMALL.replace('"111"', "a1")


def test_version__that_looks_like_a_number_stays_a_text(run: Run, spec: Path, cog: dict[str, Any]) -> None:
    """Of the 64 signs of an id all may be digits, or all but one e."""
    for id in ("1" * 64, "12e" + "3" * 61):
        assert run({"id": id, "openapi_schema": cog}).code == 0
        after = spec.read_bytes().decode()
        assert load(after)["info"]["x-replicate"]["version"] == id
        assert yaml.safe_load(after)["info"]["x-replicate"]["version"] == id


def test_version__and_input_change_together(run: Run, small: Path) -> None:
    """Both places are found, and an id that is there already keeps its quotes."""
    assert run({"id": "a1", "openapi_schema": openapi_schema({"new": INTEGER})}).code == 0
    wanted = SMALL.replace('"111"', "a1").replace(
        "properties: {}", "properties:\n        new:\n          type: integer"
    )
    assert small.read_text(encoding="utf-8") == wanted
    small.write_text(SMALL.replace('"111"', "'111'"), encoding="utf-8")
    assert "nothing was written" in run({"id": "111", "openapi_schema": openapi_schema({})}).out


def test_version__of_a_schema_alone_is_not_known(run: Run, spec: Path, cog: dict[str, Any]) -> None:
    """The id stays, and that is said."""
    fields_of(cog)["fps"]["default"] = 12
    assert "has no version ID, so info.x-replicate.version stays" in run(cog).out
    assert load(spec.read_bytes().decode())["info"]["x-replicate"]["version"] == VERSION


def test_difference__is_shown_and_nothing_written_on_a_dry_run(run: Run, spec: Path, cog: dict[str, Any]) -> None:
    """The same difference is shown with and without writing; the next steps are reported after writing only."""
    fields_of(cog)["fps"]["default"] = 12
    dry = run(cog, "--dry-run")
    assert dry.code == 0 and spec.read_bytes() == SPEC.encode()
    assert "-          default: 8\n+          default: 12\n" in dry.out and dry.out.endswith("Nothing was written.\n")
    wet = run(cog)
    assert wet.out.startswith(dry.out.removesuffix("Nothing was written.\n")) and spec.read_bytes() != SPEC.encode()
    assert wet.out.endswith("was written; run `make generate`, then `make spec-diff`.\n")


def test_required__asks_for_a_review_of_the_description(run: Run, cog: dict[str, Any]) -> None:
    """The document's own description of the input may be outdated."""
    cog["components"]["schemas"]["Input"]["required"] = ["prompt"]
    assert "check whether the description of PredictionInput is still right" in run(cog).out
    fields_of(cog)["fps"]["default"] = 12
    assert "The required fields" not in run(cog).out


def test_required__says_the_same_in_any_order(run: Run, small: Path) -> None:
    """Neither the order of what is required nor that of the types is a change."""
    field: dict[str, Any] = {"anyOf": [{"type": "null"}, {"type": "string"}]}
    assert run(openapi_schema({"a": field, "b": field}, required=["b", "a"])).code == 0
    written = small.read_text(encoding="utf-8")
    assert "required: [b, a]" in written
    small.write_text(written.replace('[string, "null"]', '["null", string]'), encoding="utf-8")
    assert "nothing was written" in run(openapi_schema({"a": field, "b": field}, required=["a", "b"])).out
    assert run(openapi_schema({"a": field, "b": field})).code == 0
    assert small.read_text(encoding="utf-8") == written.replace("      required: [b, a]\n", "").replace(
        '[string, "null"]', '["null", string]'
    )


def test_file__is_replaced_whole_with_its_mode_and_links(spec: Path, run: Run, cog: dict[str, Any]) -> None:
    """A link stays a link, the file keeps who may read it, and no other file is left."""
    real = spec.with_name("real.yaml")
    spec.rename(real)
    real.chmod(0o640)
    spec.symlink_to(real)
    fields_of(cog)["fps"]["default"] = 12
    assert run(cog).code == 0
    assert spec.is_symlink() and stat.S_IMODE(real.stat().st_mode) == 0o640
    assert input_of(real.read_text(encoding="utf-8"))["properties"]["fps"]["default"] == 12


def test_file__that_cannot_be_replaced_stays(
    ordinary: Path, cog: dict[str, Any], capsys: pytest.CaptureFixture[str]
) -> None:
    """Where nothing may be written, the document stays and the error says where."""
    fields_of(cog)["fps"]["default"] = 12
    spec, source = ordinary / "openapi.yaml", ordinary / "version.json"
    spec.write_bytes(SPEC.encode())
    source.write_text(json.dumps(cog), encoding="utf-8")
    ordinary.chmod(0o500)
    assert main([str(source), "--spec", str(spec)]) == 2
    error = capsys.readouterr().err
    assert error == f"Nothing was changed: {spec}: it cannot be written, Permission denied; check its permissions.\n"
    assert spec.read_bytes() == SPEC.encode() and len(list(ordinary.iterdir())) == 2


def test_file__changed_by_another_process_is_kept(
    run: Run, spec: Path, cog: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A change after the document was read is not overwritten."""
    replace = Spec.updated

    def meanwhile(self: Any, *arguments: Any) -> str:
        spec.write_text("theirs", encoding="utf-8")
        return replace(self, *arguments)

    monkeypatch.setattr(Spec, "updated", meanwhile)
    fields_of(cog)["fps"]["default"] = 12
    outcome = run(cog)
    assert outcome.code == 2 and "another process has changed it in the meantime; run this again" in outcome.err
    assert spec.read_text(encoding="utf-8") == "theirs"


def test_file__that_reads_back_differently_is_not_used(
    run: Run, spec: Path, cog: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written is read again before it replaces the document."""

    def cut_off(source: Path, target: str) -> None:
        os.truncate(target, 100)

    monkeypatch.setattr("shutil.copymode", cut_off)
    fields_of(cog)["fps"]["default"] = 12
    outcome = run(cog)
    assert outcome.code == 2 and "does not read back the same; check the disk" in outcome.err
    assert spec.read_bytes() == SPEC.encode()


def test_make__passes_its_variables_on(tmp_path: Path, cog: dict[str, Any]) -> None:
    """The target takes a file with spaces in its name, and exits with an error when there is none."""
    (tmp_path / "a version.json").write_text(json.dumps(cog), encoding="utf-8")
    make = ["make", "--no-print-directory", "-o", ".venv/.installed", "update-spec", "DRY_RUN=1"]
    for source, code, message in [
        ("a version.json", 0, "nothing was written"),
        ("none.json", 2, "there is no such file"),
    ]:
        result = subprocess.run(
            [*make, f"FROM={tmp_path / source}"], cwd=ROOT, capture_output=True, text=True, check=False
        )
        assert result.returncode == code and message in result.stdout + result.stderr
        assert "Traceback" not in result.stderr
    assert (ROOT / "openapi.yaml").read_text(encoding="utf-8") == SPEC
