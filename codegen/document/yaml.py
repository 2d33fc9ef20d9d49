"""Reads YAML 1.2, and writes it with the round trip of ruamel.yaml."""

from __future__ import annotations

import io
import json
import warnings
from collections.abc import Callable
from typing import Any, TypeVar

import yaml
from ruamel.yaml import YAML
from ruamel.yaml.constructor import DuplicateKeyError, SafeConstructor
from ruamel.yaml.emitter import RoundTripEmitter
from ruamel.yaml.error import MarkedYAMLError, ReusedAnchorWarning, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode
from ruamel.yaml.reader import ReaderError
from ruamel.yaml.representer import RoundTripRepresenter

from .values import equal

AnchoredNode = TypeVar("AnchoredNode", MappingNode, SequenceNode)


# Deeper documents would exceed the recursion limit of Python in what walks them.
MAX_DEPTH = 100
_MAX_VALUES = 1_000_000

# What the constructors of both libraries raise for a value that its tag does not fit, such as `!!bool x`.
_FAULTS = (ValueError, TypeError, LookupError, AttributeError)

# libyaml is several times as fast, where PyYAML was built with it.
_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def load(text: str) -> Any:
    """Read a document, with its anchors and merge keys resolved.

    Raises:
        ValueError: If the text is not YAML, or cannot be written out without aliases; the message is one line, with the
            line and the column of the fault.
    """
    parser = YAML(typ="safe", pure=True)
    parser.Constructor = _Constructor
    return _read(text, parser.load)


def compose(text: str) -> Node:
    """Read the representation graph of a document: its nodes, with the line and column where each begins.

    Raises:
        ValueError: If the text is not YAML.
    """
    node: Node = _read(text, YAML(typ="safe", pure=True).compose)
    return node


def load_round_trip(text: str) -> Any:
    """Read a document into containers that keep anchors, merge keys, quotes and flow style.

    Raises:
        ValueError: If the text is not YAML.
    """
    return _read(text, _round_trip().load)


def dump_round_trip(root: Any, mapping: int = 2, offset: int = 2) -> str:
    """Write what `load_round_trip` has read, without its comments and empty lines.

    ruamel.yaml loses or moves comments in flow collections, beside aliases and beside removed keys. The caller keeps
    them.

    Args:
        root: The document.
        mapping: The indentation of a block mapping, in columns.
        offset: The indentation of the dash of a block sequence, in columns.
    """
    stream = io.StringIO()
    writer = _round_trip()
    writer.indent(mapping=mapping, sequence=offset + 2, offset=offset)
    writer.dump(root, stream)
    return stream.getvalue()


def reads_as(text: str, value: Any) -> bool:
    """Check that parsers of YAML 1.2, such as the generator's, and of 1.1, such as the mock server's, read a value."""
    try:
        return equal(load(text), value) and equal(load_yaml_1_1(text), value)
    except ValueError:
        return False


def load_yaml_1_1(text: str) -> Any:
    """Read a document with PyYAML, which takes `on` for true, `1:30` for 90 and `1e3` for a string.

    Raises:
        ValueError: If the text is not YAML 1.1.
    """
    try:
        return yaml.load(text, _Loader)
    except (yaml.YAMLError, *_FAULTS) as error:
        raise ValueError(str(error)) from error


def quoted(value: str) -> str:
    """Return a double-quoted scalar on one line, in which every character that does not print is escaped."""
    written = json.dumps(value, ensure_ascii=False)
    return "".join(character if character.isprintable() else _escaped(character) for character in written)


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


class _Constructor(SafeConstructor):
    """Constructs values, and knows where one that cannot be constructed stands, such as a date in the 13th month."""

    def construct_document(self, node: Any) -> Any:
        _measure(node, {})
        return super().construct_document(node)

    def construct_object(self, node: Any, deep: bool = False) -> Any:
        try:
            return super().construct_object(node, deep=deep)
        except _FAULTS as error:
            raise MarkedYAMLError(problem=str(error), problem_mark=node.start_mark) from error


def _measure(node: Node, sizes: dict[int, tuple[int, int] | None]) -> tuple[int, int]:
    """Return how many values a node stands for with its aliases written out, and how deeply they are nested.

    Args:
        node: The node.
        sizes: The results for the nodes that were measured before, by identity; None while a node is measured.

    Raises:
        MarkedYAMLError: If a value holds itself, or if there are too many values for a document.
    """
    if id(node) in sizes:
        if (known := sizes[id(node)]) is None:
            raise _fault("a value holds itself through an alias", node)
        return known
    sizes[id(node)] = None
    parts: list[Node] = []
    if isinstance(node, MappingNode):
        for key, value in node.value:
            if not isinstance(key, ScalarNode):
                raise _fault("a key is not a text but a list or a mapping", key)
            parts += (key, value)
    elif isinstance(node, SequenceNode):
        parts = node.value
    values, depth = 1, 0
    for part in parts:
        more, below = _measure(part, sizes)
        values, depth = values + more, max(depth, below)
    if values > _MAX_VALUES:
        raise _fault(f"with its aliases written out, a value is made of more than {_MAX_VALUES:,} others,", node)
    if depth >= MAX_DEPTH:
        raise _fault(f"values are nested more than {MAX_DEPTH} levels deep", node)
    sizes[id(node)] = values, depth + 1
    return values, depth + 1


def _fault(problem: str, node: Node) -> MarkedYAMLError:
    return MarkedYAMLError(problem=problem, problem_mark=node.start_mark)


class _Emitter(RoundTripEmitter):
    def emit(self, event: Any) -> None:
        event.comment = None
        super().emit(event)

    def write_double_quoted(self, text: Any, split: Any = True) -> None:
        # The inherited method leaves characters such as U+202E, which reverses the line, unescaped.
        self.write_indicator(quoted(text), True)


class _Representer(RoundTripRepresenter):
    def represent_mapping(self, tag: Any, mapping: Any, flow_style: Any = None) -> MappingNode:
        return _with_anchor(super().represent_mapping(tag, mapping, flow_style))

    def represent_sequence(self, tag: Any, sequence: Any, flow_style: Any = None) -> SequenceNode:
        return _with_anchor(super().represent_sequence(tag, sequence, flow_style))

    def represent_none(self, data: Any) -> ScalarNode:
        return self.represent_scalar("tag:yaml.org,2002:null", "null")

    def represent_float(self, data: Any) -> ScalarNode:
        # YAML 1.1 takes 1e-05 for a string.
        text = repr(data)
        return self.represent_scalar("tag:yaml.org,2002:float", text if "." in text else text.replace("e", ".0e"))


def _with_anchor(node: AnchoredNode) -> AnchoredNode:
    """Keep the anchor of a collection that has no alias any more, as ruamel.yaml does for scalars."""
    if node.anchor is not None and node.anchor.value is not None:
        node.anchor.always_dump = True
    return node


_Representer.add_representer(type(None), _Representer.represent_none)
_Representer.add_representer(float, _Representer.represent_float)


def _round_trip() -> YAML:
    parser = YAML()
    parser.preserve_quotes = True
    # Nothing is folded that was not.
    parser.width = 4096
    parser.brace_single_entry_mapping_in_flow_sequence = True
    parser.Emitter = _Emitter
    parser.Representer = _Representer
    return parser


def _read(text: str, read: Callable[[str], Any]) -> Any:
    try:
        with warnings.catch_warnings():
            # The specification allows an anchor to be defined again.
            warnings.simplefilter("ignore", ReusedAnchorWarning)
            return read(text)
    except DuplicateKeyError as error:
        # The problem is `found duplicate key "name" with value …`, and the values may be long.
        key = str(error.problem).partition('key "')[2].partition('" with value')[0]
        raise ValueError(_placed(f"the key {key!r:.80} appears twice", error.problem_mark)) from error
    except MarkedYAMLError as error:
        problem = error.problem or error.context
        if problem is not None and "'\\t' that cannot start" in problem:
            problem = "a tab indents, where YAML allows spaces alone,"
        raise ValueError(_placed(str(problem), error.problem_mark or error.context_mark)) from error
    except ReaderError as error:
        before = text[: error.position]
        line, column = before.count("\n") + 1, error.position - before.rfind("\n")
        character = f"the character U+{error.character:04X} is not allowed"
        raise ValueError(f"{character} in line {line}, column {column}") from error
    except RecursionError as error:
        raise ValueError("it is nested too deeply") from error
    except YAMLError as error:
        raise ValueError(f"{type(error).__name__}: {error}") from error


def _placed(problem: str, mark: Any) -> str:
    """Return a problem with its line and column, on one line that is short enough for a message."""
    line = " ".join(problem.split())[:160]
    return line if mark is None else f"{line} in line {mark.line + 1}, column {mark.column + 1}"
