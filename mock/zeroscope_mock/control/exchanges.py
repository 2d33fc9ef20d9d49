"""The operations under `/_mock/` on the journal, and exchanges as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents.invalid_field import InvalidField
from ..journal import Exchange, News, Refusal
from ..journal.summary import summary
from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid
from ..protocols import Flow
from ..state import State
from ..suggestions import did_you_mean
from .calls import NO_CONTENT, latest, not_found, scope
from .values import dataclass_values, make_dataclass


class ExchangeOperations:
    """Lists, returns, exports and removes exchanges; with a token, those of its tenant."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {
            "clearJournal": self._clear,
            "getExchange": self._get,
            "getJournal": self._journal,
            "getJournalArchive": self._archive,
            "listExchanges": self._list,
        }

    def _journal(self, call: OperationCall) -> Flow[Response]:
        # Without the lock, which would stop the server while thousands of exchanges are read.
        yield from ()
        operation, journal = call.arguments["operation"], self._state.journal
        exchanges = self._exchanges(call).exchanges
        if operation is not None:
            # An exchange may be older than the document in use.
            known = self._state.faults.operations.union(one.operation for one in journal if one.operation)
            if operation not in known:
                detail = f"there is no operation {operation!r}{did_you_mean(operation, known)}"
                return invalid([InvalidField("unknown_operation", "operation", detail)])
            exchanges = [one for one in exchanges if one.operation == operation]
        shown = [exchange_values(one) for one in latest(exchanges, call)]
        return json_response(200, {"dropped": journal.dropped, "exchanges": shown})

    def _list(self, call: OperationCall) -> Flow[Response]:
        # Without the lock, for the same reason.
        yield from ()
        limit = call.arguments["limit"]
        news = self._exchanges(call, int(call.arguments["after"] or 0), None if limit is None else int(limit))
        shown = [summary(one) for one in news.exchanges]
        return json_response(200, {"dropped": self._state.journal.dropped, "last": news.last, "exchanges": shown})

    def _get(self, call: OperationCall) -> Response:
        number = int(call.arguments["number"])
        exchange = self._state.journal.find(number)
        if exchange is None or scope(call) not in (None, exchange.tenant):
            return not_found(f"exchange {number} in the journal", "/exchanges")
        return json_response(200, exchange_values(exchange))

    def _archive(self, call: OperationCall) -> Flow[Response]:
        # Without the lock, for the same reason.
        yield from ()
        # Imported here because few programs need it.
        from ..journal.har import archive

        return json_response(200, archive(self._exchanges(call).exchanges))

    def _clear(self, call: OperationCall) -> Response:
        self._state.journal.clear(scope(call))
        return NO_CONTENT

    def _exchanges(self, call: OperationCall, after: int = 0, limit: int | None = None) -> News:
        self._state.inspected = True
        return self._state.journal.news(after, limit, scope(call))


def exchange_values(exchange: Exchange) -> dict[str, Any]:
    """An exchange as JSON values."""
    return {**dataclass_values(exchange), "refusals": [dataclass_values(one) for one in exchange.refusals]}


def make_exchange(values: Mapping[str, Any]) -> Exchange:
    """The exchange that `exchange_values` returned as JSON; an older one has fewer fields."""
    made = dict(values)
    for name in ("request_headers", "response_headers"):
        made[name] = tuple([(header, value) for header, value in values.get(name, ())])
    made["refusals"] = tuple([make_dataclass(Refusal, one) for one in values.get("refusals", ())])
    return make_dataclass(Exchange, made)
