"""Writes llms.txt and llms-full.txt, the site for language models."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable
from typing import NamedTuple

from codegen.site.links import replace_links


class Guide(NamedTuple):
    """A page of the site."""

    section: str
    """The section of the navigation that lists it."""
    title: str
    """Its title."""
    url: str
    """Its URL, relative to the site."""
    markdown: str
    """Its text."""
    summary: str = ""
    """What it is about, if its text does not say so."""


def index(name: str, description: str, guides: Iterable[Guide]) -> str:
    """The list of the pages, in the form of llmstxt.org."""
    lines = [f"# {name}", "", f"> {description}"]
    section = ""
    for guide in guides:
        if guide.section != section:
            section = guide.section
            lines += ["", f"## {section}", ""]
        lines.append(f"- [{guide.title}]({guide.url}): {guide.summary or _summary(guide.markdown)}".rstrip(": "))
    return "\n".join(lines) + "\n"


def full_text(guides: Iterable[Guide]) -> str:
    """The text of all pages, one after the other."""
    return "\n\n".join(f"<!-- {guide.url} -->\n\n{_linked(guide).strip()}" for guide in guides) + "\n"


def _linked(guide: Guide) -> str:
    """The text, whose links lead from the site's folder to its pages."""
    folder = posixpath.dirname(guide.url)
    return replace_links(guide.markdown, folder, lambda path, anchor: _html(path) + anchor)


def _html(path: str) -> str:
    """The file of a page."""
    folder, _, name = path.rpartition("/")
    if not name.endswith(".md"):
        return path
    name = "index.html" if name in ("README.md", "index.md") else name.removesuffix(".md") + ".html"
    return f"{folder}/{name}" if folder else name


def _summary(markdown: str) -> str:
    """The first sentence below the title, without its links."""
    paragraphs = [
        part for part in markdown.split("\n\n") if part.strip() and not part.startswith(("#", "---", "```", "|"))
    ]
    sentence = re.split(r"(?<=[.:]) (?=[A-Z])", " ".join(paragraphs[0].split()))[0] if paragraphs else ""
    return re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", sentence)
