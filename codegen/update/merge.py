"""Merges a rewritten YAML document into the original text, entry by entry.

ruamel.yaml writes the document twice, before the change and after it. Where the two agree, the original lines stay,
byte for byte, with all that ruamel.yaml cannot keep: comments, empty lines, spaces, line ends. Where they differ, the
lines are those of the changed document.
"""

from __future__ import annotations

from .lines import Entry, Path, indentation, is_comment, read_comments, read_entries


def merge(original: str, before: str, after: str) -> str:
    """Return the original text with the changes from one writing of it to another.

    Args:
        original: The text.
        before: The same document as ruamel.yaml writes it, without comments and empty lines.
        after: The changed document, written likewise.
    """
    newline = "\r\n" if "\r\n" in original else "\n"
    old, end = read_entries(original)
    base, new = read_entries(before)[0], read_entries(after)[0]
    gaps = _gaps(old, set(new), end)
    comments = read_comments(original.replace("\r\n", "\n"))
    lines: list[str] = []
    for path, entry in new.items():
        lines += gaps.get(path, [])
        if path not in old:
            lines += _ended(entry.lines, newline)
        elif path in base and base[path].lines == entry.lines:
            lines += old[path].lines
        else:
            lines += _ended(_with_comments(entry, old[path], comments), newline)
    lines += gaps[()]
    # The last line of the original may have no end.
    *others, last = lines
    return "".join([*_ended(others, newline), last])


def _gaps(old: dict[Path, Entry], kept: set[Path], end: list[str]) -> dict[Path, list[str]]:
    """Return what stands above each entry that stays, and under `()` at the end of the text.

    An entry that is removed takes along the comments directly above it and those within it.
    """
    parents = {path[:count] for path in kept for count in range(1, len(path))}
    gaps: dict[Path, list[str]] = {}
    removed: Path | None = None
    left: list[str] = []
    # The end of the text stands for an entry that stays, left of all others.
    for path, entry in [*old.items(), ((), Entry([], end, -1, -1))]:
        gap = entry.gap
        if removed is not None:
            if path[: len(removed)] == removed:
                continue
            gap = _outside(gap, old[removed].indent)
            if removed not in kept:
                last = entry.indent < old[removed].indent or (bool(gap) and not gap[0].strip())
                gap = _above_removed(left, last) + gap
            removed = None
        if path in kept or not path:
            gaps[path] = gap
            # A collection that loses all its entries takes all their comments along.
            if path and path not in parents and any(other[:-1] == path for other in old):
                removed = path
        else:
            removed, left = path, gap
    return gaps


def _outside(gap: list[str], indent: int) -> list[str]:
    """Return the part of a gap that does not belong to the entry above, whose own comments are indented deeper."""
    deeper = [number for number, line in enumerate(gap) if is_comment(line, indent)]
    return gap[deeper[-1] + 1 :] if deeper else gap


def _above_removed(gap: list[str], last: bool) -> list[str]:
    """Return what stays above an entry that is removed: all but the comments directly above it.

    Args:
        gap: The lines above it.
        last: Whether it is the last of its collection, or an empty line follows; then the empty lines above it go, too.
    """
    lines = list(gap)
    while lines and lines[-1].strip():
        lines.pop()
    while last and lines and not lines[-1].strip():
        lines.pop()
    return lines


def _with_comments(entry: Entry, old: Entry, comments: dict[int, str]) -> list[str]:
    """Return an entry's new lines with the comments of the old ones: beside its first line, and above it."""
    first, *rest = entry.lines
    above = [comments[number] for number in range(old.number + 1, old.number + len(old.lines)) if number in comments]
    if old.number in comments:
        first = f"{first.rstrip()}  {comments[old.number]}\n"
    return [*(f"{' ' * indentation(first)}{comment}\n" for comment in above), first, *rest]


def _ended(lines: list[str], newline: str) -> list[str]:
    return [line.rstrip("\r\n") + newline if not line.endswith(newline) else line for line in lines]
