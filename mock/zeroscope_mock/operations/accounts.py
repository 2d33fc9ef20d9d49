"""The operation on the account."""

from __future__ import annotations

from typing import Any

from ..messages import Response, json_response
from ..state import State
from .calls import Handler, OperationCall


class Accounts:
    """Returns the account of a token."""

    def __init__(self, state: State) -> None:
        self._state = state
        self.handlers: dict[str, Handler] = {"getAccount": self._get}

    def _get(self, call: OperationCall) -> Response:
        return json_response(200, account_json(self._state.account(call.tenant)))


def account_json(name: str) -> dict[str, Any]:
    """The account of a user name."""
    return {"type": "user", "username": name, "name": name, "github_url": f"https://github.com/{name}"}
