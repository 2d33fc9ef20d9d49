"""The expectations of the control document for values, in words.

The schemas there are the only list of bounds. Over HTTP the dispatch validates whole bodies by them; here they validate
the arguments of Python calls one by one, and also give the words of the error: "status must be an integer from 200 to
599, not 600". Where a type and its bounds say too little, the schema has the words itself, as `x-expected`.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import cache
from itertools import islice
from typing import Any

from ..documents.bundled import control_document
from ..documents.validation import Schema

_SHOWN = 60


class FaultError(ValueError):
    """A fault cannot be set up.

    Args:
        field: The argument that is wrong; empty where it is not a single one.
        message: What is wrong with it, and what is allowed.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class Expectation:
    """The values that a schema accepts, in words and as a validator.

    Args:
        described: The schema, without references.
    """

    def __init__(self, described: Mapping[str, Any]) -> None:
        branches = described.get("anyOf", [described])
        self._schema = Schema(described, {})
        self._words = described.get("x-expected") or _words(described)
        self._secret = bool(described.get("writeOnly"))
        self._title = described.get("title")
        self._takes_floats = any("number" in _types(branch) for branch in branches)
        self._max_items = max((branch.get("maxItems", 0) for branch in branches), default=0)
        self._keys = next(
            (Expectation(branch["propertyNames"]) for branch in branches if "propertyNames" in branch), None
        )
        self._values = next(
            (
                Expectation(inner)
                for branch in branches
                if isinstance(inner := branch.get("additionalProperties"), dict)
            ),
            None,
        )

    def require(self, name: str, value: Any) -> Any:
        """A value made of JSON types, with lists in place of other collections.

        Args:
            name: The argument, for the error.
            value: The value that a caller passed.

        Raises:
            FaultError: If the schema does not allow it.
        """
        converted = self._to_json_types(value)
        if not self._allows(converted):
            raise FaultError(name, self._problem(name, value))
        return converted

    def _to_json_types(self, value: Any) -> Any:
        if isinstance(value, Mapping):
            return dict(value)
        if isinstance(value, Collection) and not isinstance(value, str | bytes):
            # One more than allowed is enough to be refused; a range may have a billion. A set has no order of its own.
            items = sorted(value, key=str) if isinstance(value, set | frozenset) else value
            return list(islice(items, self._max_items + 1) if self._max_items else items)
        return value

    def _allows(self, value: Any) -> bool:
        try:
            # To JSON 2.0 is an integer; in Python it is more likely a mistake.
            return (self._takes_floats or not _has_float(value)) and self._schema.is_valid(value)
        except (ValueError, TypeError, OverflowError, RecursionError):
            # The validator raises for values that JSON does not have, such as NaN and half a surrogate pair.
            return False

    def _problem(self, name: str, value: Any) -> str:
        """The error, of the first part that is wrong where the schema names its parts."""
        if isinstance(value, Mapping):
            for key, inner in value.items():
                for expectation, part in ((self._keys, key), (self._values, inner)):
                    if expectation and expectation._title and not expectation._allows(part):
                        return f"{shortened(part)} cannot be {expectation._title}"
        return f"{name} must be {self._words}" + ("" if self._secret else f", not {shortened(value)}")


@cache
def expectations(schema: str) -> Mapping[str, Expectation]:
    """Return the expectation of each property of a schema in the control document."""
    properties = control_document()["components"]["schemas"][schema]["properties"]
    return {name: Expectation(described) for name, described in properties.items()}


def shortened(value: Any) -> str:
    """The representation of a value, cut after 60 characters."""
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 3]}..."


def _types(described: Mapping[str, Any]) -> list[str]:
    types = described.get("type", [])
    return [types] if isinstance(types, str) else types


def _words(described: Mapping[str, Any]) -> str:
    """A schema in words, as far as its type, its bounds and its enumeration go."""
    if "enum" in described:
        return " or ".join(repr(option) for option in described["enum"] if option is not None)
    types = _types(described)
    number = "an integer" if "integer" in types else "a number" if "number" in types else None
    if number:
        number += _bounds(described)
        return f"true, false or {number}" if "boolean" in types else number
    return "true or false" if "boolean" in types else "text" if "string" in types else "valid"


def _bounds(described: Mapping[str, Any]) -> str:
    least, above, most = (described.get(name) for name in ("minimum", "exclusiveMinimum", "maximum"))
    if above is not None:
        return f" above {above:g}" + ("" if most is None else f" and at most {most:g}")
    if least is not None:
        return f" from {least:g} up" if most is None else f" from {least:g} to {most:g}"
    return ""


def _has_float(value: Any) -> bool:
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else (value,)
    return any(isinstance(part, float) for part in parts)
