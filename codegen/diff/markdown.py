"""The report of changes as Markdown, for a pull request."""

from __future__ import annotations

import re

from .changes import ChangeGroup, Kind, Party
from .report import Report

# GitHub takes at most 65,536 characters.
_LIMIT = 60_000
_VERDICTS: dict[Party | None, str] = {
    "callers": "**breaks callers**",
    "readers": "**breaks readers**",
    None: "not breaking",
}
_REASONS: dict[tuple[Party | None, Kind], str] = {
    ("callers", "added"): "A request that was complete so far may be refused.",
    ("callers", "removed"): "A request that uses it is no longer understood.",
    ("callers", "changed"): "A request that was valid so far may be refused.",
    ("readers", "added"): "A reader may receive what it does not know.",
    ("readers", "removed"): "A reader that relies on it no longer finds it.",
    ("readers", "changed"): "A reader may receive what could not come so far, or miss what was certain.",
    (None, "added"): "No client has to use it.",
    (None, "removed"): "No client relies on it here.",
    (None, "changed"): "Requests that were valid stay valid, and responses hold nothing that could not come so far.",
    (None, "default"): "What is sent stays valid; where the value is left out, another one applies.",
    (None, "words"): "It describes the API and does not change it.",
}


def markdown(report: Report) -> str:
    """Return a report as a table in GitHub's Markdown."""
    title = f"### {_code(report.spec)}: {report.summary}"
    if not report.changes:
        return f"{title}\n\n{report.text()}\n"
    lines = [
        title,
        "",
        f"Compared with {_code(report.base)}.",
        "",
        "| verdict | place | change | why |",
        "|---|---|---|---|",
    ]
    end = [
        "",
        f"Next version: **{report.next_version}** (now {'.'.join(map(str, report.version))}).",
        "",
        "<details><summary>For CHANGELOG.md</summary>",
        "",
        *("~~~~markdown", str(report.changelog), "~~~~"),
        "",
        "</details>",
    ]
    if len("\n".join(end)) > _LIMIT // 2:
        end = end[:2]
    left = _LIMIT - len("\n".join([*lines, *end]))
    for number, change in enumerate(report.changes):
        row = _row(change)
        left -= len(row) + 1
        if left < 0:
            more = f"{len(report.changes) - number} more changes do not fit here; `make spec-diff` lists all."
            lines += ["", more]
            break
        lines.append(row)
    return "\n".join([*lines, *end])


def _row(change: ChangeGroup) -> str:
    reason = _REASONS.get((change.breaks, change.kind)) or _REASONS[change.breaks, "changed"]
    places = "<br>".join(map(_code, dict.fromkeys((change.name, *change.locations))))
    return f"| {_VERDICTS[change.breaks]} | {places} | {_code(change.message)} | {reason} |"


def _code(text: str) -> str:
    """Return a text as code, so that nothing in it is taken for Markdown, a mention or the end of a cell."""
    line = " ".join(text.split()).replace("|", "\\|")
    ticks = "`" * (max(map(len, re.findall("`+", line)), default=0) + 1)
    space = " " if line.startswith("`") or line.endswith("`") else ""
    return f"{ticks}{space}{line}{space}{ticks}"
