"""New values for a round-trip document, in the style of openapi.yaml."""

from __future__ import annotations

import itertools
import textwrap
from typing import Any, cast

from ruamel.yaml.comments import CommentedMap, CommentedSeq
from ruamel.yaml.scalarstring import (
    DoubleQuotedScalarString,
    FoldedScalarString,
    LiteralScalarString,
    PlainScalarString,
    ScalarString,
)

from ..document.yaml import dump_round_trip, reads_as

WIDTH = 120
# The least width at which text is wrapped, in columns.
_LEAST_WRAP = 40


def styled_key(key: str) -> str:
    """Return a key, quoted where a parser would take it for another type."""
    return styled_scalar(key)


def styled_entry(key: str, value: Any, indent: int) -> Any:
    """Return the value of an entry of a block mapping.

    Args:
        indent: The column of the key.
    """
    if isinstance(value, str):
        return _styled_text(key, value, indent)
    flow = styled_flow(value)
    if not value or not isinstance(value, dict | list):
        return flow
    if isinstance(value, dict):
        # All schemas have a line for each keyword, except the items of an array if they have just one.
        if key == "items" and len(value) == 1 and fits(key, flow, indent):
            return flow
        return _block_mapping(value, indent + 2)
    if fits(key, flow, indent) and not any(isinstance(item, dict) for item in value):
        return flow
    return CommentedSeq([styled_item(item, indent + 2) for item in value])


def styled_item(value: Any, indent: int) -> Any:
    """Return an item of a block sequence whose dash is in a column."""
    return _block_mapping(value, indent + 2) if value and isinstance(value, dict) else styled_flow(value)


def styled_flow(value: Any) -> Any:
    """Return a value in flow style, on one line."""
    if isinstance(value, dict):
        mapping = CommentedMap({styled_key(key): styled_flow(part) for key, part in value.items()})
        mapping.fa.set_flow_style()
        return mapping
    if isinstance(value, list):
        sequence = CommentedSeq(map(styled_flow, value))
        sequence.fa.set_flow_style()
        return sequence
    return styled_scalar(value) if isinstance(value, str) else value


def styled_scalar(value: str, anchor: str | None = None) -> ScalarString:
    """Return a string: plain if every parser reads it back as this string wherever it stands, otherwise quoted."""
    plain = _is_plain(value, f"- {value}\n- [{value}, {{{value}: {value}}}]", [value, [value, {value: value}]])
    style: type[ScalarString] = PlainScalarString if plain else DoubleQuotedScalarString
    scalar: ScalarString = style(value, anchor=anchor)
    return scalar


def fits(key: str, node: Any, indent: int) -> bool:
    """Check that an entry takes one line of at most `WIDTH` columns."""
    line = dump_round_trip({styled_key(key): node}).removesuffix("\n")
    return "\n" not in line and indent + len(line) <= WIDTH


def _block_mapping(value: dict[str, Any], indent: int) -> CommentedMap:
    return CommentedMap({styled_key(key): styled_entry(key, part, indent) for key, part in value.items()})


def _styled_text(key: str, value: str, indent: int) -> ScalarString:
    """Return a string that is the value of a block mapping's entry, in block style if it is long."""
    if "\n" not in value:
        # Outside of flow collections, neither a comma nor a bracket ends a plain scalar.
        plain = _is_plain(value, f"a: {value}", {"a": value})
        line: ScalarString = PlainScalarString(value) if plain else DoubleQuotedScalarString(value)
        if fits(key, line, indent):
            return line
        block: ScalarString = _folded(value, indent + 2)
    else:
        block = LiteralScalarString(value)
    text = dump_round_trip({"a": {"b": block}})
    good = all(line.isprintable() and line == line.rstrip() for line in text.split("\n")) and not value.endswith("\n")
    return block if good and reads_as(text, {"a": {"b": value}}) else DoubleQuotedScalarString(value)


def _is_plain(value: str, text: str, content: Any) -> bool:
    """Check that a value needs no quotes in YAML."""
    # ruamel.yaml would put these in single quotes: alone on a line, they separate documents.
    return value.isprintable() and not value.startswith(("---", "...")) and reads_as(text, content)


def _folded(value: str, indent: int) -> ScalarString:
    """Return a string in folded style, wrapped at `WIDTH`."""
    # In deep schemas no column may be left.
    lines = textwrap.wrap(value, max(WIDTH - indent, _LEAST_WRAP), break_long_words=False, break_on_hyphens=False)
    folded: Any = FoldedScalarString(value)
    # The positions of the spaces that become line breaks.
    folded.fold_pos = [end + index for index, end in enumerate(itertools.accumulate(map(len, lines[:-1])))]
    return cast(ScalarString, folded)
