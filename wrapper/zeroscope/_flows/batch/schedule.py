"""Schedule of a batch's polls: when which running predictions are polled.

A poll of a page of the list is one request, whether one of its predictions has ended or all. So it comes right after
several ends that are expected close together, and results wait a little for each other. Where no end can be expected,
because the list has no logs or the logs no progress bars, pauses grow with the age of the predictions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from math import inf
from statistics import median
from typing import Generic, TypeVar

from ...polling import Polling
from ...state import PredictionState
from .forecast import Delay
from .item import Item

P = TypeVar("P", bound=PredictionState)

# A poll costs a request per page, so it comes a little later the more predictions there are, in seconds for each, but
# not so late that short ones would wait long; and later the longer they have run, as shares of their age.
_PER_PREDICTION = 0.02
_MOST_OF_AGE = 0.2
_LEAST_OF_AGE = 0.1
# How long a page is left alone while no prediction of the batch has started, as a multiple of their age.
_UNSTARTED = 5.0
# After which share of the time up to the first expected end a forecast is renewed, after a pause of their age at most:
# there is little to see on the way, except failures.
_ON_THE_WAY = 0.75
# What a request may delay results by altogether, in mean times between two ends of a page: about 0.25 requests are
# sent for each prediction, however long they run.
_PRICE = 10.0
# The longest that an expected end waits for others, in seconds, or as a share of their age if that is more.
_LONGEST_WAIT = 2.5
_LONGEST_OF_AGE = 0.03
# How much later a prediction is polled again that should have ended, as a share of the time that it is late.
_OVERDUE = 0.5


@dataclass(eq=False, slots=True)
class Part(Generic[P]):
    """Running predictions that are polled together, by a page of the list, or a single one by a read."""

    page: str | int | None
    """The cursor of the page, None for the first one; or the index of the single item."""
    polled_at: float
    """When they were polled last, on the monotonic clock."""
    due: float
    """When they are polled next, on the monotonic clock."""
    items: dict[int, Item[P]] = field(default_factory=dict)
    """The items, by index."""
    pages: int = 1
    """How many pages the last poll of them read."""
    list_again: float = inf
    """From when on the list is searched again for a prediction that it did not show, on the monotonic clock."""


class PollSchedule(Generic[P]):
    """Divides running predictions into parts, and says when each is due.

    Args:
        polling: The policy for a single prediction, which no part is polled more often than.
        random: Returns a random number from 0 to 1.
    """

    def __init__(self, polling: Polling, random: Callable[[], float]) -> None:
        self._polling = polling
        self._random = random
        self._parts: dict[str | int | None, Part[P]] = {}
        self._of: dict[int, Part[P]] = {}
        # The parts whose next polls must be found anew.
        self._changed: dict[Part[P], None] = {}
        self._delay = Delay()
        # How far the monotonic clock is ahead of the service's clock, in seconds, as far as creates have shown.
        self._ahead = inf
        # Whether any prediction has started, and the least time that one takes by its forecast, in seconds.
        self._has_started = False
        self._shortest: float | None = None

    def add(self, item: Item[P], now: float, is_new: bool) -> None:
        """Add an item that may be on the first page; one that was created now shows what time the service has."""
        created = item.known.created_at
        if is_new and created is not None:
            self._ahead = min(self._ahead, now - created.timestamp())
        self._move(item, None, now)

    def remove(self, item: Item[P]) -> None:
        if (part := self._of.pop(item.index, None)) is not None:
            self._leave(item, part)

    def due(self, now: float) -> list[Part[P]]:
        """Return the parts that are due, those of the list with those predictions that it may show by now."""
        self._plan()
        due = [part for part in self._parts.values() if part.due <= now]
        for part in due:
            if part.list_again <= now:
                (item,) = part.items.values()
                self._move(item, None, now)
        self._plan()
        return [part for part in self._parts.values() if part.due <= now]

    @property
    def next_due(self) -> float:
        """When a part is due, on the monotonic clock."""
        self._plan()
        return min((part.due for part in self._parts.values()), default=inf)

    def record_page(self, item: Item[P], now: float, cursor: str | None) -> None:
        """Record that an item's prediction was on a page of the list."""
        self._move(item, cursor, now).polled_at = now

    def record_state(self, item: Item[P], now: float, logs: object) -> None:
        """Record the state of an item's prediction, as it was just read, by itself or in the list.

        Args:
            item: The item.
            now: The time on the monotonic clock.
            logs: Its log as it was read, without the lines of a stream; no string if it was omitted.
        """
        before, item.seen_at = item.seen_at, now
        forecast, prediction = item.forecast, item.known
        if not prediction.done:
            if isinstance(logs, str):
                forecast.record(now, logs)
        elif forecast.full_at is not None:
            completed = prediction.completed_at
            end = forecast.full_at + self._delay.expected if completed is None else completed.timestamp() + self._ahead
            # What counts is when it was shown, whatever the clocks say, and lists may be behind.
            self._delay.record(min(max(end, before), now) - forecast.full_at)
        if not self._has_started and (prediction.done or prediction.started_at is not None or prediction.logs != ""):
            self._has_started = True
            # The others have been left alone for longer than is right from now on.
            self._changed.update(dict.fromkeys(self._parts.values()))
        if forecast.full_at is not None:
            length = forecast.full_at + self._delay.expected - item.began
            self._shortest = length if self._shortest is None else min(self._shortest, length)
        self._changed[self._of[item.index]] = None

    def record_polled(self, part: Part[P], now: float, pages: int) -> None:
        """Record that a part was polled, whatever came of it."""
        part.polled_at, part.pages = now, pages
        self._changed[part] = None

    def separate(self, item: Item[P], now: float) -> None:
        """Take an item out of the list that does not show it, for a time that grows with its age."""
        part = self._move(item, item.index, now)
        part.polled_at, part.list_again = now, now + max(now - item.began, self._polling.minimum)

    def _move(self, item: Item[P], page: str | int | None, now: float) -> Part[P]:
        before, part = self._of.get(item.index), self._parts.get(page)
        if part is None:
            part = self._parts[page] = Part(page, now, inf)
        if part is not before:
            part.items[item.index] = item
            self._of[item.index] = part
            if before is not None:
                self._leave(item, before)
        self._changed[part] = None
        return part

    def _leave(self, item: Item[P], part: Part[P]) -> None:
        del part.items[item.index]
        self._changed[part] = None

    def _plan(self) -> None:
        changed, self._changed = self._changed, {}
        for part in changed:
            if part.items:
                part.due = self._next_poll(part)
            elif self._parts.get(part.page) is part:
                del self._parts[part.page]

    def _next_poll(self, part: Part[P]) -> float:
        """Return when a part that was polled is polled again, on the monotonic clock."""
        last, jitter = part.polled_at, self._random()
        # The median, because neither the latest prediction nor a straggler shows how long the others take.
        age = max(median(last - item.began for item in part.items.values()), 0.0)
        pause = longest_pause(age, self._polling, jitter, len(self._of))
        ends = sorted(self._expected_end(item) for item in part.items.values() if item.forecast.full_at is not None)
        if not self._has_started and part is not next(reversed(self._parts.values())):
            # The oldest predictions, which are on the last page, show whether the others can have started.
            pause = max(pause, _UNSTARTED * age)
        elif len(ends) == len(part.items):
            pause = max(pause, min(_ON_THE_WAY * (ends[0] - last), age))
        elif self._shortest is not None:
            pause = max(pause, min(_ON_THE_WAY * (self._shortest - age), age))
        if ends:
            pause = min(pause, best_poll(ends, max(_LONGEST_WAIT, _LONGEST_OF_AGE * age)) - last)
        return last + max(pause, self._polling.pause(0.0, jitter=jitter))

    def _expected_end(self, item: Item[P]) -> float:
        """Return when a prediction whose bar is known should show its end, on the monotonic clock."""
        end = (item.forecast.full_at or 0.0) + self._delay.expected
        if end > item.seen_at:
            return end
        return item.seen_at + max(self._polling.minimum, _OVERDUE * (item.seen_at - end))


def longest_pause(age: float, polling: Polling, jitter: float, count: int) -> float:
    """Return the pause before the next poll of predictions whose ends are not known, in seconds.

    Args:
        age: How long they have been waited for, in seconds.
        polling: The policy for a single prediction.
        jitter: A random number from 0 to 1.
        count: How many predictions the batch waits for.
    """
    pause = polling.pause(age, jitter=jitter)
    return max(pause, min(_PER_PREDICTION * count, _MOST_OF_AGE * age), _LEAST_OF_AGE * age)


def best_poll(ends: Sequence[float], longest: float) -> float:
    """Return the end right after which a poll is best: when request and delays, for each result, are least.

    Args:
        ends: The expected ends, sorted.
        longest: The longest that the first one waits for others, in seconds.
    """
    price = _PRICE * (ends[-1] - ends[0]) / max(len(ends) - 1, 1)
    best, least, delays, before = ends[0], inf, 0.0, ends[0]
    for number, end in enumerate(ends):
        if end - ends[0] > longest:
            break
        delays, before = delays + number * (end - before), end
        if (cost := (price + delays) / (number + 1)) < least:
            best, least = end, cost
    return best
