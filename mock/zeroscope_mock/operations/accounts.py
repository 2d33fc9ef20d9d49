"""The operation on the account."""

from __future__ import annotations

from typing import Any

from ..messages import Response, json_response
from ..state import State
from ..tenants import account_name
from .calls import Handler, OperationCall


class Accounts:
    """Returns the account of a token."""

    def __init__(self, state: State) -> None:
        self.handlers: dict[str, Handler] = {"getAccount": self._get}

    def _get(self, call: OperationCall) -> Response:
        return json_response(200, account_json(call.tenant))


def account_json(tenant: str) -> dict[str, Any]:
    """The account of a tenant."""
    name = account_name(tenant)
    return {"type": "user", "username": name, "name": name, "github_url": f"https://github.com/{name}"}
