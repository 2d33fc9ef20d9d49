"""What the model's log lines tell: how far it is, and its seed."""

from __future__ import annotations

import re
from typing import NamedTuple

# tqdm's lines, for example ` 38%|███▊      | 19/50 [00:02<00:01, 15.8it/s]` (recorded traffic).
# No number is longer than the model could print, or a hostile line could take for ever to read.
_BAR = re.compile(r"\d{1,9}%\|[^|\n]*\|\s*(\d{1,9})/(\d{1,9})(?!\d)")
_SEED = re.compile(r"^Using seed: (-?\d{1,20})(?!\d)", re.MULTILINE)


class Progress(NamedTuple):
    """How far the model is with its steps."""

    percentage: float
    """From 0 to 1."""
    current: int
    """Steps done."""
    total: int
    """Steps in all."""


def progress(logs: str) -> Progress | None:
    """The last progress bar in the logs, or None if there is none yet."""
    # The newest bar counts, so the search goes from the end.
    for line in reversed(logs.splitlines()):
        if bars := _BAR.findall(line):
            current, total = bars[-1]
            return Progress(min(int(current) / max(int(total), 1), 1.0), int(current), int(total))
    return None


def seed(logs: str) -> int | None:
    """The seed that the model said it uses, or None if it has not said so."""
    found = _SEED.search(logs)
    return int(found[1]) if found else None
