"""A rule: one requirement that a server is checked against."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from .conditions import ALWAYS, Condition

DialectName = Literal["live", "published"]

LIVE_ONLY: frozenset[DialectName] = frozenset({"live"})


@dataclass(frozen=True, slots=True)
class Rule:
    """One requirement that a server is checked against.

    Args:
        name: The name that reports use.
        says: The requirement, in a sentence.
        why: What breaks for users when the rule is broken.
        applies_to: The condition on the document without which the rule does not apply.
        dialects: The dialects that have the rule.
    """

    name: str
    says: str
    why: str
    applies_to: Condition = ALWAYS
    dialects: frozenset[DialectName] = frozenset({"live", "published"})
