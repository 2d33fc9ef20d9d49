"""A page of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

P = TypeVar("P")


@dataclass(frozen=True, slots=True)
class Page(Generic[P]):
    """A page of the account's predictions, newest first."""

    results: list[P]
    """The predictions; input, output and logs may be left out of them."""
    next: str | None
    """The URL of the following page, or None on the last one."""
    previous: str | None
    """The URL of the page before, or None on the first one."""
