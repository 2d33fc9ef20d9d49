"""Removes from an alternative the bounds that all values of its enumeration meet."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from fractions import Fraction
from typing import Any, TypeAlias

from ..document.values import equal

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
    kept = _without(keywords, {*_CHECKED, "format"}) | {"enum": fitting}
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
    return _without(keywords, met)


def _all_values(json_type: str, keywords: Keywords, most: int) -> list[Any] | None:
    """Return all values that an alternative may have, or None if there are more than some number."""
    found: dict[str, list[Any]] = {"null": [None], "boolean": [False, True]}
    if {"integer", "minimum", "maximum"} <= keywords.keys():
        (low, _), (high, _) = keywords["minimum"], keywords["maximum"]
        # Bounds are multiples of the step.
        (step,) = keywords.get("multipleOf", (1,))
        found["number"] = list(range(low, min(high, low + most * step) + 1, step))
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
    if any(_is_list(negated) and _is_listed(value, negated) for negated in keywords.get("not", ())):
        return False
    return all(re.search(pattern, value) for pattern in keywords.get("pattern", ()))


def _without(keywords: Keywords, names: Collection[str]) -> dict[str, Any]:
    """Return the keywords without some, and without the enumerations of forbidden values, which only filter values."""
    kept = {key: value for key, value in keywords.items() if key not in names}
    if others := tuple(negated for negated in kept.pop("not", ()) if not _is_list(negated)):
        kept["not"] = others
    return kept


def _is_list(schema: Any) -> bool:
    """Return whether a schema is an enumeration and nothing else."""
    return isinstance(schema, Mapping) and len(schema) == 1 and ("enum" in schema or "const" in schema)


def _is_listed(value: Any, schema: Mapping[str, Any]) -> bool:
    return any(equal(value, listed) for listed in schema.get("enum", [schema.get("const")]))
