"""The marker `zeroscope`, with arguments for the server and for the checks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

import pytest

if TYPE_CHECKING:
    from ..faults.settings import FaultSettings
    from ..options import ServerOptions

MARKER = "zeroscope"

_CHECKS = ("allow_refusals", "strict")


@dataclass
class Marked:
    """The arguments of the markers of a test and of what it is in; inner ones override outer ones.

    Args:
        options: The options of the server.
        outer_faults: The faults of what the test is in.
        own_faults: The faults of the test itself.
        strict: Whether what would be a warning makes the test fail.
        allow_refusals: Whether requests may be refused.
    """

    options: dict[str, Any] = field(default_factory=dict)
    outer_faults: list[FaultSettings] = field(default_factory=list)
    own_faults: list[FaultSettings] = field(default_factory=list)
    strict: bool = False
    allow_refusals: bool = False

    @property
    def server_options(self) -> ServerOptions:
        """The options of the server."""
        return cast("ServerOptions", self.options)


def read_markers(item: pytest.Item) -> Marked:
    """The arguments of a test's markers.

    Raises:
        pytest.UsageError: For an unknown argument, or one of another type.
    """
    from ..options import OPTION_NAMES

    __tracebackhide__ = True
    marked = Marked()
    # Not `iter_markers`, for which a class comes after its base and a test after its parameters.
    for node in item.listchain():
        for marker in [marker for marker in node.own_markers if marker.name == MARKER]:
            given = dict(marker.kwargs)
            if problem := _problem(marker.args, given, OPTION_NAMES):
                raise pytest.UsageError(f"{item.nodeid}: the marker {MARKER} {problem}")
            (marked.own_faults if node is item else marked.outer_faults).extend(given.pop("faults", []))
            for name in _CHECKS:
                setattr(marked, name, given.pop(name, getattr(marked, name)))
            marked.options |= given
    return marked


def _problem(args: tuple[Any, ...], given: Mapping[str, Any], options: frozenset[str]) -> str | None:
    known = sorted([*options, "faults", *_CHECKS])
    if args:
        return f"takes keyword arguments only, not {', '.join(map(repr, args))}"
    if unknown := [repr(name) for name in given if name not in known]:
        return f"has no argument {' or '.join(unknown)}, only {', '.join(known)}"
    faults = given.get("faults", [])
    if not isinstance(faults, list | tuple) or not all(isinstance(fault, Mapping) for fault in faults):
        return f"takes faults as a list of dicts, not as {faults!r}"
    wrong = [f"{name} as true or false, not as {given[name]!r}" for name in _CHECKS if not _is_flag(given, name)]
    return f"takes {' and '.join(wrong)}" if wrong else None


def _is_flag(given: Mapping[str, Any], name: str) -> bool:
    return isinstance(given.get(name, False), bool)
