"""The events that a webhook without a filter gets."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

URL = "https://my.app.test/hook"


def client_of(server: MockServer) -> httpx.Client:
    headers = {"Authorization": "Bearer a-token-of-a-test"}
    return httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=headers)


@pytest.mark.parametrize(
    ("setting", "script", "filter", "expected"),
    [
        (None, None, None, {"output", "completed"}),
        (["start", "completed"], None, None, {"start", "completed"}),
        ([], None, None, set[str]()),
        (["start"], ["logs"], None, {"logs"}),
        (None, ["start", "output"], None, {"start", "output"}),
        (["start"], ["logs"], ["completed"], {"completed"}),
        (["start"], None, "", set[str]()),
    ],
)
def test_no_filter(setting: list[str] | None, script: list[str] | None, filter: Any, expected: set[str]) -> None:
    """The document says which events come without a filter, unless the server or a script does."""
    server = MockServer(receiver=lambda _: None, webhook_events=setting)
    more = {} if script is None else {"webhook_events": script}
    server.scripts.add({"startup": 1, "run": 9, "logs": ["a"], "output": [1, 2], "gradual": True, **more})
    with client_of(server) as api:
        filters = {} if filter is None else {"webhook_events_filter": filter}
        sent = {"version": "9f74" * 16, "input": {}, "webhook": URL, **filters}
        api.post("/predictions", json=sent).raise_for_status()
    server.clock.advance(600)

    assert {attempt.event for attempt in server.deliveries} == expected


def test_no_filter__where_the_document_names_no_events(document: dict[str, Any]) -> None:
    """All events come."""
    fields = document["components"]["schemas"]["CreatePredictionRequest"]["properties"]
    del fields["webhook_events_filter"]["x-default-events"]
    server = MockServer(receiver=lambda _: None, spec=document)
    server.scripts.add({"startup": 1, "run": 9, "logs": ["a"]})
    with client_of(server) as api:
        api.post("/predictions", json={"version": "9f74" * 16, "input": {}, "webhook": URL}).raise_for_status()
    server.clock.advance(600)

    assert [attempt.event for attempt in server.deliveries] == ["start", "logs", "completed"]
