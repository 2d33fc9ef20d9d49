"""The names of inputs' fields, and what they mean to a model.

Models have no common schema, but a few dozen names recur; the table here has those of public models on the service.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, NamedTuple

from .field_values import READERS, text_in


@dataclass(frozen=True, slots=True)
class Meaning:
    """What a field means.

    Args:
        kind: The values that count: `text`, `number`, `word`, `words`, `flag`, `file` or, for any value, `presence`.
        effect: What the mock server does with it, as the documentation says it.
        names: The names of such fields, the preferred ones first.
    """

    kind: str
    effect: str
    names: tuple[str, ...]


def _meaning(kind: str, effect: str, names: str) -> Meaning:
    return Meaning(kind, effect, tuple(names.split()))


MEANINGS: Mapping[str, Meaning] = {
    "prompt": _meaning(
        "text",
        "The text that pictures and videos show, that speech speaks, and that a text replies to",
        "prompt prompts text text_prompt text_input input_text input_prompt prompt_text positive_prompt user_prompt"
        " animation_prompts gen_text target_text tts_text sentence sentences messages message query question"
        " instruction instructions edit_instruction instruct content contents lyrics transcript script caption"
        " description initial_prompt input inputs title topic",
    ),
    "width": _meaning(
        "number", "The width in pixels", "width image_width output_width video_width target_width img_width"
    ),
    "height": _meaning(
        "number", "The height in pixels", "height image_height output_height video_height target_height img_height"
    ),
    "size": _meaning(
        "word",
        "The size: `1024x768`, `720p` or `2K`; a number is both width and height",
        "size image_size video_size resolution output_size output_resolution image_resolution video_resolution"
        " target_resolution target_size dimensions image_dimensions model_size",
    ),
    "aspect_ratio": _meaning(
        "word",
        "Width to height, such as `16:9`; `custom` and other words leave it to the other fields",
        "aspect_ratio image_aspect_ratio video_aspect_ratio output_aspect_ratio ratio orientation",
    ),
    "megapixels": _meaning("number", "Width times height, in 1,048,576 pixels", "megapixels output_megapixels mp"),
    "batch_size": _meaning(
        "number",
        "The number of files or texts",
        "num_outputs num_images number_of_images number_of_outputs num_images_per_prompt images_per_prompt"
        " n_predictions num_predictions num_samples n_samples number_of_samples num_videos number_of_videos"
        " num_generations num_return_sequences samples batch_size image_count max_images n",
    ),
    "fps": _meaning(
        "number", "Frames per second", "fps frames_per_second frame_rate framerate video_fps output_fps target_fps"
    ),
    "num_frames": _meaning(
        "number",
        "The number of frames; text counts from its first digits, such as `14_frames_with_svd`",
        "num_frames number_of_frames n_frames frames max_frames num_video_frames frame_num frame_count total_frames"
        " video_frames video_length length",
    ),
    "duration": _meaning(
        "number",
        "The length of a sound or a video in seconds, such as `5` or `10s`",
        "duration duration_seconds duration_in_seconds duration_sec seconds seconds_total total_seconds num_seconds"
        " video_duration audio_duration audio_length audio_length_in_s length_in_seconds max_duration song_length",
    ),
    "milliseconds": _meaning(
        "number",
        "The same in milliseconds",
        "music_length_ms duration_ms audio_length_ms length_ms",
    ),
    "suffix": _meaning(
        "word",
        "The format of the files, if they can have it",
        "output_format format image_format audio_format video_format file_format output_file_format output_type"
        " file_type response_format return_format export_format mesh_format",
    ),
    "quality": _meaning(
        "number",
        "The quality of JPEG and WebP files, 0 to 100",
        "output_quality quality image_quality jpeg_quality compression_quality output_compression",
    ),
    "seed": _meaning(
        "number", "The seed; below 0 means a random one", "seed random_seed rng_seed noise_seed manual_seed"
    ),
    "num_inference_steps": _meaning(
        "number",
        "The steps of the progress bar",
        "num_inference_steps steps num_steps inference_steps sampling_steps sample_steps number_of_steps n_steps"
        " ddim_steps diffusion_steps denoising_steps iterations num_iterations opt_iterations",
    ),
    "max_tokens": _meaning(
        "number",
        "The most tokens of a text",
        "max_tokens max_new_tokens max_completion_tokens max_output_tokens max_tokens_to_sample max_length"
        " maximum_tokens maximum_length max_gen_len",
    ),
    "stop": _meaning(
        "words",
        "The texts before which a text ends: a list, or with commas between them",
        "stop_sequences stop stop_sequence stop_words stop_strings stops stop_str",
    ),
    "progressive": _meaning(
        "flag",
        "Whether a model that can return files as it goes returns more than the last",
        "progressive_outputs intermediate_outputs return_intermediates show_intermediate stream_outputs",
    ),
    "picture": _meaning(
        "file",
        "The picture that pictures and videos show; the word `image`, `img`, `photo`, `picture`, `frame` or `face`"
        " in another name will do",
        "image input_image image_input images input_images image_url start_image first_frame_image first_frame"
        " init_image source_image reference_image reference_images image_prompt img photo picture",
    ),
    "scale": _meaning(
        "number",
        "How many times as large as that picture they are, if the model takes no text",
        "scale upscale upscale_factor upscaling_factor scale_factor scaling_factor outscale",
    ),
    "init_video": _meaning("presence", "A video to start from, which takes fewer steps", "init_video"),
    "init_weight": _meaning("number", "The share of the steps that are left out with it", "init_weight"),
}
"""What fields mean, by the usual name of such a field."""

_RANKS = {name: (meaning, rank) for meaning, known in MEANINGS.items() for rank, name in enumerate(known.names)}
_OTHER_PICTURE = 100
_PICTURE_WORDS = frozenset(("image", "images", "img", "photo", "photos", "picture", "pictures", "frame", "face"))
_NO_PICTURE_WORDS = frozenset(("mask", "num", "count", "format", "size", "width", "height", "rate", "style", "scale"))
# Texts with such a word in the name steer the model; they are not what it makes something of.
_NO_TEXT_WORDS = (
    "negative system template weights lora token tokens key secret url uri id ids path language lang model version"
    " voice speaker settings options stop sequences extra config type mode style format webhook name"
)
_STEERING_WORDS = frozenset(_NO_TEXT_WORDS.split())
_TYPES = {
    "text": ("string", "array", "object"),
    "number": ("integer", "number", "string"),
    "word": ("string", "integer", "number"),
    "words": ("string", "array"),
    "flag": ("boolean",),
    "file": ("string", "array"),
    "presence": ("string",),
}
_WORD = re.compile(r"[A-Z]?[a-z0-9]+|[A-Z0-9]+(?![a-z])")
_LONGEST_NAME = 80


class Role(NamedTuple):
    """What one field means.

    Args:
        meaning: A key of `MEANINGS`.
        rank: The place of its name among those with this meaning; the least one counts.
        read: Takes what it means from a value; None if nothing can be read from that.
    """

    meaning: str
    rank: int
    read: Callable[[Any], Any]


class FieldNames:
    """The fields of one model's input by what they mean.

    Args:
        properties: The schemas of the fields, resolved, in their order.
        required: The names of the required ones.
        others: Whether there may be fields besides these, which go by name alone; so do all fields if none is given.

    Attributes:
        defaults: The defaults of the fields, by meaning.
        meanings: What the model has fields for; None if any field may come.
    """

    __slots__ = ("_fields", "defaults", "meanings")

    def __init__(
        self, properties: Mapping[str, Mapping[str, Any]], required: Collection[str] = (), *, others: bool = False
    ) -> None:
        found = {name: role for name, schema in properties.items() if (role := _declared_role(name, schema))}
        if not any(role.meaning == "prompt" for role in found.values()):
            found.update(_first_text(properties, required, found))
        self._fields: dict[str, Role | None] = {**dict.fromkeys(properties), **found}
        self.meanings = None if others or not properties else frozenset(role.meaning for role in found.values())
        self.defaults = self.read(
            {name: schema["default"] for name, schema in properties.items() if "default" in schema}
        )

    def read(self, sent: Mapping[str, Any]) -> dict[str, Any]:
        """The values in an input, by meaning; of several fields with one meaning, that of the preferred name.

        Values from which nothing can be read are left out.
        """
        values: dict[str, Any] = {}
        ranks: dict[str, int] = {}
        fields, closed = self._fields, self.meanings is not None
        for name, value in sent.items():
            role = fields.get(name) if closed or name in fields else known_role(name[:_LONGEST_NAME])
            if role is None:
                continue
            meaning, rank, read = role
            if ranks.get(meaning, rank) >= rank and (found := read(value)) is not None:
                values[meaning], ranks[meaning] = found, rank
        return values


def meanings_table() -> str:
    """The table of all meanings, in Markdown, for the documentation."""
    rows = (f"| {known.effect} | {', '.join(f'`{name}`' for name in known.names)} |" for known in MEANINGS.values())
    return "\n".join(("| what the mock server takes from a field | names of such fields |", "|---|---|", *rows))


@lru_cache(maxsize=4096)
def known_role(name: str) -> Role | None:
    """What a field means by its name alone; None if the name says nothing."""
    words = field_words(name)
    meaning, rank = _RANKS.get("_".join(words), ("", 0))
    # A model that takes several pictures may number them.
    plain = {word.rstrip("0123456789") for word in words}
    if not meaning and plain & _PICTURE_WORDS and not plain & _NO_PICTURE_WORDS:
        meaning, rank = "picture", _OTHER_PICTURE
    return Role(meaning, rank, READERS[MEANINGS[meaning].kind]) if meaning else None


def field_words(name: str) -> list[str]:
    """The words of a name in lower case, written with underscores or with capitals."""
    return [word.lower() for word in _WORD.findall(name)]


def _declared_role(name: str, schema: Mapping[str, Any]) -> Role | None:
    """What a field of a model means by its name, if its type admits that."""
    role = known_role(name)
    if role is None or not types_of(schema).intersection(_TYPES[MEANINGS[role.meaning].kind]):
        return None
    holds_files = "uri" in (schema.get("format"), _items(schema).get("format"))
    if role.meaning == "picture":
        # Older models take pictures as the text of a URL or as base64.
        return role if holds_files or name.endswith("url") else None
    return None if holds_files and role.meaning != "init_video" else role


def types_of(schema: Mapping[str, Any]) -> frozenset[str]:
    """The JSON types that a schema admits, as far as it names any; all of them if it names none."""
    inner = [one for name in ("anyOf", "oneOf") for one in schema.get(name) or () if isinstance(one, Mapping)]
    named = schema.get("type")
    types = {one for one in (named if isinstance(named, list) else [named]) if isinstance(one, str)}
    types = types.union(*(types_of(one) for one in inner)) if inner else types
    if not types and "enum" in schema:
        types = {"string", "number"}
    return frozenset(types or ("string", "integer", "number", "boolean", "array", "object"))


def _items(schema: Mapping[str, Any]) -> Mapping[str, Any]:
    items = schema.get("items")
    return items if isinstance(items, Mapping) else {}


def _first_text(
    properties: Mapping[str, Mapping[str, Any]], required: Collection[str], found: Collection[str]
) -> Iterator[tuple[str, Role]]:
    """The first field for text of any kind, a required one before the others."""
    free = [
        name
        for name, schema in properties.items()
        if types_of(schema) == {"string"}
        and not {"enum", "format"}.intersection(schema)
        and name not in found
        and not _STEERING_WORDS.intersection(field_words(name))
    ]
    for name in sorted(free, key=lambda name: name not in required)[:1]:
        yield name, Role("prompt", 0, text_in)
