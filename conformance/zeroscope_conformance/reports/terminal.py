"""Reports as lines of text for a terminal."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from zeroscope._text import escape

from ..exchange import Exchange
from ..report import Report
from ..results import Finding, Result
from ..source import DocumentSource
from .groups import FailureGroup, count_of, counted, group_failures, times
from .recorded import record

VERDICTS = ("passed", "failed", "not reached", "not applicable")
_MAX_LISTED = 8
_SCHEMAS = "/components/"


def format_report(report: Report, source: DocumentSource, known: Collection[str] = frozenset()) -> Iterator[str]:
    """Yield the lines below the table of a report: failures in groups of the same cause, and what was not checked.

    Args:
        report: The report.
        source: The document, in which the failures have a line.
        known: The ids of the known failures.
    """
    for group in group_failures(report):
        yield from ("", *_format_group(group, source, known))
    for error in report.errors:
        yield from ("", "The suite itself failed, which says nothing of the server: " + _escape_lines(error))
    for result in report.results:
        if result.verdict == "not applicable":
            yield from ("", f"not applicable: {result.rule.name}, as {escape(result.inapplicable)}")
    missed = report.named("not reached")
    if missed:
        only_webhooks = all(name.startswith("webhook-") for name in missed) and bool(report.missed)
        hint = "; --webhook-listen lets webhooks come" if only_webhooks else ""
        yield from ("", f"not reached: {', '.join(missed)}{hint}")
    counts = ", ".join(f"{len(report.named(verdict))} {verdict}" for verdict in VERDICTS)
    requests = next((one.checked for one in report.results if one.rule.name == "always-answered"), 0)
    yield from (
        "",
        f"{len(report.results)} rules: {counts}; {counted(requests, 'request')} in {report.seconds:.1f} s",
        "",
    )


def _format_group(group: FailureGroup, source: DocumentSource, known: Collection[str]) -> Iterator[str]:
    yield escape(group.title)
    # The first failure that is not known is the one to look at.
    unknown = [one for one in group.failures if one[1].id not in known]
    _, shown = (unknown or group.failures)[0]
    yield f"  expected  {escape(shown.expected)}"
    yield f"  seen      {escape(shown.seen)}"
    if shown.curl:
        yield f"  repeat    {escape(shown.curl)}"
    if shown.pointer:
        others = len(group.pointers) - 1
        more = f", and {others} other place{'s' if others > 1 else ''}" if others else ""
        # The terminal does not show the lines of a document that is no file.
        line = f", line {source.line(shown.pointer)}" if source.is_file else ""
        yield f"  document  {escape(source.name)}{line}: #{escape(shown.pointer)}{more}"
    listed = _listed(group)
    rest = len(group.failures) - len(listed)
    told = {shown.rule}
    for number, (result, finding) in enumerate(listed):
        request = "" if finding.rule in told or finding.exchange is None else f": {_request(finding.exchange)}"
        told.add(finding.rule)
        yield f"  {'' if number else 'failure':10}{_format_failure(result, finding, known)}{request}"
    if rest > 0:
        yield f"            and {rest} more"


def _listed(group: FailureGroup) -> list[tuple[Result, Finding]]:
    """Return the first failure of each rule, and others as far as there is room, in their order."""
    first = {finding.rule: index for index, (_, finding) in reversed(list(enumerate(group.failures)))}
    indexes = dict.fromkeys((*first.values(), *range(len(group.failures))))
    return [group.failures[index] for index in sorted(list(indexes)[: max(_MAX_LISTED, len(first))])]


def _request(exchange: Exchange) -> str:
    shown = record(exchange, 0, 0)
    return escape(f"{shown.method} {shown.path}, {shown.status or 'no response'}")


def _format_failure(result: Result, finding: Finding, known: Collection[str]) -> str:
    where = f" of {escape(finding.exchange.operation)}" if finding.exchange and finding.exchange.operation else ""
    state = ", known" if finding.id in known else ""
    # Of a place in a schema, the end tells it apart from others.
    end = "/".join(finding.pointer.split("/")[-2:]) if finding.pointer.startswith(_SCHEMAS) else ""
    place = f" at {escape(end)}" if end else ""
    return f"{finding.id} {finding.rule}{where}{place}, {times(count_of(result, finding))}{state}"


def _escape_lines(text: str) -> str:
    return "\n".join(map(escape, text.splitlines()))
