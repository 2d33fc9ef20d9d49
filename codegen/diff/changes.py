"""One difference between two versions of the document, and whom it breaks where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Literal, TypeAlias

Role: TypeAlias = Literal["sender", "receiver"]
Party: TypeAlias = Literal["callers", "readers"]
Kind: TypeAlias = Literal["added", "removed", "changed", "default", "words"]

NOBODY: frozenset[Role] = frozenset()
SENDER: frozenset[Role] = frozenset({"sender"})
"""What was sent so far may be refused from now on."""
RECEIVER: frozenset[Role] = frozenset({"receiver"})
"""What was promised to come so far may be missing, or something else may come."""
BOTH = SENDER | RECEIVER


@dataclass(frozen=True, slots=True)
class Change:
    """A difference, seen from the schema or the part of an operation that it is in.

    Args:
        what: The difference in words.
        breaks: Which end of the wire it breaks; which of them there is to break depends on the place.
        kind: What sort of difference it is.
        path: The fields that lead to it.
        shared: What to call it for all the places together that refer to the same component.
    """

    what: str
    breaks: frozenset[Role] = NOBODY
    kind: Kind = "changed"
    path: tuple[str, ...] = ()
    shared: str | None = None

    def below(self, *steps: str) -> Change:
        """The same, seen from further up."""
        return replace(self, path=(*steps, *self.path))

    def known_as(self, component: str) -> Change:
        """The same, as a part of a component, unless it is one of a component within that."""
        return self if self.shared else replace(self, shared=_joined((component, *self.path)))


@dataclass(frozen=True, slots=True)
class Finding:
    """A difference at its place in the document.

    Args:
        where: The place in words.
        what: The difference in words.
        breaks: Whom it breaks, if anybody.
        kind: What sort of difference it is.
        shared: What to call it for all the places together that refer to the same component.
    """

    where: str
    what: str
    breaks: Party | None
    kind: Kind
    shared: str | None


@dataclass(frozen=True, slots=True)
class Place:
    """A part of an operation.

    Args:
        words: What it is called.
        role: At which end of the wire those are who can be broken here.
        party: Who that is.
    """

    words: str
    role: Role
    party: Party

    def within(self, part: str) -> Place:
        """A part of this part."""
        return replace(self, words=f"{self.words}, {part}")

    def found(self, *changes: Change) -> Iterator[Finding]:
        """Changes as they are here."""
        for change in changes:
            where = ", ".join(filter(None, (self.words, _joined(change.path))))
            what = change.what
            if change.kind == "default":
                sender = self.role == "sender"
                what += f"; changes {'results' if sender else 'the meaning'} for {self.party} where it is left out"
            broken = self.party if self.role in change.breaks else None
            yield Finding(where, what, broken, change.kind, change.shared)

    def known_as(self, component: str, findings: Iterable[Finding]) -> Iterator[Finding]:
        """Findings here, as ones in a component that other places share."""
        for finding in findings:
            shared = finding.shared or component + finding.where.removeprefix(self.words)
            yield replace(finding, shared=shared)


@dataclass(frozen=True, slots=True)
class Row:
    """A difference with all the places where it is found."""

    where: str
    what: str
    breaks: Party | None
    kind: Kind
    places: tuple[str, ...]


def rows(findings: Iterable[Finding]) -> list[Row]:
    """The findings, each told once, the worst first."""
    places: dict[tuple[str, str, Party | None, Kind], dict[str, None]] = {}
    for finding in findings:
        key = (finding.shared or finding.where, finding.what, finding.breaks, finding.kind)
        places.setdefault(key, {})[finding.where] = None
    told = [
        Row(name if len(found) > 1 else next(iter(found)), what, breaks, kind, tuple(found))
        for (name, what, breaks, kind), found in places.items()
    ]
    return sorted(told, key=_weight)


def _weight(row: Row) -> tuple[int, int]:
    kinds: dict[Kind, int] = {"default": 0, "words": 2}
    return ["callers", "readers", None].index(row.breaks), kinds.get(row.kind, 1)


def _joined(path: tuple[str, ...]) -> str:
    text = ""
    for step in path:
        text += step if not text or step == "[]" else f".{step}"
    return text
