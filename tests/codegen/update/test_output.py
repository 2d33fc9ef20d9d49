"""The output of a model version: carried over, and told where it is another one."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from codegen.update.output import convert_output, describe_output

from helpers.model_versions import SPEC, Run, changed_lines, load

URL = {"type": "string", "format": "uri"}
TREE = {"type": "object", "properties": {"children": {"type": "array", "items": {"$ref": "#/components/schemas/Tree"}}}}
OUTPUTS: dict[str, tuple[dict[str, Any], dict[str, Any], str]] = {
    "url": ({**URL, "title": "Output"}, URL, "Output was an array of URLs and is a URL; check"),
    "text": (
        {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator", "x-order": 1},
        {"type": "array", "items": {"type": "string"}, "x-cog-array-type": "iterator"},
        "Output was an array of URLs and is an array of items of type string; check",
    ),
    "other form": (
        {"type": "array", "items": URL, "x-cog-array-type": "iterator"},
        {"type": "array", "items": URL, "x-cog-array-type": "iterator"},
        "Output is an array of URLs in another form; check",
    ),
    "object": (
        {"type": "object", "properties": {"title": {"type": "string", "title": "Title"}, "file": URL}},
        {"type": "object", "properties": {"title": {"type": "string"}, "file": URL}},
        "Output was an array of URLs and is an object with title, file; check",
    ),
    "reference": (
        {"allOf": [{"$ref": "#/components/schemas/Kind"}], "nullable": True},
        {"anyOf": [{"allOf": [{"type": "string", "enum": ["a"]}]}, {"type": "null"}]},
        "Output was an array of URLs and is of several types; check",
    ),
    "recursion": (
        {"$ref": "#/components/schemas/Tree", "title": "Output"},
        {"type": "object", "properties": {"children": {"type": "array", "items": {}}}},
        "is an object with children; check",
    ),
    "reference to nothing": ({"$ref": "#/components/schemas/No"}, {}, "is of any type; check"),
}


@pytest.mark.parametrize(("output", "wanted", "sentence"), OUTPUTS.values(), ids=OUTPUTS)
def test_output__that_changed_is_carried_over_and_told(
    run: Run, spec: Path, cog: dict[str, Any], output: dict[str, Any], wanted: dict[str, Any], sentence: str
) -> None:
    """The spec holds the new schema beside the output, nothing else changes, and the user is told what to check."""
    kind = {"type": "string", "enum": ["a"], "title": "Kind"}
    cog["components"]["schemas"].update(Output=output, Kind=kind, Tree=TREE)
    outcome = run(cog)
    assert outcome.code == 0 and f"{sentence} the description of Prediction.output." in outcome.err
    after = spec.read_text(encoding="utf-8")
    described = load(after)["components"]["schemas"]["Prediction"]["properties"]["output"]
    assert described["x-model-output"] == wanted
    gone, _ = changed_lines(SPEC, after)
    assert set(gone) <= {"x-model-output:", "type: array", "items:", "type: string", "format: uri"}
    assert "nothing was written" in run(cog).out


@pytest.mark.parametrize(
    ("output", "found"),
    [(URL, True), ({"type": "array", "items": URL}, True), ({"type": "string"}, False), ({"type": "object"}, False)],
)
@pytest.mark.parametrize("holds", [True, False], ids=["held", "not held"])
def test_output__without_videos_is_told(
    run: Run, spec: Path, cog: dict[str, Any], output: dict[str, Any], found: bool, holds: bool
) -> None:
    """Where `videos` would find nothing, the user learns to read `output`, even if the spec holds no output."""
    if not holds:
        start = SPEC.index("          x-model-output:")
        end = SPEC.index("        logs:", start)
        spec.write_text(SPEC[:start] + SPEC[end:], encoding="utf-8")
    cog["components"]["schemas"]["Output"] = output
    outcome = run(cog)
    assert outcome.code == 0
    assert ("in which `videos` finds none; read `output` instead." in outcome.err) is not found
    assert ("x-model-output" in spec.read_text(encoding="utf-8")) is holds


@pytest.mark.parametrize("document", [None, [], {"components": {}}, {"components": {"schemas": {"Output": 5}}}])
def test_output__that_is_not_described(document: Any) -> None:
    """A version may say nothing about its output."""
    assert convert_output(document) is None


@pytest.mark.parametrize(
    ("schema", "words"),
    [
        ({}, "of any type"),
        ({"type": "integer"}, "of type integer"),
        ({"type": ["string", "null"]}, "of several types"),
        ({"anyOf": [{"type": "string"}]}, "of several types"),
        ({"type": "array"}, "of type array"),
        ({"type": "object", "properties": {}}, "of type object"),
        ({"type": "object", "properties": {"a" * 90: {}}}, f"an object with {'a' * 79}…"),
    ],
)
def test_output__is_described_in_a_few_words(schema: dict[str, Any], words: str) -> None:
    """The words fit into a sentence."""
    assert describe_output(schema) == words
