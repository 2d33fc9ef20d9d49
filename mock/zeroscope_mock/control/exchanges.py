"""The operations under `/_mock/` on the journal, and exchanges as JSON values."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ..documents.invalid_field import InvalidField
from ..journal import Exchange, Refusal
from ..journal.summary import summary
from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..problems import invalid, problem
from ..state import State
from ..suggestions import did_you_mean
from .values import dataclass_values, make_dataclass

_NO_CONTENT = Response(204, (), b"")


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

    def _journal(self, call: OperationCall) -> Response:
        operation, journal = call.arguments["operation"], self._state.journal
        # An exchange may be older than the document in use.
        known = self._state.faults.operations.union(one.operation for one in journal if one.operation)
        if operation is not None and operation not in known:
            detail = f"there is no operation {operation!r}{did_you_mean(operation, known)}"
            return invalid([InvalidField("unknown_operation", "operation", detail)])
        exchanges = [one for one in self._exchanges(call) if operation in (None, one.operation)]
        shown = [exchange_values(one) for one in _latest(exchanges, call)]
        return json_response(200, {"dropped": journal.dropped, "exchanges": shown})

    def _list(self, call: OperationCall) -> Response:
        journal = self._state.journal
        exchanges = self._exchanges(call, int(call.arguments["after"] or 0))
        shown = [summary(one) for one in _latest(exchanges, call)]
        return json_response(200, {"dropped": journal.dropped, "last": journal.last, "exchanges": shown})

    def _get(self, call: OperationCall) -> Response:
        number = int(call.arguments["number"])
        exchange = self._state.journal.find(number)
        if exchange is None or (call.tenant or None) not in (None, exchange.tenant):
            return problem(
                404, f"the journal has no exchange {number} any more, or never had; /_mock/exchanges lists them"
            )
        return json_response(200, exchange_values(exchange))

    def _archive(self, call: OperationCall) -> Response:
        # Imported here because few programs need it.
        from ..journal.har import archive

        return json_response(200, archive(self._exchanges(call)))

    def _clear(self, call: OperationCall) -> Response:
        self._state.journal.clear(call.tenant or None)
        return _NO_CONTENT

    def _exchanges(self, call: OperationCall, after: int = 0) -> list[Exchange]:
        self._state.inspected = True
        tenant = call.tenant or None
        return [one for one in self._state.journal.since(after) if tenant in (None, one.tenant)]


def _latest(exchanges: list[Exchange], call: OperationCall) -> list[Exchange]:
    limit = call.arguments["limit"]
    return exchanges if limit is None else exchanges[-int(limit) :]


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
