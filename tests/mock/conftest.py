"""Fixtures of the mock's tests: a server on a virtual clock and its client."""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


@pytest.fixture
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture
def server() -> MockServer:
    return MockServer()


@pytest.fixture
def api(server: MockServer) -> Iterator[httpx.Client]:
    """A client with a token, at the address of the live service."""
    with httpx.Client(
        transport=server.transport,
        base_url="https://api.replicate.com/v1",
        headers={"Authorization": "Bearer a-token-of-a-test"},
    ) as client:
        yield client


@pytest.fixture
def create(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Creates a prediction with an input and returns its body; `headers` are the request's."""

    def create(headers: dict[str, str] | None = None, **fields: Any) -> dict[str, Any]:
        response = api.post("/predictions", json={"version": VERSION, "input": fields}, headers=headers)
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return create


@pytest.fixture
def document(server: MockServer) -> dict[str, Any]:
    """The project's document, to be changed at will."""
    return copy.deepcopy(dict(server.core.document))
