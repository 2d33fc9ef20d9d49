"""A check of recorded traffic against the document and the rules."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..coverage import Measurement
from ..document import Document
from ..results import Results
from ..rules import DialectName, inapplicable_rules, rules_for
from .drift import DriftCollector
from .fields import RecordingError
from .recorded import Recorded
from .recording import read_recording
from .report import RecordedReport
from .rules import RecordedRules
from .secrets import MASK
from .selection import Selection, Selector
from .verdicts import compare_verdicts


def check(paths: Sequence[Path], document: Document | None = None) -> RecordedReport:
    """Hold recorded traffic to the document and to the rules that can be told from it, without a request.

    Args:
        paths: HAR files and VCR cassettes. Predictions are followed within a file, not from one to the next.
        document: The document; by default, the one that this package was built with.

    Returns:
        The report. Rules that no exchange tells of are not reached.

    Raises:
        RecordingError: If a file cannot be read, or none has an exchange of this API.

    Example:
        >>> report = check([Path("session.har")])
        >>> [drift.what for drift in report.drift if drift.kind == "field"]
        ['metrics.image_count']
    """
    start = time.monotonic()
    document = document or Document.load()
    selector = Selector(document)
    selections = [_select(selector, document, read_recording(path, document)) for path in paths]
    skipped = sum(selection.skipped for selection in selections)
    if not any(selection.exchanges or selection.unknown for selection in selections):
        names = ", ".join(map(str, paths))
        raise RecordingError(f"no exchange of this API in {names}, so nothing was checked; {skipped:,} skipped")
    dialect = _dialect(one for selection in selections for one in selection.exchanges)
    results = Results(rules_for(document, dialect), MASK, inapplicable_rules(document, dialect), document)
    drift, measurement = DriftCollector(document), Measurement(document)
    for selection in selections:
        rules = RecordedRules(document, results)
        for recorded in selection.exchanges:
            measurement.add(recorded.exchange)
            operation = document.operations.get(recorded.exchange.operation or "")
            if operation is None:
                rules.check_delivery(recorded.exchange)
            else:
                rules.check(recorded)
                drift.compare(recorded.exchange, operation, recorded.place, has_body=recorded.has_response_body)
                compare_verdicts(recorded, document, measurement, results, drift)
        for name, recorded in selection.unknown:
            drift.add("operation", "", "/paths", name, recorded.exchange.summary, recorded.place)
    return RecordedReport(
        url=", ".join(map(str, paths)),
        dialect=dialect,
        results=results.all(),
        errors=[],
        seconds=time.monotonic() - start,
        exchanges=[recorded.exchange for selection in selections for recorded in selection.exchanges],
        coverage=measurement.coverage(),
        files=[str(path) for path in paths],
        skipped=skipped,
        unchecked=sum(recorded.unknown_bodies for selection in selections for recorded in selection.exchanges),
        drift=drift.all(),
    )


def _select(selector: Selector, document: Document, recorded: list[Recorded]) -> Selection:
    """Return the exchanges of this API, with the webhooks that its creates asked for."""
    selection = selector.select(recorded)
    measurement = Measurement(document)
    for one in selection.exchanges:
        measurement.add(one.exchange)
    return selector.select(recorded, measurement.webhook_urls) if measurement.webhook_urls else selection


def _dialect(recorded: Iterable[Recorded]) -> DialectName:
    """Return the dialect of the creates: as published, they return an array."""
    creates = [one.exchange for one in recorded if one.exchange.operation == "createPrediction"]
    return "published" if any(isinstance(one.json, list) for one in creates if one.status < 300) else "live"
