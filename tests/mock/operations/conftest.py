"""Fixtures of the tests of operations: the account, and a model of its own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

PRIVATE = {"visibility": "private", "hardware": "cpu"}


@pytest.fixture
def account(api: httpx.Client) -> str:
    """The user name of the account of `api`."""
    username: str = api.get("/account").json()["username"]
    return username


@pytest.fixture
def new_model(api: httpx.Client, account: str) -> Callable[..., dict[str, Any]]:
    """Creates a private model, or another one with the given fields."""

    def create(name: str = "mine", **fields: Any) -> dict[str, Any]:
        response = api.post("/models", json={"owner": account, "name": name, **PRIVATE, **fields})
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return create


@pytest.fixture
def train(api: httpx.Client) -> Callable[..., dict[str, Any]]:
    """Starts a training of the document's model that adds a version to another model."""

    def start(destination: str, **fields: Any) -> dict[str, Any]:
        base = api.get("/models/anotherjesse/zeroscope-v2-xl").json()["latest_version"]["id"]
        path = f"/models/anotherjesse/zeroscope-v2-xl/versions/{base}/trainings"
        response = api.post(path, json={"destination": destination, "input": {"data": "x"}, **fields})
        assert response.status_code == 201, response.text
        body: dict[str, Any] = response.json()
        return body

    return start
