"""HTML tables for notebooks: escaped texts on the page's own colors, no scripts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

_CELL = "color:inherit;text-align:left;vertical-align:top;padding:1px 12px 1px 0;background:none;border:none"


def escape(text: str) -> str:
    """Escape a string for HTML, without what is not printable, such as lone surrogates."""
    # Imported here because few programs run in a notebook.
    import html

    return html.escape("".join(each if each.isprintable() else ascii(each)[1:-1] for each in text))


def link(url: str) -> str:
    """A link to one of the server's own addresses."""
    return f'<a href="{escape(url)}" target="_blank" rel="noopener noreferrer">{escape(url)}</a>'


def note(text: str) -> str:
    """A text that is less important than others."""
    return f'<div style="opacity:.7">{escape(text)}</div>'


def table(rows: Iterable[Sequence[str]], header: Sequence[str] = ()) -> str:
    """A table of cells, which are HTML; the first cell of a row is its name."""
    head = "".join(f'<th style="{_CELL};opacity:.7">{escape(name)}</th>' for name in header)
    lines = [f'<tr style="background:none">{head}</tr>'] if header else []
    for first, *others in rows:
        cells = "".join(f'<td style="{_CELL}">{cell}</td>' for cell in others)
        lines.append(
            f'<tr style="background:none"><td style="{_CELL};opacity:.7;white-space:nowrap">{first}</td>{cells}</tr>'
        )
    return f'<table style="border:none;margin:4px 0">{"".join(lines)}</table>'
