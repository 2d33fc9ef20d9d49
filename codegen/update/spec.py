"""Replaces the input schema and the version ID in the text of the spec."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from ruamel.yaml.comments import CommentedMap
from ruamel.yaml.scalarstring import ScalarString

from ..document.errors import first_line
from ..document.validation import validate_document
from ..document.values import equal
from ..document.yaml import dump_round_trip, load, load_round_trip, load_yaml_1_1, reads_as
from .cog import SECRET, InputSchema
from .combination import Schema
from .edit import edit_mapping
from .errors import UpdateError
from .merge import merge
from .style import styled_scalar

INPUT = ("components", "schemas", "PredictionInput")
VERSION = ("info", "x-replicate", "version")
OUTPUT = ("components", "schemas", "Prediction", "properties", "output")
MODEL_OUTPUT = "x-model-output"
"""The extension beside the output of a prediction that holds the schema of the model's output."""

ADVICE = "write it in block style there, without anchors and merge keys, then update again"


class Spec:
    """The spec: its text and its content.

    Raises:
        UpdateError: If the text is not a spec with an input schema.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.content: Any = load(text)
        except ValueError as error:
            raise UpdateError(f"it is not YAML, {first_line(error)}; correct it first") from error
        if not isinstance(self.get(*INPUT, "properties"), dict):
            raise UpdateError(f"it has no {'.'.join(INPUT)} with properties; name the spec of this project")

    def get(self, *path: str) -> Any:
        """Return the value at a path, None if there is none."""
        return _get(self.content, *path)

    def updated(self, found: InputSchema, version: str | None, output: Schema | None = None) -> str:
        """Return the text with another input schema and, if they are given, another version ID and output.

        Args:
            found: The input of the model version.
            version: The version's ID.
            output: The schema of its output; left out of a spec that holds none.

        Raises:
            UpdateError: If the text cannot be changed without a risk for the rest of it, or would not be valid OpenAPI.
        """
        schema = self.get(*INPUT)
        wanted = _merged(schema, found)
        changed = not equal(schema, wanted)
        renamed = version is not None and version != self.get(*VERSION)
        described = self.get(*OUTPUT)
        known = self.get(*OUTPUT, MODEL_OUTPUT)
        other_output = output is not None and known is not None and not equal(known, output)
        if not changed and not renamed and not other_output:
            return self.text
        source = self.text.replace("\r\n", "\n")
        root = load_round_trip(source)
        indents = _indents(root, source)
        before = dump_round_trip(root, *indents)
        if changed:
            edit_mapping(_input_node(root), schema, wanted)
        if other_output:
            edit_mapping(_block_node(root, OUTPUT), described, {**described, MODEL_OUTPUT: output}, level=2)
        if renamed:
            _set_version(root, str(version))
        text = merge(self.text, before, dump_round_trip(root, *indents))
        meant = _put(self.content, INPUT, wanted)
        if other_output:
            meant = _put(meant, (*OUTPUT, MODEL_OUTPUT), output)
        self._check(text, meant, version)
        return text

    def _check(self, text: str, meant: Any, version: str | None) -> None:
        """Refuse text whose content differs from the intended one."""
        if version is not None:
            meant = _put(meant, VERSION, version)
        loaders = [load]
        # Where YAML 1.1 reads another value already, the update cannot be held to it.
        if reads_as(self.text, self.content):
            loaders.append(load_yaml_1_1)
        for loader in loaders:
            try:
                after = loader(text)
            except ValueError as error:
                raise UpdateError(f"the result would not be YAML, {first_line(error)}; {ADVICE}") from error
            path = _difference(meant, after, (self.get(*VERSION), version))
            if path is not None:
                raise UpdateError(f"{'.'.join(path)} would change, too; {ADVICE}")
        try:
            validate_document(load(text))
        except ValueError as error:
            raise UpdateError(
                f"the result would not be valid OpenAPI, {first_line(error)}; correct that first"
            ) from error


def _indents(root: CommentedMap, text: str) -> tuple[int, int]:
    """Find the indentation of block mappings and of sequences' dashes with which the most lines stay as they are."""
    columns = [node.lc.col for node in root.values() if isinstance(node, CommentedMap) and node and not _is_flow(node)]
    mapping = min(columns, default=2)
    lines = set(text.split("\n"))
    best, most = (mapping, 2), -1
    for offset in dict.fromkeys((2, 0, mapping)):
        written = dump_round_trip(root, mapping, offset).split("\n")
        same = sum(map(lines.__contains__, written))
        if same > most:
            best, most = (mapping, offset), same
        if same == len(written):
            break
    return best


def _block_node(root: CommentedMap, path: Sequence[str]) -> CommentedMap:
    """Find a mapping that, like all its parents, must be in block style, without merge keys."""
    node = root
    for key in path:
        node = node[key]
        if _is_flow(node):
            raise UpdateError(f"{key} is not in block style; {ADVICE}")
    return node


def _input_node(root: CommentedMap) -> CommentedMap:
    """Find the input schema, whose properties must be in block style as well."""
    node = _block_node(root, INPUT)
    properties = node["properties"]
    if properties and _is_flow(properties):
        raise UpdateError(f"the properties of PredictionInput are not in block style; {ADVICE}")
    return node


def _is_flow(node: CommentedMap) -> bool:
    return bool(node.fa.flow_style() or node.merge)


def _set_version(root: CommentedMap, version: str) -> None:
    """Replace the version ID, what its aliases stand for, and the ends of references such as `owner/name:ID`."""
    parent: Any = root
    for key in VERSION[:-1]:
        parent = parent.get(key) if isinstance(parent, dict) else None
    key = VERSION[-1]
    if not isinstance(parent, dict) or key not in parent:
        raise UpdateError(f"it has no {'.'.join(VERSION)} to hold the version; add it first")
    old, anchor = parent[key], None
    places = [(parent, key)]
    if isinstance(old, ScalarString) and old.anchor.value is not None:
        anchor = old.anchor.value
        places = list(_occurrences(root, old, set()))
    # An alias stands behind its anchor.
    if isinstance(old, dict | list) or places[0][0] is not parent or places[0][1] != key:
        raise UpdateError(f"{'.'.join(VERSION)} is not a string of its own; {ADVICE}")
    new = styled_scalar(version, anchor)
    for container, step in places:
        container[step] = new
    for container, step in list(_references(root, f":{old}", set())):
        container[step] = styled_scalar(_renamed(container[step], str(old), version))


def _occurrences(node: Any, wanted: Any, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    """Find the places of a node, its anchor's first: containers, and the keys in them."""
    if id(node) in seen or not isinstance(node, dict | list):
        return
    seen.add(id(node))
    for key, value in list(node.items() if isinstance(node, dict) else enumerate(node)):
        if value is wanted:
            yield node, key
        else:
            yield from _occurrences(value, wanted, seen)


def _references(node: Any, end: str, seen: set[int]) -> Iterator[tuple[Any, Any]]:
    """Find the strings that end so: containers, and the keys in them."""
    if id(node) in seen or not isinstance(node, dict | list):
        return
    seen.add(id(node))
    for key, value in node.items() if isinstance(node, dict) else enumerate(node):
        if isinstance(value, str) and value.endswith(end):
            yield node, key
        else:
            yield from _references(value, end, seen)


def _renamed(reference: Any, old: str, new: str) -> Any:
    """Return a version ID, or a reference that ends with it, with another ID; any other value as it is."""
    if isinstance(reference, str) and (reference == old or reference.endswith(f":{old}")):
        return reference.removesuffix(old) + new
    return reference


def _get(content: Any, *path: str) -> Any:
    for key in path:
        content = content.get(key) if isinstance(content, dict) else None
    return content


def _put(content: Any, path: Sequence[str], value: Any) -> Any:
    """Return the same content with another value at a path."""
    return {**content, path[0]: _put(content[path[0]], path[1:], value)} if path else value


def _merged(schema: Schema, found: InputSchema) -> Schema:
    """Return the spec's schema with the properties of another input, and with what the spec alone has."""
    before: dict[str, Any] = schema["properties"]
    names = [name for name in before if name in found.fields] + [name for name in found.fields if name not in before]
    merged = {key: value for key, value in schema.items() if key != "required"}
    merged["properties"] = {name: _field(before.get(name), found.fields[name]) for name in names}
    if found.required:
        merged["required"] = _arranged(schema.get("required"), found.required)
    return merged


def _field(before: Any, field: Schema) -> Schema:
    if not isinstance(before, dict):
        return field
    if "type" in field:
        field = {**field, "type": _arranged(before.get("type"), field["type"])}
    # What the spec alone says, unlike Cog's own mark.
    return {**field, **{key: value for key, value in before.items() if str(key).startswith("x-") and key != SECRET}}


def _arranged(before: Any, names: Any) -> Any:
    """Return names whose order has no meaning in the order that they have in the spec."""
    if isinstance(before, list) and isinstance(names, list) and sorted(before) == sorted(names):
        return before
    return names


def _difference(one: Any, other: Any, renamed: tuple[Any, Any], path: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """Find the first path at which two documents differ, except where the version ID, or a reference to it, stands."""
    pairs: Iterable[tuple[Any, Any, Any]]
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = ((key, value, other[key]) for key, value in one.items())
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(range(len(one)), one, other, strict=True)
    else:
        same = equal(one, other) or (renamed[1] is not None and other == _renamed(one, *renamed))
        return None if same else path
    found = (_difference(before, after, renamed, (*path, str(key))) for key, before, after in pairs)
    return next((place for place in found if place is not None), None)
