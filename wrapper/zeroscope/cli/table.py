"""The table of predictions that `zeroscope list` prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from rich.cells import cell_len, set_cell_size
from rich.console import Console

from .._text import excerpt
from . import moments

if TYPE_CHECKING:
    from ..state import PredictionState

_GAP = 2
# Below these widths the prompt says too little, and the column before it is shortened or left out.
_MIN_PROMPT = 16
_MIN_SHORT_PROMPT = 8
_MAX_PROMPT = 1000


def show(listed: Sequence[PredictionState]) -> None:
    """Print a table as wide as the terminal, and without a terminal a line for each prediction.

    Lines that a program reads have the ID, the status, the creation time in UTC and the prompt, with two spaces or more
    between them, and no header.
    """
    console = Console()
    lines = _table(listed, console.width) if console.is_terminal else _lines(listed)
    for line in lines:
        print(line)


def _lines(listed: Sequence[PredictionState]) -> list[str]:
    return _aligned([[*_identity(one), _utc(one.created_at), _prompt(one)] for one in listed])


def _table(listed: Sequence[PredictionState], width: int) -> list[str]:
    identities = [_identity(one) for one in listed]
    used = sum(max(map(cell_len, column)) + _GAP for column in zip(["ID", "STATUS"], *identities, strict=True))
    ages = [moments.age(one.created_at) if one.created_at else "-" for one in listed]
    created = [_local(one.created_at) for one in listed]
    prompts = [_prompt(one) for one in listed]
    for columns, least in (
        ([["CREATED", *created], ["PROMPT", *prompts]], _MIN_PROMPT),
        ([["AGE", *ages], ["PROMPT", *prompts]], _MIN_SHORT_PROMPT),
        ([["AGE", *ages]], 0),
        ([], 0),
    ):
        needed = sum(max(map(cell_len, column)) + _GAP for column in columns[:1])
        if used + needed + least - _GAP * (least == 0) <= width:
            rows = [["ID", "STATUS"], *identities]
            return _aligned([[*row, *(column[number] for column in columns)] for number, row in enumerate(rows)], width)
    # Not even ID and status fit into a line; an ID that is cut could not be copied.
    return [
        line
        for (id, status), age in zip(identities, ages, strict=True)
        for line in (id, set_cell_size(f"  {status}, {age}", width).rstrip())
    ]


def _identity(prediction: PredictionState) -> list[str]:
    return [excerpt(prediction.id), excerpt(prediction.status)]


def _prompt(prediction: PredictionState) -> str:
    prompt = str(prediction.input.get("prompt", ""))
    return excerpt(prompt, _MAX_PROMPT) if prompt.strip() else ""


def _utc(moment: datetime | None) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}" if moment else "-"


def _local(moment: datetime | None) -> str:
    return f"{moment.astimezone():%Y-%m-%d %H:%M %Z}" if moment else "-"


def _aligned(rows: Sequence[Sequence[str]], width: int | None = None) -> list[str]:
    """Return rows as lines with aligned columns, whose last one is cut at a width."""
    sizes = [max(map(cell_len, column)) for column in zip(*rows, strict=True)]
    lines = []
    for row in rows:
        *cells, last = row
        parts = [set_cell_size(cell, size) for cell, size in zip(cells, sizes, strict=False)]
        line = (" " * _GAP).join([*parts, last])
        if width is not None and cell_len(line) > width:
            line = f"{set_cell_size(line, width - 1).rstrip()}…"
        lines.append(line.rstrip())
    return lines
