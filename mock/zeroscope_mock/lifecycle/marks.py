"""Marks in outputs: texts that stand for files which the server makes.

A text such as `mock:file.png` in an output stands for a file of that suffix. Responses, webhooks and streams have the
file's URL, or its content as a `data:` URI, in its place.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any

_PREFIX = "mock:file."
_MARK = re.compile(rf"{re.escape(_PREFIX)}([a-z0-9]{{1,16}})")
# The depth of the JSON bodies that the server takes. Nothing below is looked at.
_MAX_DEPTH = 100


def file_mark(suffix: str) -> str:
    """The mark of a file with a suffix, such as `png`."""
    return f"{_PREFIX}{suffix}"


def file_suffixes(output: Any) -> list[str]:
    """The suffixes of the files that an output has, in the order of their numbers."""
    found: list[str] = []
    fill_marks(output, lambda _, suffix: found.append(suffix))
    return found


def longest_text(output: Any) -> str:
    """The longest text in an output that is no mark; empty if there is none."""
    found = [""]
    levels = [[output]]
    while levels and len(levels) <= _MAX_DEPTH:
        if not levels[-1]:
            levels.pop()
            continue
        part = levels[-1].pop()
        if isinstance(part, str) and not _MARK.fullmatch(part):
            found.append(part)
        elif isinstance(part, list | dict):
            levels.append(list(part.values() if isinstance(part, dict) else part))
    return max(found, key=len)


def fill_marks(output: Any, file: Callable[[int, str], Any]) -> Any:
    """An output with something in place of each mark.

    Args:
        output: Any JSON value, which is left as it is.
        file: Returns what stands for a file, by its number in the output, counted from 0, and its suffix.

    Example:
        >>> fill_marks({"image": "mock:file.png"}, lambda number, suffix: f"output-{number}.{suffix}")
        {'image': 'output-0.png'}
    """
    flat = _fill_flat(output, file) if type(output) is list else None
    if flat is not None:
        return flat
    number = 0

    def filled(part: Any, depth: int) -> Any:
        nonlocal number
        if type(part) is str:
            suffix = _suffix(part) if part.startswith(_PREFIX) else None
            if suffix is None:
                return part
            number += 1
            return file(number - 1, suffix)
        if depth == _MAX_DEPTH:
            return part
        if type(part) is list:
            return [filled(one, depth + 1) for one in part]
        if type(part) is dict:
            return {name: filled(one, depth + 1) for name, one in part.items()}
        return part

    return filled(output, 0)


def _fill_flat(output: list[Any], file: Callable[[int, str], Any]) -> list[Any] | None:
    """A list of plain values, filled, as nearly all outputs are; None if it holds lists or objects."""
    filled: list[Any] = []
    number = 0
    for part in output:
        kind = type(part)
        if kind is str:
            if part.startswith(_PREFIX) and (suffix := _suffix(part)) is not None:
                part = file(number, suffix)
                number += 1
        elif kind is list or kind is dict:
            return None
        filled.append(part)
    return filled


@lru_cache(maxsize=256)
def _suffix(text: str) -> str | None:
    """The suffix in a mark; None for a text that only begins like one."""
    found = _MARK.fullmatch(text)
    return None if found is None else found[1]
