"""A rule: one requirement that a server is checked against."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from ..document import Document

DialectName = Literal["live", "published"]

LIVE_ONLY: frozenset[DialectName] = frozenset({"live"})


def _always(document: Document) -> bool:
    return True


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement that a server is checked against.

    Args:
        name: The name that reports use.
        says: The requirement, in a sentence.
        why: What breaks for users when the rule is broken.
        applies_to: Whether the rule can be tested with a document.
        dialects: The dialects that have the rule.
    """

    name: str
    says: str
    why: str
    applies_to: Callable[[Document], bool] = _always
    dialects: frozenset[DialectName] = frozenset({"live", "published"})
