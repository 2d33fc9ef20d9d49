"""Lists: their filters, where they begin, and what is refused before it is sent."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone
from functools import partial
from typing import Any

import anyio
import httpx
import pytest

from helpers.client import BASE_URL, Harness, ScriptedResponses
from zeroscope import InvalidInputError, ListOptions, RequestOptions, ValidationError
from zeroscope._service.spec import spec
from zeroscope_mock import MockServer

PARAMETERS = {each["name"]: each for each in spec()["paths"]["/predictions"]["get"]["parameters"]}
WAYS = ("list", "pages")


def page(next: str | None = None, *ids: str) -> httpx.Response:
    """A page of predictions."""
    results = [{"id": id, "status": "succeeded"} for id in ids]
    return httpx.Response(200, json={"next": next, "previous": None, "results": results})


def queries(script: ScriptedResponses) -> list[dict[str, str]]:
    """The query of each request so far."""
    return [dict(request.url.params) for request in script.requests]


def test_options__are_the_parameters_of_the_spec() -> None:
    """The list takes every parameter of the spec under its own name, and no other."""
    assert ListOptions.__annotations__.keys() - RequestOptions.__annotations__.keys() == PARAMETERS.keys()


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "query"),
    [
        ({}, {}),
        (dict.fromkeys(PARAMETERS), {}),
        ({"created_after": datetime(2026, 1, 1, tzinfo=UTC)}, {"created_after": "2026-01-01T00:00:00+00:00"}),
        (
            {"created_before": datetime(2026, 1, 1, 8, 30, 0, 5, timezone(timedelta(hours=-3)))},
            {"created_before": "2026-01-01T08:30:00.000005-03:00"},
        ),
        ({"created_after": "2026-01-01T00:00:00.123456789Z"}, {"created_after": "2026-01-01T00:00:00.123456789Z"}),
        ({"source": "web"}, {"source": "web"}),
        ({"cursor": "cD0yMDI2+/=="}, {"cursor": "cD0yMDI2+/=="}),
    ],
)
def test_option__is_sent_as_it_is(harness: Harness, way: str, options: dict[str, Any], query: dict[str, str]) -> None:
    """A time keeps its offset and every digit of its second; None is not sent."""
    script = ScriptedResponses(page())
    harness.all(partial(getattr(harness.client(script).predictions, way), **options))
    assert queries(script) == [query]


def test_filters__hold_for_every_page(harness: Harness) -> None:
    """All pages are asked for with the filters, whether the URL of the next one repeats them or not."""
    script = ScriptedResponses(
        page(f"{BASE_URL}/predictions?cursor=b", "1"), page(f"{BASE_URL}/predictions?source=web&cursor=c", "2"), page()
    )
    predictions = harness.client(script).predictions
    listed = harness.all(partial(predictions.list, source="web", cursor="a", created_after="2026-01-01T00:00:00Z"))
    assert [prediction.id for prediction in listed] == ["1", "2"]
    filters = {"source": "web", "created_after": "2026-01-01T00:00:00Z"}
    assert queries(script) == [{**filters, "cursor": cursor} for cursor in "abc"]


def test_cursor__of_the_first_page_again_ends_the_list(harness: Harness) -> None:
    """A page that leads back to where the list began is the last one."""
    script = ScriptedResponses(page(f"{BASE_URL}/predictions?cursor=a", "1"))
    assert len(harness.all(partial(harness.client(script).predictions.list, cursor="a"))) == 1


@pytest.mark.parametrize("start", [f"{BASE_URL}/predictions", "https://elsewhere.test/v1/predictions", ""])
def test_cursor__may_be_the_url_of_a_page(harness: Harness, start: str) -> None:
    """A page's URL brings its cursor and its filters, for which options may be given anew, and nothing else."""
    script = ScriptedResponses(page())
    url = f"{start}?created_before=2026-02-01T00%3A00%3A00%2B00%3A00&source=web&limit=5&cursor=a%3D"
    harness.all(partial(harness.client(script).predictions.pages, cursor=url, created_before="2026-03-01T00:00:00Z"))
    assert queries(script) == [{"created_before": "2026-03-01T00:00:00Z", "source": "web", "cursor": "a="}]
    assert script.requests[0].url.host == httpx.URL(BASE_URL).host


def test_page__can_be_continued_from_its_url(harness: Harness) -> None:
    """What a page says to be its next one is where another list begins."""
    following = f"{BASE_URL}/predictions?source=web&cursor=b"
    script = ScriptedResponses(page(following, "1"), page(None, "2"), page(None, "2"))
    predictions = harness.client(script).predictions
    first, second = harness.all(partial(predictions.pages, source="web"))
    (again,) = harness.all(partial(predictions.pages, cursor=first.next))
    assert again == second and queries(script)[1] == queries(script)[2]


@pytest.mark.parametrize(
    ("filters", "sent"),
    [
        ("created_after=2026-02-01T00:00:00+00:00", {"created_after": "2026-02-01T00:00:00+00:00"}),
        ("created_before=2026-02-01T00:00:00.123456+05:30", {"created_before": "2026-02-01T00:00:00.123456+05:30"}),
        ("created_before=2026-02-01T00:00:00-03:00", {"created_before": "2026-02-01T00:00:00-03:00"}),
        ("created_before=2026-02-01+08:30", {"created_before": "2026-02-01 08:30"}),
        ("source=all", {"source": "all"}),
    ],
)
def test_filters__in_the_url_of_a_page_are_the_servers(harness: Harness, filters: str, sent: dict[str, str]) -> None:
    """A server's filters go back to it, also if the spec lacks them or a plus sign is not encoded."""
    script = ScriptedResponses(page())
    harness.all(partial(harness.client(script).predictions.pages, cursor=f"{BASE_URL}/predictions?{filters}&cursor=a"))
    assert queries(script) == [{**sent, "cursor": "a"}]


OFFSET = "with an offset from UTC"


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize(
    ("options", "field", "description"),
    [
        ({"created_after": "rubbish"}, "created_after", f"'rubbish' is not a date-time {OFFSET}"),
        (
            {"created_after": datetime(2026, 1, 1)},
            "created_after",
            f"'2026-01-01T00:00:00' is not a date-time {OFFSET}",
        ),
        ({"created_before": date(2026, 1, 1)}, "created_before", f"'2026-01-01' is not a date-time {OFFSET}"),
        ({"created_before": "2026-13-01T00:00:00Z"}, "created_before", OFFSET),
        ({"created_before": ""}, "created_before", OFFSET),
        ({"created_before": 1767225600}, "created_before", "1767225600 is not of type string"),
        ({"created_after": timedelta(days=1)}, "created_after", "cannot be sent as JSON"),
        ({"source": "api"}, "source", f"'api' is not one of {', '.join(PARAMETERS['source']['schema']['enum'])}"),
        ({"source": ["web"]}, "source", "['web'] is not one of"),
        ({"cursor": 5}, "cursor", "5 is not of type string"),
        ({"cursor": b"a"}, "cursor", "cannot be sent as JSON"),
        ({"cursor": "a\ud800"}, "cursor", "cannot be sent as JSON"),
        ({"cursor": f"{BASE_URL}/predictions?source=web"}, "cursor", "is not the URL of a page; it has no cursor"),
        ({"cursor": "https://[?cursor=a"}, "cursor", "is not the URL of a page"),
        ({"cursor": f"{BASE_URL}/predictions?cursor="}, "cursor", "is not the URL of a page; it has no cursor"),
        ({"cursor": f"{BASE_URL}/predictions"}, "cursor", "is not the URL of a page; it has no cursor"),
        ({"cursor": ""}, "cursor", "it is empty"),
        ({"cursor": f"{BASE_URL}/predictions?cursor=a", "source": "api"}, "source", "'api' is not one of"),
        ({"created_afer": "2026-01-01T00:00:00Z"}, "created_afer", "did you mean created_after?"),
    ],
)
def test_bad_option__is_refused_at_once(
    harness: Harness, way: str, options: dict[str, Any], field: str, description: str
) -> None:
    """The call itself, before anything is read from its result, raises an error that names the option."""
    script = ScriptedResponses(page())
    with pytest.raises(InvalidInputError) as caught:
        getattr(harness.client(script).predictions, way)(**options)
    invalid = caught.value.invalid_fields
    assert {each.field for each in invalid} == {field} and any(description in each.description for each in invalid)
    assert script.requests == []


def test_bad_options__are_named_together(harness: Harness) -> None:
    """One error has all of them."""
    with pytest.raises(InvalidInputError) as caught:
        harness.client(ScriptedResponses(page())).predictions.list(created_after="x", source="y", cursor=5)
    assert [invalid.field for invalid in caught.value.invalid_fields] == ["created_after", "cursor", "source"]


def listed(kind: str, server: MockServer, **options: Any) -> list[str]:
    """The IDs that a list of the mock server has."""
    if kind == "sync":
        with server.client() as client:
            return [prediction.id for prediction in client.predictions.list(**options)]

    async def main() -> list[str]:
        async with server.async_client() as client:
            return [prediction.id async for prediction in client.predictions.list(**options)]

    return anyio.run(main)


def test_filters__against_the_mock_server(kind: str) -> None:
    """The server lists what the filters say, over all pages, and refuses a cursor that is none."""
    server = MockServer()
    with server.client() as client:
        predictions = []
        for number in range(150):
            server.scripts.add({"source": "web" if number == 10 else "api"})
            predictions.append(client.predictions.create({}))
            server.clock.advance(1)
    ids = [prediction.id for prediction in predictions]
    after, before = predictions[5].created_at, predictions[130].created_at
    assert listed(kind, server, created_after=after, created_before=before) == ids[129:4:-1]
    assert listed(kind, server, created_after=after, source="web") == [ids[10]]
    with server.client() as client:
        page = next(client.predictions.pages(created_before=before))
    assert listed(kind, server, cursor=page.next) == ids[29::-1]
    with pytest.raises(ValidationError) as caught:
        listed(kind, server, cursor="rubbish")
    assert [invalid.field for invalid in caught.value.invalid_fields] == ["cursor"]
