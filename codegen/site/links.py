"""Links of the repository's Markdown files, as the site needs them."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
"""The repository."""

DOCS = "docs"
"""The folder of the guides."""

SPEC = "openapi.yaml"
SPEC_PAGE = "reference/openapi.md"
"""The page that shows the spec."""

REPOSITORY = "repository"
"""The folder of the site with the repository's other files."""

_LINK = re.compile(r"(?<=\]\()([^()\s#]+)(#[^()\s]*)?(?=\))")
_FENCE = re.compile(r" *(`{3,}|~{3,})")


def page_of(path: str) -> str:
    """The page that shows a file or folder of the repository; an image of a guide is a file of the site itself."""
    if path.startswith(f"{DOCS}/"):
        return path.removeprefix(f"{DOCS}/")
    if path == SPEC:
        return SPEC_PAGE
    if (ROOT / path).is_dir():
        return f"{REPOSITORY}/{path}/" + ("README.md" if (ROOT / path / "README.md").exists() else "index.md")
    return f"{REPOSITORY}/{path}" if path.endswith(".md") else f"{REPOSITORY}/{path}.md"


def links(markdown: str, origin: str) -> Iterator[str]:
    """The files and folders of the repository that a Markdown file links to.

    Args:
        origin: The path of the Markdown file in the repository.
    """
    found: list[str] = []

    def collect(path: str, anchor: str) -> str:
        found.append(path)
        return ""

    replace_links(markdown, posixpath.dirname(origin), collect)
    yield from found


def rewrite_links(markdown: str, origin: str, page: str) -> str:
    """Point the links of a Markdown file at pages of the site.

    Args:
        origin: The path of the Markdown file in the repository.
        page: The page that shows it.
    """
    folder = posixpath.dirname(page)
    return replace_links(
        markdown,
        posixpath.dirname(origin),
        lambda path, anchor: posixpath.relpath(page_of(path), folder or ".") + anchor,
    )


def replace_links(markdown: str, folder: str, target: Callable[[str, str], str]) -> str:
    """Replace each relative link, outside code blocks.

    Args:
        folder: The folder of the Markdown file.
        target: The new link, of a path below the root and an anchor.
    """

    def replace(match: re.Match[str]) -> str:
        link, anchor = match[1], match[2] or ""
        if re.match(r"[a-z]+:", link):
            return match[0]
        return target(posixpath.normpath(posixpath.join(folder, link)), anchor)

    return _outside_fences(markdown, lambda line: _LINK.sub(replace, line))


def unescape_pipes(markdown: str) -> str:
    """Write `|` for an escaped pipe in code in a table: GitHub needs the backslash there, the site would show it."""

    def unescape(line: str) -> str:
        return re.sub(r"`[^`]+`", lambda code: code[0].replace("\\|", "|"), line) if line.startswith("|") else line

    return _outside_fences(markdown, unescape)


def _outside_fences(markdown: str, change: Callable[[str], str]) -> str:
    """Change each line that is not in a code block."""
    lines: list[str] = []
    fence = ""
    for line in markdown.splitlines(keepends=True):
        opened = _FENCE.match(line)
        if fence:
            fence = "" if opened and opened[1].startswith(fence) else fence
        elif opened:
            fence = opened[1]
        else:
            line = change(line)
        lines.append(line)
    return "".join(lines)
