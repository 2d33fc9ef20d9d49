"""The lines of a YAML text that are written anew when what they say changes.

Whatever says the same stays as it is, byte for byte, with the comments above and behind it. A comment goes with what it
stands directly above, or behind.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from ..document.yaml import entry, item, key_of, same
from .cog import CARRIED

# Where what is new goes: in a schema, among its fields (at their end), in a field and whatever is in there.
_ORDERS: tuple[tuple[str, ...], ...] = (("type", "description", "required", "properties"), (), CARRIED)


@dataclass(frozen=True)
class Entry:
    """A part of a block mapping or sequence: whole lines of a text.

    Args:
        key: Its key; of an item of a sequence, its place.
        start: Where its first line begins.
        behind: Where its colon, or its dash, ends.
        end: Where its last line ends. Comments that follow belong to what is next.
        indent: How far it is indented.
        node: Its value.
    """

    key: Any
    start: int
    behind: int
    end: int
    indent: int
    node: Node


def entries(text: str, node: Node, start: int, end: int) -> list[Entry]:
    """The entries of a block mapping or sequence that stands on the lines of `text[start:end]`."""
    heads: list[tuple[Any, int, int, Node]] = []
    if isinstance(node, MappingNode):
        for key, value in node.value:
            heads.append((key.value, key.start_mark.index, text.index(":", key.end_mark.index) + 1, value))
    elif isinstance(node, SequenceNode):
        for place, value in enumerate(node.value):
            dash = text.index("-", _line(text, value.start_mark.index))
            heads.append((place, dash, dash + 1, value))
    begins = [_line(text, at) for _, at, _, _ in heads]
    found = []
    for (key, at, behind, value), begin, until in zip(heads, begins, [*begins[1:], end], strict=True):
        indent = at - begin
        found.append(Entry(key, begin, behind, _own_end(text, begin, until, indent), indent, value))
    return found


def is_block(text: str, part: Entry) -> bool:
    """Whether a value is a mapping or sequence of whole lines below its key, without merges and aliases."""
    node = part.node
    if not isinstance(node, MappingNode | SequenceNode) or node.flow_style:
        return False
    keys = [key for key, _ in node.value] if isinstance(node, MappingNode) else node.value
    # What an alias stands for is elsewhere in the text.
    places = [_line(text, part.behind), *(_line(text, key.start_mark.index) for key in keys)]
    heads = [text[place:].lstrip(" ")[:2] for place in places[1:]]
    return (
        sorted(set(places)) == places
        and not any(str(key.tag).endswith(":merge") for key in keys)
        and (isinstance(node, MappingNode) or set(heads) == {"- "})
    )


def body(text: str, part: Entry) -> int:
    """Where the lines below a key begin."""
    return text.index("\n", part.behind) + 1


def mapping(text: str, node: Node, place: tuple[int, int], old: Any, wanted: Any, level: int = 0) -> str:
    """The lines of a block mapping when it says something else.

    Args:
        text: The whole text.
        node: The mapping.
        place: Where its lines begin and end.
        old: What it says.
        wanted: What it should say.
        level: 0 for a schema, 1 for its fields, 2 for a field.
    """
    at, end = place
    order = _ORDERS[min(level, 2)]
    pieces: list[tuple[Any, str]] = []
    indent = 0
    for part in entries(text, node, at, end):
        gap, indent, at = text[at : part.start], part.indent, part.end
        if part.key in wanted:
            pieces.append((part.key, gap + _value(text, part, old[part.key], wanted[part.key], level)))
        else:
            last = at >= end or text[at:end].lstrip(" ")[:1] in {"\r", "\n"}
            pieces.append((part.key, _left(gap, last)))
    for key in (key for key in wanted if key not in old):
        # Without an order all ranks are one, and what is new goes to the end.
        before = [index for index, (other, _) in enumerate(pieces) if _rank(order, other) <= _rank(order, key)]
        pieces.insert(max(before, default=-1) + 1, (key, _lines(text, entry(key, wanted[key], indent))))
    return _joined(text, [*(piece for _, piece in pieces), text[at:end]])


def _value(text: str, part: Entry, old: Any, wanted: Any, level: int) -> str:
    """The lines of an entry when its value is another."""
    if same(old, wanted):
        return text[part.start : part.end]
    if wanted and is_block(text, part):
        begin = body(text, part)
        head = text[part.start : begin]
        if isinstance(part.node, MappingNode) and isinstance(wanted, dict):
            return head + mapping(text, part.node, (begin, part.end), old, wanted, level + 1)
        if isinstance(part.node, SequenceNode) and isinstance(wanted, list):
            return head + _sequence(text, part.node, (begin, part.end), old, wanted)
    return _anew(text, part, wanted)


def _sequence(text: str, node: Node, place: tuple[int, int], old: list[Any], wanted: list[Any]) -> str:
    at, end = place
    kept: list[tuple[Any, str]] = []
    indent = 0
    for part in entries(text, node, at, end):
        kept.append((old[part.key], text[at : part.end]))
        indent, at = part.indent, part.end
    pieces = []
    for value in wanted:
        found = next((index for index, (other, _) in enumerate(kept) if same(other, value)), None)
        pieces.append(_lines(text, item(value, indent)) if found is None else kept.pop(found)[1])
    return _joined(text, [*pieces, text[at:end]])


def _anew(text: str, part: Entry, wanted: Any) -> str:
    """An entry with its value written out; a comment behind its first line stays there, others go above it."""
    fresh = entry(part.key, wanted, part.indent)[part.indent + len(key_of(part.key)) :]
    first, *rest = (text[part.start : part.behind] + fresh).split("\n")
    above = []
    for at, comment in _comments(text, part):
        if "\n" not in text[part.behind : at]:
            first += "  " + comment
        elif wanted or not isinstance(wanted, dict):
            above.append(" " * part.indent + comment)
    return _lines(text, "\n".join([*above, first, *rest]))


def _comments(text: str, part: Entry) -> list[tuple[int, str]]:
    """The comments in an entry's lines, and where they stand."""
    spans = list(_texts(text, part.node))
    found = []
    for line in re.finditer(r"[^\n]+", text[part.behind : part.end]):
        for sign in re.finditer(r"(?<=\s)#", line[0]):
            at = part.behind + line.start() + sign.start()
            if not any(start <= at < end for start, end in spans):
                found.append((at, line[0][sign.start() :].rstrip()))
                break
    return found


def _texts(text: str, node: Node) -> Iterator[tuple[int, int]]:
    """Where the texts in a value stand, which may hold what looks like a comment."""
    if isinstance(node, ScalarNode):
        start = node.start_mark.index
        # On the line of its sign, a text block may have a comment.
        yield (text.index("\n", start) if _is_text_block(node) else start), node.end_mark.index
    elif isinstance(node, MappingNode):
        for pair in node.value:
            for each in pair:
                yield from _texts(text, each)
    elif isinstance(node, SequenceNode):
        for each in node.value:
            yield from _texts(text, each)


def _is_text_block(node: Node) -> bool:
    return isinstance(node, ScalarNode) and node.style in {"|", ">"}


def _rank(order: tuple[str, ...], key: str) -> int:
    return order.index(key) if key in order else len(order)


def _line(text: str, at: int) -> int:
    return text.rfind("\n", 0, at) + 1


def _own_end(text: str, start: int, end: int, indent: int) -> int:
    lines = text[start:end].splitlines(keepends=True)
    while len(lines) > 1 and _is_between(lines[-1], indent):
        lines.pop()
    return start + sum(map(len, lines))


def _is_between(line: str, indent: int) -> bool:
    """Whether a line is empty, or a comment that is not part of an entry above it."""
    stripped = line.lstrip(" ")
    return not stripped.strip() or (stripped.startswith("#") and len(line) - len(stripped) <= indent)


def _left(gap: str, last: bool) -> str:
    """What stays of the lines above an entry that goes: all but the comments directly above it.

    Args:
        gap: The lines.
        last: Whether an empty line, or nothing, follows the entry.
    """
    lines = gap.splitlines(keepends=True)
    while lines and lines[-1].strip():
        lines.pop()
    while last and lines and not lines[-1].strip():
        lines.pop()
    return "".join(lines)


def _lines(text: str, fresh: str) -> str:
    """New lines with the ends that the text has."""
    return fresh.replace("\n", _end(text)) + _end(text)


def _joined(text: str, pieces: list[str]) -> str:
    joined = ""
    for piece in filter(None, pieces):
        # The last line of a file may have no end.
        joined += piece if not joined or joined.endswith("\n") else _end(text) + piece
    return joined


def _end(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"
