"""Runs the code that the pages on pytest and respx show."""

from __future__ import annotations

import re

import pytest

from helpers.pages import DOCS, code_blocks, read_page

pytest_plugins = ["pytester"]

RESPX = read_page("respx.md")
PYTEST = read_page("testing-with-pytest.md")
# Each Python block with the output that the page shows after it, if any.
TESTS: list[tuple[str, str]] = re.findall(
    r"```python\n(.*?)```(?:\n\n[^\n`]+\n\n```text\n(.*?)```)?", PYTEST, re.DOTALL
)


@pytest.mark.parametrize("code", code_blocks(RESPX, "python"))
def test_respx_page__runs_as_shown(code: str) -> None:
    """Each block runs on its own."""
    exec(compile(code, "respx.md", "exec"), {})


@pytest.mark.parametrize(("code", "shown"), TESTS, ids=[re.findall(r"def (test_\w+)", code)[0] for code, _ in TESTS])
def test_pytest_page__passes_as_shown(pytester: pytest.Pytester, code: str, shown: str) -> None:
    """Each block is a module whose tests pass; a block with output fails with that output."""
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:asyncio -p no:schemathesis\n")
    pytester.path.joinpath("test_page.py").write_text(code, encoding="utf-8")

    result = pytester.runpytest_inprocess()

    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"failed" if shown else "passed"}
    assert [line for line in shown.splitlines() if line not in str(result.stdout)] == []


def test_fixture_table__lists_every_fixture(pytester: pytest.Pytester) -> None:
    """The table lists exactly the plugin's fixtures."""
    out = str(pytester.runpytest_inprocess("--fixtures", "-p", "no:asyncio", "-p", "no:schemathesis").stdout)
    (section,) = re.findall(
        r"fixtures defined from zeroscope_mock\.pytest_plugin\.fixtures -+\n(.*?)(?:\n-{3,}|\Z)", out, re.DOTALL
    )

    # pytest orders them by their lines, as text.
    listed, defined = (
        re.findall(pattern, text, re.MULTILINE)
        for pattern, text in ((r"^\| `(\w+)`", PYTEST.partition("\n## ")[0]), (r"^(\w+) -- ", section))
    )
    assert sorted(listed) == sorted(defined)


@pytest.mark.parametrize("page", [RESPX, PYTEST])
def test_link__has_a_target(page: str) -> None:
    """The target of each relative link exists."""
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links
    assert [link for link in links if not (DOCS / link.partition("#")[0]).exists()] == []
