"""Progress and seed of a prediction, parsed from the model's log."""

from __future__ import annotations

import re
from typing import NamedTuple

# tqdm's lines, for example ` 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]` (recorded traffic).
# The number of digits is bounded, since int() takes quadratic time.
_BAR = re.compile(r"\d{1,9}%\|[^|\n]*\|\s*(\d{1,9})/(\d{1,9})(?!\d)")
_SEED = re.compile(r"^Using seed: (-?\d{1,20})(?!\d)", re.MULTILINE)


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
        if bars := _BAR.findall(line):
            current, total = bars[-1]
            return Progress(min(int(current) / max(int(total), 1), 1.0), int(current), int(total))
    return None


def parse_seed(logs: str) -> int | None:
    """Return the seed that the model printed, or None if it has printed none."""
    found = _SEED.search(logs)
    return int(found[1]) if found else None
