"""HTML for notebooks: escaped texts, tables and players, without scripts."""

from __future__ import annotations

from collections.abc import Iterable
from urllib.parse import quote

from ._text import escape as printable
from ._text import excerpt

# The longest URL in a view, in characters; browsers and servers refuse longer ones.
MAX_URL = 8192

# Colors that are the page's own, and grays that show on light and dark pages alike.
_PLAIN = "color:inherit;background:none;border:none"
_CELL = f"{_PLAIN};text-align:left;vertical-align:top;padding:1px 12px 1px 0;white-space:pre-wrap"
_BAR = "width:160px;vertical-align:middle"


def escape(text: str) -> str:
    """Escape a string for HTML; of what is not printable, only line breaks stay."""
    return _escape("\n".join(map(printable, text.split("\n"))))


def attribute(text: str) -> str:
    """Escape a string for an attribute; what is not printable is percent-encoded, as browsers do in a URL."""
    if not text.isprintable():
        text = "".join(each if each.isprintable() else quote(each, errors="replace") for each in text)
    return _escape(text)


def _escape(text: str) -> str:
    # Imported here because few programs run in a notebook.
    import html

    return html.escape(text)


def clip(text: str, length: int = 2000) -> str:
    """Escape the start of a string, with its line breaks."""
    return escape(text if len(text) <= length else text[:length] + "…")


def code(text: str) -> str:
    """Return the start of a text as code, on one line."""
    return f"<code>{escape(excerpt(text))}</code>"


def note(text: str) -> str:
    """Return a text that is less important than others."""
    return f'<span style="opacity:.7">{escape(text)}</span>'


def link(url: object, text: str) -> str:
    """Return a link, or nothing for what is no address on the web, which may be a script."""
    if not isinstance(url, str) or len(url) > MAX_URL:
        return ""
    if not url.lower().startswith(("https://", "http://")):
        return ""
    return f'<a href="{attribute(url)}" target="_blank" rel="noopener noreferrer">{escape(text)}</a>'


def table(rows: Iterable[tuple[str, str]]) -> str:
    """Return a table of names and values; the values are HTML, and rows without one are left out."""
    lines = [
        f'<tr style="background:none"><td style="{_CELL};opacity:.7">{escape(name)}</td>'
        f'<td style="{_CELL}">{value}</td></tr>'
        for name, value in rows
        if value
    ]
    return f'<table style="border:none;margin:4px 0">{"".join(lines)}</table>' if lines else ""


def bar(done: int, total: int) -> str:
    """Return a progress bar."""
    return f'<progress value="{min(done, total)}" max="{max(total, 1)}" style="{_BAR}"></progress>'


def player(source: str, caption: str) -> str:
    """Return a player of a video with a caption."""
    return (
        '<figure style="margin:4px 12px 4px 0;display:inline-block;vertical-align:top">'
        f'<video controls loop preload="metadata" src="{attribute(source)}" style="max-width:100%"></video>'
        f'<figcaption style="font-size:smaller">{note(caption)}</figcaption></figure>'
    )


def message(subject: str, text: str) -> str:
    """Return what stands in the place of something that cannot be shown."""
    return f"<div>{code(subject)} {note(text)}</div>"
