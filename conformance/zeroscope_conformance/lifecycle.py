"""What is known of each prediction from all that was answered, and the rules that tie one answer to the next."""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from .document import Document
from .exchange import Exchange, excerpt
from .results import Results

Source = Literal["create", "get", "cancel", "list", "webhook"]

FACTS = ("version", "input", "created_at")
"""What never changes while a prediction's data is kept."""


@dataclass
class Known:
    """What is known of one prediction.

    Args:
        status: the last one seen.
        rank: how far along that is; None if the document does not know it.
        logs: the last ones seen.
        facts: what was seen of `FACTS`.
        end: the first whole answer after its end.
    """

    status: str
    rank: int | None = None
    logs: str = ""
    facts: dict[str, Any] = field(default_factory=dict)
    end: dict[str, Any] | None = None


class Ledger:
    """Takes in every prediction that is answered, whoever asked for it. Threads may share it.

    Args:
        document: tells which statuses there are.
        results: where the rules are counted.

    Attributes:
        broken: how many contradictions were found.
    """

    def __init__(self, document: Document, results: Results) -> None:
        self._document = document
        self._results = results
        self._known: dict[str, Known] = {}
        self._created: dict[str, None] = {}
        self.broken = 0
        self._lock = threading.Lock()

    @property
    def created(self) -> list[str]:
        """The ids of all that was created, in that order."""
        return list(self._created)

    def observe(self, body: Mapping[str, Any], source: Source, exchange: Exchange | None = None) -> None:
        """Take in a prediction as it was answered.

        Args:
            body: the prediction; one without an id or a status is for the schema to complain about.
            source: what answered it. List entries may lack fields, and webhooks may come late.
            exchange: the request that shows it.
        """
        id, status = body.get("id"), body.get("status")
        if not isinstance(id, str) or not isinstance(status, str):
            return
        with self._lock:
            known = self._known.get(id)
            rank = self._document.rank(status)
            if source == "create":
                self._created[id] = None
            if known is None:
                known = self._known[id] = Known(status, rank)
            elif source != "webhook":
                self._check_course(known, status, rank, source, id, exchange)
            self._check_facts(known, body, id, exchange)
            if source in {"list", "webhook"}:
                return
            self._check_logs(known, body, id, exchange)
            if status not in self._document.final:
                ended = body.get("completed_at")
                seen = f"{id} is {status}, and completed_at is {ended}"
                self._check("times-ordered", ended is None, "no completed_at before the end", seen, exchange)
            else:
                self._check_end(body, exchange)
                self._check_stable(known, body, id, exchange)

    def _check(self, rule: str, kept: bool, expected: str, seen: str, exchange: Exchange | None) -> None:
        if not self._results.check(rule, kept, expected, seen, exchange):
            self.broken += 1

    def _check_course(
        self, known: Known, status: str, rank: int | None, source: Source, id: str, exchange: Exchange | None
    ) -> None:
        said = f"{id} is {status} in the answer of {source}, and was {known.status} before"
        if known.status in self._document.final:
            rule = "list-current" if source == "list" else "final-is-final"
            self._check(rule, status == known.status, f"{known.status} is an end and stays", said, exchange)
        elif rank is not None and known.rank is not None:
            rule = "list-current" if source == "list" else "status-forward"
            self._check(rule, rank >= known.rank, "a status moves forward only", said, exchange)
        known.status, known.rank = status, rank

    def _check_facts(self, known: Known, body: Mapping[str, Any], id: str, exchange: Exchange | None) -> None:
        for name in FACTS:
            if name not in body or (name == "input" and body.get("data_removed")):
                continue
            if name in known.facts:
                before, now = known.facts[name], body[name]
                # Nearly all of them stay, and then nobody asks for the words.
                expected, said = "", ""
                if now != before:
                    expected = f"{excerpt(json.dumps(before))} stays"
                    said = f"{name} of {id} is {excerpt(json.dumps(now))}"
                self._check("facts-stay", now == before, expected, said, exchange)
            known.facts[name] = body[name]

    def _check_logs(self, known: Known, body: Mapping[str, Any], id: str, exchange: Exchange | None) -> None:
        logs = body.get("logs")
        if not isinstance(logs, str) or body.get("data_removed"):
            return
        if known.logs:
            kept = logs.startswith(known.logs)
            said = f"the logs of {id} end with {excerpt(logs[-80:])!r}" if logs else f"{id} has no logs any more"
            self._check("logs-grow", kept, f"logs that begin with {excerpt(known.logs)!r}", said, exchange)
        known.logs = logs

    def _check_end(self, body: Mapping[str, Any], exchange: Exchange | None) -> None:
        status = body["status"]
        shown = {name: body.get(name) for name in ("status", "output", "error")}
        said = excerpt(json.dumps(shown))
        if status == "succeeded" and not body.get("data_removed"):
            kept = bool(body.get("output")) and body.get("error") is None
            self._check("succeeded-has-output", kept, "an output and no error", said, exchange)
        elif status == "failed":
            self._check("failed-has-error", bool(body.get("error")), "an error", said, exchange)
        names = ("created_at", "started_at", "completed_at")
        needed = names if status in {"succeeded", "failed"} else ("created_at", "completed_at")
        shown = {name: body.get(name) for name in names}
        times = [moment(body.get(name)) for name in names if name in needed or body.get(name) is not None]
        known = [time for time in times if time is not None]
        kept = len(known) == len(times) and known == sorted(known)
        self._check("times-ordered", kept, f"{', '.join(needed)} in this order", json.dumps(shown), exchange)

    def _check_stable(self, known: Known, body: Mapping[str, Any], id: str, exchange: Exchange | None) -> None:
        if known.end is None:
            known.end = dict(body)
        elif not body.get("data_removed") or known.end.get("data_removed"):
            changed = sorted(
                name for name in {*known.end, *body} - {"urls"} if known.end.get(name, _NONE) != body.get(name, _NONE)
            )
            before = excerpt(json.dumps({name: known.end[name] for name in changed if name in known.end}))
            now = excerpt(json.dumps({name: body[name] for name in changed if name in body}))
            self._check("final-is-stable", not changed, f"{id} with {before}", f"{id} with {now}", exchange)


_NONE = object()


def moment(text: Any) -> datetime | None:
    """A timestamp with up to nine digits of a second; None if it is none."""
    if not isinstance(text, str) or not re.fullmatch(
        r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)", text
    ):
        return None
    try:
        return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text))
    except ValueError:
        return None
