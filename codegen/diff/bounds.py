"""Bounds of numbers and of lengths, each with a flag for the bound itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from .enumerations import LOWER_BOUNDS


def numeric_bounds(schema: Mapping[str, Any]) -> dict[str, tuple[Any, bool]]:
    """Return the bounds of a number, the stricter one of an inclusive and an exclusive bound."""
    lower = [(schema[key], key != "minimum") for key in ("minimum", "exclusiveMinimum") if key in schema]
    upper = [(schema[key], key == "maximum") for key in ("maximum", "exclusiveMaximum") if key in schema]
    return {
        **({"minimum": max(lower)} if lower else {}),
        **({"maximum": min(upper)} if upper else {}),
    }


def with_integer_bounds(keywords: dict[str, Any]) -> dict[str, Any]:
    """Return the keywords of an integer with inclusive integer bounds, which are multiples of its step."""
    if "integer" not in keywords:
        return keywords
    keywords = dict(keywords)
    # The integers among the multiples of 3/2 are those of 3.
    step = math.lcm(*(Fraction(str(value)).numerator for value in keywords.pop("multipleOf", ())))
    if step != 1:
        keywords["multipleOf"] = (step,)
    if "minimum" in keywords:
        bound, exclusive = keywords["minimum"]
        least = math.floor(bound) + 1 if exclusive else math.ceil(bound)
        keywords["minimum"] = (-(-least // step) * step, False)
    if "maximum" in keywords:
        bound, inclusive = keywords["maximum"]
        most = math.floor(bound) if inclusive else math.ceil(bound) - 1
        keywords["maximum"] = (most // step * step, True)
    return keywords


def contradict(keywords: Mapping[str, Any]) -> bool:
    """Return whether no value lies between the bounds."""
    for keyword in LOWER_BOUNDS:
        (low, exclusive), (high, inclusive) = (
            keywords.get(keyword, (-math.inf, False)),
            keywords.get(keyword.replace("min", "max"), (math.inf, True)),
        )
        if low > high or (low == high and (exclusive or not inclusive)):
            return True
    return False
