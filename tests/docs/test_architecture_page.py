"""The page on the architecture: the files that it names."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from helpers.pages import DOCS, ROOT, read_page

PAGE = read_page("architecture.md")
ROWS = re.findall(r"^\| ([^|]+) \| (`[^|]+) \|$", PAGE, re.MULTILINE)
PACKAGES = ("wrapper/zeroscope", "mock", "mock/zeroscope_mock", "conformance", "codegen", "")


@pytest.mark.parametrize(("change", "places"), ROWS, ids=[change for change, _ in ROWS])
def test_row__names_files_that_exist(change: str, places: str) -> None:
    """Each file exists, at its path in the repository, in a package, or beside the file before it."""
    before = Path()
    for name in re.findall(r"`([^` ]+)`", places):
        found = [path for folder in (before, *map(Path, PACKAGES)) if (path := ROOT / folder / name).exists()]
        assert found, name
        before = found[0] if found[0].is_dir() else found[0].parent


def test_steps__name_modules_that_exist() -> None:
    """Each module and folder in the text is part of a package."""
    text = PAGE[: PAGE.index("## Where a change goes")].replace("`/_mock/`", "")
    names = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert len(names) > 25
    roots = [ROOT, *(ROOT / package for package in PACKAGES), *(ROOT / "conformance").iterdir(), DOCS]
    assert sorted(name for name in names if not any((root / name).exists() for root in roots)) == []
