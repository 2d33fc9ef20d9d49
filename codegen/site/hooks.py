"""Hooks of MkDocs: the generated pages, the navigation and the links of the site."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from mkdocs.structure.files import File, InclusionLevel

from codegen.site import llms
from codegen.site.api import api_pages
from codegen.site.diagrams import diagrams_as_lists
from codegen.site.links import DOCS, REPOSITORY, rewrite_links, unescape_pipes
from codegen.site.navigation import INDEX, navigation, reference_table
from codegen.site.pages import ASSETS, generated_pages

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files
    from mkdocs.structure.nav import Navigation
    from mkdocs.structure.pages import Page

# Where a pasted message and the name of an option should lead.
_BOOSTS = {"troubleshooting.md": 2, "reference/messages.md": 2, "reference/command.md": 2}

_pages: list[Page] = []


def on_config(config: MkDocsConfig) -> None:
    """Arrange the pages as the index of the guides does."""
    config.nav = navigation()


def on_files(files: Files, config: MkDocsConfig) -> None:
    """Add what is generated."""
    for page, text in generated_pages().items():
        inclusion = InclusionLevel.NOT_IN_NAV if page.startswith(f"{REPOSITORY}/") else InclusionLevel.INCLUDED
        files.append(File.generated(config, page, content=text, inclusion=inclusion))
    for asset in sorted(ASSETS.iterdir()):
        files.append(File.generated(config, f"assets/{asset.name}", abs_src_path=str(asset)))


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Point the links of a guide at pages of the site, rank it in the search, and have the index list the reference."""
    if boost := _BOOSTS.get(page.file.src_uri):
        page.meta["search"] = {"boost": boost}
    if page.file.generated_by is None:
        markdown = rewrite_links(diagrams_as_lists(markdown), f"{DOCS}/{page.file.src_uri}", page.file.src_uri)
    if page.file.src_uri == INDEX:
        markdown += "\n" + reference_table()
    return unescape_pipes(markdown)


def on_post_page(output: str, page: Page, config: MkDocsConfig) -> str:
    """Name the search for screen readers, which the theme leaves out."""
    return output.replace('role="dialog"', 'role="dialog" aria-label="Search"')


def on_nav(nav: Navigation, config: MkDocsConfig, files: Files) -> None:
    """Keep the order of the pages."""
    _pages[:] = nav.pages


def on_post_build(config: MkDocsConfig) -> None:
    """Write the pages for language models, and leave out the page of servers, which has absolute addresses."""
    (Path(config.site_dir) / "404.html").unlink(missing_ok=True)
    guides = [_guide(page) for page in _pages]
    # The text of the API reference is in the docstrings.
    written = [guide for guide in guides if "\n::: " not in guide.markdown]
    for name, text in (
        ("llms.txt", llms.index(config.site_name, config.site_description or "", guides)),
        ("llms-full.txt", llms.full_text(written)),
    ):
        (Path(config.site_dir) / name).write_text(text, encoding="utf-8")


def _guide(page: Page) -> llms.Guide:
    sections = [str(ancestor.title) for ancestor in page.ancestors]
    summary = {page.path: page.summary for page in api_pages()}.get(page.file.src_uri, "")
    section = sections[-1] if sections else str(page.title)
    return llms.Guide(section, str(page.title), page.url, page.markdown or "", summary)
