"""The script of a prediction: how long it runs, what it prints, how it ends.

The numbers are those of the model as far as they are known: its logs show 15.8 steps a second for 24 frames of 576x320,
and it prints the seed it uses, 0 to 65535 if the input has none (its public source).
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass
from math import inf
from operator import itemgetter
from typing import Any

from ..times import TOLERANCE
from .logs import log_text, progress_line
from .marks import file_mark
from .model_input import ModelInput

_STEPS_PER_SECOND = 15.8
_USUAL_SIZE = 576 * 320 * 24
_STARTUP = (0.5, 2.0)
_SECONDS_TO_FAIL = 0.5
# One in so many blocking creates is answered with the final status; all recorded ones were not, but documents say so.
_BLOCKING_CHANCES = 4
# The multiples of this have fractional parts that look random and are spread well.
_GOLDEN_RATIO = 0.6180339887498949

_VIDEO = file_mark("mp4")


# Not frozen: one is made for every prediction, and frozen ones take three times as long to make. Nothing changes one.
@dataclass(slots=True)
class Script:
    """The behavior of one prediction if no request ends it early.

    Args:
        seed: The seed that the log names.
        startup_seconds: From creation to the start.
        run_seconds: From the start to the end.
        steps: Where the progress bar ends.
        rate: Steps per second.
        outcome: The final status; `aborted` ends it when it would have started.
        error: Why it fails.
        removed: Whether its data is removed the moment it ends.
        lines: What it prints instead of seed and progress bar, each with the seconds since the start.
        output: What it returns, any JSON value, with marks of files; the items of a list count as outputs of their own.
        gradual: Whether its outputs come one after another, evenly over the run, instead of all at the end.
        unevenness: How much later than evenly they come, in shares of the time between two, below 1.
        reads: The number of reads with which it ends, one step each, whatever the clock says; 0 to go by the clock.
        streams: Whether it has a stream of events; None if the request decides.
        inline: Whether its files are `data:` URIs instead of URLs.
        source: How it was created, `api` or `web`.
        blocking: The status that a create which waited for its success shows, `processing` or `final`.
        expired_wait: The status that a create which waited in vain shows, `starting` or `processing`.
        webhook_events: The events that its webhook gets without a filter; None for those of the server.
    """

    seed: int
    startup_seconds: float
    run_seconds: float
    steps: int
    rate: float
    outcome: str = "succeeded"
    error: str | None = None
    removed: bool = False
    lines: tuple[tuple[float, str], ...] | None = None
    output: Any = None
    gradual: bool = False
    unevenness: float = 0.0
    reads: int = 0
    streams: bool | None = None
    inline: bool = False
    source: str = "api"
    blocking: str = "final"
    expired_wait: str = "starting"
    webhook_events: Sequence[str] | None = None

    def printed(self, elapsed: float) -> int:
        """The number of lines printed `elapsed` seconds after its start."""
        if self.lines is not None:
            return bisect_right(self.lines, elapsed + TOLERANCE, key=itemgetter(0))
        return 2 + min(self.steps, int((elapsed + TOLERANCE) * self.rate))

    def printed_at(self, number: int) -> float:
        """The time at which it prints a line, in seconds after its start; infinite if it has no such line."""
        if self.lines is not None:
            return self.lines[number][0] if number < len(self.lines) else inf
        return max(0, number - 1) / self.rate if number < self.steps + 2 else inf

    def line(self, number: int) -> str:
        """One of the lines that it prints, counted from 0."""
        if not number:
            return self.logs(1)
        return self.lines[number][1] if self.lines else f"{progress_line(self.steps, self.rate, number - 1)}\n"

    def logs(self, number: int) -> str:
        """The first `number` lines that it prints."""
        if self.lines is not None:
            return "".join(text for _, text in self.lines[:number])
        return log_text(self.seed, self.steps, self.rate, number)

    @property
    def results(self) -> int:
        """The number of outputs."""
        if isinstance(self.output, list):
            return len(self.output)
        return 0 if self.output is None else 1

    def made(self, elapsed: float) -> int:
        """The number of outputs made `elapsed` seconds after its start, while it runs."""
        if not self.gradual or self.outcome != "succeeded" or not self.run_seconds:
            return 0
        # A run can be so short that the quotient is infinite.
        made = int(min(self.results, (elapsed + TOLERANCE) / self.run_seconds * (self.results + 1)))
        # All but the last of these are made, even if each is late.
        return made - 1 if made and self.made_at(made - 1) > elapsed + TOLERANCE else made

    def made_at(self, number: int) -> float:
        """The time at which it makes an output, in seconds after its start; infinite if that is not before the end."""
        if not self.gradual or self.outcome != "succeeded" or number >= self.results:
            return inf
        late = self.unevenness * (number * _GOLDEN_RATIO % 1) if self.unevenness else 0.0
        return self.run_seconds * (number + 1 + late) / (self.results + 1)


def default_script(wanted: ModelInput, random: bytes) -> Script:
    """The script of a prediction that no setting, no prompt and no test changes.

    Args:
        wanted: The input.
        random: Random bytes; the last seven decide the start-up time, the seed if the input has none, and what a
            blocking create shows.
    """
    least, most = _STARTUP
    startup = round(least + (most - least) * int.from_bytes(random[-4:]) / 2**32, 6)
    seed = int.from_bytes(random[-6:-4]) if wanted.seed is None else wanted.seed
    error, steps = wanted.error(), wanted.steps
    if error:
        rate = _STEPS_PER_SECOND / 100
    else:
        # How fast other models are is not known, nor whether their inputs say how much they make.
        rate = _STEPS_PER_SECOND * _USUAL_SIZE / wanted.size if wanted.limited else _STEPS_PER_SECOND
    return Script(
        seed=seed,
        startup_seconds=startup,
        run_seconds=_SECONDS_TO_FAIL if error else steps / rate,
        steps=steps,
        rate=rate,
        outcome="failed" if error else "succeeded",
        error=error,
        # An input that fails, or that is of another model, may ask for more videos than a list can have.
        output=[_VIDEO] * (1 if error or not wanted.limited else wanted.batch_size),
        blocking="processing" if random[-7] % _BLOCKING_CHANCES else "final",
    )
