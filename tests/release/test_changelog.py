"""The form of the changelog, and the section of a new version."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from packaging.version import Version
from release.changelog import NAME, parse_changelog, read_changelog
from release.errors import ReleaseError

from helpers.pages import ROOT, broken_links

TEXT = """\
# Changelog

All notable changes.

## [Unreleased]

Becomes 0.3.0.

### Added

- A feature,
  on two lines.
- Another.

### Fixed

- A bug.

## [0.2.0] - 2026-03-01

### Removed

- A method.

## [0.1.0] - 2026-01-31 [YANKED]

### Added

- Everything.
"""
LINKS = """
[Unreleased]: https://code.test/a/compare/v0.2.0...HEAD
[0.2.0]: https://code.test/a/compare/v0.1.0...v0.2.0
[0.1.0]: https://code.test/a/tags/v0.1.0
"""


def problems(text: str) -> str:
    """What is wrong with a changelog."""
    with pytest.raises(ReleaseError) as raised:
        parse_changelog(text)
    return str(raised.value)


def test_changelog__of_the_project_has_the_form() -> None:
    """The headings, their order and the lists are those of Keep a Changelog, and each link leads somewhere."""
    changelog = read_changelog(ROOT)
    assert changelog.sections[0].version is None
    assert broken_links(ROOT / NAME) == []


def test_parse__reads_sections() -> None:
    """Versions, dates and changes are read, the newest first."""
    changelog = parse_changelog(TEXT + LINKS)
    assert changelog.released == [Version("0.2.0"), Version("0.1.0")]
    unreleased, second, first = changelog.sections
    assert unreleased.becomes == Version("0.3.0")
    assert unreleased.changes == {"Added": ["- A feature,", "  on two lines.", "- Another."], "Fixed": ["- A bug."]}
    assert (second.date, first.date) == (date(2026, 3, 1), date(2026, 1, 31))
    assert changelog.links.keys() == {"Unreleased", "0.2.0", "0.1.0"}


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("# Changelog", "# Changes", "1: the title is not '# Changelog'"),
        ("## [Unreleased]", "## Unreleased", "5: write ## [Unreleased], or ## [1.2.3] - 2026-01-31"),
        ("## [0.2.0] - 2026-03-01", "## 0.2.0", "19: write ## [Unreleased], or ## [1.2.3] - 2026-01-31"),
        ("2026-03-01", "2026-02-30", "19: write ## [Unreleased], or ## [1.2.3] - 2026-01-31"),
        ("[0.2.0]", "[0.2]", "19: write ## [Unreleased], or ## [1.2.3] - 2026-01-31"),
        ("## [0.2.0] - 2026-03-01", "## [Unreleased]", "19: ## [Unreleased] comes first, once"),
        ("## [Unreleased]", "## [0.3.0] - 2026-04-01", "5: ## [Unreleased] comes first, once"),
        ("[0.2.0]", "[0.1.0]", "25: 0.1.0 is not older than 0.1.0 above it"),
        ("[0.2.0]", "[0.1.0rc1]", "25: 0.1.0 is not older than 0.1.0rc1 above it"),
        ("2026-01-31", "2026-03-02", "25: 2026-03-02 is later than 2026-03-01 above it"),
        ("### Fixed", "### Bugs", "15: the kinds of changes are Added, Changed, Deprecated"),
        ("### Fixed", "### Added", "15: the section has '### Added' twice"),
        ("### Added", "### Security", "15: the order of the kinds is Added, Changed, Deprecated"),
        ("### Fixed", "#### Fixed", "15: only versions and kinds of changes have headings"),
        ("- A bug.", "* A bug.", "17: a change is an item of a list"),
        ("- A bug.", "  A bug.", "17: a change is an item of a list"),
        ("  on two", "on two", "12: a change is an item of a list"),
        ("### Removed\n\n", "", "21: a change stands below a heading of its kind"),
        ("- A method.\n", "", "19: '### Removed' has no changes"),
        ("### Removed\n\n- A method.\n", "", "19: 0.2.0 has no changes"),
        ("\n### Fixed", "### Fixed", "14: a blank line is missing before or after a heading"),
        ("### Fixed\n", "### Fixed", "15: "),
    ],
)
def test_parse__names_the_place_of_a_problem(old: str, new: str, problem: str) -> None:
    """A changelog that does not have the form is refused, with the line and what is wrong there."""
    assert f"{NAME}:{problem}" in problems(TEXT.replace(old, new, 1))


def test_parse__wants_links_of_all_versions_or_of_none() -> None:
    """A version without a link, and a link without a version, are named."""
    text = (TEXT + LINKS).replace("[0.1.0]: ", "[0.0.9]: ")
    assert problems(text).endswith("either every version has a link or none: 0.0.9, 0.1.0")


def test_parse__wants_a_section_of_what_is_not_released() -> None:
    """A changelog without sections is refused."""
    assert problems("# Changelog\n") == f"{NAME}:1: there is no ## [Unreleased]"


@pytest.mark.parametrize("links", ["", LINKS], ids=["without links", "with links"])
def test_release__moves_the_changes(links: str) -> None:
    """The new version has the changes and the date, what it becomes is left out, and nothing else changes."""
    after = parse_changelog(TEXT + links).release(Version("0.3.0"), date(2026, 4, 5))
    expected = TEXT.replace("\n\nBecomes 0.3.0.\n", "\n\n## [0.3.0] - 2026-04-05\n") + links.replace(
        "v0.2.0...HEAD", "v0.3.0...HEAD\n[0.3.0]: https://code.test/a/compare/v0.2.0...v0.3.0"
    )
    assert after == expected
    assert parse_changelog(after).released[0] == Version("0.3.0")
    assert parse_changelog(after).sections[0].changes == {}


def test_release__of_the_first_version(tmp_path: Path) -> None:
    """A changelog in which nothing is released yet gets its first version."""
    (tmp_path / NAME).write_text("# Changelog\n\n## [Unreleased]\n\n### Added\n\n- All.\n", encoding="utf-8")
    after = read_changelog(tmp_path).release(Version("0.1.0"), date(2026, 1, 1))
    assert after == "# Changelog\n\n## [Unreleased]\n\n## [0.1.0] - 2026-01-01\n\n### Added\n\n- All.\n"
