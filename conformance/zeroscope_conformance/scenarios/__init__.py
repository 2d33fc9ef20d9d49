"""Walks through the API that reach the rules which no schema can say."""

from collections.abc import Callable

from ..target import Target
from . import completion, inputs, outputs, refusals

Walk = Callable[[Target], None]

WALKS: dict[str, Walk] = {
    "refusals": refusals.walk,
    "inputs": inputs.walk,
    "course": completion.walk,
    "ends": completion.walk_ends,
    "limits": completion.walk_limits,
    "outputs": outputs.walk,
    "addresses": outputs.walk_addresses,
}
"""Those that need nothing but the server, in the order in which they are walked."""

__all__ = ["WALKS", "Walk"]
