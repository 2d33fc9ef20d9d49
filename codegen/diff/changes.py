"""Changes between two versions of the document, and the party that each breaks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["sender", "receiver"]
"""The end of a message: the one that sends the value, or the one that receives it."""
Party: TypeAlias = Literal["callers", "readers"]
"""The users of the API that a change can break: those who send requests, or those who read responses and webhooks."""
Kind: TypeAlias = Literal["added", "removed", "changed", "default", "words"]

NEITHER: frozenset[Role] = frozenset()
SENDER: frozenset[Role] = frozenset({"sender"})
"""A value that could be sent before may be refused now."""
RECEIVER: frozenset[Role] = frozenset({"receiver"})
"""A value that was guaranteed before may be missing now, or another one may be received."""
BOTH = SENDER | RECEIVER


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a schema or of a part of an operation, wherever it is used.

    Args:
        message: The description of the change.
        breaks: The ends of a message that it breaks; the location decides which of them is a party.
        kind: The kind of change.
        path: The fields that lead to it.
        shared_name: One name for all locations that refer to the same component.
    """

    message: str
    breaks: frozenset[Role] = NEITHER
    kind: Kind = "changed"
    path: tuple[str, ...] = ()
    shared_name: str | None = None

    def under(self, *fields: str) -> Change:
        """Return the change with a longer path, as a change of the schema that has these fields."""
        return replace(self, path=(*fields, *self.path))

    def in_component(self, component: str) -> Change:
        """Return the change as one of a component, unless a component within that one has it."""
        return self if self.shared_name else replace(self, shared_name=_joined((component, *self.path)))


@dataclass(frozen=True, slots=True)
class LocatedChange:
    """A change at one location of the document.

    Args:
        location: The name of the location.
        message: The description of the change.
        breaks: The party that it breaks, if any.
        kind: The kind of change.
        shared_name: One name for all locations that refer to the same component.
    """

    location: str
    message: str
    breaks: Party | None
    kind: Kind
    shared_name: str | None


@dataclass(frozen=True, slots=True)
class Location:
    """An operation, or a part of one.

    Args:
        name: Its name in reports.
        role: The end of the message at which the party is.
        party: The party that a change can break here.
    """

    name: str
    role: Role
    party: Party

    def part(self, name: str) -> Location:
        """Return the location of a part of this one."""
        return replace(self, name=f"{self.name}, {name}")

    def locate(self, *changes: Change) -> Iterator[LocatedChange]:
        """Yield changes at this location."""
        for change in changes:
            location = ", ".join(filter(None, (self.name, _joined(change.path))))
            message = change.message
            if change.kind == "default":
                sender = self.role == "sender"
                message += f"; changes {'results' if sender else 'the meaning'} for {self.party} where it is left out"
            party = self.party if self.role in change.breaks else None
            yield LocatedChange(location, message, party, change.kind, change.shared_name)

    def in_component(self, component: str, changes: Iterable[LocatedChange]) -> Iterator[LocatedChange]:
        """Yield changes at this location as changes of a component that other locations share."""
        for change in changes:
            shared_name = change.shared_name or component + change.location.removeprefix(self.name)
            yield replace(change, shared_name=shared_name)


@dataclass(frozen=True, slots=True)
class ChangeGroup:
    """A change with all the locations where it applies.

    Args:
        name: The name of the location, or the one that they share.
        message: The description of the change.
        breaks: The party that it breaks, if any.
        kind: The kind of change.
        locations: The names of the locations.
    """

    name: str
    message: str
    breaks: Party | None
    kind: Kind
    locations: tuple[str, ...]


def group_changes(changes: Iterable[LocatedChange]) -> list[ChangeGroup]:
    """Group equal changes of the same component, and sort the groups by severity."""
    locations: dict[tuple[str, str, Party | None, Kind], dict[str, None]] = {}
    for change in changes:
        key = (change.shared_name or change.location, change.message, change.breaks, change.kind)
        locations.setdefault(key, {})[change.location] = None
    groups = [
        ChangeGroup(name if len(found) > 1 else next(iter(found)), message, breaks, kind, tuple(found))
        for (name, message, breaks, kind), found in locations.items()
    ]
    return sorted(groups, key=_severity)


def _severity(group: ChangeGroup) -> tuple[int, int]:
    kinds: dict[Kind, int] = {"default": 0, "words": 2}
    return ["callers", "readers", None].index(group.breaks), kinds.get(group.kind, 1)


def _joined(path: tuple[str, ...]) -> str:
    text = ""
    for field in path:
        text += field if not text or (field[0:1] == "[" and field[-1:] == "]") else f".{field}"
    return text
