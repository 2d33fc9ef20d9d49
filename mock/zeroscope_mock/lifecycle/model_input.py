"""The input of a prediction as the model reads it, and the model's limits.

The bounds come from the model's schema; the limits here are those that it does not state.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from ..cog.field_names import FieldNames, known_role
from ..cog.model_schema import ModelSchema
from ..cog.sizes import FALLBACK_SIZE, SIDE_LIMIT, pixel_size
from .words import LETTERS_PER_SECOND

MEMORY_LIMIT = 1024 * 576 * 120
"""The most the document's model can make at once, in pixels of all frames of all videos; more fails. The mock's own
choice."""

RATE_LIMIT = 1000
"""The highest frame rate that can be written into a file, in frames per second; more fails. The mock's own choice."""

PREFIX = "mock:"
"""The beginning of a prompt that steers its prediction."""

_URL = re.compile(r"(?:https?|data):", re.IGNORECASE)
_MAX_STEPS = 10_000
_LEAST_SCALE = 0.01
_MAX_FILES = 1000
_MAX_FRAMES = 100_000
_MIN_SIDE = 16
_INVALID = ".invalid"
# What a sound takes whose length neither the input nor the schema states: read aloud, or this many seconds.
_USUAL_SECONDS, _LONGEST_SPEECH = 8.0, 60.0
# Numbers have no end in JSON, and nothing here lasts longer than a day.
_LONGEST = 86_400
_INTEGERS = frozenset(
    ("width", "height", "fps", "num_frames", "batch_size", "num_inference_steps", "seed", "quality", "max_tokens")
)
# Meanings that decide other fields than one of their own name.
_COMBINED = frozenset(("size", "aspect_ratio", "megapixels", "duration", "milliseconds"))
_AS_PICTURE = "match_input_image"
_SIZES = frozenset(("size", "aspect_ratio", "megapixels", "width", "height"))
_VIDEO = frozenset(("fps", "num_frames", "duration"))


# Not frozen: one is made for every prediction, and frozen ones take three times as long to make.
@dataclass(slots=True)
class ModelInput:
    """The fields of an input that decide what the model does, with the defaults of its schema filled in.

    What neither has is filled in by the mock's own choice, which is the value here.

    Args:
        prompt: The text that the model makes something of.
        batch_size: The number of files or texts.
        sized: Whether input or schema state the size, which is that of the picture otherwise.
        scale: How many times as large as the picture that is.
        counted: Whether input or schema state that number.
        seed: The seed; None for a random one.
        duration: The length of a sound or a video, in seconds; None if nothing states it.
        suffix: The format of the files, such as `webp`, in lower case; it can be any word.
        quality: The quality of pictures, 0 to 100.
        max_tokens: The most tokens of a text.
        stop: The texts before which a text ends.
        progressive: Whether a model that can return files as it goes returns more than the last.
        picture: The URL of a picture to start from.
        unresolvable: The host of a URL among the fields that can never be resolved.
        limited: Whether the input is for the document's model of videos, whose limits are known.
    """

    prompt: str = ""
    width: int = FALLBACK_SIZE[0]
    height: int = FALLBACK_SIZE[1]
    sized: bool = False
    scale: float = 1.0
    fps: int = 8
    num_frames: int = 16
    batch_size: int = 1
    counted: bool = False
    num_inference_steps: int = 25
    init_weight: float = 0
    init_video: bool = False
    seed: int | None = None
    duration: float | None = None
    suffix: str | None = None
    quality: int = 80
    max_tokens: int | None = None
    stop: tuple[str, ...] = ()
    progressive: bool | None = None
    picture: str | None = None
    unresolvable: str | None = None
    limited: bool = False

    @property
    def size(self) -> int:
        """Pixels of all frames of all files, at least 1."""
        return max(1, self.width * self.height * self.num_frames * self.batch_size)

    @property
    def steps(self) -> int:
        """The number of denoising steps that run: with a video to start from, `init_weight` of them are left out."""
        requested = min(self.num_inference_steps, _MAX_STEPS)
        strength = 1 - min(max(self.init_weight, 0), 1) if self.init_video else 1
        return max(1, int(requested * strength))

    @property
    def sound_seconds(self) -> float:
        """The length of a sound: as the input says, else the time that it takes to read the prompt aloud."""
        if self.duration is not None:
            return self.duration
        return min(max(len(self.prompt) / LETTERS_PER_SECOND, 1), _LONGEST_SPEECH) if self.prompt else _USUAL_SECONDS

    def error(self) -> str | None:
        """The reason why the model fails with this input; None if it succeeds. The schema bounds none of this."""
        if self.unresolvable is not None:
            return f"[Errno -2] Name or service not known: {self.unresolvable!r}"
        if self.limited:
            for name, value, least in (
                ("num_frames", self.num_frames, 1),
                ("fps", self.fps, 1),
                ("batch_size", self.batch_size, 1),
                ("width", self.width, _MIN_SIDE),
                ("height", self.height, _MIN_SIDE),
            ):
                if value < least:
                    return f"{name} must be at least {least}, but is {value}"
        if max(self.width, self.height) > SIDE_LIMIT or (self.limited and self.size > MEMORY_LIMIT):
            # The model's attention takes some 600 bytes for each pixel. The cap keeps the number printable.
            gibibytes = min(self.size * 600, 10**15) / 2**30
            return f"CUDA out of memory. Tried to allocate {gibibytes:.2f} GiB (GPU 0; 39.59 GiB total capacity)"
        if self.limited and self.fps > RATE_LIMIT:
            return f"fps must be at most {RATE_LIMIT}, but is {self.fps}"
        return None


class InputReader:
    """Reads the inputs of one model.

    Args:
        names: What its fields mean.
        limited: Whether it is the document's model of videos, whose limits are known.
    """

    def __init__(self, names: FieldNames, *, limited: bool = False) -> None:
        meanings = names.meanings
        self._names = names
        self._limited = limited
        self._open = meanings is None
        self._combined = meanings is None or not meanings.isdisjoint(_COMBINED)
        self._reads_text = meanings is None or "prompt" in meanings
        self._video = not (meanings or frozenset[str]()).isdisjoint(_VIDEO)
        self._usual = tuple(getattr(ModelInput(limited=limited), field.name) for field in fields(ModelInput))
        usual = self._filled(names.defaults, {})
        self._usual = tuple(getattr(usual, field.name) for field in fields(ModelInput))

    @classmethod
    def of(cls, schema: ModelSchema) -> InputReader:
        """The reader of a model's inputs, which is made once for each schema."""
        if (reader := _READERS.get(schema)) is None:
            reader = _READERS[schema] = cls(schema.names)
        return reader

    @property
    def stepwise(self) -> bool:
        """Whether the model has a field for the number of its steps."""
        return "num_inference_steps" in (self._names.meanings or ())

    def read(self, sent: Mapping[str, Any]) -> ModelInput:
        """Take what decides from an input as the client sent it, else from the schema's defaults.

        Args:
            sent: The input.
        """
        values = self._names.read(sent)
        wanted = self._filled(values, self._names.defaults)
        if "prompt" not in values:
            wanted.prompt = self._other_text(sent) or wanted.prompt
        for value in sent.values():
            if type(value) is str or type(value) is list:
                for text in (value,) if type(value) is str else value:
                    if type(text) is str and _INVALID in text.lower() and wanted.unresolvable is None:
                        wanted.unresolvable = _unresolvable_host(text)
        return wanted

    def _other_text(self, sent: Mapping[str, Any]) -> str | None:
        """The first text that steers; where no schema says which fields there are, the first one that is no URL."""
        texts = [value for value in sent.values() if isinstance(value, str)]
        steering = (text for text in texts if text.startswith(PREFIX))
        others = (
            value
            for name, value in sent.items()
            if self._open and isinstance(value, str) and not _URL.match(value) and known_role(name) is None
        )
        return next(steering, None) or next(others, None)

    def _filled(self, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> ModelInput:
        """The usual input with values by meaning."""
        wanted = ModelInput(*self._usual)
        for meaning, value in values.items():
            if meaning in _INTEGERS:
                setattr(wanted, meaning, value if type(value) is int else int(value))
            elif meaning not in _COMBINED:
                setattr(wanted, meaning, value)
        if "batch_size" in values:
            wanted.counted = True
        if self._combined:
            self._combine(wanted, values, defaults)
        if "width" in values or "height" in values:
            wanted.sized = True
        if self._reads_text:
            # There, it is how closely a model follows the text.
            wanted.scale = 1.0
        if not self._limited:
            # Other models are not known to fail, so whatever they get must be possible to make.
            wanted.width, wanted.height = max(1, wanted.width), max(1, wanted.height)
            wanted.fps = min(max(1, wanted.fps), RATE_LIMIT)
            wanted.num_frames = min(max(1, wanted.num_frames), _MAX_FRAMES)
            wanted.batch_size = min(max(0, wanted.batch_size), _MAX_FILES)
            wanted.quality = min(max(0, wanted.quality), 100)
            wanted.scale = min(max(_LEAST_SCALE, wanted.scale), SIDE_LIMIT)
            if wanted.seed is not None and wanted.seed < 0:
                wanted.seed = None
        return wanted

    def _combine(self, wanted: ModelInput, values: Mapping[str, Any], defaults: Mapping[str, Any]) -> None:
        """Set what several fields decide together."""
        if not _SIZES.isdisjoint(values):
            wanted.width, wanted.height = pixel_size(values, defaults, video=self._video)
            wanted.sized = values.get("aspect_ratio") != _AS_PICTURE
        if "milliseconds" in values:
            wanted.duration = _bounded(values["milliseconds"], _LONGEST * 1000) / 1000
        if "duration" in values:
            wanted.duration = _bounded(values["duration"])
        if wanted.duration is not None and "num_frames" not in values:
            wanted.num_frames = max(1, int(wanted.duration * min(wanted.fps, RATE_LIMIT)))


_READERS: WeakKeyDictionary[ModelSchema, InputReader] = WeakKeyDictionary()


def _bounded(seconds: float, most: int = _LONGEST) -> float:
    return min(max(0, seconds), most)


def _unresolvable_host(text: str) -> str | None:
    """The host of a URL if it lies under `.invalid`, where no name is ever resolved (RFC 2606)."""
    try:
        host = urlsplit(text).hostname
    except ValueError:
        return None
    return host if host and host.endswith(_INVALID) else None
