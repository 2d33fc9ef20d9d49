"""Table of docs/compatibility.md: which calls of which client passed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import cast

import pytest

from compatibility.clients import CLIENTS

FOLDER = Path(__file__).resolve().parent
PAGE = FOLDER.parent.parent / "docs" / "compatibility.md"
CALL = "client call"
"""The name of a test's property that holds a client and a call that it made."""

_BEGIN = "<!-- The tests write the lines from here on: see tests/compatibility/table.py. -->"
_END = "<!-- The tests write the lines up to here. -->"
_HEAD = ["| client | how it is pointed at the mock server | calls |", "|---|---|---|"]


def collect(reports: Iterable[pytest.TestReport]) -> dict[str, list[str]]:
    """The calls of each client that has passed all of its tests, and has run them.

    Args:
        reports: What came of the tests of a whole run.
    """
    calls: dict[str, list[str]] = {}
    incomplete = set()
    for report in reports:
        if not report.passed:
            incomplete |= {client.title for client in CLIENTS if client.title in report.nodeid}
        for name, value in report.user_properties if report.when == "call" else ():
            if name == CALL:
                title, call = cast(tuple[str, str], value)
                calls.setdefault(title, []).append(call)
    return {title: made for title, made in calls.items() if title not in incomplete}


def read(page: str) -> dict[str, str]:
    """The rows of a page's table, by client."""
    lines = page.partition(_BEGIN)[2].partition(_END)[0].strip().splitlines()
    return {line.split("|")[1].strip(): line for line in lines[len(_HEAD) :]}


def update(page: str, passed: Mapping[str, Iterable[str]]) -> str:
    """A page with the rows of some clients written anew; those of clients that the tests do not know are removed.

    Args:
        page: The page so far.
        passed: The calls of each client all of whose tests passed.
    """
    before, begin, rest = page.partition(_BEGIN)
    _, end, after = rest.partition(_END)
    assert begin and end, "The page has lost the marks around its table."
    rows = read(page)
    lines = []
    for client in CLIENTS:
        if client.title in passed:
            calls = ", ".join(f"`{call}`" for call in sorted(set(passed[client.title])))
            setting = ". ".join(text for text in (client.setting, client.note) if text)
            lines.append(f"| {client.title} | {setting} | {calls} |")
        elif client.title in rows:
            lines.append(rows[client.title])
    return "\n".join([before + begin, *_HEAD, *lines, end]) + after
