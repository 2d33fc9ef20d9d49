"""Reports as one HTML page, which needs no other file and sends no request."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from importlib.resources import files
from typing import Any

from zeroscope._html import escape

from ..coverage import Coverage
from ..report import Report
from ..results import Result
from ..source import DocumentSource
from .failures import format_group, prose
from .groups import counted, group_failures, times
from .terminal import VERDICTS

# All bodies together, so that the page stays small, and bounds for each, in bytes.
_ALL_BODIES = 1_500_000
_MIN_BODY, _MAX_BODY = 300, 8_000
_MAX_MISSED = 400
_CLASSES = {"passed": "passed", "failed": "failed", "not reached": "missed", "not applicable": "faint"}


def to_html(reports: Sequence[Report], source: DocumentSource, known: Collection[str] = frozenset()) -> str:
    """Return reports as a self-contained HTML page.

    Args:
        reports: The reports.
        source: The document, whose lines the failures show.
        known: The ids of the known failures.
    """
    style, script = (
        files("zeroscope_conformance.reports").joinpath(name).read_text(encoding="utf-8")
        for name in ("page.css", "page.js")
    )
    # Nothing else may run or be loaded, whatever a server has sent.
    policy = f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
    policy += "base-uri 'none'; form-action 'none'"
    passed = all(report.passed for report in reports)
    links = "".join(
        f'<li><a href="#run-{number}">{escape(report.title)}</a></li>' for number, report in enumerate(reports, 1)
    )
    return "".join(
        [
            '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n',
            f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n',
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n',
            f"<title>Conformance: {'passed' if passed else 'failed'}</title>\n<style>{style}</style>\n</head>\n",
            "<body>\n",
            '<a class="skip" href="#main">Skip to content</a>\n<header>\n<h1>Conformance report</h1>\n',
            f"<p>The rules and failures refer to {escape(source.note)}.</p>\n",
            f'<nav aria-label="Runs"><ul>{links}</ul></nav>\n</header>\n',
            f'<main id="main" tabindex="-1">\n{_TOOLS}',
            *_runs(reports, source, known),
            f"</main>\n<script>{script}</script>\n</body>\n</html>\n",
        ]
    )


_TOOLS = (
    '<div class="tools" hidden><label>Filter causes and rules '
    '<input id="filter" type="search" autocomplete="off" aria-describedby="matches keys"></label>'
    '<button type="button" id="open">Open all</button><button type="button" id="close">Close all</button></div>\n'
    '<p id="matches" role="status" class="faint"></p>\n'
    '<p id="keys" class="faint wide">Keys: <kbd>/</kbd> filters, <kbd>j</kbd> and <kbd>k</kbd> go to the next and the '
    "previous cause, Enter opens it.</p>\n"
)


def _digest(text: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _runs(reports: Sequence[Report], source: DocumentSource, known: Collection[str]) -> Iterator[str]:
    failures = sum(len(result.findings) for report in reports for result in report.results)
    limit = min(_MAX_BODY, max(_MIN_BODY, _ALL_BODIES // (2 * max(failures, 1))))
    for number, report in enumerate(reports, 1):
        yield f'<section aria-labelledby="run-{number}">\n<h2 id="run-{number}">{escape(report.title)}</h2>\n'
        yield _numbers(report)
        yield from _failures(report, number, source, known, limit)
        yield from _drift(report.to_dict().get("drift"))
        yield from _coverage(report.coverage)
        yield from _rules(report.results)
        yield "</section>\n"


def _numbers(report: Report) -> str:
    verdict = "interrupted" if report.interrupted else "passed" if report.passed else "failed"
    values = {"Verdict": f'<span class="verdict {_CLASSES.get(verdict, "missed")}">{verdict}</span>'}
    values |= {name.capitalize(): f"{len(report.named(name)):,}" for name in VERDICTS}
    values |= {"Exchanges": f"{len(report.exchanges):,}"} if report.exchanges else {}
    values |= {"Seconds": f"{report.seconds:.1f}"}
    pairs = "".join(f"<div><dt>{name}</dt><dd>{value}</dd></div>" for name, value in values.items())
    return f'<dl class="numbers">{pairs}</dl>\n'


def _failures(report: Report, number: int, source: DocumentSource, known: Collection[str], limit: int) -> Iterator[str]:
    groups = group_failures(report)
    yield "<h3>Failures</h3>\n"
    for error in report.errors:
        yield f"<p>The suite itself failed, which says nothing of the server:</p><pre>{escape(error)}</pre>\n"
    if not groups:
        yield "<p>No rule failed.</p>\n"
        return
    failures, count = sum(len(group.failures) for group in groups), sum(group.count for group in groups)
    yield f"<p>{counted(failures, 'failure')} with {counted(len(groups), 'cause')}, seen {times(count)}. "
    yield f"Bodies are cut to {limit:,} bytes; a HAR file of the run has them whole.</p>\n"
    for group in groups:
        yield from format_group(group, number, source, known, limit)


def _drift(drift: Sequence[Mapping[str, Any]] | None) -> Iterator[str]:
    """Yield where recorded traffic and the document part; nothing for a run."""
    if drift is None:
        return
    yield "<h3>Drift</h3>\n"
    if not drift:
        yield "<p>There is none.</p>\n"
        return
    rows = [[escape(str(one[name])) for name in ("kind", "operation", "what", "count", "example")] for one in drift]
    head = ("kind", "operation", "what", "times", "example")
    yield _table("Where the document and the service part", head, rows, numbers=(3,), kind="stacked")


def _coverage(coverage: Coverage | None) -> Iterator[str]:
    if coverage is None:
        return
    values: Mapping[str, Any] = coverage.to_dict()
    yield f"<h3>Coverage of the document</h3>\n<p>{_percent(values)} of it was reached: "
    yield f"{values['reached']:,} of {values['points']:,} places.</p>\n"
    rows = [
        (escape(one["name"]), f"{one['reached']:,}", f"{one['points']:,}", _percent(one)) for one in values["groups"]
    ]
    yield _table("What was reached", ("part", "reached", "of", "percent"), rows, numbers=(1, 2, 3))
    if missed := values["missed"]:
        shown = missed[:_MAX_MISSED]
        yield f'<details><summary>What was not reached: {len(missed):,} places</summary><div class="inside">'
        yield _table(
            f"The first {len(shown):,} places" if len(shown) < len(missed) else "Places",
            ("part", "place", "reason"),
            [
                (escape(str(one["group"])), escape(str(one["label"])), escape(str(one.get("reason") or "")))
                for one in shown
            ],
        )
        yield "</div></details>\n"


def _percent(values: Mapping[str, Any]) -> str:
    return f"{values['percent']:.1f} %"


def _rules(results: Sequence[Result]) -> Iterator[str]:
    yield "<h3>Rules</h3>\n"
    yield '<table><caption>Every rule, with its verdict</caption>\n<thead><tr><th scope="col">rule</th>'
    yield '<th scope="col">verdict</th><th scope="col" class="number">checks</th>'
    yield '<th scope="col" class="number">failed</th><th scope="col" class="wide">requirement</th></tr></thead>\n'
    yield "<tbody>\n"
    for result in results:
        rule, verdict = result.rule, result.verdict
        reason = f' <span class="faint">{escape(result.inapplicable)}</span>' if verdict == "not applicable" else ""
        yield f'<tr data-find><th scope="row"><code>{escape(rule.name)}</code></th>'
        yield f'<td class="{_CLASSES[verdict]}">{verdict}{reason}</td><td class="number">{result.checked:,}</td>'
        yield f'<td class="number">{result.failed:,}</td><td class="wide">{prose(rule.says)}</td></tr>\n'
    yield "</tbody></table>\n"


def _table(
    caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], numbers: Collection[int] = (), kind: str = ""
) -> str:
    """Return a table; its cells are HTML."""
    css = f' class="{kind}"' if kind else ""
    classes = [' class="number"' if index in numbers else "" for index in range(len(head))]
    cells = "".join(f'<th scope="col"{number}>{name}</th>' for name, number in zip(head, classes, strict=True))
    lines = (
        "<tr>"
        + "".join(
            f'<td{number} data-name="{name}">{cell}</td>' for name, cell, number in zip(head, row, classes, strict=True)
        )
        + "</tr>"
        for row in rows
    )
    return (
        f"<table{css}><caption>{caption}</caption><thead><tr>{cells}</tr></thead>"
        f"<tbody>{''.join(lines)}</tbody></table>\n"
    )
