"""Walks through the API that reach the rules which no schema can say."""

from collections.abc import Callable

from ..target import Target
from . import course, creating, outputs, refusing

Walk = Callable[[Target], None]

WALKS: dict[str, Walk] = {
    "refusals": refusing.walk,
    "inputs": creating.walk,
    "course": course.walk,
    "ends": course.walk_ends,
    "limits": course.walk_limits,
    "outputs": outputs.walk,
    "addresses": outputs.walk_addresses,
}
"""Those that need nothing but the server, in the order in which they are walked."""

__all__ = ["WALKS", "Walk"]
