"""The report of changes: a list, the next version, and a changelog entry."""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from .changes import ChangeGroup, Party

_WIDTH = 120
_TITLES: dict[Party | None, str] = {
    "callers": "Breaks callers, who send requests",
    "readers": "Breaks readers of responses and webhooks",
    None: "Not breaking",
}


@dataclass(frozen=True, slots=True)
class Report:
    """The changes between two versions of the document.

    Args:
        base: The name of the older version.
        spec: The name of the newer version.
        unchanged: Whether both have the same content.
        changes: The changes, the most severe first.
        version: The current version of the project.
    """

    base: str
    spec: str
    unchanged: bool
    changes: Sequence[ChangeGroup]
    version: tuple[int, int, int]

    @property
    def breaks(self) -> bool:
        """Whether any change is breaking."""
        return any(change.breaks for change in self.changes)

    @property
    def next_version(self) -> str | None:
        """The next version by semantic versioning; None if there are no changes."""
        if not self.changes:
            return None
        major, minor, patch = self.version
        if self.breaks:
            return f"{major + 1}.0.0" if major else f"0.{minor + 1}.0"
        # Below 1.0, a new minor version means a breaking change.
        if major and any(change.kind == "added" for change in self.changes):
            return f"{major}.{minor + 1}.0"
        return f"{major}.{minor}.{patch + 1}"

    @property
    def changelog(self) -> str | None:
        """An entry for CHANGELOG.md; None if there are no changes."""
        if not self.changes:
            return None
        lines = ["## [Unreleased]", "", f"Becomes {self.next_version}."]
        for title, kinds in {"Added": {"added"}, "Changed": {"changed", "default"}, "Removed": {"removed"}}.items():
            listed = [change for change in self.changes if change.kind in kinds]
            if listed:
                lines += ["", f"### {title}", "", *(line for change in listed for line in _changelog_lines(change))]
        if all(change.kind == "words" for change in self.changes):
            lines += ["", "### Changed", "", "- `openapi.yaml`: descriptions and other annotations."]
        return "\n".join(lines)

    @property
    def summary(self) -> str:
        """The number of changes and of breaking ones, in words."""
        if not self.changes:
            return "no changes"
        count = sum(1 for change in self.changes if change.breaks)
        changes = "1 change" if len(self.changes) == 1 else f"{len(self.changes)} changes"
        return f"{changes}, {count or 'none'} of them breaking"

    def text(self) -> str:
        """Return the report as text."""
        if not self.changes:
            if self.unchanged:
                return f"{self.spec} is unchanged since {self.base}."
            return f"{self.spec} is written differently from {self.base}, but nothing changes for callers or readers."
        lines = [f"From {self.base} to {self.spec}: {self.summary}."]
        for party, title in _TITLES.items():
            listed = [change for change in self.changes if change.breaks == party]
            if listed:
                lines += ["", f"{title}:", *(line for change in listed for line in _lines(change))]
        now = ".".join(map(str, self.version))
        lines += ["", f"Next version: {self.next_version} (now {now}).", "", "For CHANGELOG.md:", ""]
        return "\n".join(lines) + "\n" + str(self.changelog)

    def json(self) -> dict[str, Any]:
        """Return the report as a value for JSON."""
        return {
            "base": self.base,
            "spec": self.spec,
            "unchanged": self.unchanged,
            "breaks": self.breaks,
            "changes": [
                {
                    "where": change.name,
                    "what": change.message,
                    "breaks": change.breaks,
                    "kind": change.kind,
                    "places": list(change.locations),
                }
                for change in self.changes
            ],
            "version": ".".join(map(str, self.version)),
            "next_version": self.next_version,
            "changelog": self.changelog,
        }


def _lines(change: ChangeGroup) -> list[str]:
    lines = [f"  {change.name}: {change.message}"]
    if len(change.locations) == 1:
        return lines
    # The responses of an operation with the same change share a line.
    locations: dict[tuple[str, str], list[str]] = {}
    for location in change.locations:
        before, response, after = location.partition(", response ")
        status, comma, rest = after.partition(", ")
        locations.setdefault((before + response, comma + rest), []).append(status)
    return [*lines, *(f"      {before}{'/'.join(found)}{after}" for (before, after), found in locations.items())]


def _changelog_lines(change: ChangeGroup) -> list[str]:
    breaks = f" Breaks {change.breaks}." if change.breaks else ""
    text = f"`{change.name}`: {change.message}.{breaks}"
    # A location or a value is never broken, so that a search finds it.
    return textwrap.wrap(
        text, _WIDTH, initial_indent="- ", subsequent_indent="  ", break_long_words=False, break_on_hyphens=False
    )
