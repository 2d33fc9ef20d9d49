"""Option types that several commands share."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from cyclopts import Group, Parameter, Token, validators


def _integer(_: type, tokens: Sequence[Token]) -> int:
    try:
        return int(tokens[0].value)
    except ValueError as error:
        # Without a converter, cyclopts would round 24.9.
        raise ValueError(f"{tokens[0].value!r} is not an integer") from error


def as_text(_: type, tokens: Sequence[Token]) -> str:
    """Return a value as it was given, whatever the type that help and completion take it for."""
    return tokens[0].value


OPTIONS = Group("Options", sort_key=1)
Flag = Annotated[bool, Parameter(negative=())]
Integer = Parameter(converter=_integer)
if TYPE_CHECKING:
    PathOrText = str
else:
    # Shells complete files where a path is among the types; the value stays as it is, as it may be a URL.
    PathOrText = Annotated[str | Path, Parameter(converter=as_text)]
SpeedBounds = Parameter(validator=validators.Number(gte=0.001, lte=1_000_000))
