"""The reasons in responses with 404."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

TOKEN = "or this token may not see it"
DOWNLOAD = "/files/{id}/download?owner=a&expiry=4102444800&signature=AAAA"


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/files/unknown", TOKEN),
        (DOWNLOAD.format(id="unknown"), "or the URL has expired or is not signed for it"),
        (DOWNLOAD, "or the URL has expired or is not signed for it"),
        ("/predictions/unknown", TOKEN),
        ("/models/someone/something", TOKEN),
        ("/models/{account}/mine/readme", None),
        ("/collections/unknown", None),
        ("/streams/unknown", None),
        ("/outputs/unknown/output-0.mp4", None),
        ("/outputs/unknown/rubbish", None),
    ],
)
def test_not_found__names_the_possible_reasons(
    api: httpx.Client, account: str, new_model: Callable[..., Any], path: str, reason: str | None
) -> None:
    """A response speaks of the token only where tokens decide, and of the URL only where that is signed."""
    new_model()
    id = api.post("/files", files={"content": b"x"}).json()["id"]

    response = api.get(path.format(id=id, account=account))

    detail: str = response.json()["detail"]
    assert response.status_code == 404 and "There is no " in detail
    assert detail.endswith(f", {reason}.") if reason else ", or" not in detail
