"""Option types that several commands share."""

from __future__ import annotations

from typing import Annotated

from cyclopts import Group, Parameter, validators

OPTIONS = Group("Options", sort_key=1)
Flag = Annotated[bool, Parameter(negative=())]
SpeedBounds = Parameter(validator=validators.Number(gte=0.001, lte=1_000_000))
