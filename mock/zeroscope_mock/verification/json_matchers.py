"""Matchers in JSON, as the control interface takes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Any

from .differences import Matcher, shortened
from .matchers import anything, contains, equals

if TYPE_CHECKING:
    from jsonschema_rs import Draft202012Validator as Validator

_LONGEST_PATTERN = 1000


class MatcherError(ValueError):
    """An expected value cannot be read.

    Args:
        field: Its path.
        message: What is wrong with it.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class LinearRegex(Matcher):
    """Accepts texts that have a match of a pattern anywhere, found in linear time.

    Any client may send a pattern, and the engine of `re` takes for ever with some of them. That of the JSON Schema
    validator never does; it knows neither look-around nor references to groups.

    Args:
        pattern: In the syntax of Rust's crate `regex`.

    Raises:
        ValueError: For an invalid pattern.
    """

    def __init__(self, pattern: str) -> None:
        self._pattern = pattern
        _ = self._validator

    @cached_property
    def _validator(self) -> Validator:
        import jsonschema_rs

        return jsonschema_rs.Draft202012Validator(
            {"type": "string", "pattern": self._pattern}, pattern_options=jsonschema_rs.RegexOptions()
        )

    def accepts(self, value: Any) -> bool:
        """Whether the value is a text with a match."""
        try:
            return self._validator.is_valid(value)
        except ValueError:
            # The validator does not take half a surrogate pair.
            return False

    def __str__(self) -> str:
        return f"a text that matches {shortened(self._pattern)}"


def read_matchers(values: Mapping[str, Any], field: str) -> dict[str, Any]:
    """The expected fields of an object, in which an object with the name of a matcher as its only key is that matcher.

    Args:
        values: The fields by name, of which each holds a value or a matcher.
        field: The path of the object.

    Raises:
        MatcherError: For a matcher with a wrong argument.
    """
    return {name: _read(value, f"{field}.{name}") for name, value in values.items()}


def _read(value: Any, field: str) -> Any:
    if isinstance(value, list):
        return [_read(one, f"{field}.{place}") for place, one in enumerate(value)]
    if not isinstance(value, dict):
        return value
    if len(value) == 1:
        ((name, argument),) = value.items()
        if name in _MATCHERS:
            return _MATCHERS[name](argument, f"{field}.{name}")
    return {name: _read(one, f"{field}.{name}") for name, one in value.items()}


def _any(argument: Any, field: str) -> Matcher:
    if argument is not True:
        raise MatcherError(field, 'The matcher of any value is {"any": true}')
    return anything


def _contains(argument: Any, field: str) -> Matcher:
    return contains(_read(argument, field))


def _equals(argument: Any, field: str) -> Matcher:
    return equals(argument)


def _regex(argument: Any, field: str) -> Matcher:
    if not isinstance(argument, str) or len(argument) > _LONGEST_PATTERN:
        raise MatcherError(field, f"A regular expression is a text of at most {_LONGEST_PATTERN} characters")
    try:
        return LinearRegex(argument)
    except ValueError as error:
        text = f"{argument!r:.100} is no regular expression without look-around and references to groups"
        raise MatcherError(field, text) from error


_MATCHERS: dict[str, Callable[[Any, str], Matcher]] = {
    "any": _any,
    "contains": _contains,
    "equals": _equals,
    "regex": _regex,
}
