"""The input of a prediction as the model reads it, and the model's limits.

The bounds come from the document; the limits here are those that it does not state.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from math import isfinite
from typing import Any
from urllib.parse import urlsplit

MEMORY_LIMIT = 1024 * 576 * 120
"""The most the model can make at once, in pixels of all frames of all videos; more fails. The mock's own choice."""

SIDE_LIMIT = 4096
"""The longest width or height that the model can make, in pixels; more fails. The mock's own choice."""

RATE_LIMIT = 1000
"""The highest frame rate that can be written into a file, in frames per second; more fails. The mock's own choice."""

FALLBACKS: Mapping[str, Any] = {
    "prompt": "",
    "width": 512,
    "height": 512,
    "fps": 8,
    "num_frames": 16,
    "batch_size": 1,
    "num_inference_steps": 25,
    "init_weight": 0,
}
"""The values of fields that the document's model does not have. The mock's own choice."""

PREFIX = "mock:"
"""The beginning of a prompt that steers its prediction."""

_MAX_STEPS = 10_000
_MIN_SIDE = 16
_INVALID = ".invalid"


# Not frozen: one is made for every prediction, and frozen ones take three times as long to make. Nothing changes one.
@dataclass(slots=True, unsafe_hash=True)
class ModelInput:
    """The fields of an input that decide what the model does, with the document's defaults filled in.

    Args:
        unresolvable: The host of a URL among the fields that can never be resolved.
    """

    prompt: str
    width: int
    height: int
    fps: int
    num_frames: int
    batch_size: int
    num_inference_steps: int
    init_weight: float
    init_video: bool
    seed: int | None
    unresolvable: str | None = None

    @classmethod
    def read(cls, sent: Mapping[str, Any], defaults: Mapping[str, Any]) -> ModelInput:
        """Take the fields from an input as the client sent it, else from the defaults, else from `FALLBACKS`.

        Args:
            sent: The input.
            defaults: The document's defaults, by field.
        """
        values = {**FALLBACKS, **defaults, **sent}
        seed = values.get("seed")

        def integer(name: str) -> int:
            # JSON has one kind of number, so 24.0 is an integer. A loose document may let other values through.
            if type(value := values[name]) is int:
                return value
            candidates = [source[name] for source in (values, defaults, FALLBACKS) if name in source]
            return int(next(value for value in candidates if _is_number(value)))

        return cls(
            prompt=_prompt(sent, values),
            width=integer("width"),
            height=integer("height"),
            fps=integer("fps"),
            num_frames=integer("num_frames"),
            batch_size=integer("batch_size"),
            num_inference_steps=integer("num_inference_steps"),
            init_weight=values["init_weight"] if _is_number(values["init_weight"]) else 0,
            init_video="init_video" in values,
            seed=int(seed) if seed is not None and _is_number(seed) else None,
            unresolvable=next(
                (host for value in sent.values() if type(value) is str and (host := _unresolvable_host(value))), None
            ),
        )

    @property
    def size(self) -> int:
        """Pixels of all frames of all videos."""
        return self.width * self.height * self.num_frames * self.batch_size

    @property
    def steps(self) -> int:
        """The number of denoising steps that run: with a video to start from, `init_weight` of them are left out."""
        requested = min(self.num_inference_steps, _MAX_STEPS)
        strength = 1 - min(max(self.init_weight, 0), 1) if self.init_video else 1
        return max(1, int(requested * strength))

    def error(self) -> str | None:
        """The reason why the model fails with this input; None if it succeeds. The document bounds none of this."""
        if self.unresolvable is not None:
            return f"[Errno -2] Name or service not known: {self.unresolvable!r}"
        for name, value, least in (
            ("num_frames", self.num_frames, 1),
            ("fps", self.fps, 1),
            ("batch_size", self.batch_size, 1),
            ("width", self.width, _MIN_SIDE),
            ("height", self.height, _MIN_SIDE),
        ):
            if value < least:
                return f"{name} must be at least {least}, but is {value}"
        if self.size > MEMORY_LIMIT or max(self.width, self.height) > SIDE_LIMIT:
            # The model's attention takes some 600 bytes for each pixel. The cap keeps the number printable.
            gibibytes = min(self.size * 600, 10**15) / 2**30
            return f"CUDA out of memory. Tried to allocate {gibibytes:.2f} GiB (GPU 0; 39.59 GiB total capacity)"
        if self.fps > RATE_LIMIT:
            return f"fps must be at most {RATE_LIMIT}, but is {self.fps}"
        return None


def _is_number(value: Any) -> bool:
    # The defaults of a document may be infinite; isfinite() takes no integer beyond the range of floats.
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


def _prompt(sent: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The prompt; for a model without one, the first string that steers, if there is one."""
    if "prompt" in sent:
        return str(sent["prompt"])
    steering = (text for text in sent.values() if isinstance(text, str) and text.startswith(PREFIX))
    return next(steering, str(values["prompt"]))


def _unresolvable_host(text: str) -> str | None:
    """The host of a URL if it lies under `.invalid`, where no name is ever resolved (RFC 2606)."""
    try:
        host = urlsplit(text).hostname if _INVALID in text.lower() else None
    except ValueError:
        return None
    return host if host and host.endswith(_INVALID) else None
