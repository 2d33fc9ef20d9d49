"""Pages of lists, apart from the list of predictions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer
from zeroscope_mock.store import PAGE_SIZE

COUNT = 2 * PAGE_SIZE + 5
VERSION = "9f747673945c62801b13b84701c783929c0ee784e4748ec062204894dda1a351"
DEPLOYMENT = {"model": "anotherjesse/zeroscope-v2-xl", "version": VERSION, "hardware": "cpu"}


def make_files(api: httpx.Client, account: str) -> None:
    for number in range(COUNT):
        api.post("/files", files={"content": (f"file-{number}", b"")})


def make_deployments(api: httpx.Client, account: str) -> None:
    for number in range(COUNT):
        body = {**DEPLOYMENT, "name": f"file-{number}", "min_instances": 0, "max_instances": 0}
        api.post("/deployments", json=body)


def make_models(api: httpx.Client, account: str) -> None:
    for number in range(COUNT - 1):
        body = {"owner": account, "name": f"file-{number}", "visibility": "public", "hardware": "cpu"}
        api.post("/models", json=body)


MODEL = "/models/anotherjesse/zeroscope-v2-xl"
PATHS = [
    "/files",
    "/models",
    "/deployments",
    "/trainings",
    "/collections",
    f"{MODEL}/examples",
    f"{MODEL}/versions",
]
LISTS = [
    ("/files", make_files),
    ("/deployments", make_deployments),
    ("/models", make_models),
    ("/models?sort_by=model_created_at&sort_direction=asc", make_models),
]


def walk(api: httpx.Client, url: str | None, direction: str) -> list[list[Any]]:
    """The pages from a URL on."""
    pages = []
    while url is not None:
        page = api.get(url).json()
        pages.append([one["name"] for one in page["results"]])
        url = page[direction]
    return pages


@pytest.mark.parametrize(("url", "make"), LISTS)
def test_list__has_pages(api: httpx.Client, account: str, url: str, make: Callable[[httpx.Client, str], None]) -> None:
    """The pages lead forth and back, with every item once, even of those that were made at the same moment."""
    make(api, account)

    pages = walk(api, url, "next")

    assert [len(page) for page in pages] == [PAGE_SIZE, PAGE_SIZE, 5]
    assert len({name for page in pages for name in page}) == COUNT
    first = api.get(url).json()
    assert first["previous"] is None and first["next"].startswith("https://api.replicate.com/v1/")
    last = api.get(api.get(first["next"]).json()["next"]).json()
    assert walk(api, last["previous"], "previous") == [pages[1], pages[0]]


def test_cursor__stays_valid_when_items_go(api: httpx.Client, account: str) -> None:
    """A program that deletes one page after another skips nothing."""
    make_files(api, account)
    url: str | None = "/files"
    deleted = 0
    while url is not None:
        page = api.get(url).json()
        for file in page["results"]:
            assert api.delete(f"/files/{file['id']}").status_code == 204
            deleted += 1
        url = page["next"]

    assert deleted == COUNT
    assert api.get("/files").json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize("cursor", ["x", "YWZ0ZXI6MQ==", "YWZ0ZXI6eDox", "%ff", "YWZ0ZXI6MTowOjA="])
@pytest.mark.parametrize("path", PATHS)
def test_cursor__that_is_invalid(api: httpx.Client, path: str, cursor: str) -> None:
    """It is refused, by the name of its parameter."""
    response = api.get(f"{path}?cursor={cursor}")

    assert response.status_code == 422
    assert response.json()["invalid_fields"][0]["field"] == "cursor"


def test_list__of_another_mount(server: MockServer) -> None:
    """URLs of pages have the prefix and the host of the request."""
    with httpx.Client(
        transport=server.transport, base_url="http://h.test:8000", headers={"Authorization": "Bearer me"}
    ) as api:
        make_files(api, "")
        assert api.get("/files").json()["next"].startswith("http://h.test:8000/files?cursor=")
