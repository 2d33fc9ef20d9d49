"""The schedule of a batch's polls, moved on by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from helpers.client import prediction_body
from zeroscope import Polling
from zeroscope._flows.batch.forecast import Forecast
from zeroscope._flows.batch.item import Item
from zeroscope._flows.batch.schedule import PollSchedule, best_poll, longest_pause
from zeroscope._service.api import PredictionModel
from zeroscope.state import PredictionState

CREATED = 1_694_189_974.765994
"""When every prediction here was created, in seconds since 1970; the monotonic clock shows 0 then."""


def log(step: float, speed: float = 1.0) -> str:
    """The log of a model with fifty steps."""
    return f" 9%|█| {int(step)}/50 [00:09<00:09, {speed}it/s]\n"


class Batch:
    """A schedule, and the items in it."""

    def __init__(self, count: int, polling: Polling | None = None) -> None:
        self.schedule: PollSchedule[Any] = PollSchedule(polling or Polling(), lambda: 0.5)
        self.items: list[Item[Any]] = []
        for index in range(count):
            item: Item[Any] = Item(index, None, None)  # type: ignore[arg-type]  # nothing is sent
            item.prediction = PredictionState(PredictionModel.from_dict(prediction_body(id=f"p{index}")))
            item.forecast = Forecast()
            self.items.append(item)
            self.schedule.add(item, 0.0, is_new=True)

    def see(self, now: float, page: str | None, logs: Callable[[int], str], **fields: Any) -> None:
        """Let a page of the list show all items."""
        for item in self.items:
            self.show(item, now, page, logs=logs(item.index), **fields)

    def show(self, item: Item[Any], now: float, page: str | None, status: str = "processing", **fields: Any) -> None:
        """Let a page of the list show an item."""
        body = prediction_body(status, id=f"p{item.index}", **fields)
        item.prediction = PredictionState(PredictionModel.from_dict(body))
        self.schedule.record_page(item, now, page)
        self.schedule.record_state(item, now, item.known.logs)


@pytest.mark.parametrize(
    ("age", "count", "pause"),
    [
        (0.0, 1, 0.4),
        (20.0, 1, 3.0),
        (60.0, 3, 9.0),
        # Many are not polled as often as few, nor old ones as often as young ones.
        (100.0, 100, 10.0),
        (80.0, 1000, 16.0),
        (200.0, 1000, 20.0),
        # Short ones are not kept waiting because they are many.
        (5.0, 1000, 1.0),
        (300.0, 3, 30.0),
    ],
)
def test_pause__grows_with_age_and_number(age: float, count: int, pause: float) -> None:
    """One poll covers all, so it comes a little later the more there are and the longer they have run."""
    assert longest_pause(age, Polling(), 0.5, count) == pytest.approx(pause)


@pytest.mark.parametrize(
    ("ends", "best"),
    [
        ([7.0], 7.0),
        # One poll for two that are close, and one for the rest.
        ([7.0, 7.1, 40.0, 41.0, 42.0], 7.1),
        # The first does not wait for longer than 2.5 seconds.
        ([7.0, 9.0, 10.0, 11.0, 12.0], 9.0),
        # A poll after some of many costs the least for each.
        ([7.0 + 0.1 * number for number in range(100)], pytest.approx(7.3)),
    ],
)
def test_best_poll__comes_after_ends_that_are_close(ends: list[float], best: float) -> None:
    """A request for several results is worth that the first one waits a little."""
    assert best_poll(ends, 2.5) == best


def test_poll__comes_when_an_end_is_expected() -> None:
    """The first poll follows soon, one on the way makes the forecast better, and the last one comes at the end."""
    batch = Batch(2)
    assert batch.schedule.next_due == pytest.approx(0.4)
    batch.see(10, None, lambda index: log(10))
    # After three quarters of the 39.5 s that are left, but after no more than the age.
    assert batch.schedule.next_due == 20
    batch.see(20, None, lambda index: log(20))
    assert batch.schedule.next_due == 40
    batch.see(40, None, lambda index: log(40))
    assert batch.schedule.next_due == 40 + 0.75 * 9.5
    batch.see(49, None, lambda index: log(49))
    assert batch.schedule.next_due == pytest.approx(49.5)


def test_prediction_that_is_overdue__is_polled_ever_later() -> None:
    """What should have ended is polled after half the time that it is late, as far as the policy allows."""
    batch = Batch(1, Polling(minimum=1))
    batch.see(49, None, lambda index: log(49))
    for now, due in ((50, 51), (54.5, 57), (69.5, 79.5)):
        batch.see(now, None, lambda index: log(50))
        assert batch.schedule.next_due == pytest.approx(due)


@pytest.mark.parametrize("completed_at", [None, "2023-09-08T16:20:29.265994Z"], ids=["no time", "at 54.5 s"])
def test_delay_after_the_bar__is_learned(completed_at: str | None) -> None:
    """What the first predictions need after their last step is expected of the others."""
    batch = Batch(2)
    batch.see(40, None, lambda index: log(40))
    batch.see(49, None, lambda index: log(49))
    batch.see(54.25, None, lambda index: log(50))
    batch.show(batch.items[0], 55, None, "succeeded", logs=log(50), completed_at=completed_at)
    batch.schedule.remove(batch.items[0])
    # The bar was full at 49.5.
    end = 54.5 if completed_at else 54.25
    batch.show(batch.items[1], 49, "later", logs=log(49))
    assert batch.schedule.next_due == pytest.approx(end)


def test_delay__is_one_that_was_seen() -> None:
    """A time of the service's that cannot be, as its clock was set, changes nothing beyond what was seen."""
    batch = Batch(2)
    batch.see(49, None, lambda index: log(49))
    batch.show(batch.items[0], 52, None, "succeeded", logs=log(50), completed_at="2023-09-09T16:20:29Z")
    batch.schedule.remove(batch.items[0])
    batch.show(batch.items[1], 49, "later", logs=log(49))
    assert batch.schedule.next_due == pytest.approx(52)


def test_pages__are_polled_apart() -> None:
    """Only the page with an end that is due is polled; the others keep their times."""
    batch = Batch(4)
    for index, item in enumerate(batch.items):
        batch.show(item, 10, "second" if index >= 2 else None, logs=log(10 + 30 * (index >= 2)))
    due = batch.schedule.next_due
    (part,) = batch.schedule.due(due)
    assert part.page == "second" and part.items.keys() == {2, 3} and due == pytest.approx(10 + 0.75 * 9.5)


def test_pages_of_predictions_that_have_not_started__are_left_alone() -> None:
    """Until the oldest have started, a page with others is polled rarely."""
    batch = Batch(4)
    for index, item in enumerate(batch.items):
        batch.show(item, 2, "second" if index >= 2 else None, "starting", logs="")
    (part,) = batch.schedule.due(11.9)
    assert part.page == "second" and part.due == pytest.approx(2.4)
    assert len(batch.schedule.due(12.1)) == 2


def test_pages_of_predictions_that_have_not_started__are_polled_once_others_have() -> None:
    """Once the oldest have started, the others are polled as if they had been seen to wait for no longer."""
    batch = Batch(4)
    for index, item in enumerate(batch.items):
        batch.show(item, 10, "second" if index >= 2 else None, "starting", logs="")
    (part,) = batch.schedule.due(11.9)
    for item in batch.items[2:]:
        batch.show(item, 12, "second", logs="", started_at="2023-09-08T16:19:45Z")
    batch.schedule.record_polled(part, 12, 1)
    (part,) = batch.schedule.due(13)
    assert part.page is None and part.due == pytest.approx(11.5)


def test_prediction_without_a_bar__is_polled_as_the_others_show() -> None:
    """A prediction of which nothing is known is polled with regard to the shortest one of the batch."""
    batch = Batch(2)
    batch.show(batch.items[0], 10, None, logs="")
    assert batch.schedule.next_due == pytest.approx(11.5)
    batch.show(batch.items[1], 10, "second", logs=log(10))
    batch.show(batch.items[0], 11.5, None, logs="")
    assert batch.schedule.next_due == pytest.approx(20)


def test_prediction_that_the_list_lacks__returns_to_it() -> None:
    """A prediction that no page shows is read by itself for as long again as it was waited for."""
    batch = Batch(2)
    batch.schedule.separate(batch.items[0], 10)
    (part,) = [part for part in batch.schedule.due(19) if part.page == 0]
    assert part.items.keys() == {0}
    (part,) = batch.schedule.due(21)
    assert part.page is None and part.items.keys() == {0, 1}


def test_part_without_predictions__is_not_polled() -> None:
    """Predictions that have ended leave nothing to poll behind."""
    batch = Batch(2)
    for item in batch.items:
        batch.schedule.remove(item)
        batch.schedule.remove(item)
    assert batch.schedule.due(1e9) == [] and batch.schedule.next_due == float("inf")
