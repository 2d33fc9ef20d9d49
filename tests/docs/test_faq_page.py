"""The page with questions and answers: what it says of versions and licenses."""

from __future__ import annotations

import re
import tomllib

from helpers.pages import ROOT, read_page
from zeroscope._service.spec import spec

PAGE = read_page("faq.md")
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_python__is_the_version_that_the_package_requires() -> None:
    """The oldest Python is that of the package."""
    assert re.findall(r"Python (3\.\d+) or newer", PAGE) == [PROJECT["requires-python"].removeprefix(">=")]


def test_licenses__are_those_of_the_weights_and_the_code() -> None:
    """The licenses are those that the spec and the package name."""
    assert spec()["info"]["license"]["identifier"] in PAGE
    assert f"The code of this project is {PROJECT['license']}" in PAGE
