"""The schema of a model's output: its parts, its files and its texts."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .field_names import FieldNames, field_words
from .file_formats import Medium, format_among, medium_among

Kind = Literal["file", "text", "integer", "number", "boolean", "object", "array", "choice", "any", "null"]
"""What a part of an output is; `any` if its schema does not say."""

Purpose = Literal["reply", "transcription", "caption"]
"""What a model's texts are."""

# Below the first depth, only what must be there is made, so that a schema that contains itself comes to an end.
_OPTIONAL_DEPTH = 4
_MAX_DEPTH = 20
_MOST_PARTS = 1000
_KINDS: Mapping[str, Kind] = {
    "string": "text",
    "integer": "integer",
    "number": "number",
    "boolean": "boolean",
    "object": "object",
    "array": "array",
    "null": "null",
}
# Models of videos start from a first frame or end with a last one.
_ENDS, _STILLS = frozenset(("first", "last", "start", "end")), frozenset(("image", "frame"))
_VISIBLE = frozenset(("width", "height", "size", "aspect_ratio"))
_SOUND_FIELDS = frozenset(("audio", "sound", "speech", "voice", "recording", "podcast"))


@dataclass(slots=True)
class OutputPart:
    """A part of an output, or all of it.

    Args:
        name: The name of the property that it is or lies in; empty for the output itself.
        schema: Its schema, resolved.
        fields: The parts of an object, by name.
        items: What a list repeats, and the further properties of an object.
        places: The parts of a list that has a schema for each place.
        iterated: Whether the model returns the items of this list one by one.
        joined: Whether these are parts of one text.
        words: The words of its name, title and description, in lower case.
        label: The words of its name, or of its title if it has none.
        suffix: The suffix of a file by its name; None if that says nothing.
        medium: What a file holds by these words; None if they do not say.
    """

    kind: Kind
    name: str
    schema: Mapping[str, Any]
    fields: dict[str, OutputPart] = field(default_factory=dict[str, "OutputPart"])
    items: OutputPart | None = None
    places: tuple[OutputPart, ...] = ()
    iterated: bool = False
    joined: bool = False
    words: tuple[str, ...] = ()
    label: tuple[str, ...] = ()
    suffix: str | None = None
    medium: Medium | None = None

    @property
    def has_file(self) -> bool:
        """Whether there is a file in it."""
        inner = (*self.fields.values(), *self.places, *([self.items] if self.items else []))
        return self.kind == "file" or any(part.has_file for part in inner)


class OutputSchema:
    """What a model returns.

    Args:
        schema: The schema of its output, resolved.
        resolve: Resolves the schemas within it.
        properties: The schemas of its input's fields, resolved.
        names: What these mean.

    Attributes:
        root: The whole output.
        medium: What its files hold, if their own names and descriptions do not say.
        purpose: What its texts are.
    """

    def __init__(
        self,
        schema: Mapping[str, Any],
        resolve: Callable[[Any], Mapping[str, Any]],
        properties: Mapping[str, Mapping[str, Any]],
        names: FieldNames,
    ) -> None:
        self._resolve = resolve
        self._parts = 0
        self.root = self._part(schema, "", 0)
        self.medium: Medium = _medium(properties, names)
        self.purpose: Purpose = _purpose(properties, names)

    @property
    def streams(self) -> bool:
        """Whether the model returns parts of its output one by one."""
        return self.root.iterated

    @property
    def _full(self) -> bool:
        return self._parts > _MOST_PARTS

    def _part(self, given: Any, name: str, depth: int) -> OutputPart:
        schema = self._resolve(given)
        union = next((schema[key] for key in ("anyOf", "oneOf") if isinstance(schema.get(key), list)), ())
        if union and depth < _MAX_DEPTH:
            # Keywords beside a union hold for all of its schemas.
            beside = {key: value for key, value in schema.items() if key not in ("anyOf", "oneOf")}
            return self._part({"allOf": [union[0], beside]}, name, depth + 1)
        words = _words(name, schema)
        kind = _kind(schema, words)
        self._parts += 1
        if (depth > _OPTIONAL_DEPTH and schema.get("nullable") is True) or depth > _MAX_DEPTH or self._full:
            kind = "null"
        title = schema.get("title")
        label = field_words(name or (title if isinstance(title, str) else ""))
        part = OutputPart(kind, name, schema, words=words, label=tuple(label))
        match kind:
            case "file":
                part.suffix = format_among(field_words(name))
                # A description may well say that a picture is made of a text.
                part.medium = medium_among(field_words(name)) or medium_among(
                    [word for word in words if word != "text"]
                )
            case "object":
                self._add_fields(part, depth)
            case "array":
                self._add_items(part, depth)
            case _:
                pass
        return part

    def _add_fields(self, part: OutputPart, depth: int) -> None:
        properties, required = part.schema.get("properties"), part.schema.get("required")
        required = required if isinstance(required, list) else []
        if isinstance(properties, Mapping):
            for name, schema in properties.items():
                if (depth < _OPTIONAL_DEPTH and not self._full) or name in required:
                    part.fields[name] = self._part(schema, name, depth + 1)
        further = part.schema.get("additionalProperties", True)
        for name in required:
            if isinstance(name, str) and name not in part.fields:
                part.fields[name] = self._part(further, name, depth + 1)
        if isinstance(further, Mapping) and depth < _OPTIONAL_DEPTH:
            part.items = self._part(further, part.name, depth + 1)

    def _add_items(self, part: OutputPart, depth: int) -> None:
        schema = part.schema
        part.iterated = schema.get("x-cog-array-type") == "iterator"
        part.joined = part.iterated and schema.get("x-cog-array-display") == "concatenate"
        items = schema.get("items", {})
        places = schema.get("prefixItems", items)
        if isinstance(places, list):
            part.places = tuple(self._part(one, part.name, depth + 1) for one in places)
        elif depth < _OPTIONAL_DEPTH or schema.get("minItems"):
            part.items = self._part(items, part.name, depth + 1)


def _kind(schema: Mapping[str, Any], words: tuple[str, ...]) -> Kind:
    if isinstance(schema.get("enum"), list):
        return "choice" if schema["enum"] else "any"
    named = schema.get("type")
    if isinstance(named, list):
        named = named[0] if named else None
    kind: Kind = _KINDS.get(named, "any") if isinstance(named, str) else "any"
    if kind == "any":
        if "properties" in schema or "additionalProperties" in schema:
            return "object"
        return "array" if "items" in schema else "any"
    return "file" if kind == "text" and schema.get("format") == "uri" else kind


def _words(name: str, schema: Mapping[str, Any]) -> tuple[str, ...]:
    texts = [name, *(schema.get(key) for key in ("title", "description", "example"))]
    examples = schema.get("examples")
    texts += examples if isinstance(examples, list) else []
    return tuple(word for text in texts if isinstance(text, str) for word in field_words(text[:1000]))


def _field_text(name: str, schema: Mapping[str, Any]) -> set[str]:
    return {*_words(name, schema)}


def _medium(properties: Mapping[str, Mapping[str, Any]], names: FieldNames) -> Medium:
    """What the files of a model hold, by the fields of its input; images if these do not say."""
    meanings = names.meanings or frozenset[str]()
    if meanings & {"fps", "num_frames"}:
        return "video"
    described = {name: _field_text(name, schema) for name, schema in properties.items()}
    words = set[str]().union(*described.values())
    found = medium_among(words)
    if found == "sound":
        # A picture that speaks, and a video that has a sound, are videos.
        takes_sound = any(_SOUND_FIELDS & described[name] for name in _files(properties))
        shown = ("picture" in meanings and takes_sound) or ("duration" in meanings and meanings & _VISIBLE)
        return "video" if shown else "sound"
    if found in ("video", "3d"):
        return found
    moving = "duration" in meanings or any(
        _ENDS & words and _STILLS & words for words in map(set, map(field_words, properties))
    )
    return "video" if moving else "image"


def _purpose(properties: Mapping[str, Mapping[str, Any]], names: FieldNames) -> Purpose:
    meanings = names.meanings or frozenset[str]()
    if "max_tokens" in meanings:
        return "reply"
    files = {name: _field_text(name, properties[name]) for name in _files(properties)}
    if any(_SOUND_FIELDS & words for words in files.values()):
        return "transcription"
    return "caption" if "picture" in meanings else "reply"


def _files(properties: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """The fields that take files."""
    return [name for name, schema in properties.items() if schema.get("format") == "uri"]
