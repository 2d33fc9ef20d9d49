"""Lists of predictions, a hundred to a page."""

from __future__ import annotations

import base64
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import httpx
import pytest

from zeroscope_mock import MockServer

Create = Callable[..., dict[str, Any]]


def page(api: httpx.Client, url: str | None) -> tuple[dict[str, Any], list[str]]:
    """A page and the ids on it."""
    assert url is not None
    body: dict[str, Any] = api.get(url).json()
    return body, [prediction["id"] for prediction in body["results"]]


def test_first_page__empty(api: httpx.Client) -> None:
    """The first page exists even when it is empty."""
    assert api.get("/predictions").json() == {"next": None, "previous": None, "results": []}


@pytest.mark.parametrize(("count", "sizes"), [(1, [1]), (100, [100]), (101, [100, 1]), (250, [100, 100, 50])])
def test_pages_lead_through_all_predictions(api: httpx.Client, create: Create, count: int, sizes: list[int]) -> None:
    """Newest first, each prediction once, forward by `next` and back by `previous`."""
    ids = [create()["id"] for _ in range(count)][::-1]

    seen, url, pages = [], "/predictions", []
    while url:
        body, found = page(api, url)
        pages.append((body, found))
        seen += found
        url = body["next"]

    assert seen == ids
    assert [len(found) for _, found in pages] == sizes
    assert pages[0][0]["previous"] is None
    for (_, before), (body, _) in pairwise(pages):
        assert page(api, body["previous"])[1] == before


def test_pages_stay_right_while_predictions_arrive(api: httpx.Client, create: Create) -> None:
    """What arrives between two pages neither repeats nor hides any, and is found by going back."""
    old = [create()["id"] for _ in range(150)][::-1]
    first, found = page(api, "/predictions")
    new = [create()["id"] for _ in range(3)][::-1]

    second, rest = page(api, first["next"])

    assert found + rest == old
    back, again = page(api, second["previous"])
    assert again == old[:100]
    newest, latest = page(api, back["previous"])
    assert latest == new
    assert newest["previous"] is None
    assert page(api, newest["next"])[1] == old[:100]


def test_a_listed_prediction_is_as_it_is_now(server: MockServer, api: httpx.Client, create: Create) -> None:
    """An entry of a page equals the prediction read by itself."""
    prediction = create(prompt="x")
    server.clock.advance(100)

    listed = api.get("/predictions").json()["results"]

    assert listed == [api.get(prediction["urls"]["get"]).json()]
    assert listed[0]["status"] == "succeeded"


@pytest.mark.parametrize(
    "cursor",
    [
        "nonsense",
        "%ff",
        "é",
        base64.b64encode(b"\xff\xff").decode(),
        base64.b64encode(b"before:-1").decode(),
        base64.b64encode(b"before:" + b"9" * 5000).decode(),
        base64.b64encode(b"inside:1").decode(),
    ],
)
def test_an_invalid_cursor(api: httpx.Client, cursor: str) -> None:
    """A cursor that the server did not make is refused."""
    response = api.get("/predictions", params={"cursor": cursor})

    assert response.status_code == 422
    assert response.json()["invalid_fields"] == [
        {"type": "invalid_cursor", "field": "cursor", "description": "Invalid cursor"}
    ]


@pytest.mark.parametrize("place", ["before:0", "before:1", "from:0", "from:2", "before:999999999999"])
def test_a_cursor_beyond_the_ends(api: httpx.Client, create: Create, place: str) -> None:
    """An empty page leads back to those that are not."""
    ids = [create()["id"] for _ in range(2)][::-1]

    body, found = page(api, f"/predictions?cursor={base64.b64encode(place.encode()).decode()}")

    around = [page(api, body[side])[1] if body[side] else [] for side in ("previous", "next")]
    assert around[0] + found + around[1] == ids


def test_an_empty_cursor_means_no_cursor(api: httpx.Client, create: Create) -> None:
    """`?cursor=` is the first page."""
    create()

    assert len(page(api, "/predictions?cursor=")[1]) == 1


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({}, [3, 2, 1, 0]),
        ({"created_after": "2026-01-01T00:00:10Z"}, [3, 2, 1]),
        ({"created_after": "2026-01-01T00:00:10.000000001Z"}, [3, 2, 1]),
        ({"created_after": "2026-01-01T00:00:10.000001Z"}, [3, 2]),
        ({"created_after": "2026-01-01T02:00:20+02:00"}, [3, 2]),
        ({"created_after": "2025-12-31T18:30:20-05:30"}, [3, 2]),
        ({"created_after": "2026-01-01t00:00:20z"}, [3, 2]),
        ({"created_after": "2025-12-31T23:59:60Z"}, [3, 2, 1, 0]),
        ({"created_after": "0000-01-01T00:00:00Z"}, [3, 2, 1, 0]),
        ({"created_after": "9999-12-31T23:59:59-23:59"}, []),
        ({"created_before": "2026-01-01T00:00:20Z"}, [1, 0]),
        ({"created_before": "2026-01-01T00:00:20.000001Z"}, [2, 1, 0]),
        ({"created_before": "0001-01-01T00:00:00+23:59"}, []),
        ({"created_after": "2026-01-01T00:00:10Z", "created_before": "2026-01-01T00:00:30Z"}, [2, 1]),
        ({"created_after": "2026-01-01T00:00:30Z", "created_before": "2026-01-01T00:00:10Z"}, []),
        ({"source": "web"}, [2]),
        ({"source": "web", "created_before": "2026-01-01T00:00:20Z"}, []),
    ],
)
def test_filters(
    server: MockServer, api: httpx.Client, create: Create, filters: dict[str, str], expected: list[int]
) -> None:
    """The list has the predictions from one moment on, before another, and from the website."""
    ids: list[str] = []
    for number in range(4):
        server.scripts.add({"source": "web"} if number == 2 else {})
        ids.append(create()["id"])
        server.clock.advance(10)

    body = api.get("/predictions", params=filters).json()

    assert [ids.index(prediction["id"]) for prediction in body["results"]] == expected
    assert {prediction["source"] for prediction in body["results"]} <= {filters.get("source", "api"), "web"}
    assert body["next"] is body["previous"] is None


def test_filters__by_the_time_of_a_prediction(server: MockServer, api: httpx.Client, create: Create) -> None:
    """Filters compare the creation as a prediction shows it, which is rounded."""
    for _ in range(10):
        server.clock.advance(0.1234563)
        prediction = create()
        id, moment = prediction["id"], prediction["created_at"]
        after, before = (
            [one["id"] for one in api.get("/predictions", params={name: moment}).json()["results"]]
            for name in ("created_after", "created_before")
        )

        assert after == [id] and id not in before


def test_filters__from_the_website(server: MockServer, api: httpx.Client, create: Create) -> None:
    """The predictions of the website are listed by their source for 14 days."""
    server.scripts.add({"source": "web"})
    create()

    listed = []
    for seconds in (14 * 86_400, 1):
        server.clock.advance(seconds)
        listed.append([len(page(api, f"/predictions{query}")[1]) for query in ("?source=web", "")])

    assert listed == [[1, 1], [0, 1]]


def test_filters__of_pages(server: MockServer, api: httpx.Client, create: Create) -> None:
    """The links to other pages keep the filters, and lead through what matches, forward and back."""
    server.scripts.add([{"source": "web"}, {}] * 130)
    ids = [create()["id"] for _ in range(260)][::-1]
    server.clock.advance(1)
    late = create()["id"]
    filters = {"created_before": "2026-01-01T03:00:00.5+03:00", "source": "web"}

    first = api.get("/predictions", params=filters).json()
    second, found = page(api, first["next"])
    back, again = page(api, second["previous"])

    assert [prediction["id"] for prediction in first["results"]] == ids[1::2][:100] == again
    assert found == ids[1::2][100:]
    assert late not in found + again
    assert first["previous"] is second["next"] is back["previous"] is None
    for url in (first["next"], second["previous"], back["next"]):
        query = httpx.URL(url).params
        assert {name: query[name] for name in filters} == filters


@pytest.mark.parametrize(
    ("name", "value", "kind"),
    [
        ("created_after", "rubbish", "format"),
        ("created_after", "2026-01-01", "format"),
        ("created_after", "2026-01-01T00:00:00", "format"),
        ("created_after", "", "format"),
        ("created_before", "2026-02-30T00:00:00Z", "format"),
        ("created_before", "1767225600", "format"),
        ("source", "api", "enum"),
        ("source", "", "enum"),
    ],
)
def test_filters__that_are_invalid(api: httpx.Client, name: str, value: str, kind: str) -> None:
    """A filter that is no moment or no source is refused with its name."""
    response = api.get("/predictions", params={name: value})

    assert response.status_code == 422
    assert [(one["type"], one["field"]) for one in response.json()["invalid_fields"]] == [(kind, name)]
