"""Prompts that are not text, which are options of the command like other fields."""

from __future__ import annotations

import json
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest

from helpers.source_trees import Change, GeneratedTree, input_fields

RUN = ["run", "--mock", "--mock-speed", "1000000", "--json", "--output", "new.mp4", "--overwrite"]
PROMPTS: list[tuple[dict[str, Any], list[str], Any]] = [
    ({"type": "object", "default": {"a": 0}}, ["--prompt", '{"a": 1}'], {"a": 1}),
    ({"type": "array", "items": {"type": "string"}}, ["--prompt", "a", "--prompt", "b"], ["a", "b"]),
    ({"anyOf": [{"type": "integer"}, {"type": "null"}]}, ["--prompt", "5"], 5),
]
TEXTS: list[tuple[dict[str, Any], str]] = [
    ({"anyOf": [{"type": "string"}, {"type": "object"}]}, "5"),
    ({"enum": ["sea", "storm"], "type": "string"}, "storm"),
]


def set_prompt(document: Any, schema: dict[str, Any]) -> None:
    """Replace the prompt of a document, which becomes required unless it has a default."""
    input_fields(document)["prompt"] = {"description": "What to do", **schema}
    if "default" not in schema:
        document["components"]["schemas"]["PredictionInput"]["required"] = ["prompt"]


@pytest.mark.parametrize(("schema", "options", "value"), PROMPTS, ids=[json.dumps(schema) for schema, *_ in PROMPTS])
def test_prompt__that_is_not_text_is_an_option(
    new_tree: Callable[[Change], GeneratedTree], schema: dict[str, Any], options: list[str], value: Any
) -> None:
    """The option takes the value by its kind; the help knows no argument, and an argument is refused with advice."""
    tree = new_tree(partial(set_prompt, schema=schema))
    (tree.folder / "in.jsonl").write_text(json.dumps({"prompt": value}), encoding="utf-8")
    commands = [
        [*RUN, *options],
        [*RUN, "5"],
        RUN,
        ["run", "--help"],
        ["batch", "in.jsonl", *RUN[1:5], "-o", "videos/"],
    ]
    made, argument, nothing, help, batch = tree.probe([], commands)["commands"]

    assert made[0] == 0 and json.loads(made[1])["input"] == {"prompt": value}, made[2]
    assert argument[0] == 2
    if "default" in schema:
        assert "what is '5' for? the model's prompt is not text; give it with --prompt" in argument[2]
        assert nothing[0] == 0 and json.loads(nothing[1])["input"] == {}, nothing[2]
    else:
        assert "--prompt" in argument[2] and nothing[0] == 2 and "--prompt" in nothing[2]
    assert help[0] == 0 and "What to do" in help[1]
    assert all(text not in help[1] for text in ("PROMPT", "What the video should show", "A lighthouse", "--default"))
    assert batch[0] == 0, batch[2]


@pytest.mark.parametrize(("schema", "text"), TEXTS, ids=[json.dumps(schema) for schema, _ in TEXTS])
def test_prompt__that_may_be_text_is_an_argument(
    new_tree: Callable[[Change], GeneratedTree], schema: dict[str, Any], text: str
) -> None:
    """The argument is the text as it is."""
    tree = new_tree(partial(set_prompt, schema=schema))
    made, help = tree.probe([], [[*RUN, text], ["run", "--help"]])["commands"]

    assert made[0] == 0 and json.loads(made[1])["input"] == {"prompt": text}, made[2]
    assert "PROMPT" in help[1]


MISSING = """
import json
from zeroscope import InvalidInputError
from zeroscope_mock import MockServer

with MockServer().client() as client:
    try:
        client.run(prompt="x")
    except InvalidInputError as error:
        print(json.dumps([str(error), [[invalid.field, invalid.description] for invalid in error.invalid_fields]]))
"""


def require_properties(document: Any) -> None:
    """Require a webhook and an unknown property of each create."""
    document["components"]["schemas"]["CreatePredictionRequest"]["required"] += ["webhook", "priority", "timeout"]


def test_errors__name_the_body(new_tree: Callable[[Change], GeneratedTree]) -> None:
    """A property that is missing beside the input is told as one of the body, and never as a field of the input."""
    tree = new_tree(require_properties)
    seen = tree.python(MISSING)
    assert sorted(seen[1]) == [
        ["body", f'"{name}" is a required property'] for name in ("priority", "timeout", "webhook")
    ]
    assert '\n  - body: "priority" is a required property' in seen[0]
    (outcome,) = tree.probe([], [[*RUN, "x"]])["commands"]
    assert outcome[0] == 2 and '  - body: "priority" is a required property' in outcome[2]
