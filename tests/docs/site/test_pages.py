"""The pages of the site: complete, as on GitHub, and linked."""

from __future__ import annotations

import importlib
import json
import posixpath
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
import yaml
from codegen.site.api import PACKAGES, api_pages, definition
from codegen.site.diagrams import diagrams_as_lists
from codegen.site.links import links
from codegen.site.navigation import INDEX, navigation, reference_table
from codegen.site.pages import generated_pages
from markdown_it import MarkdownIt

from docs.site.html import HtmlPage, parse
from helpers.pages import DOCS, ROOT, read_page
from zeroscope.cli.app import app
from zeroscope_mock import ServerOptions
from zeroscope_mock.documents.bundled import control_document

Pages = dict[str, HtmlPage]
GUIDES = sorted(path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md"))
GITHUB = MarkdownIt("gfm-like", {"linkify": False})
SPEC: Any = yaml.safe_load((ROOT / "openapi.yaml").read_text(encoding="utf-8"))


def html_name(page: str) -> str:
    """The path of the HTML of a page."""
    folder, _, name = page.rpartition("/")
    name = "index.html" if name in ("README.md", "index.md") else name.removesuffix(".md") + ".html"
    return f"{folder}/{name}" if folder else name


def words(text: str) -> str:
    """A text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("guide", GUIDES)
def test_guide__has_the_elements_that_it_has_on_github(guide: str, pages: Pages) -> None:
    """Headings, lists, tables, blocks and code are read as GitHub reads them."""
    on_github = parse(GITHUB.render(diagrams_as_lists(read_page(guide))))
    page = pages[html_name(guide)]
    elements, code = page.elements, page.code
    if guide == INDEX:
        reference = parse(GITHUB.render(reference_table()))
        elements, code = elements - reference.elements, code[: -len(reference.code)]
    assert elements == on_github.elements
    assert list(map(words, code)) == list(map(words, on_github.code))


def test_links__lead_to_pages_and_anchors(pages: Pages, site: Path) -> None:
    """The target of each link between pages exists."""
    broken = []
    for name, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            if parts.scheme:
                continue
            path = (
                posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(parts.path))) if parts.path else name
            )
            target = "index.html" if path == "." else path
            anchor = unquote(parts.fragment)
            known = target in pages and (not anchor or anchor in pages[target].anchors or anchor == "__skip")
            if not known and not (target not in pages and (site / target).is_file()):
                broken.append(f"{name}: {link}")
    assert broken == []


def test_pages__name_no_root(pages: Pages) -> None:
    """No link is absolute, as the site works in any folder."""
    assert {name: link for name, page in pages.items() for link in page.links if link.startswith("/")} == {}


def test_home__says_what_the_project_is_and_how_to_install_it(pages: Pages) -> None:
    """The first page begins with the project, and does not tell its reader how to build it."""
    text = words(pages["index.html"].text)
    assert "zeroscope is a Python client" in text and "pip install" in text
    assert "make docs" not in text


def test_navigation__reaches_every_page_by_two_clicks(pages: Pages) -> None:
    """From the first page, each page of the navigation is at most two links away."""

    def listed(items: list[Any]) -> list[str]:
        return [
            page
            for item in items
            for value in (item.values() if isinstance(item, dict) else [item])
            for page in (listed(value) if isinstance(value, list) else [value])
        ]

    def neighbors(name: str) -> set[str]:
        paths = (urlsplit(link).path for link in pages[name].links if not urlsplit(link).scheme)
        return {posixpath.normpath(posixpath.join(posixpath.dirname(name), unquote(path))) for path in paths if path}

    first = neighbors("index.html") & pages.keys()
    second = first.union(*map(neighbors, first)) | {"index.html"}
    assert {html_name(page) for page in listed(navigation())} - second == set()


@pytest.mark.parametrize("package", PACKAGES)
def test_reference__has_every_public_name_with_its_docstring(package: str, pages: Pages) -> None:
    """Each name that a package exports has a section, which begins with its docstring."""
    text = {page.path: words(pages[html_name(page.path)].text) for page in api_pages()}
    for name in importlib.import_module(package).__all__:
        found = definition(f"{package}.{name}")
        if found.is_module or name.startswith("pytest_"):
            continue
        page, section = next(
            (page, section) for page in api_pages() for section in page.names if definition(section) is found
        )
        assert section in pages[html_name(page.path)].anchors, name
        docstring = found.docstring.value.split("\n\n")[0] if found.docstring else ""
        assert words(docstring).replace("`", "") in text[page.path], name


def test_reference__has_what_objects_hold(pages: Pages) -> None:
    """Attributes by which programs reach other public objects, and inherited members, have sections, too."""
    assert {
        "zeroscope.Zeroscope.predictions",
        "zeroscope.AsyncZeroscope.predictions",
        "zeroscope.Zeroscope.base_url",
    } <= (pages["reference/zeroscope/client.html"].anchors)
    assert "zeroscope_mock.ServerOptions.seed" in pages["reference/zeroscope_mock/options.html"].anchors


@pytest.mark.parametrize(
    ("page", "document"),
    [("reference/openapi.html", SPEC), ("reference/control.html", control_document())],
    ids=["spec", "control"],
)
def test_document__is_shown_completely(page: str, document: Any, pages: Pages) -> None:
    """Each operation, parameter, field, schema and annotation of a document is on its page."""
    text = words(pages[page].text)
    missing = [needed for needed in _said(document) if needed not in text]
    assert missing == []
    schemas = {f"schema-{name.lower()}" for name in document["components"]["schemas"]}
    assert schemas <= pages[page].anchors


def test_document__shows_the_security_of_operations(pages: Pages) -> None:
    """Operations that a token limits, and those that need one, say so."""
    assert "Read the clock. " in words(pages["reference/control.html"].text)
    assert "Security: none or token." in words(pages["reference/control.html"].text)
    assert "Security: bearerAuth." in words(pages["reference/openapi.html"].text)
    assert "Security: none." in words(pages["reference/openapi.html"].text)


def _said(part: Any, key: str = "") -> list[str]:
    """What a page on a document has to say: names, descriptions and annotations."""
    if isinstance(part, list):
        return [text for value in part for text in _said(value, key)]
    if not isinstance(part, dict):
        return []
    found = [
        str(part[word])
        for word in ("operationId", "name", "description", "x-departure", "x-uncertain")
        if isinstance(part.get(word), str)
    ]
    found += map(str, part) if key == "properties" else []
    plain = [words(text).replace("`", "").replace("**", "") for text in found]
    nested = [
        text
        for word, value in part.items()
        if word not in ("example", "examples", "links", "default", "tags") and not str(word).startswith("x-")
        for text in _said(value, str(word) if key != "properties" else "")
    ]
    return plain + nested


def test_settings__are_all_listed(pages: Pages) -> None:
    """The page of the mock server's settings has a row for each option."""
    code = pages["reference/mock-settings.html"].code
    assert set(ServerOptions.__optional_keys__) <= set(code)
    assert {"--port", "--allow-host"} - set(code) == {"--port"}


def test_command__is_described_with_all_options(pages: Pages) -> None:
    """The page of the command has a section for each command, and each of its options."""
    page = pages["reference/command.html"]
    commands = [name for name in app if not name.startswith("-")]
    assert {f"zeroscope-{name}" for name in commands} <= page.anchors
    for name in commands:
        for argument in app[name].assemble_argument_collection():
            options = [option for option in argument.names if option.startswith("--")]
            assert not options or any(option in page.text for option in options), (name, options)


def test_messages__are_listed(pages: Pages) -> None:
    """The page of error messages has those of each package, as they are in the code."""
    text = pages["reference/messages.html"].text
    assert "there is no API token" in text
    assert "MockServer has no option …" in text
    assert "is the service itself, which would bill you" in text


def test_llms__link_to_pages(site: Path, pages: Pages) -> None:
    """llms.txt lists every page of the navigation, and llms-full.txt has the guides."""
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    for guide in GUIDES:
        assert f"]({html_name(guide)})" in listed
        assert f"<!-- {html_name(guide)} -->" in (site / "llms-full.txt").read_text(encoding="utf-8")
    targets = [line.partition("](")[2].partition(")")[0] for line in listed.splitlines() if line.startswith("- [")]
    assert set(targets) <= pages.keys()


def test_llms__summarize_each_page_of_the_reference(site: Path) -> None:
    """llms.txt says what a page is about, in words of its module and not in directives."""
    listed = (site / "llms.txt").read_text(encoding="utf-8")
    assert ":::" not in listed
    for page in api_pages():
        assert page.summary and f"]({html_name(page.path)}): {page.summary}\n" in listed


def test_llms_full__links_to_files_of_the_site(site: Path) -> None:
    """Each relative link in llms-full.txt leads from the site's folder to a file there."""
    found = set(links((site / "llms-full.txt").read_text(encoding="utf-8"), "llms-full.txt"))
    assert {"troubleshooting.html", "reference/openapi.html", "repository/CONTRIBUTING.html"} <= found
    assert [path for path in sorted(found) if not (site / path).is_file()] == []


def test_search_index__has_the_pages_but_no_sources(site: Path) -> None:
    """The search finds guides and the reference, and leaves out source files."""
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    places = {entry["location"].partition("#")[0] for entry in index["docs"]}
    assert {"many-videos.html", "reference/zeroscope/client.html", "reference/messages.html"} <= places
    sources = [page for page in generated_pages() if page.endswith(".py.md")]
    assert sources and not places & set(map(html_name, sources))
