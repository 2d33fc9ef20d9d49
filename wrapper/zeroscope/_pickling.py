"""Refusal of pickling, for objects that have a client."""

from __future__ import annotations

from typing import NoReturn


class Unpicklable:
    """An object whose pickle would need the token and open connections."""

    def __reduce__(self) -> NoReturn:
        reason = "it has the API token and open connections; create a client in each process"
        raise TypeError(f"cannot pickle {type(self).__name__}: {reason}")
