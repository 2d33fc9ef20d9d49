"""The lifecycle of each prediction: responses checked against earlier ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Literal

from .document import Document
from .exchange import Exchange, excerpt
from .results import Results
from .timestamps import parse_timestamp

Source = Literal["create", "get", "cancel", "list", "webhook"]

IMMUTABLE_FIELDS = ("version", "input", "created_at")
"""The fields that never change while a prediction's data is kept."""

_MISSING = object()
# What list entries show in another form, or may lack, and what other rules compare.
_UNCOMPARED_IN_LISTS = {"id", "status", "urls", "logs", *IMMUTABLE_FIELDS}
# How much earlier than its predecessor a prediction may have been created: the clocks of a service's machines differ.
_CLOCK_TOLERANCE = timedelta(seconds=1)


@dataclass
class PredictionRecord:
    """The state of one prediction as the server last reported it.

    Args:
        status: The last status.
        rank: The rank of that status; None for one that the document does not have.
        logs: The last logs.
        output: The last output.
        started_at: The time of the start, once it was reported.
        immutable: The values of `IMMUTABLE_FIELDS` reported so far.
        end: The first complete prediction with a final status.
        facts: What of it an entry of the list has to repeat.
    """

    status: str
    rank: int | None = None
    logs: str = ""
    output: Any = None
    started_at: Any = None
    immutable: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] | None = None
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Observation:
    """One prediction that the server reported, with its source and the exchange that shows it."""

    body: Mapping[str, Any]
    source: Source
    exchange: Exchange | None

    def order(self, document: Document) -> tuple[bool, str, int, int]:
        """What observations that overlap are sorted by: creates come first, then states as they follow each other."""
        status, logs = self.body.get("status"), self.body.get("logs")
        rank = document.rank(status) if isinstance(status, str) else None
        created_at = str(self.body.get("created_at")) if self.source == "create" else ""
        return self.source != "create", created_at, rank or 0, len(logs) if isinstance(logs, str) else 0


class LifecycleTracker:
    """Checks every prediction that the server reports against its earlier reports. Thread-safe.

    Args:
        document: The document with the statuses.
        results: The results that count the checks.

    Attributes:
        violations: The number of contradictions found.
    """

    def __init__(self, document: Document, results: Results) -> None:
        self._document = document
        self._results = results
        self._records: dict[str, PredictionRecord] = {}
        self._created: dict[str, int] = {}
        self._created_at: datetime | None = None
        self._overlapping: list[Observation] | None = None
        self.violations = 0
        self._lock = threading.Lock()

    @property
    def created(self) -> dict[str, int]:
        """The ids of all created predictions, oldest first, with a number that rises unless the creates overlapped."""
        return dict(self._created)

    @property
    def ended(self) -> list[dict[str, Any]]:
        """The predictions that have ended, as they were first reported, in the order in which they were created."""
        records = (self._records[id] for id in self._created if id in self._records)
        return [record.end for record in records if record.end is not None]

    @contextmanager
    def overlapping(self) -> Iterator[None]:
        """Until the end of the block, requests overlap, so that their order is unknown: any possible order passes."""
        observations = self._overlapping = []
        try:
            yield
        finally:
            self._overlapping = None
            number = len(self._created)
            for one in sorted(observations, key=lambda one: one.order(self._document)):
                self._observe(one.body, one.source, one.exchange, number)

    def observe(self, body: Mapping[str, Any], source: Source, exchange: Exchange | None = None) -> None:
        """Check and record a prediction.

        Args:
            body: The prediction. One without an id or a status is ignored, as it already violates its schema.
            source: Its source. List entries may lack fields, and webhooks may arrive late.
            exchange: The exchange that shows it.
        """
        if self._overlapping is None:
            self._observe(body, source, exchange, len(self._created))
        else:
            self._overlapping.append(Observation(body, source, exchange))

    def _observe(self, body: Mapping[str, Any], source: Source, exchange: Exchange | None, number: int) -> None:
        id, status = body.get("id"), body.get("status")
        if not isinstance(id, str) or not isinstance(status, str):
            return
        with self._lock:
            record = self._records.get(id)
            rank = self._document.rank(status)
            if source == "create":
                self._check_create(body, id, exchange)
                self._created[id] = number
            if record is None:
                record = self._records[id] = PredictionRecord(status, rank)
            elif source != "webhook":
                self._check_status(record, status, rank, source, id, exchange)
            self._check_immutable_fields(record, body, id, exchange)
            if source == "list":
                self._check_entry(record, body, id, exchange)
            if source in {"list", "webhook"}:
                return
            self._check_logs(record, body, id, exchange)
            self._check_outputs(record, body, id, exchange)
            self._check_start(record, body, id, exchange)
            if status not in self._document.final:
                completed_at = body.get("completed_at")
                seen = f"{id} is {status}, and completed_at is {completed_at}"
                self._check("times-ordered", completed_at is None, "no completed_at before the end", seen, exchange)
            else:
                self._check_end(body, exchange)
                self._check_stable(record, body, id, exchange)

    def _check(
        self, rule: str, passed: bool, expected: str, seen: str, exchange: Exchange | None, cause: str = ""
    ) -> None:
        if not self._results.check(rule, passed, expected, seen, exchange, cause=cause):
            self.violations += 1

    def _check_create(self, body: Mapping[str, Any], id: str, exchange: Exchange | None) -> None:
        seen = f"{id}, the id of an earlier prediction" if id in self._created else id
        self._check("creates-separate", id not in self._created, "an id that was never given", seen, exchange)
        created_at = parse_timestamp(body.get("created_at"))
        if created_at is None:
            return
        if (before := self._created_at) is not None:
            expected = f"created_at is {before.isoformat()}, that of an earlier prediction, or later"
            seen = f"created_at of {id} is {body['created_at']}"
            self._check("created-in-order", created_at >= before - _CLOCK_TOLERANCE, expected, seen, exchange)
        self._created_at = max(created_at, before or created_at)

    def _check_entry(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        """Check that a list shows a prediction that has ended as a read showed it, as far as an entry shows it."""
        end = record.end
        if end is None or end["status"] != body["status"] or body.get("data_removed") or end.get("data_removed"):
            return
        changed = [name for name, value in record.facts.items() if body.get(name) not in (None, value)]
        expected = seen = ""
        if changed:
            expected = f"{id} with {excerpt(json.dumps({name: end[name] for name in changed}))}, as a read showed it"
            seen = f"{id} with {excerpt(json.dumps({name: body[name] for name in changed}))} in the list"
        self._check("list-agrees", not changed, expected, seen, exchange)

    def _check_status(
        self,
        record: PredictionRecord,
        status: str,
        rank: int | None,
        source: Source,
        id: str,
        exchange: Exchange | None,
    ) -> None:
        seen = f"{id} is {status} in the response of {source}, and was {record.status} before"
        if record.status in self._document.final:
            rule = "list-current" if source == "list" else "final-is-final"
            expected = f"{record.status} is final and stays"
            self._check(rule, status == record.status, expected, seen, exchange)
        elif rank is not None and record.rank is not None:
            rule = "list-current" if source == "list" else "status-forward"
            self._check(rule, rank >= record.rank, "a status only moves forward", seen, exchange)
        record.status, record.rank = status, rank

    def _check_immutable_fields(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        for name in IMMUTABLE_FIELDS:
            if name not in body or (name == "input" and body.get("data_removed")):
                continue
            if name in record.immutable:
                before, now = record.immutable[name], body[name]
                # Nearly all checks pass, and then these strings, which are slow to build, are not used.
                expected, seen, cause = "", "", ""
                if now != before:
                    expected = f"{excerpt(json.dumps(before))} stays"
                    seen = f"{name} of {id} is {excerpt(json.dumps(now))}"
                    cause = _changes([name])
                self._check("facts-stay", now == before, expected, seen, exchange, cause)
            record.immutable[name] = body[name]

    def _check_logs(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        logs = body.get("logs")
        if not isinstance(logs, str) or body.get("data_removed"):
            return
        if record.logs:
            passed = logs.startswith(record.logs)
            seen = f"the logs of {id} end with {excerpt(logs[-80:])!r}" if logs else f"{id} has no logs any more"
            self._check("logs-grow", passed, f"logs that start with {excerpt(record.logs)!r}", seen, exchange)
        record.logs = logs

    def _check_outputs(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        before, now = record.output, body.get("output")
        # A prediction that fails or is canceled may lose its outputs.
        if body["status"] in self._document.final - {"succeeded"} or body.get("data_removed"):
            return
        record.output = now
        if before is None:
            self._check("outputs-grow", True, "", "", exchange)
            return
        expected, seen = excerpt(json.dumps(before)), excerpt(json.dumps(now))
        if "data:" in expected + seen:
            # An output may be inline at first, and have a URL later.
            return
        if isinstance(before, str) and isinstance(now, str):
            passed = now.startswith(before)
        elif isinstance(before, list) and isinstance(now, list):
            passed = now[: len(before)] == before
        else:
            passed = now == before
        self._check("outputs-grow", passed, f"an output of {id} that starts with {expected}", seen, exchange)

    def _check_start(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        now = body.get("started_at")
        if now is None:
            return
        if record.started_at is not None:
            seen = f"started_at of {id} is {now}"
            self._check("start-stays", now == record.started_at, f"{record.started_at} stays", seen, exchange)
        record.started_at = now

    def _check_end(self, body: Mapping[str, Any], exchange: Exchange | None) -> None:
        status = body["status"]
        seen = excerpt(json.dumps({name: body.get(name) for name in ("status", "output", "error")}))
        if status == "succeeded" and not body.get("data_removed"):
            passed = self._document.is_output(body.get("output")) and body.get("error") is None
            self._check("succeeded-has-output", passed, "an output and no error", seen, exchange)
        elif status == "failed":
            self._check("failed-has-error", bool(body.get("error")), "an error", seen, exchange)
        names = ("created_at", "started_at", "completed_at")
        # A prediction can be canceled before it has started.
        required = names if status in {"succeeded", "failed"} else ("created_at", "completed_at")
        times = [parse_timestamp(body.get(name)) for name in names if name in required or body.get(name) is not None]
        valid = [time for time in times if time is not None]
        passed = len(valid) == len(times) and valid == sorted(valid)
        seen = json.dumps({name: body.get(name) for name in names})
        self._check("times-ordered", passed, f"{', '.join(required)} in this order", seen, exchange)

    def _check_stable(
        self, record: PredictionRecord, body: Mapping[str, Any], id: str, exchange: Exchange | None
    ) -> None:
        end = record.end
        if end is None:
            record.end = dict(body)
            record.facts = {name: value for name, value in body.items() if name not in _UNCOMPARED_IN_LISTS}
        elif not body.get("data_removed") or end.get("data_removed"):
            names = {*end, *body} - {"urls"}
            changed = sorted(name for name in names if end.get(name, _MISSING) != body.get(name, _MISSING))
            before = excerpt(json.dumps({name: end[name] for name in changed if name in end}))
            now = excerpt(json.dumps({name: body[name] for name in changed if name in body}))
            expected, seen = f"{id} with {before}", f"{id} with {now}"
            self._check("final-is-stable", not changed, expected, seen, exchange, _changes(changed))


def _changes(names: list[str]) -> str:
    """Return the cause of a failure that consists in changes of properties."""
    listed = ", ".join(f"`{name}`" for name in names)
    return f"The property {listed} changes" if len(names) == 1 else f"The properties {listed} change"
