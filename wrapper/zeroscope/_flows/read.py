"""The flows that read, list, find and cancel predictions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any, TypeVar

from .._service import api
from .._service.api import PredictionModel, PredictionPage
from .._steps import Emit, Flow, Stream
from ..results import Page
from ..state import PredictionState
from .request import Request, Sender

P = TypeVar("P", bound=PredictionState)

# How far the service's clock may be behind this machine's, in seconds.
_CLOCK_ALLOWANCE = 120.0


def get_request(sender: Sender, prediction_id: str) -> Request[PredictionModel]:
    return Request(api.get_call(prediction_id), partial(sender.parser.prediction, id=prediction_id))


def cancel_request(sender: Sender, prediction_id: str) -> Request[PredictionModel]:
    return Request(api.cancel_call(prediction_id), partial(sender.parser.prediction, id=prediction_id))


def get(sender: Sender, prediction_id: str, until: float | None = None) -> Flow[PredictionModel]:
    """Read a prediction, repeatedly up to a moment on the monotonic clock if one is given."""
    return (yield from sender.send_repeatable(get_request(sender, prediction_id), until))


def cancel(sender: Sender, prediction_id: str, timeout: float | None = None) -> Flow[PredictionModel]:
    """Cancel a prediction, trying for a number of seconds if a timeout is given."""
    until = None if timeout is None else sender.clock.monotonic() + timeout
    # A running prediction costs money, so a cancel does not wait for a cooldown.
    return (yield from sender.send_repeatable(cancel_request(sender, prediction_id), until, urgent=True))


def webhook_secret(sender: Sender) -> Flow[str]:
    return (yield from sender.send_repeatable(Request(api.webhook_secret_call(), sender.parser.webhook_secret)))


class PageReader:
    """Reads the pages of the account's list, from the first to the last, and counts them."""

    def __init__(self, sender: Sender) -> None:
        self._sender = sender
        self._last: PredictionPage | None = None
        self._seen: set[str | None] = set()
        self.count = 0

    def next(self) -> Flow[PredictionPage | None]:
        """Read the next page; the result is None after the last one."""
        cursor = None
        if self._last is not None:
            cursor = self._sender.parser.next_cursor(self._last)
            # A page that names an earlier one as its next would loop forever.
            if cursor is None or cursor in self._seen:
                return None
        self._seen.add(cursor)
        request = Request(api.list_call(cursor), self._sender.parser.page)
        self._last = yield from self._sender.send_repeatable(request)
        self.count += 1
        return self._last


def pages(sender: Sender, new: Callable[[PredictionModel], P]) -> Stream[Page[P]]:
    reader = PageReader(sender)
    while (page := (yield from reader.next())) is not None:
        yield Emit(Page([new(model) for model in page.results], api.or_none(page.next_), api.or_none(page.previous)))


def find(sender: Sender, body: Mapping[str, Any], sent_at: float, new: Callable[[PredictionModel], P]) -> Flow[list[P]]:
    """Find the predictions that a create whose response was lost may have started, newest first."""
    found: list[P] = []
    reader = PageReader(sender)
    older = False
    while not older and (page := (yield from reader.next())) is not None:
        for prediction in map(new, page.results):
            created = prediction.created_at
            if created is not None and created.timestamp() < sent_at - _CLOCK_ALLOWANCE:
                older = True
                continue
            if prediction.version not in {None, body["version"]}:
                continue
            if prediction._lacks_input:
                prediction._update((yield from get(sender, prediction.id)))
            if _equal_without_files(prediction.input, body["input"]):
                found.append(prediction)
    return found


def _equal_without_files(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two inputs are equal except for files, for which the service may return URLs of its own."""
    files = {name for input in (one, other) for name, value in input.items() if _is_file(value)}
    rest = [{name: value for name, value in input.items() if name not in files} for input in (one, other)]
    return rest[0] == rest[1]


def _is_file(value: object) -> bool:
    # A journal records a file as a mapping.
    return isinstance(value, Mapping) or (isinstance(value, str) and value[:5] == "data:")
