"""openapi.yaml with another input and version in it, and every other byte as it was.

Only the lines of what changes are written anew: no emitter of YAML keeps every choice that was made by hand.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

from openapi_spec_validator import validate
from openapi_spec_validator.validation.exceptions import OpenAPIValidationError
from ruamel.yaml.nodes import MappingNode, ScalarNode

from ..document.yaml import compose, load, same, scalar
from .cog import Input, Schema
from .errors import UpdateError, first_line
from .lines import body, entries, is_block, mapping

_ANCHOR = re.compile(r"(?:&\S+ +)?")

INPUT = ("components", "schemas", "PredictionInput")
VERSION = ("info", "x-replicate", "version")

ADVICE = "write the place out, without anchors and merges, then update again"


class Document:
    """The spec: its text and what it says.

    Args:
        text: The text.

    Raises:
        UpdateError: If it is no spec with an input in it.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        try:
            self.content: Any = load(text)
            self._root = compose(text)
        except ValueError as error:
            raise UpdateError(f"it is no YAML, {first_line(error)}; mend it first") from error
        if not isinstance(self.get(*INPUT, "properties"), dict):
            raise UpdateError(f"it has no {'.'.join(INPUT)} with properties; name the spec of this project")

    def get(self, *steps: str) -> Any:
        """What stands where steps lead to; None if there is no such place."""
        return _get(self.content, *steps)

    def updated(self, found: Input, version: str | None) -> str:
        """The text with an input, and with a version if one is given.

        Args:
            found: The input.
            version: The version's id.

        Raises:
            UpdateError: If the text cannot be changed without a risk for the rest of it, or would be no valid OpenAPI.
        """
        schema = self.get(*INPUT)
        wanted = _merged(schema, found)
        changes = [] if same(schema, wanted) else [self._with_input(schema, wanted)]
        if version is not None and version != self.get(*VERSION):
            changes.append(self._with_version(version))
        text = self.text
        for start, end, replacement in sorted(changes, reverse=True):
            text = text[:start] + replacement + text[end:]
        if changes:
            self._check(text, wanted, version)
        return text

    def _with_input(self, schema: Schema, wanted: Schema) -> tuple[int, int, str]:
        """Which part of the text to replace, and with what."""
        node, start, end = self._root, 0, len(self.text)
        for step in INPUT:
            # In a document that is no block, nothing begins on a line of its own.
            found = next((part for part in entries(self.text, node, start, end) if part.key == step), None)
            if found is None or not is_block(self.text, found):
                raise UpdateError(f"{step} is not written line by line below its name; {ADVICE}")
            node, start, end = found.node, body(self.text, found), found.end
        fields = next(part for part in entries(self.text, node, start, end) if part.key == "properties")
        if schema["properties"] and not is_block(self.text, fields):
            raise UpdateError(f"the properties of PredictionInput are not written line by line; {ADVICE}")
        return start, end, mapping(self.text, node, (start, end), schema, wanted)

    def _with_version(self, version: str) -> tuple[int, int, str]:
        node, behind = self._root, 0
        for step in VERSION:
            pairs = node.value if isinstance(node, MappingNode) else []
            pair = next(((key, value) for key, value in pairs if key.value == step), None)
            if pair is None:
                raise UpdateError(f"it has no {'.'.join(VERSION)} to write the version into; put one in first")
            behind, node = pair[0].end_mark.index, pair[1]
        if not isinstance(node, ScalarNode) or node.start_mark.index < behind:
            raise UpdateError(f"{'.'.join(VERSION)} is no text of its own; {ADVICE}")
        anchored = _ANCHOR.match(self.text, node.start_mark.index)
        return anchored.end() if anchored else behind, node.end_mark.index, scalar(version)

    def _check(self, text: str, wanted: Schema, version: str | None) -> None:
        """Refuse a text that says anything but what was meant."""
        try:
            after = load(text)
        except ValueError as error:
            raise UpdateError(f"the result would be no YAML, {first_line(error)}; {ADVICE}") from error
        meant = _put(self.content, INPUT, wanted)
        if version is not None:
            meant = _put(meant, VERSION, version)
        place = _parting(meant, after, (self.get(*VERSION), version))
        if place is not None:
            raise UpdateError(f"{'.'.join(place)} would change in a way that is not meant; {ADVICE}")
        try:
            validate(after)
        except OpenAPIValidationError as error:
            raise UpdateError(f"the result would be no valid OpenAPI, {first_line(error)}; mend that first") from error


def _get(content: Any, *steps: str) -> Any:
    for step in steps:
        content = content.get(step) if isinstance(content, dict) else None
    return content


def _put(content: Any, steps: Sequence[str], value: Any) -> Any:
    """The same content with another value where steps lead to."""
    return {**content, steps[0]: _put(content[steps[0]], steps[1:], value)} if steps else value


def _merged(schema: Schema, found: Input) -> Schema:
    """The document's schema with the fields of another input, and with what only the document says."""
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
    return {**field, **{key: value for key, value in before.items() if str(key).startswith("x-")}}


def _arranged(before: Any, names: Any) -> Any:
    """Names whose order says nothing, in the order in which the document has them."""
    if isinstance(before, list) and isinstance(names, list) and sorted(before) == sorted(names):
        return before
    return names


def _parting(one: Any, other: Any, renamed: tuple[Any, Any], trail: tuple[str, ...] = ()) -> tuple[str, ...] | None:
    """The first place where two documents part, save that what names the one version may name the other."""
    pairs: Iterable[tuple[Any, Any, Any]]
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = ((step, value, other[step]) for step, value in one.items())
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = zip(range(len(one)), one, other, strict=True)
    else:
        return None if same(one, other) or (one, other) == renamed else trail
    found = (_parting(before, after, renamed, (*trail, str(step))) for step, before, after in pairs)
    return next((place for place in found if place is not None), None)
