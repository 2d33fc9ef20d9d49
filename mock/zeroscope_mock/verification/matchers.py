"""Matchers: expectations of values that are no plain values."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from .differences import Matcher, differences, in_words, is_equal, shortened


@dataclass(frozen=True, slots=True)
class Contains(Matcher):
    """Accepts texts with a part, lists with an item, and objects with a key."""

    part: Any

    def accepts(self, value: Any) -> bool:
        """Whether the value has the part, which is text in a text, an item in a list, and a key in an object."""
        if isinstance(value, str):
            return isinstance(self.part, str) and self.part in value
        if isinstance(value, list):
            return any(not any(differences(self.part, item, "")) for item in value)
        return isinstance(value, dict) and isinstance(self.part, str) and self.part in value

    def __str__(self) -> str:
        kind = "a text" if isinstance(self.part, str) else "a list"
        return f"{kind} that contains {in_words(self.part)}"


@dataclass(frozen=True, slots=True)
class Regex(Matcher):
    """Accepts texts that have a match of a pattern anywhere."""

    pattern: re.Pattern[str]

    def accepts(self, value: Any) -> bool:
        """Whether the value is a text with a match."""
        return isinstance(value, str) and self.pattern.search(value) is not None

    def __str__(self) -> str:
        return f"a text that matches {shortened(self.pattern.pattern)}"


@dataclass(frozen=True, slots=True)
class Anything(Matcher):
    """Accepts every value that was sent."""

    def accepts(self, value: Any) -> bool:
        """Always true."""
        return True

    def __str__(self) -> str:
        return "any value"


@dataclass(frozen=True, slots=True)
class Equals(Matcher):
    """Accepts exactly one value."""

    value: Any

    def accepts(self, value: Any) -> bool:
        """Whether the value is this one."""
        return is_equal(self.value, value)

    def __str__(self) -> str:
        return f"exactly {shortened(self.value)}"


anything: Matcher = Anything()
"""Matches every value, also null; the field must have been sent.

Example:
    >>> server.verify("createPrediction", body={"webhook": anything})
"""


def contains(part: Any) -> Matcher:
    """Match texts that contain a text, lists that contain an item, and objects that have a key.

    Args:
        part: The text, in this case of its letters, or the item, which may be a matcher itself.

    Example:
        >>> server.verify("createPrediction", input={"prompt": contains("horse")})
    """
    return Contains(part)


def regex(pattern: str | re.Pattern[str]) -> Matcher:
    """Match texts in which a regular expression has a match, as `re.search` does.

    Args:
        pattern: The pattern, or what `re.compile` returned.

    Raises:
        ValueError: For an invalid pattern.

    Example:
        >>> server.verify("createPrediction", input={"prompt": regex(r"^An? .*horse")})
    """
    try:
        return Regex(re.compile(pattern))
    except re.error as error:
        raise ValueError(f"{pattern!r} is no regular expression: {error}") from error


def equals(value: Any) -> Matcher:
    """Match this value only: an object with exactly these keys, and nothing inside is a matcher.

    Args:
        value: The JSON value.

    Example:
        >>> server.verify("createPrediction", body={"input": equals({"prompt": "A horse"})})
    """
    return Equals(value)
