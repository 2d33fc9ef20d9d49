"""Pages of the repository's files that guides link to."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .links import DOCS, REPOSITORY, ROOT, SPEC, links, page_of, rewrite_links

CHANGELOG = "CHANGELOG.md"

# Larger files are of use to programs only.
_LARGEST = 64 * 1024
_HIDDEN = ("node_modules", "__pycache__")
# The search is for the documentation.
_UNSEARCHED = "---\nsearch:\n  exclude: true\n---\n\n"


def source_pages() -> dict[str, str]:
    """The pages of all files that guides link to, directly or through such a page, and of the changelog."""
    pages: dict[str, str] = {}
    waiting = [CHANGELOG]
    for guide in sorted((ROOT / DOCS).rglob("*.md")):
        waiting += links(guide.read_text(encoding="utf-8"), guide.relative_to(ROOT).as_posix())
    while waiting:
        path = waiting.pop()
        page = page_of(path)
        if page in pages or not page.startswith(f"{REPOSITORY}/") or path == SPEC or not (ROOT / path).exists():
            continue
        if (ROOT / path).is_dir():
            waiting += _files(ROOT / path)
            pages[page] = _folder_page(path, page)
        elif path.endswith(".md"):
            markdown = (ROOT / path).read_text(encoding="utf-8")
            waiting += links(markdown, path)
            pages[page] = rewrite_links(markdown, path, page)
        else:
            pages[page] = _file_page(path)
    return pages


def _folder_page(path: str, page: str) -> str:
    readme = ROOT / path / "README.md"
    text = readme.read_text(encoding="utf-8") if readme.exists() else f"# {path}\n"
    names = [file.removeprefix(f"{path}/") for file in _files(ROOT / path)]
    listed = "\n".join(f"- [{name}]({name})" for name in names)
    return _UNSEARCHED + rewrite_links(f"{text}\n## Files\n\n{listed}\n", f"{path}/README.md", page)


def _file_page(path: str) -> str:
    text = (ROOT / path).read_text(encoding="utf-8")
    language = Path(path).suffix.removeprefix(".") or "text"
    return f"{_UNSEARCHED}# {path}\n\n``````{language}\n{text.rstrip()}\n``````\n"


def _files(folder: Path) -> Iterator[str]:
    """The text files below a folder."""
    for file in sorted(folder.rglob("*")):
        parts = file.relative_to(folder).parts
        if not file.is_file() or file.stat().st_size > _LARGEST:
            continue
        if any(part.startswith(".") or part in _HIDDEN for part in parts) or parts == ("README.md",):
            continue
        try:
            file.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        yield file.relative_to(ROOT).as_posix()
