"""The operations under `/_mock/` on the attempts to deliver webhooks."""

from __future__ import annotations

from typing import Any

from ..messages import Response, json_response
from ..operations.calls import Handler, OperationCall
from ..protocols import Flow
from ..state import State
from ..steps import AdvanceClock
from ..webhooks.deliveries import Attempt
from .calls import latest, not_found, scope
from .values import dataclass_values


class DeliveryOperations:
    """Lists the attempts, and sends a delivery again."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"listDeliveries": self._list, "redeliver": self._redeliver}

    def _list(self, call: OperationCall) -> Response:
        attempts = latest(self._attempts(call, call.arguments["delivery"]), call)
        return json_response(200, {"dropped": self._state.webhooks.deliveries.dropped, "attempts": attempts})

    def _redeliver(self, call: OperationCall) -> Response | Flow[Response]:
        id = call.arguments["delivery_id"]
        if not self._attempts(call, id):
            return not_found(f"delivery {id!r}", "/deliveries")
        self._state.webhooks.redeliver(id, (call.body or {}).get("as"))
        return self._send_due(call, id)

    def _send_due(self, call: OperationCall, id: str) -> Flow[Response]:
        # A virtual clock sends webhooks when it is advanced, even by 0 seconds.
        yield AdvanceClock(0)
        return json_response(200, {"attempts": self._attempts(call, id)})

    def _attempts(self, call: OperationCall, id: str | None) -> list[dict[str, Any]]:
        return [
            attempt_json(attempt)
            for attempt in self._state.webhooks.deliveries
            if id in (None, attempt.id) and scope(call) in (None, attempt.tenant)
        ]


def attempt_json(attempt: Attempt, *, brief: bool = False) -> dict[str, Any]:
    """An attempt as a JSON object.

    Args:
        brief: Whether its body is left out.
    """
    values = dataclass_values(attempt)
    if brief:
        del values["body"]
    return values
