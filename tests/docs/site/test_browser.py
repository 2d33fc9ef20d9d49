"""The site in Chromium, from the file system: links, search, colors, widths."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from docs.site.html import HtmlPage
from helpers.browser import AXE, TIMEOUT
from helpers.pages import ROOT

NARROW = {"width": 360, "height": 740}
SCREENSHOTS = ROOT / "build" / "site-screenshots"
LOOKED_AT = [
    "index.html",
    "troubleshooting.html",
    "architecture.html",
    "reference/zeroscope/client.html",
    "reference/openapi.html",
    "reference/mock-settings.html",
    "reference/command.html",
    "reference/messages.html",
]
"""The pages that are shown in both color schemes and in a narrow window."""


class Visit:
    """A visit to the site.

    Attributes:
        page: The page.
        problems: Errors in the console, and requests that do not go to the site's files.
    """

    def __init__(self, browser: Browser, site: Path, **options: Any) -> None:
        self._site = site.as_uri()
        self.problems: list[str] = []
        self.context = browser.new_context(**{"viewport": {"width": 1280, "height": 900}, "locale": "en-US", **options})
        self.context.set_default_timeout(TIMEOUT)
        self.context.on("request", lambda request: self._check(request.url))
        self.context.on("weberror", lambda error: self.problems.append(str(error.error)))
        self.context.on(
            "console",
            lambda message: self.problems.append(message.text) if message.type in ("error", "warning") else None,
        )
        self.page: Page = self.context.new_page()

    def open(self, name: str) -> Page:
        """Open a page of the site."""
        self.page.goto(f"{self._site}/{name}", wait_until="domcontentloaded")
        return self.page

    def path(self, url: str) -> str:
        """The path of a page in the site."""
        return url.partition("#")[0].removeprefix(f"{self._site}/")

    def _check(self, url: str) -> None:
        if urlsplit(url).scheme not in ("data", "blob") and not url.startswith(f"{self._site}/"):
            self.problems.append(f"request: {url}")


@pytest.fixture
def visit(browser: Browser, site: Path) -> Iterator[Visit]:
    """A visit that must have no problem."""
    visit = Visit(browser, site)
    yield visit
    visit.context.close()
    assert visit.problems == []


def test_links__work_in_the_browser(visit: Visit, pages: dict[str, HtmlPage]) -> None:
    """Every page opens, and each link on it leads to a page of the site that has the anchor."""
    anchors: dict[str, set[str]] = {}
    links: dict[str, list[str]] = {}
    for name in pages:
        page = visit.open(name)
        anchors[name] = set(page.evaluate("[...document.querySelectorAll('[id]')].map((element) => element.id)"))
        links[name] = page.evaluate(
            "[...document.links].filter((link) => link.protocol === 'file:')"
            ".map((link) => [link.href.split('#')[0], decodeURIComponent(link.hash.slice(1))].join('#'))"
        )
    files = {path.relative_to(visit_folder(visit)).as_posix() for path in visit_folder(visit).rglob("*")}
    broken = []
    for name, targets in links.items():
        for target in targets:
            path, _, anchor = visit.path(target) or name, "", target.partition("#")[2]
            if path not in anchors:
                broken += [] if path in files else [f"{name}: {target}"]
            elif anchor and anchor not in anchors[path]:
                broken.append(f"{name}: {target}")
    assert broken == []


def visit_folder(visit: Visit) -> Path:
    """The folder of the site that is visited."""
    return Path(urlsplit(visit.page.url).path).parents[len(Path(visit.path(visit.page.url)).parts) - 1]


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("run_many", "many-videos.html"),
        ("webhook", "webhooks.html"),
        ("429", "waiting-and-errors.html"),
        ("no API token", "troubleshooting.html"),
        ("journal_limit", "reference/mock-settings.html"),
        ("guidance_scale", "reference/openapi.html"),
    ],
)
def test_search__finds(query: str, page: str, visit: Visit) -> None:
    """The search finds a word, and its result leads to the page with it."""
    opened = visit.open("index.html")
    opened.get_by_role("textbox", name="Search").press_sequentially(query)
    result = opened.locator(f'a.md-search-result__link[href*="{page}"]').first
    expect(result).to_be_attached()
    results = opened.locator(".md-search-result__link").evaluate_all("links => links.map((link) => link.href)")
    assert results
    opened.goto(str(result.evaluate("link => link.href")))
    assert visit.path(opened.url).partition("?")[0] == page
    expect(opened.get_by_role("article")).to_contain_text(query.rpartition(" ")[2])


@pytest.mark.parametrize(
    ("query", "pages"),
    [
        ("--mock-seed", {"reference/command.html"}),
        ("--timeout", {"reference/command.html"}),
        (" --max-concurrency", {"reference/command.html"}),
        ("there is no API token", {"troubleshooting.html", "reference/messages.html"}),
        ("answered 402: Insufficient credit", {"troubleshooting.html", "reference/messages.html"}),
        ("port 8000 is in use", {"troubleshooting.html", "reference/messages.html"}),
        (
            "the mock server needs av, which is not installed; get it with: pip install 'zeroscope[mock]'",
            {"troubleshooting.html", "reference/messages.html"},
        ),
    ],
)
def test_search__of_options_and_messages_leads_to_their_pages(query: str, pages: set[str], visit: Visit) -> None:
    """The first three pages have the one that describes an option, or one that lists a pasted message."""
    opened = visit.open("index.html")
    opened.get_by_role("textbox", name="Search").press_sequentially(query)
    results = opened.locator(".md-search-result__item > a.md-search-result__link")
    expect(results.first).to_be_attached()
    links = results.evaluate_all("links => links.map((link) => link.href)")
    found = list(dict.fromkeys(visit.path(url).partition("?")[0] for url in links))[:3]
    assert pages & set(found), found


def test_search__of_dashes_alone_finds_nothing(visit: Visit) -> None:
    """What has no word is an empty query, and no error."""
    opened = visit.open("index.html")
    opened.get_by_role("textbox", name="Search").press_sequentially("-- *")
    expect(opened.locator(".md-search-result__meta")).to_contain_text(re.compile("No matching|Type to start"))


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", LOOKED_AT)
def test_page__is_accessible(name: str, scheme: Any, browser: Browser, site: Path) -> None:
    """axe-core finds no violation, in light and dark colors."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: make studio/node_modules/.installed")
    visit = Visit(browser, site, color_scheme=scheme)
    page = visit.open(name)
    page.evaluate(AXE.read_text(encoding="utf-8"))
    found = page.evaluate("async () => (await axe.run(document)).violations")
    page.screenshot(path=SCREENSHOTS / f"{name.replace('/', '-')}-{scheme}.png", animations="disabled")
    visit.context.close()
    # The theme's script adds a landmark without a name to each block of code, for the button that copies it.
    rules = [rule for rule in found if rule["id"] != "landmark-unique"]
    violations = [f"{rule['id']}: {node['html'][:150]}" for rule in rules for node in rule["nodes"]]
    assert violations == []


@pytest.mark.parametrize("name", LOOKED_AT)
def test_page__fits_a_narrow_window(name: str, browser: Browser, site: Path) -> None:
    """A page scrolls down only; wide tables and code scroll by themselves."""
    visit = Visit(browser, site, viewport=NARROW)
    page = visit.open(name)
    page.screenshot(path=SCREENSHOTS / f"{name.replace('/', '-')}-narrow.png", animations="disabled")
    width = page.evaluate("document.documentElement.scrollWidth")
    visit.context.close()
    assert width <= NARROW["width"]
