"""The changelog, in the form of Keep a Changelog 1.1.0."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from packaging.version import Version

from .errors import ReleaseError
from .project import parse_version

NAME = "CHANGELOG.md"
KINDS = ("Added", "Changed", "Deprecated", "Removed", "Fixed", "Security")
"""The kinds of changes, in the order of their headings."""

_UNRELEASED = "## [Unreleased]"
_VERSION = re.compile(r"## \[(?P<version>[^\]]+)\] - (?P<date>\d{4}-\d\d-\d\d)( \[YANKED\])?")
_BECOMES = re.compile(r"Becomes (\S+)\.")
_LINK = re.compile(r"\[(?P<version>[^\]]+)\]: (?P<url>\S+)")


@dataclass
class Section:
    """A version's section.

    Attributes:
        version: The version; None for what is not released.
        changes: The lines below each heading of a kind.
        becomes: The least version that the section says it becomes.
        last: The number of its last line.
    """

    line: int
    version: Version | None
    date: date | None
    changes: dict[str, list[str]]
    becomes: Version | None = None
    last: int = 0


@dataclass(frozen=True)
class Changelog:
    """A changelog that has the form.

    Attributes:
        sections: The sections, the newest first; the first one is that of what is not released.
        links: The addresses of versions.
    """

    lines: list[str]
    sections: list[Section]
    links: dict[str, str]

    @property
    def released(self) -> list[Version]:
        """The released versions, the newest first."""
        return [section.version for section in self.sections if section.version]

    def release(self, version: Version, day: date) -> str:
        """Return the text in which the changes that are not released belong to a version, below an empty section."""
        unreleased = self.sections[0]
        body = self.lines[unreleased.line : unreleased.last]
        body = [line for line in body if not _BECOMES.fullmatch(line)]
        text = "\n".join(body).strip("\n")
        before, after = self.lines[: unreleased.line - 1], self.lines[unreleased.last :]
        new = [_UNRELEASED, "", f"## [{version}] - {day.isoformat()}", "", *text.splitlines(), ""]
        return "\n".join([*before, *new, *_relinked(after, version)]).rstrip("\n") + "\n"


def read_changelog(root: Path) -> Changelog:
    """Read the changelog of a folder.

    Raises:
        ReleaseError: If it does not have the form.
    """
    return parse_changelog((root / NAME).read_text(encoding="utf-8"))


def parse_changelog(text: str) -> Changelog:
    """Parse a changelog.

    Raises:
        ReleaseError: If it does not have the form; each line of the message names a place.
    """
    lines = text.splitlines()
    sections: list[Section] = []
    links: dict[str, str] = {}
    problems = [f"{NAME}:{number}: {problem}" for number, problem in _read(lines, sections, links)]
    if problems:
        raise ReleaseError("\n".join(problems))
    return Changelog(lines, sections, links)


def _read(lines: list[str], sections: list[Section], links: dict[str, str]) -> Iterator[tuple[int, str]]:
    """Collect sections and links, and yield the problems with their lines."""
    if lines[:1] != ["# Changelog"]:
        yield 1, "the title is not '# Changelog'"
    kind: list[str] | None = None
    for number, line in enumerate(lines, 1):
        if line.startswith("## "):
            kind = None
            section = _section(number, line)
            if section is None:
                yield number, f"write {_UNRELEASED}, or ## [1.2.3] - 2026-01-31"
                continue
            sections.append(section)
            yield from _order(sections)
        elif not sections:
            continue
        elif line.startswith("### "):
            kind = []
            yield from _add_kind(sections[-1], number, line.removeprefix("### "), kind)
        elif link := _LINK.fullmatch(line):
            links[link["version"]] = link["url"]
            continue
        elif line.startswith("#"):
            yield number, "only versions and kinds of changes have headings"
        elif kind is not None and line:
            if not line.startswith(("- ", "  ")) or (not kind and not line.startswith("- ")):
                yield number, "a change is an item of a list, '- ', whose further lines are indented by two"
            kind.append(line)
        elif becomes := _BECOMES.fullmatch(line):
            sections[-1].becomes = parse_version(becomes[1])
        elif line:
            yield number, "a change stands below a heading of its kind, such as '### Added'"
        sections[-1].last = number
    yield from _whole(lines, sections, links)


def _section(number: int, line: str) -> Section | None:
    if line == _UNRELEASED:
        return Section(number, None, None, {})
    found = _VERSION.fullmatch(line)
    if found is None:
        return None
    try:
        return Section(number, parse_version(found["version"]), date.fromisoformat(found["date"]), {})
    except (ReleaseError, ValueError):
        return None


def _order(sections: list[Section]) -> Iterator[tuple[int, str]]:
    section = sections[-1]
    if (section.version is None) != (len(sections) == 1):
        yield section.line, f"{_UNRELEASED} comes first, once"
    elif len(sections) > 1 and section.version and section.date:
        above = sections[-2]
        if above.version and above.version <= section.version:
            yield section.line, f"{section.version} is not older than {above.version} above it"
        if above.date and above.date < section.date:
            yield section.line, f"{section.date} is later than {above.date} above it"


def _add_kind(section: Section, number: int, name: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    if name not in KINDS:
        yield number, f"the kinds of changes are {', '.join(KINDS)}"
    elif name in section.changes:
        yield number, f"the section has '### {name}' twice"
    elif section.changes and KINDS.index(name) < max(KINDS.index(kind) for kind in section.changes if kind in KINDS):
        yield number, f"the order of the kinds is {', '.join(KINDS)}"
    section.changes.setdefault(name, lines)


def _whole(lines: list[str], sections: list[Section], links: dict[str, str]) -> Iterator[tuple[int, str]]:
    if not sections:
        yield len(lines), f"there is no {_UNRELEASED}"
    for section in sections:
        for name, changes in section.changes.items():
            if not changes:
                yield section.line, f"'### {name}' has no changes"
        if section.version and not section.changes:
            yield section.line, f"{section.version} has no changes"
    names = {str(section.version or "Unreleased") for section in sections}
    if links and links.keys() != names:
        yield len(lines), f"either every version has a link or none: {', '.join(sorted(links.keys() ^ names))}"
    for number, (before, line) in enumerate(zip(["", *lines], lines, strict=False), 1):
        if line.startswith("#") and (before or lines[number : number + 1] not in ([], [""])):
            yield number, "a blank line is missing before or after a heading"


def _relinked(lines: list[str], version: Version) -> Iterator[str]:
    """The lines with a link for a new version, if there is one that compares what is not released with a tag."""
    for line in lines:
        found = re.fullmatch(r"\[Unreleased\]: (\S+)/compare/(\S+)\.\.\.HEAD", line)
        if found is None:
            yield line
        else:
            yield f"[Unreleased]: {found[1]}/compare/v{version}...HEAD"
            yield f"[{version}]: {found[1]}/compare/{found[2]}...v{version}"
