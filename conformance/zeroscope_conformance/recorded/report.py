"""The report of recorded traffic: its rules and its drift."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..report import RECORDED, Report
from .drift import Drift


@dataclass(frozen=True)
class RecordedReport(Report):
    """The report of recorded traffic.

    Args:
        files: The files.
        skipped: The number of exchanges with other services, of preflights, and of requests without a response.
        unchecked: The number of bodies that the recording has left out, or that cannot be read.
        drift: Where the document and the service part.
    """

    files: Sequence[str] = ()
    skipped: int = 0
    unchecked: int = 0
    drift: Sequence[Drift] = ()

    @property
    def kind(self) -> str:
        """Whatever their dialect, recordings have other exchanges than a run."""
        return RECORDED

    @property
    def missed(self) -> list[str]:
        """None: a recording need not reach all rules."""
        return []

    def to_dict(self) -> dict[str, Any]:
        """Return the report as JSON values."""
        recorded = {
            "files": list(self.files),
            "exchanges": len(self.exchanges),
            "skipped": self.skipped,
            "unchecked": self.unchecked,
        }
        return {**super().to_dict(), "recorded": recorded, "drift": [one.to_dict() for one in self.drift]}


def format_drift(report: RecordedReport) -> list[str]:
    """Return what was read, and the drift, as lines of text."""
    exchanges, files = _counted(len(report.exchanges), "exchange"), _counted(len(report.files), "file")
    lines = [f"{exchanges} of this API in {files}; {report.skipped:,} skipped"]
    if report.unchecked:
        bodies, verb = _counted(report.unchecked, "body", "bodies"), "was" if report.unchecked == 1 else "were"
        lines.append(f"{bodies} {verb} not checked: left out of the recording, or not readable")
    if not report.drift:
        passed = report.passed and "response-schema-conformance" in report.named("passed")
        return [*lines, "no drift: the service does what the document says" if passed else "no drift"]
    lines.append(f"drift: the document and the service part in {_counted(len(report.drift), 'place')}")
    for kind in dict.fromkeys(one.kind for one in report.drift):
        lines.append(f"  {_TITLES[kind]}:")
        for one in report.drift:
            if one.kind == kind:
                times = "once" if one.count == 1 else f"{one.count:,} times"
                where = f"{one.operation}: " if one.operation else ""
                lines.append(f"    {where}{one.what}, {times}, such as {one.example}")
    return [_printable(line) for line in lines]


def _counted(number: int, noun: str, plural: str = "") -> str:
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"


def _printable(text: str) -> str:
    """Return a text with escapes in place of control characters, which a recording may have."""
    return "".join(one if one.isprintable() else one.encode("unicode_escape").decode() for one in text)


_TITLES = {
    "operation": "operations that the document lacks",
    "status": "statuses that the document lacks",
    "content type": "content types that the document lacks",
    "header": "headers that the document lacks",
    "field": "fields that the document lacks",
    "value": "values that the document does not list",
    "schema": "values that contradict the document",
    "parameter": "parameters that the document lacks",
    "accepted": "requests that the service accepted, although the document forbids them",
    "refused": "requests that the service refused, although the document allows them",
}
