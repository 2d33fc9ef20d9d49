"""The lines of a YAML text, by the path of the block entry that they belong to."""

from __future__ import annotations

import bisect
import itertools
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from ruamel.yaml import YAML
from ruamel.yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode

from ..document.yaml import compose

Path: TypeAlias = tuple[Any, ...]
"""The keys that lead to an entry; of a sequence's item, its value and how many equal items precede it."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A line with a block mapping's key or a block sequence's dash, and the lines of its value up to the next entry.

    Args:
        lines: Its lines, with their ends.
        gap: The empty lines and comments above it.
        indent: How many spaces its first line begins with.
        number: The number of its first line, from 0.
    """

    lines: list[str]
    gap: list[str]
    indent: int
    number: int


def read_entries(text: str) -> tuple[dict[Path, Entry], list[str]]:
    """Divide text into its entries, and the empty lines and comments at its end.

    A comment that is indented deeper than the entry above it belongs to that entry, every other one to the gap.
    """
    lines = [line for line in re.findall(r"[^\n]*\n?", text) if line]
    offsets = list(itertools.accumulate(map(len, lines), initial=0))
    starts: dict[int, Path] = {}
    for index, path in _positions(compose(text), (), -1, set()):
        # An entry within another one's first line, as in `- name: x`, is part of it.
        starts.setdefault(bisect.bisect_right(offsets, index) - 1, path)
    gap = lines[: next(iter(starts))]
    entries = {}
    following = itertools.chain(itertools.islice(starts.items(), 1, None), [(len(lines), ())])
    for (number, path), (end, successor) in zip(starts.items(), following, strict=True):
        own, indent = lines[number:end], indentation(lines[number])
        # What stands between a key and the first entry below it is that entry's.
        deepest = math.inf if successor[: len(path)] == path else indent
        count = len(own)
        while count > 1 and _is_between(own[count - 1], deepest):
            count -= 1
        entries[path] = Entry(own[:count], gap, indent, number)
        gap = own[count:]
    return entries, gap


def read_comments(text: str) -> dict[int, str]:
    """Return the last comment on each line that has one, by the line's number."""
    lines = text.split("\n")
    comments = {}
    for token in YAML().scan(text):
        for comment in _flat(getattr(token, "_comment", None)):
            # The comment behind the sign of a block scalar is a string.
            number = token.start_mark.line if isinstance(comment, str) else comment.start_mark.line
            words = (comment if isinstance(comment, str) else comment.value).strip().split("\n")[0]
            if words.startswith("#") and lines[number].rstrip().endswith(words):
                comments[number] = words
    return comments


def indentation(line: str) -> int:
    """Count the spaces that a line begins with."""
    return len(line) - len(line.lstrip(" "))


def is_comment(line: str, deeper_than: float = -1) -> bool:
    """Check that a line holds a comment alone, indented deeper than a column."""
    return line.lstrip(" ").startswith("#") and indentation(line) > deeper_than


def _is_between(line: str, indent: float) -> bool:
    return not line.strip() or (is_comment(line) and not is_comment(line, indent))


def _positions(node: Node, path: Path, above: int, seen: set[int]) -> Iterator[tuple[int, Path]]:
    """Find where the entries of a block collection begin.

    Args:
        node: The collection, or another node, which has none.
        above: Where its own entry begins.
        seen: The ids of the nodes that were visited; an alias is the node of its anchor.
    """
    if not isinstance(node, CollectionNode) or node.flow_style or id(node) in seen:
        return
    seen.add(id(node))
    found: list[tuple[int, Any, Node]] = []
    if isinstance(node, MappingNode):
        found = [(key.start_mark.index, key.value, value) for key, value in node.value]
    else:
        counts: dict[Any, int] = {}
        for item in node.value:
            identity = _identity(item)
            counts[identity] = counts.get(identity, 0) + 1
            found.append((item.start_mark.index, (identity, counts[identity]), item))
    indexes = [index for index, _, _ in found]
    # An alias has the position of its anchor, so that the lines of a sequence with one are not known.
    if indexes[0] < above or sorted(set(indexes)) != indexes:
        return
    for index, key, value in found:
        yield index, (*path, key)
        yield from _positions(value, (*path, key), index, seen)


def _identity(node: Node) -> Any:
    if isinstance(node, ScalarNode):
        return str(node.tag), None if str(node.tag).endswith(":null") else node.value
    if isinstance(node, MappingNode):
        return tuple((_identity(key), _identity(value)) for key, value in node.value)
    return tuple(map(_identity, node.value))


def _flat(comments: Any) -> Iterator[Any]:
    if isinstance(comments, list):
        for comment in comments:
            yield from _flat(comment)
    elif comments is not None:
        yield comments
