"""YAML: its content, its nodes, and the round trip."""

from __future__ import annotations

import pytest

from helpers.model_versions import SPEC, compose, dump_round_trip, load_round_trip
from helpers.source_trees import load

MERGED = """\
one: &one {a: 1, b: 2}
two: &two
  <<: *one
  b: 3
three: {<<: [*two, *one], c: 4}
"""


def test_text__is_loaded_afresh_each_time() -> None:
    """A text that was read before gives values of its own, and its nodes keep their merges."""
    for _ in range(2):
        read = load(MERGED)
        assert read == {"one": {"a": 1, "b": 2}, "two": {"a": 1, "b": 3}, "three": {"a": 1, "b": 3, "c": 4}}
        read["one"]["a"] = 5
        keys = {name.value: [key.value for key, _ in node.value] for name, node in compose(MERGED).value}
        assert keys == {"one": ["a", "b"], "two": ["<<", "b"], "three": ["<<", "c"]}


def test_round_trip__of_the_document_keeps_every_line() -> None:
    """Except for comments and empty lines, openapi.yaml is written as ruamel.yaml writes it."""
    kept = [line for line in SPEC.splitlines() if line.strip() and not line.lstrip().startswith("#")]
    assert dump_round_trip(load_round_trip(SPEC)).splitlines() == kept


@pytest.mark.parametrize(
    "text",
    [
        "a: &a [1]\nb: {x: *a}\n",
        "a: &a {x: 1}\nb: 2\n",
        "a: &a 1\nb: 2\n",
        "a: &a\n  x: 1\nb:\n  <<: *a\n  y: 2\n",
        "a: 'one'\nb: \"two\"\nc: three\n",
        "a: >-\n  one\n  two\nb: |-\n  one\n  two\n",
        "a: [1, {b: 'c'}]\nd: {}\ne: []\nf: null\n",
        "a:\n  - [1, 2]\n  - b: 3\n    c: 4\n",
        'a: "\\u202e é"\n',
        "a: 1.0e-05\nb: 0x1F\nc: 1.50\n",
    ],
)
def test_round_trip__keeps(text: str) -> None:
    """Anchors, aliases and merge keys, quotes, block and flow style, and the form of numbers."""
    assert dump_round_trip(load_round_trip(text)) == text


def test_round_trip__leaves_comments_out() -> None:
    """Comments and empty lines are not written, wherever they stand."""
    text = "# top\na: 1  # beside\n\n# above\nb:  # head\n  - x  # item\n  # end\nc: >-  # sign\n  text\n# last\n"
    assert dump_round_trip(load_round_trip(text)) == "a: 1\nb:\n  - x\nc: >-\n  text\n"
