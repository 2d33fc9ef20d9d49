"""The time that the data of predictions is kept."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.documents.spec import Spec
from zeroscope_mock.lifecycle.record import RETENTION

VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"


@pytest.mark.parametrize("seconds", [60, 7200])
def test_data__is_kept_as_long_as_the_document_says(document: dict[str, Any], seconds: float) -> None:
    """A document with another time changes the server, also after a restore."""
    document["info"]["x-replicate"]["retention-seconds"] = seconds
    server = MockServer(spec=document)
    server.scripts.add({"startup": 0, "run": 0})
    headers = {"Authorization": "Bearer any-token"}
    with httpx.Client(transport=server.transport, base_url="https://h.test/v1", headers=headers) as api:
        path = f"/predictions/{api.post('/predictions', json={'version': VERSION, 'input': {}}).json()['id']}"
        server.clock.advance(seconds - 1)
        before = api.get(path).json()["data_removed"]
        server.restore(server.snapshot())
        server.clock.advance(1)

        assert (before, api.get(path).json()["data_removed"]) == (False, True)


def test_default__is_the_time_of_the_document(document: dict[str, Any]) -> None:
    """A document that says nothing gets the time of the project's own."""
    assert Spec(document).retention == RETENTION
    del document["info"]["x-replicate"]["retention-seconds"]
    assert Spec(document).retention is None
