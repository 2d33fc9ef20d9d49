"""The poll of many predictions through the list, stepped through by hand."""

from __future__ import annotations

from math import inf
from typing import Any

import httpx
import pytest

from helpers.client import BASE_URL, FakeClock
from zeroscope import Retry
from zeroscope._flows.batch.poller import ListPoller, PollResult
from zeroscope._flows.request import Sender
from zeroscope._service.api import PredictionPage, Response
from zeroscope._service.responses import ResponseParser
from zeroscope._steps import Call, Flow, Sleep


@pytest.fixture
def poller(clock: FakeClock) -> ListPoller:
    """A poller without randomness, whose requests are tried twice."""
    parser = ResponseParser("secret", BASE_URL)
    return ListPoller(Sender(clock=clock, random=lambda: 0.5, retry=Retry(attempts=2), parser=parser))


def page(ids: list[str], next: int | None = None) -> Response[Any]:
    """A page of the list, of predictions that run."""
    following = None if next is None else f"{BASE_URL}/predictions?cursor={next}"
    body = {"next": following, "results": [{"id": id, "status": "processing"} for id in ids]}
    return Response(status_code=200, content=b"", headers=httpx.Headers(), parsed=PredictionPage.from_dict(body))


def refused(status: int) -> Response[Any]:
    """An answer that is no list."""
    return Response(status_code=status, content=b"{}", headers=httpx.Headers(), parsed=None)


def played(flow: Flow[PollResult], *answers: Response[Any]) -> PollResult:
    """The result of a poll whose requests get these responses, all of which are used."""
    left = list(answers)
    try:
        step = next(flow)
        while True:
            step = flow.send(None) if isinstance(step, Sleep) else flow.send(left.pop(0))
    except StopIteration as end:
        assert left == []
        sighting: PollResult = end.value
        return sighting


def polled(
    poller: ListPoller, wanted: list[str], *answers: Response[Any], cursor: str | None = None
) -> tuple[dict[str, str | None], set[str]]:
    """Poll for predictions among which all are known: the pages that show them, by their IDs, and what is missing."""
    result = played(poller.poll(wanted, lambda id: not id.startswith("other"), inf, cursor), *answers)
    return {id: page for id, (_, page) in result.listed.items()}, set(result.missing)


def names(count: int) -> list[str]:
    """As many ids."""
    return [f"p{number}" for number in range(count)]


def test_poll__reads_as_many_pages_as_it_takes(poller: ListPoller) -> None:
    """Pages are read until all are found; those that are on no page are reported as missing."""
    ids = names(5)
    found, missing = polled(poller, ids, page(ids[:2], 1), page(["other", *ids[2:]], 2))
    assert found == {"p0": None, "p1": None, "p2": "1", "p3": "1", "p4": "1"} and not missing
    found, missing = polled(poller, names(9), page(ids, 1), page(["other"]))
    assert found.keys() == set(ids) and missing == set(names(9)[5:])


def test_poll__begins_with_a_page(poller: ListPoller) -> None:
    """The pages before a cursor are not read, and others that are on the way are returned as well."""
    found, missing = polled(poller, ["p1"], page(["p0", "p1", "other"], 7), cursor="5")
    assert found == {"p0": "5", "p1": "5"} and not missing


def test_cursor__that_is_refused_is_left(poller: ListPoller) -> None:
    """A service that refuses an old cursor is asked for the first page."""
    found, missing = polled(poller, ["p1"], refused(404), page(["p0", "p1"]), cursor="5")
    assert found == {"p0": None, "p1": None} and not missing and poller.is_usable


def test_poll__does_not_read_a_whole_account(poller: ListPoller) -> None:
    """After twice the pages that would hold them all, the rest is asked for by id."""
    others = [f"other{number}" for number in range(10)]
    pages = [page(others, number) for number in range(1, 6)]
    assert polled(poller, names(15), *pages) == ({}, set(names(15)))


def test_poll__ends_in_time(poller: ListPoller, clock: FakeClock) -> None:
    """No further page is read once an item's time is up, however many there are."""
    flow = poller.poll(names(900), bool, clock.now + 5)
    next(flow)
    clock.now += 4
    step = flow.send(page(names(100), 1))
    assert isinstance(step, Call) and step.limit == 1
    clock.now += 1
    with pytest.raises(StopIteration) as end:
        flow.send(page(names(200)[100:], 2))
    assert len(end.value.value.listed) == 200 and end.value.value.pages == 2


def test_trouble__is_left_to_the_next_poll_once(poller: ListPoller) -> None:
    """A list that fails once is left to the next poll; from the second failure on, each prediction is read."""
    ids = names(5)
    trouble = [refused(503)] * 2
    assert polled(poller, ids, *trouble) == ({}, set())
    assert polled(poller, ids, *trouble) == ({}, set(ids))
    assert len(polled(poller, ids, page(ids))[0]) == 5
    assert polled(poller, ids, *trouble) == ({}, set())


@pytest.mark.parametrize("answer", [refused(403), refused(404)])
def test_list_of_no_use__is_known_as_such(poller: ListPoller, answer: Response[Any]) -> None:
    """What will not pass by itself is met with once."""
    ids = names(5)
    assert polled(poller, ids, answer) == ({}, set(ids))
    assert not poller.is_usable


def test_calls__are_those_of_the_list(poller: ListPoller) -> None:
    """A poll calls the operation that lists predictions."""
    step = next(poller.poll(names(5), bool, inf))
    assert isinstance(step, Call) and step.name == "GET /predictions"
