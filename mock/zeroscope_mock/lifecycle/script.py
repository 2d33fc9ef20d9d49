"""What one prediction will do: how long it starts up and runs, what it prints and how it ends.

The numbers are those of the model as far as they are known: 15.8 steps a second for 24 frames of 576x320 were seen in
its logs, and it prints the seed it uses, 0 to 65535 if it was not given one (its public source).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from math import inf, isfinite
from operator import itemgetter
from typing import Any
from urllib.parse import urlsplit

from .logs import log, progress_line

MEMORY_LIMIT = 1024 * 576 * 120
"""How much the model can make at once, in pixels of all frames of all videos; more fails. The mock's own choice."""

SIDE_LIMIT = 4096
"""The longest width or height, in pixels, that the model can make; more fails. The mock's own choice."""

RATE_LIMIT = 1000
"""The highest frame rate, in frames per second, that can be written into a file; more fails. The mock's own choice."""

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
"""What the mock makes of a document whose model has no such fields. The mock's own choice."""

PREFIX = "mock:"
"""How a text begins that steers its prediction."""

GRAIN = 1e-6
"""Times since 1970 are good for a quarter of a microsecond; what happens at a moment must not fall to that."""

_STEPS_PER_SECOND = 15.8
_USUAL_SIZE = 576 * 320 * 24
_MOST_STEPS = 10_000
_STARTUP = (0.5, 2.0)
_SECONDS_TO_FAIL = 0.5
_SHORTEST_SIDE = 16
_INVALID = ".invalid"


# Not frozen: one is made for every prediction, and frozen ones take three times as long to make. Nothing changes one.
@dataclass(slots=True, unsafe_hash=True)
class ModelInput:
    """The fields of an input that decide what the model does, with the document's defaults filled in."""

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
    nowhere: str | None = None

    @classmethod
    def read(cls, sent: Mapping[str, Any], defaults: Mapping[str, Any]) -> ModelInput:
        """Take the fields from an input as it was sent, else from the document's defaults, else from the mock's own."""
        values = {**FALLBACKS, **defaults, **sent}
        seed = values.get("seed")

        def integer(name: str) -> int:
            # JSON knows one kind of number, so that 24.0 is an integer; what a loose document lets through is none.
            if type(value := values[name]) is int:
                return value
            places = [place[name] for place in (values, defaults, FALLBACKS) if name in place]
            return int(next(value for value in places if _is_number(value)))

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
            nowhere=next((host for value in sent.values() if type(value) is str and (host := _nowhere(value))), None),
        )

    @property
    def size(self) -> int:
        """Pixels of all frames of all videos."""
        return self.width * self.height * self.num_frames * self.batch_size

    @property
    def steps(self) -> int:
        """How many denoising steps are really run: with a video to start from, `init_weight` of them are left out."""
        asked = min(self.num_inference_steps, _MOST_STEPS)
        strength = 1 - min(max(self.init_weight, 0), 1) if self.init_video else 1
        return max(1, int(asked * strength))


def _prompt(sent: Mapping[str, Any], values: Mapping[str, Any]) -> str:
    """The prompt; of a model that has none, the first text that steers, if there is one."""
    if "prompt" in sent:
        return str(sent["prompt"])
    steering = (text for text in sent.values() if isinstance(text, str) and text.startswith(PREFIX))
    return next(steering, str(values["prompt"]))


def _nowhere(text: str) -> str | None:
    """The host of an address that leads nowhere for certain, as the names under `.invalid` do (RFC 2606)."""
    try:
        host = urlsplit(text).hostname if _INVALID in text.lower() else None
    except ValueError:
        return None
    return host if host and host.endswith(_INVALID) else None


# Not frozen either; see above.
@dataclass(slots=True)
class Script:
    """The course of one prediction, if nobody ends it early.

    Args:
        seed: what the log says is used.
        startup_seconds: from creation to the start.
        run_seconds: from the start to the end.
        steps: where the progress bar ends.
        rate: steps a second.
        outcome: the final status; `aborted` ends it when it would have started.
        error: why it fails.
        outputs: how many videos it makes.
        removed: whether its data is removed the moment it ends.
        lines: what it prints instead of seed and progress bar, each with the seconds since the start.
        output: what it answers instead of videos, any JSON value; None for videos.
        gradual: whether its outputs come one after another, evenly over the run, instead of all at the end.
        reads: with how many reads it ends, one step each, whatever the clock says; 0 to go by the clock.
        streams: whether it has a stream of events; None if that is up to the request.
        inline: whether its videos are `data:` URIs instead of URLs.
    """

    seed: int
    startup_seconds: float
    run_seconds: float
    steps: int
    rate: float
    outcome: str = "succeeded"
    error: str | None = None
    outputs: int = 0
    removed: bool = False
    lines: tuple[tuple[float, str], ...] | None = None
    output: Any = None
    gradual: bool = False
    reads: int = 0
    streams: bool | None = None
    inline: bool = False

    def printed(self, elapsed: float) -> int:
        """How many lines it has printed so many seconds after its start."""
        if self.lines is not None:
            return bisect_right(self.lines, elapsed + GRAIN, key=itemgetter(0))
        return 2 + min(self.steps, int((elapsed + GRAIN) * self.rate))

    def printed_at(self, number: int) -> float:
        """When it prints a line, in seconds after its start; never, if it has no such line."""
        if self.lines is not None:
            return self.lines[number][0] if number < len(self.lines) else inf
        return max(0, number - 1) / self.rate if number < self.steps + 2 else inf

    def line(self, number: int) -> str:
        """One of the lines that it prints, counted from 0."""
        if not number:
            return self.logs(1)
        return self.lines[number][1] if self.lines else f"{progress_line(self.steps, self.rate, number - 1)}\n"

    def logs(self, number: int) -> str:
        """The first lines that it prints."""
        if self.lines is not None:
            return "".join(text for _, text in self.lines[:number])
        return log(self.seed, self.steps, self.rate, number)

    @property
    def results(self) -> int:
        """How many outputs it makes."""
        if self.output is None:
            return self.outputs
        return len(self.output) if isinstance(self.output, list) else 1

    def made(self, elapsed: float) -> int:
        """How many outputs it has made so many seconds after its start, while it runs."""
        if not self.gradual or self.outcome != "succeeded" or not self.run_seconds:
            return 0
        # A run can be so short that the quotient is endless.
        return int(min(self.results, (elapsed + GRAIN) / self.run_seconds * (self.results + 1)))

    def made_at(self, number: int) -> float:
        """When it makes an output, in seconds after its start; never while it runs, if they all come at the end."""
        if not self.gradual or self.outcome != "succeeded" or number >= self.results:
            return inf
        return self.run_seconds * (number + 1) / (self.results + 1)


def _is_number(value: Any) -> bool:
    # The defaults of a document may be endless; isfinite() takes no integer beyond the floats.
    return isinstance(value, int) or (isinstance(value, float) and isfinite(value))


def write_script(wanted: ModelInput, dice: bytes, *, streams: bool | None = None, inline: bool = False) -> Script:
    """The usual course of a prediction.

    Args:
        wanted: what was asked for.
        dice: decide the start-up time, and the seed if none was asked for, with their last six bytes.
        streams: whether it has a stream of events; None if that is up to the request.
        inline: whether its videos are `data:` URIs instead of URLs.
    """
    least, most = _STARTUP
    startup = round(least + (most - least) * int.from_bytes(dice[-4:]) / 2**32, 6)
    seed = int.from_bytes(dice[-6:-4]) if wanted.seed is None else wanted.seed
    error, steps = failure(wanted), wanted.steps
    rate = _STEPS_PER_SECOND / 100 if error else _STEPS_PER_SECOND * _USUAL_SIZE / wanted.size
    return Script(
        seed=seed,
        startup_seconds=startup,
        run_seconds=_SECONDS_TO_FAIL if error else steps / rate,
        steps=steps,
        rate=rate,
        outcome="failed" if error else "succeeded",
        error=error,
        outputs=0 if error else wanted.batch_size,
        streams=streams,
        inline=inline,
    )


def failure(wanted: ModelInput) -> str | None:
    """Why the model cannot do what was asked of it; the document bounds none of this."""
    if wanted.nowhere is not None:
        return f"[Errno -2] Name or service not known: {wanted.nowhere!r}"
    for name, value, least in (
        ("num_frames", wanted.num_frames, 1),
        ("fps", wanted.fps, 1),
        ("batch_size", wanted.batch_size, 1),
        ("width", wanted.width, _SHORTEST_SIDE),
        ("height", wanted.height, _SHORTEST_SIDE),
    ):
        if value < least:
            return f"{name} must be at least {least}, but is {value}"
    if wanted.size > MEMORY_LIMIT or max(wanted.width, wanted.height) > SIDE_LIMIT:
        # The model's attention keeps some 600 bytes for each pixel; beyond a million of GiB nobody counts.
        gibibytes = min(wanted.size * 600, 10**15) / 2**30
        return f"CUDA out of memory. Tried to allocate {gibibytes:.2f} GiB (GPU 0; 39.59 GiB total capacity)"
    if wanted.fps > RATE_LIMIT:
        return f"fps must be at most {RATE_LIMIT}, but is {wanted.fps}"
    return None
