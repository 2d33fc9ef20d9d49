"""Removes from an alternative the bounds that all values of its enumeration meet."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any, TypeAlias

Keywords: TypeAlias = Mapping[str, Any]

LOWER_BOUNDS = ("minimum", "minLength", "minItems", "minProperties")
"""An alternative holds a pair for each: the bound, and whether it is exclusive."""
UPPER_BOUNDS = ("maximum", "maxLength", "maxItems", "maxProperties")
"""An alternative holds a pair for each: the bound, and whether it is inclusive."""

_NUMBERS = ("minimum", "maximum")
# Of each value, it is plain to see whether it meets these; a format is meant for whatever the enumeration lists.
_CHECKED = (*LOWER_BOUNDS, *UPPER_BOUNDS, "integer", "multipleOf", "pattern")
_INTEGER_SIZES = {"int32": 2**31, "int64": 2**63}


def with_fitting_values(keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of an alternative; with an enumeration, only the values that the others allow, and not these.

    The bounds beside an enumeration restrict nothing but its values, so that a new one is harmless if all fit.
    """
    if "enum" not in keywords:
        return keywords
    try:
        fitting = [value for value in keywords["enum"] if _fits(value, keywords)]
    except re.error:
        # JSON Schema has the patterns of JavaScript, a few of which Python does not know.
        return keywords
    kept = {key: value for key, value in keywords.items() if key not in {*_CHECKED, "format"}} | {"enum": fitting}
    if fitting and all(isinstance(value, int | float) and value == int(value) for value in fitting):
        kept["integer"] = True
    return kept


def comparable(json_type: str, old: Keywords, new: Keywords) -> tuple[Keywords, Keywords]:
    """Return the keywords of two alternatives of a type, so that an enumeration in one is compared by its values.

    The other one becomes an enumeration, too, if it has no more values; otherwise, it loses the bounds that all values
    of the enumeration meet.
    """
    if "enum" in old and "enum" not in new:
        return old, _beside(json_type, old["enum"], new)
    if "enum" in new and "enum" not in old:
        return _beside(json_type, new["enum"], old), new
    return old, new


def _beside(json_type: str, values: list[Any], keywords: Keywords) -> Keywords:
    """Return the keywords of an alternative without an enumeration, for comparison with one."""
    allowed = _all_values(json_type, keywords, len(values))
    if allowed is not None:
        return with_fitting_values({**keywords, "enum": allowed})
    try:
        fit = all(_fits(value, keywords) for value in values)
    except re.error:
        return keywords
    if not fit:
        return keywords
    met: set[str] = set(_CHECKED)
    sizes = [_INTEGER_SIZES.get(name, 0) for name in keywords.get("format", ())]
    if json_type == "number" and all(-size <= value < size for size in sizes for value in values):
        met.add("format")
    return {key: value for key, value in keywords.items() if key not in met}


def _all_values(json_type: str, keywords: Keywords, most: int) -> list[Any] | None:
    """Return all values that an alternative may have, or None if there are more than some number."""
    found: dict[str, list[Any]] = {"null": [None], "boolean": [False, True]}
    if {"integer", "minimum", "maximum"} <= keywords.keys():
        (low, _), (high, _) = keywords["minimum"], keywords["maximum"]
        found["number"] = list(range(low, min(high, low + most) + 1))
    return found[json_type] if json_type in found and len(found[json_type]) <= most else None


def _fits(value: Any, keywords: Keywords) -> bool:
    """Return whether a value of an enumeration meets the keywords beside it."""
    for keyword in keywords.keys() & {*LOWER_BOUNDS, *UPPER_BOUNDS}:
        bound, flag = keywords[keyword]
        measure = value if keyword in _NUMBERS else len(value)
        # The flag of a lower bound means exclusive, that of an upper bound inclusive.
        if measure == bound:
            if flag != (keyword in UPPER_BOUNDS):
                return False
        elif (measure < bound) == (keyword in LOWER_BOUNDS):
            return False
    if "integer" in keywords and value != int(value):
        return False
    if any(Fraction(str(value)) % Fraction(str(step)) for step in keywords.get("multipleOf", ())):
        return False
    return all(re.search(pattern, value) for pattern in keywords.get("pattern", ()))
