"""The page on the architecture: the files that it names."""

from __future__ import annotations

import re

import pytest

from helpers.pages import ROOT, read_page

PAGE = read_page("architecture.md")
ROWS = re.findall(r"^\| ([^|]+) \| ([^|]*`[^|]+) \|$", PAGE[PAGE.index("## Where a change goes") :], re.MULTILINE)
PACKAGES = (
    "wrapper/zeroscope",
    "mock/zeroscope_mock",
    "conformance/zeroscope_conformance",
    "codegen/diff",
    "codegen/generate",
    "codegen/site",
)


@pytest.mark.parametrize(("change", "places"), ROWS, ids=[change for change, _ in ROWS])
def test_row__names_files_that_exist(change: str, places: str) -> None:
    """Each file and folder is in the repository."""
    paths = re.findall(r"`([^` ]+)`", places)
    assert paths
    assert [path for path in paths if not (ROOT / path).exists()] == []


def test_steps__name_modules_that_exist() -> None:
    """Each module and folder in the text is part of a package."""
    text = PAGE[: PAGE.index("## Where a change goes")].replace("`/_mock/`", "")
    names = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert len(names) > 25
    roots = [ROOT, *(ROOT / package for package in PACKAGES)]
    assert sorted(name for name in names if not any((root / name).exists() for root in roots)) == []
