"""The output of a prediction by the model's schema and the input.

Equal arguments give equal outputs.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from ..cog.field_values import is_number
from ..cog.file_formats import format_among, known_format, medium_of, usual_format
from ..cog.model_schema import ModelSchema
from ..cog.output_schema import OutputPart
from ..documents.sample import sample
from ..randomness import random_fraction
from . import words
from .marks import file_mark
from .model_input import ModelInput
from .named_values import ASKED, number_like, text_like, within_bounds

MOST_ITEMS = 100
"""The most files, texts or objects in a list, whatever the input asks for. The mock's own choice."""

_USUAL_ITEMS = 3
_MOST_VALUES = 10_000
_DIMENSIONS, _FEW_NUMBERS, _MOST_NUMBERS = 384, 8, 4096
_MOST_LETTERS = 100_000
_EMBEDDING = frozenset(("embedding", "embeddings", "vector", "vectors", "feature", "features", "latent", "latents"))
_BOX = frozenset(("box", "bbox", "boxes", "bboxes"))
_SEGMENTS = frozenset(("segments", "chunks", "utterances", "words"))
_RARE = frozenset(("nsfw", "unsafe", "flagged", "error", "failed"))
_PATTERNED = frozenset(("pattern", "format", "default", "example", "examples"))
_CONSTRAINTS = _PATTERNED | {"minLength", "maxLength"}


def default_output(schema: ModelSchema, wanted: ModelInput, seed: int) -> Any:
    """What a model returns for an input: JSON with marks of files, and a list of tokens where it streams a text.

    Args:
        schema: The model's schema.
        wanted: The input.
        seed: The seed of the prediction.
    """
    return _Maker(schema, wanted, seed).value(schema.returns.root, "")


class _Maker:
    """Makes the parts of one output. What is random in a part depends on its path."""

    def __init__(self, schema: ModelSchema, wanted: ModelInput, seed: int) -> None:
        self._schema = schema
        self._wanted = wanted
        self._seed = seed
        self._made = 0

    def value(self, part: OutputPart, path: str) -> Any:
        self._made += 1
        match part.kind:
            case "file":
                return file_mark(self._suffix(part))
            case "text":
                return self._text(part, path)
            case "integer" | "number":
                return self._number(part, path)
            case "boolean":
                return self._fraction(path) < 0.5 and _RARE.isdisjoint(part.label)
            case "choice":
                return part.schema["enum"][self._integer(path) % len(part.schema["enum"])]
            case "array":
                return self._list(part, path)
            case "object":
                return self._object(part, path)
            case "any":
                return self._anything(part, path)
            case "null":
                return None

    def _fraction(self, path: str) -> float:
        return random_fraction(f"{self._seed}{path}")

    def _integer(self, path: str) -> int:
        return int(self._fraction(path) * 2**32)

    def _suffix(self, part: OutputPart) -> str:
        """The suffix of a file: by its own name, by the input, by its description, by what the model makes."""
        if part.suffix:
            return part.suffix
        medium = part.medium or self._schema.returns.medium
        asked = known_format(self._wanted.suffix) if self._wanted.suffix else None
        if asked:
            # An animated picture is a video, too.
            animated = asked == "gif" and medium == "video"
            if part.medium is None or animated or medium_of(asked) == medium:
                return asked
        return format_among(part.words) or usual_format(medium)

    def _number(self, part: OutputPart, path: str) -> Any:
        whole, fraction = part.kind == "integer", self._fraction(path)
        if "multipleOf" in part.schema:
            return sample(part.schema, self._schema.resolve)
        value = number_like(part.label, fraction, self._wanted, self._seed, whole=whole)
        found = within_bounds(value, part.schema, fraction, whole=whole)
        return value if found is None else found

    def _text(self, part: OutputPart, path: str) -> str:
        text = text_like(part.label, self._integer(path), self._wanted, lambda: self._usual_text(path))
        if not _PATTERNED.isdisjoint(part.schema):
            made = sample(part.schema, self._schema.resolve)
            text = made if isinstance(made, str) else text
        least, most = (_count(part.schema.get(name)) for name in ("minLength", "maxLength"))
        return text.ljust(min(least or 0, _MOST_LETTERS), ".")[:most]

    def _usual_text(self, path: str) -> str:
        text = self._whole_text(self._seed if not path else self._integer(path))
        return "".join(words.limit(text, self._wanted.max_tokens, self._wanted.stop))

    def _whole_text(self, seed: int) -> str:
        prompt, purpose = self._wanted.prompt, self._schema.returns.purpose
        if purpose == "transcription":
            # All parts of an output tell of the same recording.
            return words.transcription(self._seed)
        if self._schema.returns.root.has_file:
            return prompt or words.caption(seed)
        if purpose == "caption" and not words.asks(prompt):
            return words.caption(seed)
        return words.reply(prompt, seed)

    def _list(self, part: OutputPart, path: str) -> list[Any]:
        if part.places:
            return [self.value(place, f"{path}.{number}") for number, place in enumerate(part.places)]
        least, most = (_count(part.schema.get(name)) for name in ("minItems", "maxItems"))
        least = min(least or 0, _MOST_NUMBERS)
        made = self._usual_list(part, path, least)
        if made and len(made) < least:
            # Lists within lists would multiply.
            size = _size(made[0])
            least = max(len(made), min(least, _MOST_VALUES // size))
            self._made += (least - len(made)) * size
            made = (made * (least // len(made) + 1))[:least]
        made = made[:most]
        if part.schema.get("uniqueItems") is True:
            made = [one for place, one in enumerate(made) if one not in made[:place]]
        return made

    def _usual_list(self, part: OutputPart, path: str, least: int) -> list[Any]:
        """A list that is as long as usual; shorter than `least` only if its items repeat anyway."""
        items, name = part.items, frozenset(part.words)
        if items is None:
            return []
        if items.kind == "text" and part.iterated and _CONSTRAINTS.isdisjoint(items.schema):
            text = self._whole_text(self._seed)
            if part.joined:
                return words.limit(text, self._wanted.max_tokens, self._wanted.stop)
            return words.sentences(self._usual_text(path))
        if items.kind == "any" and not name.isdisjoint(_SEGMENTS):
            return list(words.segments(self._whole_text(self._seed)))
        if items.kind in ("integer", "number"):
            return self._numbers(part, items, path, least)
        if any(not ASKED.isdisjoint(inner.label) for inner in items.fields.values()):
            return self._by_line(items, path)
        count = min(max(self._usual_count(part, items), least), MOST_ITEMS)
        made: list[Any] = []
        # Lists within lists would multiply.
        while len(made) < count and not (made and self._made > _MOST_VALUES):
            made.append(self.value(items, f"{path}.{len(made)}"))
        return made

    def _by_line(self, items: OutputPart, path: str) -> list[Any]:
        """One item for each line of the prompt, which the item repeats."""
        lines = [line for line in self._wanted.prompt.splitlines() if line.strip()] or [""]
        wanted = [replace(self._wanted, prompt=line) for line in lines[:MOST_ITEMS]]
        makers = [_Maker(self._schema, one, self._seed) for one in wanted]
        return [maker.value(items, f"{path}.{number}") for number, maker in enumerate(makers)]

    def _usual_count(self, part: OutputPart, items: OutputPart) -> int:
        if self._wanted.counted and items.kind != "array" and (items.has_file or not part.name):
            return max(0, self._wanted.batch_size)
        if part.iterated:
            return 1 if self._wanted.progressive is False else _USUAL_ITEMS
        return 1 if items.has_file or items.kind == "array" else _USUAL_ITEMS

    def _numbers(self, part: OutputPart, items: OutputPart, path: str, least: int) -> list[Any]:
        name = frozenset(part.words)
        if not name.isdisjoint(_BOX) and "multipleOf" not in items.schema:
            return self._box(items, path)
        embedding = not name.isdisjoint(_EMBEDDING) or (items.kind == "number" and not part.name)
        count = min(max(_DIMENSIONS if embedding else _FEW_NUMBERS, least), _MOST_NUMBERS)
        made = [self.value(items, f"{path}.{number}") for number in range(count)]
        if embedding and items.kind == "number" and not {"minimum", "exclusiveMinimum"} & items.schema.keys():
            return [round(2 * one - 1, 4) if 0 <= one <= 1 else one for one in made]
        return made

    def _box(self, items: OutputPart, path: str) -> list[Any]:
        """Left, top, right and bottom of a box within the picture: in pixels, or as shares if none may be over 1."""
        most = items.schema.get("maximum")
        shares = is_number(most) and most <= 1
        edges = (1, 1) if shares else (self._wanted.width, self._wanted.height)
        fractions = [self._fraction(f"{path}.{number}") for number in range(4)]
        sides = (
            edge * (place + fraction) / 2
            for edge, place, fraction in zip(edges * 2, (0, 0, 1, 1), fractions, strict=True)
        )
        whole = items.kind == "integer"
        rounded = [int(side) if whole else round(side, 4 if shares else 1) for side in sides]
        bounded = (within_bounds(side, items.schema, 0.5, whole=whole) for side in rounded)
        return [side if found is None else found for side, found in zip(rounded, bounded, strict=True)]

    def _object(self, part: OutputPart, path: str) -> dict[str, Any]:
        made = {name: self.value(inner, f"{path}.{name}") for name, inner in part.fields.items()}
        if made or part.schema.get("properties") or part.schema.get("additionalProperties") is False:
            return made
        if part.items is not None:
            return {words.label(number): self.value(part.items, f"{path}.{number}") for number in range(_USUAL_ITEMS)}
        return {"result": self._usual_text(path)}

    def _anything(self, part: OutputPart, path: str) -> Any:
        """What a part may be whose schema allows anything."""
        if not _SEGMENTS.isdisjoint(part.label):
            return words.segments(self._whole_text(self._seed))
        text = text_like(part.label, self._integer(path), self._wanted, lambda: self._usual_text(path))
        return text if path else {"result": text}


def _size(value: Any) -> int:
    """The number of values in a value."""
    inner = value if isinstance(value, list) else value.values() if isinstance(value, dict) else ()
    return 1 + sum(map(_size, inner))


def _count(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
