"""The failures of one cause as HTML: requests, responses, lines of the document."""

from __future__ import annotations

import re
import shlex
from collections.abc import Collection, Iterator

from zeroscope._html import escape
from zeroscope_mock.messages import Headers

from ..exchange import Exchange
from ..results import Finding, Result
from ..source import DocumentSource
from .groups import FailureGroup, count_of, times
from .recorded import record


def prose(text: str) -> str:
    """Return the HTML of a sentence, with code where it has backticks."""
    return re.sub("`([^`]*)`", r"<code>\1</code>", escape(text))


def format_group(
    group: FailureGroup, run: int, source: DocumentSource, known: Collection[str], limit: int
) -> Iterator[str]:
    """Yield the HTML of a group of failures.

    Args:
        group: The group.
        run: The number of the run.
        source: The document.
        known: The ids of the known failures.
        limit: The maximum length of a body, in bytes.
    """
    count, rules = len(group.failures), group.rules
    many = (
        f"{count:,} failures of {len(rules)} rules, "
        if len(rules) > 1
        else f"{count:,} failures, "
        if count > 1
        else ""
    )
    is_known = all(finding.id in known for _, finding in group.failures)
    yield f'<details class="cause" data-find><summary><strong>{prose(group.title)}</strong> '
    yield f'<span class="faint">{many}seen {times(group.count)}{", known" if is_known else ""}</span></summary>'
    yield '<div class="inside">\n'
    for result, finding in group.failures:
        yield from _failure(result, finding, run, source, known, limit)
    yield "</div></details>\n"


def _failure(
    result: Result, finding: Finding, run: int, source: DocumentSource, known: Collection[str], limit: int
) -> Iterator[str]:
    rule, state = result.rule, ", known" if finding.id in known else ""
    yield f'<article id="run-{run}-{finding.id}">\n<h4><code>{escape(rule.name)}</code> '
    yield f'<span class="faint">failure {finding.id}, {times(count_of(result, finding))}{state}</span></h4>\n'
    yield f'<p>{prose(rule.says)} <span class="faint">{prose(rule.why)}</span></p>\n'
    yield f"<dl><dt>expected</dt><dd>{escape(finding.expected)}</dd>"
    yield f"<dt>seen</dt><dd>{escape(finding.seen)}</dd></dl>\n"
    if finding.exchange is not None:
        yield from _exchange(finding.exchange, limit)
    if finding.curl:
        yield f'<p class="faint">repeat the request</p><pre class="command">{escape(_cut(finding.curl, limit))}</pre>\n'
    if finding.id:
        command = f"zeroscope conformance replay {shlex.quote(finding.id)}"
        yield f'<p class="faint">repeat the failure</p><pre class="command">{escape(command)}</pre>\n'
    if finding.pointer:
        line = source.line(finding.pointer)
        yield f'<p class="faint">{escape(source.name)}, line {line}: <code>#{escape(finding.pointer)}</code></p>\n<pre>'
        lines = source.excerpt(finding.pointer)
        yield "\n".join(_line(number, text, is_here=number == line) for number, text in lines)
        yield "</pre>\n"
    yield "</article>\n"


def _line(number: int, text: str, *, is_here: bool) -> str:
    shown = f'<span class="number">{number:5} </span>{escape(text)}'
    return f'<span class="here">{shown}</span>' if is_here else shown


def _exchange(exchange: Exchange, limit: int) -> Iterator[str]:
    recorded = record(exchange, 0, limit)
    yield f'<p class="faint">request</p><pre>{escape(recorded.method)} {escape(recorded.base_url + recorded.path)}'
    yield _message(recorded.request_headers, recorded.request_body, len(exchange.request_body), limit)
    status = "no response" if recorded.status is None else str(recorded.status)
    yield f'</pre>\n<p class="faint">response</p><pre>{status}'
    yield _message(recorded.response_headers, recorded.response_body, len(exchange.response_body), limit)
    yield "</pre>\n"


def _message(headers: Headers, body: str, length: int, limit: int) -> str:
    text = "\n".join(["", *(f"{escape(name)}: {escape(value)}" for name, value in headers)])
    if not body:
        return text
    cut = f"\n… cut; the body has {length:,} bytes" if len(body.encode()) >= limit else ""
    return f"{text}\n\n{escape(body)}{cut}"


def _cut(text: str, limit: int) -> str:
    # A command that is cut would repeat something else, so it says so.
    return text if len(text) <= 2 * limit else text[: 2 * limit] + "\n# cut; the JSON report has the whole command"
