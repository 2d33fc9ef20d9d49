"""Values as YAML in the document's own style, each read back before it is used."""

from __future__ import annotations

import json
import textwrap
import warnings
from collections.abc import Callable
from functools import lru_cache
from typing import Any

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import Node

WIDTH = 120


def load(text: str) -> Any:
    """Read YAML 1.2, with anchors and merges resolved.

    Raises:
        ValueError: If it is none.
    """
    return _read(text, _construct)


def compose(text: str) -> Node:
    """Where each part of a YAML text stands.

    Raises:
        ValueError: If it is no YAML.
    """
    node: Node = _read(text, _compose)[1]
    return node


def same(one: Any, other: Any) -> bool:
    """Whether two JSON values are equal; 1 and 1.0 are, 1 and true are not."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(value, other[key]) for key, value in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def entry(key: str, value: Any, indent: int) -> str:
    """A key and its value as lines of a block mapping, the last one without its end."""
    head = " " * indent + key_of(key)
    if isinstance(value, str):
        return head + " " + _text(value, indent, len(head) + 1)
    line = f"{head} {inline(value)}"
    if not value or not isinstance(value, dict | list):
        return line
    if isinstance(value, dict):
        # All schemas have a line for each keyword, save that of an array's items if it has but one.
        if key == "items" and len(value) == 1 and len(line) <= WIDTH:
            return line
        return "\n".join([head, *(entry(name, part, indent + 2) for name, part in value.items())])
    if len(line) <= WIDTH and not any(isinstance(part, dict) for part in value):
        return line
    return "\n".join([head, *(item(part, indent + 2) for part in value)])


def key_of(key: str) -> str:
    """A key and its colon."""
    return scalar(key) + ":"


def item(value: Any, indent: int) -> str:
    """A value as lines of a block sequence."""
    if not value or not isinstance(value, dict):
        return " " * indent + "- " + inline(value)
    lines = "\n".join(entry(key, part, indent + 2) for key, part in value.items())
    return " " * indent + "- " + lines[indent + 2 :]


def inline(value: Any) -> str:
    """A value on one line, as it may stand in a flow collection."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {inline(part)}" for key, part in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(inline, value)) + "]"
    return scalar(value)


def scalar(value: Any, *, flow: bool = True) -> str:
    """A value that holds no others: plain if every reader takes it for what it is, otherwise in quotes.

    Args:
        value: The value.
        flow: Whether it may stand in a collection, where a comma may end it.
    """
    if not isinstance(value, str):
        # YAML 1.1 takes 1e-05 for a text.
        text = json.dumps(value, allow_nan=False)
        return text.replace("e", ".0e") if isinstance(value, float) and "." not in text else text
    frame = f"- {value}\n- [{value}, {{{value}: {value}}}]" if flow else f"a: {value}"
    whole: Any = [value, [value, {value: value}]] if flow else {"a": value}
    return value if value.isprintable() and _reads_as(frame, whole) else _quoted(value)


def _text(value: str, indent: int, column: int) -> str:
    """A text behind its key, on lines of its own where it is long.

    Args:
        value: The text.
        indent: How far its key is indented.
        column: Where on the line of its key it begins.
    """
    line = scalar(value, flow=False)
    if column + len(line) <= WIDTH and "\n" not in value:
        return line
    margin = " " * (indent + 2)
    if "\n" in value:
        lines, header = value.split("\n"), "|-"
    else:
        lines, header = textwrap.wrap(value, WIDTH - len(margin), break_long_words=False, break_on_hyphens=False), ">-"
    block = "\n".join([header, *((margin + line if line else "") for line in lines)])
    good = all(map(str.isprintable, lines)) and _reads_as(f"a:\n{' ' * indent}b: {block}", {"a": {"b": value}})
    return block if good else _quoted(value)


def _quoted(value: str) -> str:
    written = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else _escaped(character) for character in written)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _reads_as(text: str, value: Any) -> bool:
    """Whether readers of YAML 1.2, such as the generator, and of 1.1, such as the mock server, see this value."""
    try:
        return same(load(text), value) and same(yaml.safe_load(text), value)
    # A text that looks like a date may be none.
    except (yaml.YAMLError, ValueError):
        return False


class _Constructor(SafeConstructor):
    """Leaves the nodes as they were read; its parent writes merges out into them."""

    def __init__(self, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._before: list[tuple[Node, list[Any]]] = []

    def flatten_mapping(self, node: Any) -> Any:
        self._before.append((node, list(node.value)))
        return super().flatten_mapping(node)

    def construct_document(self, node: Any) -> Any:
        try:
            return super().construct_document(node)
        finally:
            while self._before:
                changed, value = self._before.pop()
                changed.value = value


# What a text says and where it stands are asked one after the other, and reading it takes far longer than either.
@lru_cache(maxsize=8)
def _compose(text: str) -> tuple[YAML, Node | None]:
    reader = YAML(typ="safe", pure=True)
    return reader, reader.compose(text)


def _construct(text: str) -> Any:
    reader, node = _compose(text)
    return None if node is None else _Constructor(loader=reader).construct_document(node)


def _read(text: str, reader: Callable[[str], Any]) -> Any:
    try:
        with warnings.catch_warnings():
            # It is allowed, and whoever reads the spec knows of it.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            return reader(text)
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f" in line {mark.line + 1}"
        raise ValueError(f"{error.problem or error.context}{line}") from error
    except (YAMLError, RecursionError) as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error
