"""Applies a new input schema to the round-trip nodes of the old one."""

from __future__ import annotations

from typing import Any

from ruamel.yaml.comments import CommentedMap, CommentedSeq

from ..document.values import equal
from .cog import KEYWORDS
from .style import fits, styled_entry, styled_flow, styled_item, styled_key

# The order of the keys that are added: in a schema, in its properties (at their end), in a property and below.
_ORDERS: tuple[tuple[str, ...], ...] = (("type", "description", "required", "properties"), (), KEYWORDS)


def edit_mapping(node: CommentedMap, old: dict[str, Any], new: dict[str, Any], level: int = 0) -> None:
    """Change a block mapping where its value differs, and leave every other node as it is.

    Args:
        node: The mapping.
        old: Its value.
        new: The value that it gets.
        level: 0 for a schema, 1 for its properties, 2 for a property.
    """
    order = _ORDERS[min(level, 2)]
    for key in old.keys() - new.keys():
        del node[key]
    for key, value in new.items():
        if key not in old:
            # Without an order all ranks are equal, and the key goes to the end.
            rank = _rank(order, key)
            before = [position for position, other in enumerate(node) if _rank(order, other) <= rank]
            entry = styled_entry(key, value, node.lc.col)
            node.insert(max(before, default=-1) + 1, styled_key(key), entry)
        elif not equal(old[key], value):
            node[key] = _edited(key, node, old[key], value, level + 1)


def is_block(node: Any) -> bool:
    """Check that a node is a block mapping or sequence, not empty and without anchor and merge keys."""
    return (
        isinstance(node, CommentedMap | CommentedSeq)
        and bool(node)
        and not node.fa.flow_style()
        and not getattr(node, "merge", ())
        and node.anchor.value is None
    )


def _edited(key: str, parent: CommentedMap, old: Any, new: Any, level: int) -> Any:
    node, column = parent[key], parent.lc.col
    # A new node takes the place of one that has an anchor, since its aliases keep the old value.
    if isinstance(node, CommentedMap) and isinstance(new, dict) and new and is_block(node):
        edit_mapping(node, old, new, level)
        return node
    if isinstance(node, CommentedSeq) and isinstance(new, list) and new and node.anchor.value is None:
        block = is_block(node)
        items = _items(node, old, new, column if block else None)
        items.fa.set_block_style() if block else items.fa.set_flow_style()
        if block or fits(key, items, column):
            return items
    return styled_entry(key, new, column)


def _items(node: CommentedSeq, old: list[Any], new: list[Any], column: int | None) -> CommentedSeq:
    """Return the items of a sequence, each that it has already as it is written there.

    Args:
        node: The sequence.
        old: Its value.
        new: The value that it gets.
        column: The column of its key; None for a flow sequence.
    """
    known = list(zip(old, node, strict=True))
    items = CommentedSeq()
    for value in new:
        index = next((index for index, (other, _) in enumerate(known) if equal(other, value)), None)
        if index is not None:
            items.append(known.pop(index)[1])
        else:
            items.append(styled_flow(value) if column is None else styled_item(value, column + 2))
    return items


def _rank(order: tuple[str, ...], key: str) -> int:
    return order.index(key) if key in order else len(order)
