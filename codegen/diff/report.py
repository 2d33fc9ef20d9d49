"""What is told of the changes between two versions of the document: a list, the next version, a changelog entry."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .changes import Party, Row

_WIDTH = 120
_TITLES: dict[Party | None, str] = {
    "callers": "Breaks callers, who send requests",
    "readers": "Breaks readers of answers and webhooks",
    None: "Breaks nobody",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The changes between two versions of the document.

    Args:
        base: What to call the older version.
        spec: What to call the newer version.
        same: Whether they say the same to the letter.
        rows: The changes.
        version: The project's version now.
    """

    base: str
    spec: str
    same: bool
    rows: Sequence[Row]
    version: tuple[int, int, int]

    @property
    def breaks(self) -> bool:
        """Whether anything breaks anybody."""
        return any(row.breaks for row in self.rows)

    @property
    def next_version(self) -> str | None:
        """The version that the changes ask for, None if there are none."""
        if not self.rows:
            return None
        major, minor, patch = self.version
        if self.breaks:
            return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
        # Below 1.0 the minor part says that something breaks.
        if major and any(row.kind == "added" for row in self.rows):
            return f"{major}.{minor + 1}.0"
        return f"{major}.{minor}.{patch + 1}"

    @property
    def changelog(self) -> str | None:
        """An entry for CHANGELOG.md, None if there are no changes."""
        if not self.rows:
            return None
        lines = ["## [Unreleased]", "", f"Becomes {self.next_version}."]
        for title, kinds in {"Added": {"added"}, "Changed": {"changed", "default"}, "Removed": {"removed"}}.items():
            told = [row for row in self.rows if row.kind in kinds]
            if told:
                lines += ["", f"### {title}", "", *(line for row in told for line in _entry(row))]
        if all(row.kind == "words" for row in self.rows):
            lines += ["", "### Changed", "", "- `openapi.yaml`: descriptions and other words that bind nobody."]
        return "\n".join(lines)

    def text(self) -> str:
        """The report in words."""
        if not self.rows:
            if self.same:
                return f"{self.spec} is unchanged since {self.base}."
            return f"{self.spec} is written otherwise than {self.base}, and nothing changes for callers or readers."
        count = sum(1 for row in self.rows if row.breaks)
        changes = "1 change" if len(self.rows) == 1 else f"{len(self.rows)} changes"
        lines = [f"From {self.base} to {self.spec}: {changes}, {count or 'none'} of which {_verb(count)} somebody."]
        for party, title in _TITLES.items():
            told = [row for row in self.rows if row.breaks == party]
            if told:
                lines += ["", f"{title}:", *(line for row in told for line in _listed(row))]
        now = ".".join(map(str, self.version))
        lines += ["", f"Next version: {self.next_version} (now {now}).", "", "For CHANGELOG.md:", ""]
        return "\n".join(lines) + "\n" + str(self.changelog)

    def json(self) -> dict[str, Any]:
        """The report as values for JSON."""
        return {
            "base": self.base,
            "spec": self.spec,
            "unchanged": self.same,
            "breaks": self.breaks,
            "changes": [
                {
                    "where": row.where,
                    "what": row.what,
                    "breaks": row.breaks,
                    "kind": row.kind,
                    "places": list(row.places),
                }
                for row in self.rows
            ],
            "version": ".".join(map(str, self.version)),
            "next_version": self.next_version,
            "changelog": self.changelog,
        }


def _verb(count: int) -> str:
    return "breaks" if count <= 1 else "break"


def _listed(row: Row) -> list[str]:
    lines = [f"  {row.where}: {row.what}"]
    if len(row.places) == 1:
        return lines
    # One line for all the answers of an operation to which it applies alike.
    places: dict[tuple[str, str], list[str]] = {}
    for place in row.places:
        before, answer, after = place.partition(", answer ")
        status, comma, rest = after.partition(", ")
        places.setdefault((before + answer, comma + rest), []).append(status)
    return [*lines, *(f"      {before}{'/'.join(found)}{after}" for (before, after), found in places.items())]


def _entry(row: Row) -> list[str]:
    breaks = f" Breaks {row.breaks}." if row.breaks else ""
    text = f"`{row.where}`: {row.what}.{breaks}"
    # A place or a value is found again only if it is not broken.
    return textwrap.wrap(
        text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
