"""Calls: the requests of the journal as tests look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from ..journal import Exchange
from ..messages import Headers


class CallHeaders(Mapping[str, str]):
    """The headers of a call, by their names in any case; the token is redacted.

    A header that was sent more than once has its values joined by commas.
    """

    def __init__(self, headers: Headers) -> None:
        self._values: dict[str, str] = {}
        for name, value in headers:
            name = name.lower()
            self._values[name] = f"{self._values[name]}, {value}" if name in self._values else value

    def __getitem__(self, name: str) -> str:
        return self._values[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._values)

    def __len__(self) -> int:
        return len(self._values)

    def __repr__(self) -> str:
        return f"CallHeaders({self._values})"


@dataclass(frozen=True, slots=True)
class Call:
    """One call that the server received.

    Args:
        exchange: The request and its response, as the journal has them.

    Example:
        >>> call = server.calls("createPrediction")[0]
        >>> call.input["prompt"]
        'An astronaut riding a horse'
        >>> call.headers["Prefer"]
        'wait'
    """

    exchange: Exchange

    @property
    def operation(self) -> str | None:
        """The `operationId`; None for a request that no operation is for."""
        return self.exchange.operation

    @property
    def time(self) -> float:
        """When it was, in seconds since 1970 on the server's clock."""
        return self.exchange.time

    @property
    def status(self) -> int | None:
        """The status of the response; None if the connection was cut."""
        return self.exchange.status

    @property
    def prediction(self) -> str | None:
        """The id of the prediction or training that it created, read, canceled or streamed; None for other calls."""
        return self.exchange.prediction

    @property
    def headers(self) -> CallHeaders:
        """The headers of the request, by their names in any case; the token is redacted."""
        return CallHeaders(self.exchange.request_headers)

    @property
    def body(self) -> str:
        """The body of the request as text."""
        return self.exchange.request_body

    @property
    def json(self) -> Any:
        """The body of the request as a JSON value; None for a body that is no JSON."""
        return self.exchange.request_json

    @property
    def input(self) -> dict[str, Any]:
        """The input of a prediction or training, as sent; empty for calls without one."""
        return self.exchange.input or {}

    @property
    def webhook(self) -> str | None:
        """The URL of the webhook that it asks for; None for calls without one."""
        body = self.json
        webhook = body.get("webhook") if isinstance(body, dict) else None
        return webhook if isinstance(webhook, str) else None

    def __repr__(self) -> str:
        return f"<Call {self.exchange.number}: {self.operation or self.exchange.path}, {self.status or 'cut off'}>"
