"""Progress and seed of a prediction, parsed from the model's log."""

from __future__ import annotations

import re
from typing import NamedTuple

# tqdm's lines, for example ` 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]` (recorded traffic).
# The number of digits is bounded, since int() takes quadratic time.
_BAR = r"\d{1,9}%\|[^|\n]*\|\s*(\d{1,9})/(\d{1,9})(?!\d)"
_SEED = r"(?m)^Using seed: (-?\d{1,20})(?!\d)"


class Progress(NamedTuple):
    """The model's progress through its steps."""

    percentage: float
    """From 0 to 1."""
    current: int
    """Steps completed."""
    total: int
    """Steps in total."""


def parse_progress(logs: str) -> Progress | None:
    """Return the progress in the last progress bar of a log, or None if it has none."""
    for line in reversed(logs.splitlines()):
        if bars := re.findall(_BAR, line):
            current, total = bars[-1]
            return Progress(min(int(current) / max(int(total), 1), 1.0), int(current), int(total))
    return None


def parse_seed(logs: str) -> int | None:
    """Return the seed that the model printed, or None if it has printed none."""
    found = re.search(_SEED, logs)
    return int(found[1]) if found else None


def last_line(logs: str) -> str:
    """Return the last line of a log that is no progress bar, or an empty string if it has none."""
    lines = (line.strip() for line in reversed(logs.splitlines()))
    return next((line for line in lines if line and not re.search(_BAR, line)), "")
