"""The poll of many predictions through the list, stepped through by hand."""

from __future__ import annotations

from math import inf
from typing import Any

import httpx
import pytest

from helpers.client import BASE_URL, FakeClock
from zeroscope import Polling, Retry
from zeroscope._flows.batch.poller import ListPoller, PollResult
from zeroscope._flows.request import Sender
from zeroscope._service.api import PredictionPage, Response
from zeroscope._service.responses import ResponseParser
from zeroscope._steps import Call, Flow, Sleep


@pytest.fixture
def poller(clock: FakeClock) -> ListPoller:
    """A poller without randomness, whose requests are tried twice."""
    parser = ResponseParser("secret", BASE_URL)
    return ListPoller(Sender(clock=clock, random=lambda: 0.5, retry=Retry(attempts=2), parser=parser), Polling())


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


def names(count: int) -> list[str]:
    """As many ids."""
    return [f"p{number}" for number in range(count)]


def test_poll__reads_as_many_pages_as_it_takes(poller: ListPoller) -> None:
    """Pages are read until all are found; those that are on no page are reported as missing."""
    ids = names(5)
    listed, missing = played(poller.poll(ids, inf), page(ids[:2], 1), page(["other", *ids[2:]], 2))
    assert listed.keys() == set(ids) and not missing
    listed, missing = played(poller.poll(names(9), inf), page(ids, 1), page(["other"]))
    assert listed.keys() == set(ids) and missing == set(names(9)[5:])


def test_poll__costs_no_more_than_reading_each(poller: ListPoller) -> None:
    """Where there are no more predictions than the last poll took pages, the list is not read."""
    assert played(poller.poll(["p0"], inf)) == ({}, {"p0"})
    played(poller.poll(names(5), inf), page(["p0"], 1), page(["p1"], 2), page(names(5)))
    assert played(poller.poll(names(3), inf)) == ({}, set(names(3)))
    assert len(played(poller.poll(names(4), inf), page(names(4))).listed) == 4


def test_poll__does_not_read_a_whole_account(poller: ListPoller) -> None:
    """After twice the pages that would hold them all, the rest is asked for by id."""
    others = [f"other{number}" for number in range(10)]
    sighting = played(
        poller.poll(names(15), inf), page(others, 1), page(others, 2), page(others, 3), page(others, 4), page(others, 5)
    )
    assert sighting.missing == set(names(15))


def test_poll__ends_in_time(poller: ListPoller, clock: FakeClock) -> None:
    """No further page is read once an item's time is up, however many there are."""
    flow = poller.poll(names(900), clock.now + 5)
    next(flow)
    clock.now += 4
    step = flow.send(page(names(100), 1))
    assert isinstance(step, Call) and step.limit == 1
    clock.now += 1
    with pytest.raises(StopIteration) as end:
        flow.send(page(names(200)[100:], 2))
    assert len(end.value.value.listed) == 200


def test_trouble__is_left_to_the_next_poll_once(poller: ListPoller) -> None:
    """A list that fails once is left to the next poll; from the second failure on, each prediction is read."""
    ids = names(5)
    trouble = [refused(503)] * 2
    assert played(poller.poll(ids, inf), *trouble) == ({}, set())
    assert played(poller.poll(ids, inf), *trouble) == ({}, set(ids))
    assert len(played(poller.poll(ids, inf), page(ids)).listed) == 5
    assert played(poller.poll(ids, inf), *trouble) == ({}, set())


@pytest.mark.parametrize("answer", [refused(403), refused(404)])
def test_list_of_no_use__is_not_asked_for_again(poller: ListPoller, answer: Response[Any]) -> None:
    """What will not pass by itself is met with once."""
    ids = names(5)
    assert played(poller.poll(ids, inf), answer) == ({}, set(ids))
    assert played(poller.poll(ids, inf)) == ({}, set(ids))


@pytest.mark.parametrize(
    ("ages", "pause"),
    [
        ([0.0], 0.4),
        ([20.0], 3.0),
        # A straggler says nothing of the others.
        ([2.0, 2.0, 500.0], 0.4),
        ([60.0] * 3, 9.0),
        # Many are not polled as often as few, nor old ones as often as young ones.
        ([100.0] * 100, 10.0),
        ([80.0] * 1000, 16.0),
        ([200.0] * 1000, 20.0),
        # Short ones are not kept waiting because they are many.
        ([5.0] * 1000, 1.0),
        ([], 0.4),
        ([300.0] * 3, 30.0),
    ],
)
def test_pause__grows_with_age_and_number(poller: ListPoller, ages: list[float], pause: float) -> None:
    """One poll covers all, so it comes a little later the more there are and the longer they have run."""
    assert poller.pause(ages) == pytest.approx(pause)


def test_calls__are_those_of_the_list(poller: ListPoller) -> None:
    """A poll calls the operation that lists predictions."""
    step = next(poller.poll(names(5), inf))
    assert isinstance(step, Call) and step.name == "GET /predictions"
