"""Reading YAML for what it says and for where it stands."""

from __future__ import annotations

from helpers.model_versions import compose
from helpers.source_trees import load

MERGED = """\
one: &one {a: 1, b: 2}
two: &two
  <<: *one
  b: 3
three: {<<: [*two, *one], c: 4}
"""


def test_text__says_the_same_however_often_it_is_asked() -> None:
    """A text that was read before gives values of its own, and its nodes keep their merges."""
    for _ in range(2):
        read = load(MERGED)
        assert read == {"one": {"a": 1, "b": 2}, "two": {"a": 1, "b": 3}, "three": {"a": 1, "b": 3, "c": 4}}
        read["one"]["a"] = 5
        keys = {name.value: [key.value for key, _ in node.value] for name, node in compose(MERGED).value}
        assert keys == {"one": ["a", "b"], "two": ["<<", "b"], "three": ["<<", "c"]}
