"""Reads HTML: the elements of a page's text, its anchors and links."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path

COUNTED = ("h1", "h2", "h3", "h4", "table", "tr", "td", "pre", "ul", "ol", "li", "img", "blockquote", "strong", "em")
"""The elements that a page is compared by."""


@dataclass
class HtmlPage:
    """A page of the site, or a part of one.

    Attributes:
        anchors: The ids of its elements.
        links: The targets of its links.
        elements: The number of elements in its text, by their names.
        code: The code within its sentences.
        text: Its text.
    """

    anchors: set[str] = field(default_factory=set)
    links: list[str] = field(default_factory=list)
    elements: Counter[str] = field(default_factory=Counter)
    code: list[str] = field(default_factory=list)
    text: str = ""


def read_html(path: Path) -> HtmlPage:
    """Read a page of the site, whose text is its article."""
    return parse(path.read_text(encoding="utf-8"), within="article")


def parse(html: str, within: str | None = None) -> HtmlPage:
    """Read HTML.

    Args:
        within: The element that holds the text; by default, everything is text.
    """
    parser = _Parser(within)
    parser.feed(html)
    parser.close()
    return parser.page


class _Parser(HTMLParser):
    def __init__(self, within: str | None) -> None:
        super().__init__()
        self.page = HtmlPage()
        self._within = within
        self._open: list[str] = []
        self._in_text = within is None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = dict(attrs)
        if values.get("id"):
            self.page.anchors.add(str(values["id"]))
        if tag == "a" and values.get("href") is not None and values.get("class") != "headerlink":
            self.page.links.append(str(values["href"]))
        if tag == self._within:
            self._in_text = True
        if not self._in_text:
            return
        self._open.append(tag)
        if tag in COUNTED:
            self.page.elements[tag] += 1
        if tag == "code" and "pre" not in self._open:
            self.page.code.append("")

    def handle_endtag(self, tag: str) -> None:
        if tag == self._within:
            self._in_text = False
        while self._in_text and tag in self._open and self._open.pop() != tag:
            pass

    def handle_data(self, data: str) -> None:
        if not self._in_text or "style" in self._open or "script" in self._open:
            return
        self.page.text += data
        if "code" in self._open and "pre" not in self._open:
            self.page.code[-1] += data
