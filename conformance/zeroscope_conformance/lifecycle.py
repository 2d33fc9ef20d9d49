"""The lifecycle of each prediction: responses checked against earlier ones."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from .document import Document
from .exchange import Exchange, excerpt
from .results import Results
from .timestamps import parse_timestamp

Source = Literal["create", "get", "cancel", "list", "webhook"]

IMMUTABLE_FIELDS = ("version", "input", "created_at")
"""The fields that never change while a prediction's data is kept."""

_MISSING = object()


@dataclass
class PredictionRecord:
    """The state of one prediction as the server last reported it.

    Args:
        status: The last status.
        rank: The rank of that status; None for one that the document does not have.
        logs: The last logs.
        immutable: The values of `IMMUTABLE_FIELDS` reported so far.
        end: The first complete prediction with a final status.
    """

    status: str
    rank: int | None = None
    logs: str = ""
    immutable: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] | None = None


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
        self._created: dict[str, None] = {}
        self.violations = 0
        self._lock = threading.Lock()

    @property
    def created(self) -> list[str]:
        """The ids of all created predictions, oldest first."""
        return list(self._created)

    def observe(self, body: Mapping[str, Any], source: Source, exchange: Exchange | None = None) -> None:
        """Check and record a prediction.

        Args:
            body: The prediction. One without an id or a status is ignored, as it already violates its schema.
            source: Its source. List entries may lack fields, and webhooks may arrive late.
            exchange: The exchange that shows it.
        """
        id, status = body.get("id"), body.get("status")
        if not isinstance(id, str) or not isinstance(status, str):
            return
        with self._lock:
            record = self._records.get(id)
            rank = self._document.rank(status)
            if source == "create":
                self._created[id] = None
            if record is None:
                record = self._records[id] = PredictionRecord(status, rank)
            elif source != "webhook":
                self._check_status(record, status, rank, source, id, exchange)
            self._check_immutable_fields(record, body, id, exchange)
            if source in {"list", "webhook"}:
                return
            self._check_logs(record, body, id, exchange)
            if status not in self._document.final:
                completed_at = body.get("completed_at")
                seen = f"{id} is {status}, and completed_at is {completed_at}"
                self._check("times-ordered", completed_at is None, "no completed_at before the end", seen, exchange)
            else:
                self._check_end(body, exchange)
                self._check_stable(record, body, id, exchange)

    def _check(self, rule: str, passed: bool, expected: str, seen: str, exchange: Exchange | None) -> None:
        if not self._results.check(rule, passed, expected, seen, exchange):
            self.violations += 1

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
                expected, seen = "", ""
                if now != before:
                    expected = f"{excerpt(json.dumps(before))} stays"
                    seen = f"{name} of {id} is {excerpt(json.dumps(now))}"
                self._check("facts-stay", now == before, expected, seen, exchange)
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
        elif not body.get("data_removed") or end.get("data_removed"):
            names = {*end, *body} - {"urls"}
            changed = sorted(name for name in names if end.get(name, _MISSING) != body.get(name, _MISSING))
            before = excerpt(json.dumps({name: end[name] for name in changed if name in end}))
            now = excerpt(json.dumps({name: body[name] for name in changed if name in body}))
            self._check("final-is-stable", not changed, f"{id} with {before}", f"{id} with {now}", exchange)
