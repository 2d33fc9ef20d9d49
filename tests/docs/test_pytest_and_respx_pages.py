"""What the pages on pytest and respx show, run."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

DOCS = Path(__file__).parents[2] / "docs"
RESPX = (DOCS / "respx.md").read_text(encoding="utf-8")
PYTEST = (DOCS / "testing-with-pytest.md").read_text(encoding="utf-8")
# A block, and what it prints where that is shown after it.
TESTS: list[tuple[str, str]] = re.findall(
    r"```python\n(.*?)```(?:\n\n[^\n`]+\n\n```text\n(.*?)```)?", PYTEST, re.DOTALL
)


@pytest.mark.parametrize("code", re.findall(r"```python\n(.*?)```", RESPX, re.DOTALL))
def test_respx_page__runs_as_shown(code: str) -> None:
    """Each block runs as it stands."""
    exec(compile(code, "respx.md", "exec"), {})


@pytest.mark.parametrize(("code", "shown"), TESTS, ids=[re.findall(r"def (test_\w+)", code)[0] for code, _ in TESTS])
def test_pytest_page__passes_as_shown(pytester: pytest.Pytester, code: str, shown: str) -> None:
    """Each block is a module whose tests pass; one whose output is shown fails with that."""
    pytester.makeini("[pytest]\nfilterwarnings = error\naddopts = --strict-markers -p no:asyncio -p no:schemathesis\n")
    pytester.path.joinpath("test_page.py").write_text(code, encoding="utf-8")

    result = pytester.runpytest_inprocess()

    outcomes = result.parseoutcomes()
    assert outcomes.keys() == {"failed" if shown else "passed"}
    assert [line for line in shown.splitlines() if line not in str(result.stdout)] == []


def test_pytest_page__names_each_fixture(pytester: pytest.Pytester) -> None:
    """The table holds the plugin's fixtures, all of them and no other."""
    out = str(pytester.runpytest_inprocess("--fixtures", "-p", "no:asyncio", "-p", "no:schemathesis").stdout)
    (section,) = re.findall(
        r"fixtures defined from zeroscope_mock\.pytest_plugin -+\n(.*?)(?:\n-{3,}|\Z)", out, re.DOTALL
    )

    assert re.findall(r"^\| `(\w+)`", PYTEST, re.MULTILINE) == re.findall(r"^(\w+) -- ", section, re.MULTILINE)


@pytest.mark.parametrize("page", [RESPX, PYTEST])
def test_links__lead_to_pages_that_exist(page: str) -> None:
    """Relative links are there."""
    links = re.findall(r"\]\(([^)]+)\)", page)
    assert links
    assert [link for link in links if not (DOCS / link).exists()] == []
