"""Links of the repository's Markdown files on the site."""

from __future__ import annotations

import pytest
from codegen.site.links import links, rewrite_links, unescape_pipes
from codegen.site.sources import source_pages


@pytest.mark.parametrize(
    ("link", "origin", "expected"),
    [
        ("control.md#models", "docs/models.md", "control.md#models"),
        ("#faults", "docs/models.md", "#faults"),
        ("https://example.org/a.md", "docs/models.md", "https://example.org/a.md"),
        ("screenshots/clock.png", "docs/web-page.md", "screenshots/clock.png"),
        ("../openapi.yaml", "docs/conformance.md", "reference/openapi.md"),
        ("../CONTRIBUTING.md#set-up", "docs/architecture.md", "repository/CONTRIBUTING.md#set-up"),
        ("../wrapper/zeroscope/errors.py", "docs/models.md", "repository/wrapper/zeroscope/errors.py.md"),
        ("../examples/ported", "docs/models.md", "repository/examples/ported/README.md"),
        (
            "../mock/zeroscope_mock/documents/service",
            "docs/models.md",
            "repository/mock/zeroscope_mock/documents/service/index.md",
        ),
        ("docs/models.md", "CONTRIBUTING.md", "../models.md"),
    ],
)
def test_link__leads_to_the_page_of_its_target(link: str, origin: str, expected: str) -> None:
    """A link to a file, a folder or a page leads to the page that shows it; others stay."""
    page = origin.removeprefix("docs/") if origin.startswith("docs/") else f"repository/{origin}"
    assert rewrite_links(f"See [this]({link}).\n", origin, page) == f"See [this]({expected}).\n"


def test_code__keeps_its_links() -> None:
    """What looks like a link in a block of code stays as it is."""
    block = "````text\n[a](../b.py)\n```\n[c](../d.py)\n````\n"
    assert rewrite_links(block, "docs/models.md", "models.md") == block
    assert list(links(block, "docs/models.md")) == []


def test_pipes__are_unescaped_in_code_of_tables_only() -> None:
    """A pipe in code in a table loses the backslash that GitHub needs."""
    assert unescape_pipes("| `a \\| b` | a \\| b |\n`a \\| b`\n") == "| `a | b` | a \\| b |\n`a \\| b`\n"


def test_source_pages__show_what_guides_link_to() -> None:
    """There is a page for each linked file, for the files of each linked folder, and for the changelog."""
    pages = source_pages()
    assert "class UnknownOutcomeError" in pages["repository/wrapper/zeroscope/errors.py.md"]
    assert "(test_images.py.md)" in pages["repository/examples/ported/README.md"]
    assert {"repository/examples/ported/test_images.py.md", "repository/CHANGELOG.md"} <= pages.keys()
    assert not [page for page in pages if page.startswith(("repository/docs/", "repository/openapi.yaml"))]
