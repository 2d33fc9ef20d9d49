"""The mock server in place of the service, and its answers to compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx

from zeroscope_conformance import Document
from zeroscope_mock import MockServer

DOCUMENT = Document.load()
CONTENT = b"text"
"""The content of the file that is uploaded."""

Change = Callable[[Any], object]


@dataclass(frozen=True, kw_only=True)
class Answer:
    """A response or a delivery of the mock server.

    Args:
        status: The status code; None for a delivery.
        headers: The headers, names in lower case.
        body: The body as a JSON value; None for none.
        order: The order of statuses or events.
        inputs: The inputs of the predictions that were created, by their id, oldest first.
        content: The content of the uploaded file.
    """

    status: int | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Any = None
    order: list[str] = field(default_factory=list)
    inputs: Mapping[str, Any] = field(default_factory=dict)
    content: bytes = b""


class Service:
    """The mock server under the address of the service, so that it makes the service's URLs.

    Args:
        change: Changes the JSON of each body before it is compared.
        **options: The options of the mock server.

    Attributes:
        deliveries: The webhooks that it sent.
        inputs: The inputs of the predictions that were created, by their id, oldest first.
    """

    def __init__(self, change: Change = lambda body: None, **options: Any) -> None:
        self._change = change
        self.deliveries: list[httpx.Request] = []
        self.inputs: dict[str, Any] = {}
        self.server = MockServer(receiver=self.deliveries.append, **options)
        base_url = str(DOCUMENT.raw["servers"][0]["url"])
        headers = {"authorization": "Bearer a-token"}
        self.api = httpx.Client(base_url=base_url, headers=headers, transport=self.server.transport, timeout=None)

    def answer(self, response: httpx.Response) -> Answer:
        """Return a response as it is compared."""
        body = response.json() if "json" in response.headers.get("content-type", "") else None
        self._change(body)
        return Answer(
            status=response.status_code,
            headers=dict(response.headers),
            body=body,
            inputs=self.inputs,
            content=CONTENT,
        )

    def create(
        self,
        script: str = "",
        headers: Mapping[str, str] | None = None,
        *,
        input: Mapping[str, Any] | None = None,
        **properties: Any,
    ) -> httpx.Response:
        """Create a prediction, with a script in its prompt if there is one."""
        input = {**({"prompt": f"mock:{script}"} if script else {"fps": 12}), **(input or {})}
        response = self.api.post("/predictions", json=DOCUMENT.body(input, **properties), headers=headers)
        if response.is_success:
            self.inputs[response.json()["id"]] = input
        return response

    def upload(self) -> httpx.Response:
        """Upload a file."""
        return self.api.post("/files", files={"content": ("a.txt", CONTENT, "text/plain")})

    def get(self, created: httpx.Response) -> httpx.Response:
        """Read a prediction."""
        return self.api.get(f"/predictions/{created.json()['id']}")

    def get_when(self, status: str, created: httpx.Response) -> httpx.Response:
        """Read a prediction until it has a status."""
        for _ in range(10_000):
            response = self.get(created)
            if response.json()["status"] == status:
                return response
            self.server.clock.sleep(0.1)
        raise AssertionError(f"{created.json()['id']} is never {status}")
