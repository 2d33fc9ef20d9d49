"""The exchanges of runs as an HTTP Archive (HAR 1.2)."""

from __future__ import annotations

import json
from collections.abc import Sequence

from zeroscope_mock.journal.har import archive

from ..report import Report
from .recorded import record

_MAX_BODY = 1_000_000


def to_har(reports: Sequence[Report]) -> str:
    """Return all exchanges of reports as an HTTP Archive, without tokens."""
    exchanges = [exchange for report in reports for exchange in report.exchanges]
    values = archive(record(exchange, number, _MAX_BODY) for number, exchange in enumerate(exchanges, 1))
    values["log"]["creator"]["name"] = "zeroscope conformance"
    return json.dumps(values, indent=1) + "\n"
