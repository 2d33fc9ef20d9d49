"""Option types that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

from cyclopts import Group, Parameter, Token, validators


def _integer(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)
    except ValueError as error:
        # Without a converter, cyclopts would round 24.9.
        raise ValueError(f"{tokens[0].value!r} is not an integer") from error


OPTIONS = Group("Options", sort_key=1)
Flag = Annotated[bool, Parameter(negative=())]
Integer = Parameter(converter=_integer)
SpeedBounds = Parameter(validator=validators.Number(gte=0.001, lte=1_000_000))
