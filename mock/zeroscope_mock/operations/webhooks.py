"""The operation that returns the key for verifying webhooks."""

from __future__ import annotations

from ..messages import Response, json_response
from ..state import State
from .calls import Handler, OperationCall


class WebhookSecrets:
    """Returns the key that signs a tenant's webhooks."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getDefaultWebhookSecret": self._secret}

    def _secret(self, call: OperationCall) -> Response:
        return json_response(200, {"key": self._state.secret(call.tenant)})
