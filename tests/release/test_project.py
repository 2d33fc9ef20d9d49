"""The version of the project, and where it is written."""

from __future__ import annotations

import pytest
from release.errors import ReleaseError
from release.project import parse_version, read_project

import zeroscope
from helpers.pages import ROOT


def test_project__is_that_of_this_repository() -> None:
    """The version is read from the file that the build reads."""
    project = read_project(ROOT)
    assert (project.name, str(project.version)) == ("zeroscope", zeroscope.__version__)
    changed = project.with_version(parse_version("9.8.7"))
    unchanged = (ROOT / project.version_file).read_text(encoding="utf-8")
    assert changed == unchanged.replace(f'"{zeroscope.__version__}"', '"9.8.7"')


@pytest.mark.parametrize("text", ["0.1.0", "1.20.3", "2.0.0a1", "2.0.0rc12"])
def test_version__has_three_numbers(text: str) -> None:
    """Three numbers are a version, and so are those of a pre-release."""
    assert str(parse_version(text)) == text


@pytest.mark.parametrize(
    "text",
    ["", "1", "1.2", "1.2.3.4", "v1.2.3", "1.2.03", "1.2.3-rc1", "1.2.3.dev1", "1.2.3.post1", "1.2.3+a", "1!1.2.3"],
)
def test_version__in_another_form_is_refused(text: str) -> None:
    """What is no version, or not in the normal form, is refused with an example."""
    with pytest.raises(ReleaseError, match=r"is not a version; write three numbers, as in 1\.2\.3"):
        parse_version(text)
