"""The flows that read, list, find and cancel predictions."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import partial
from math import inf
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

from .._service import api, validation
from .._service.api import PredictionModel, PredictionPage, Response
from .._service.invalid_fields import display
from .._service.responses import query_of
from .._service.secret_fields import is_secret
from .._service.versions import is_version
from .._steps import Call, Emit, Flow, Stream
from ..errors import MalformedResponseError, invalid_argument
from ..options import ListFilters, ListOptions
from ..retry import parse_date
from ..state import PredictionState
from .request import Request, Sender

if TYPE_CHECKING:
    from ..results import Page

P = TypeVar("P", bound=PredictionState)

# The most pages that a search reads, and the most in a row that may be empty.
MAX_PAGES = 100
# How far the service's clock may be from this machine's, in seconds; and from what was measured by the Date header of a
# response, which has a resolution of a second, comes with a delay, and may be of another machine of the service.
_UNKNOWN_CLOCK_ALLOWANCE = 120.0
_CLOCK_ALLOWANCE = 10.0
# The end of a time whose offset lacks its plus sign.
_LOST_PLUS = r"(:\d\d(?:\.\d+)?) (\d\d:\d\d)\Z"


def get_request(sender: Sender, prediction_id: str) -> Request[PredictionModel]:
    return Request(api.get_call(prediction_id), partial(sender.parser.prediction, id=prediction_id))


def cancel_request(sender: Sender, prediction_id: str) -> Request[PredictionModel]:
    return Request(api.cancel_call(prediction_id), partial(sender.parser.prediction, id=prediction_id))


def get(sender: Sender, prediction_id: str, until: float | None = None) -> Flow[PredictionModel]:
    """Read a prediction, repeatedly up to a moment on the monotonic clock if one is given."""
    return sender.send_repeatable(get_request(sender, prediction_id), until)


def cancel(sender: Sender, prediction_id: str, timeout: float | None = None) -> Flow[PredictionModel]:
    """Cancel a prediction, trying for a number of seconds if a timeout is given."""
    until = None if timeout is None else sender.clock.monotonic() + timeout
    # A running prediction costs money, so a cancel does not wait for a cooldown.
    return sender.send_repeatable(cancel_request(sender, prediction_id), until, urgent=True)


def webhook_secret(sender: Sender) -> Flow[str]:
    return sender.send_repeatable(Request(api.webhook_secret_call(), sender.parser.webhook_secret))


class PageReader:
    """Reads the pages of the account's list, from the first to the last, and counts them.

    Args:
        until: The moment on the monotonic clock after which it reads no further page.
        limit: The most pages that it reads.
        parameters: The filters of all pages, and the cursor of the first, if it is not the account's first page.
    """

    def __init__(
        self,
        sender: Sender,
        until: float | None = None,
        limit: float = inf,
        parameters: Mapping[str, str] = MappingProxyType({}),
    ) -> None:
        self._sender = sender
        self._until = until
        self._limit = limit
        self._parameters = parameters
        self._last: PredictionPage | None = None
        self._content = b""
        self._seen: set[str | None] = set()
        self._empty = 0
        self.cursor = parameters.get("cursor")
        """The cursor of the last page; None for the first one."""
        self.count = 0
        self.is_complete = False
        """Whether the last page was read."""
        self.clock_offset: float | None = None
        """How far the service's clock is ahead of this machine's, in seconds, if a response had a usable date."""

    def next(self) -> Flow[PredictionPage | None]:
        """Read the next page; the result is None after the last one, or when a limit is reached."""
        cursor = self.cursor
        if self._last is not None:
            cursor = self._sender.parser.next_cursor(self._last)
            # A page that names an earlier one as its next would loop forever.
            self.is_complete = cursor is None or cursor in self._seen
            if self.is_complete or self.count >= self._limit:
                return None
            if self._until is not None and self._sender.clock.monotonic() >= self._until:
                return None
        call = api.list_call(self._parameters if cursor is None else {**self._parameters, "cursor": cursor})
        if self._empty >= MAX_PAGES:
            # A caller cannot stop an iterator that yields nothing.
            body = self._sender.parser.redact(self._content.decode(errors="replace"))
            reason = f"{MAX_PAGES} pages in a row are empty, and each names another one"
            raise MalformedResponseError(request=call.name, status_code=200, body=body, reason=reason)
        self._seen.add(cursor)
        self.cursor = cursor
        self._last = yield from self._sender.send_repeatable(Request(call, self._parse), self._until, limited=True)
        self.count += 1
        self._empty = 0 if self._last.results else self._empty + 1
        return self._last

    def _parse(self, call: Call, response: Response[Any]) -> PredictionPage:
        page = self._sender.parser.page(call, response)
        self._content = response.content
        if (moment := parse_date(response.headers.get("date", ""))) is not None:
            self.clock_offset = moment - self._sender.clock.time()
        return page


def pages(sender: Sender, new: Callable[[PredictionModel], P], options: ListOptions) -> Stream[Page[P]]:
    """Read the pages of the list; the options are validated at once, not with the first page."""
    return _read_pages(PageReader(sender, parameters=_list_parameters(options)), sender, new)


def _list_parameters(options: ListOptions) -> dict[str, str]:
    """Return the parameters of a list, or raise an InvalidInputError with those of the caller that the spec forbids."""
    validation.raise_if_invalid(validation.unknown_options(options, ListOptions.__annotations__))
    # A time without a time zone is not guessed to be in UTC, or in this machine's: the spec refuses it.
    given: dict[str, Any] = {
        name: value.isoformat() if isinstance(value, date) else value
        for name, value in options.items()
        if value is not None
    }
    of_page: dict[str, str] = {}
    cursor = given.get("cursor")
    if cursor == "":
        raise invalid_argument("cursor", "it is empty; leave it out to begin at the first page")
    # A cursor has neither of the two.
    if isinstance(cursor, str) and ("?" in cursor or "://" in cursor):
        of_page = _page_parameters(cursor)
        if "cursor" not in of_page:
            problem = f"{display(cursor)} is not the URL of a page; it has no cursor"
            raise invalid_argument("cursor", problem)
        del given["cursor"]
    if given:
        # The validator takes long to load.
        validation.raise_if_invalid(validation.invalid_parameters("listPredictions", given))
    return {**of_page, **given}


def _page_parameters(url: str) -> dict[str, str]:
    """Return the parameters in a page's URL; they are not validated, as the server may take more than the spec says."""
    query = {name: value for name, value in query_of(url).items() if name in ListFilters.__annotations__}
    # A server that does not encode the plus sign of a time zone means a plus sign, although a form has a space for it.
    return {name: re.sub(_LOST_PLUS, r"\1+\2", value) for name, value in query.items()}


def _read_pages(reader: PageReader, sender: Sender, new: Callable[[PredictionModel], P]) -> Stream[Page[P]]:
    from ..results import Page

    while (page := (yield from reader.next())) is not None:
        # A server may repeat the token in them.
        next, previous = (sender.parser.text(api.or_none(url)) for url in (page.next_, page.previous))
        yield Emit(Page([new(model) for model in page.results], next, previous))


class LostCreate(NamedTuple):
    """A create whose response was lost."""

    body: Mapping[str, Any]
    sent_at: float
    """In seconds since 1970, by this machine's clock."""


class Matches(NamedTuple, Generic[P]):
    """The predictions that a lost create may have started, newest first."""

    in_time: list[P]
    later: list[P]
    """Those that were created later than the service takes to execute a create."""
    is_timed: bool
    """Whether it is known how far the service's clock is ahead."""


def find(sender: Sender, body: Mapping[str, Any], sent_at: float, new: Callable[[PredictionModel], P]) -> Flow[list[P]]:
    """Find the predictions that a create whose response was lost may have started, newest first."""
    (found,) = yield from search(sender, [LostCreate(body, sent_at)], new)
    if found is None:
        raise sender.lost_create(
            f"{api.operation_names()['createPrediction']} still has an unknown outcome: the search read the newest "
            f"{MAX_PAGES} pages of the account's list, which do not reach back to when the create was sent; look "
            "through all of predictions.list() before you create it again",
            body,
            sent_at,
        )
    return found.in_time


def search(
    sender: Sender,
    creates: Sequence[LostCreate],
    new: Callable[[PredictionModel], P],
    *,
    until: float | None = None,
    duration: float = inf,
    known: Mapping[str, float | None] = MappingProxyType({}),
) -> Flow[list[Matches[P] | None]]:
    """Find the predictions that each of several lost creates may have started.

    It reads the list once, and not the whole of an account with a million predictions. The result is None for a create
    that was sent before the oldest prediction that was read. A prediction whose input the service has removed may be of
    any input.

    Args:
        until: The moment on the monotonic clock after which it reads no further page.
        duration: The longest that the service may have taken to execute a create, in seconds.
        known: The IDs of predictions that other creates have started, and when those were sent if that is known.
    """
    listed: dict[str, P] = {}
    reader = PageReader(sender, until, MAX_PAGES)
    clocks = _Clocks(reader)
    oldest = inf
    starts = [inf] * len(creates)
    while not oldest < min(starts) and (page := (yield from reader.next())) is not None:
        # New predictions may have moved some from the page before.
        for prediction in map(new, page.results):
            moment = _created_at(prediction)
            oldest = min(oldest, moment or inf)
            if prediction.id not in known:
                listed.setdefault(prediction.id, prediction)
            elif moment is not None and (sent_at := known[prediction.id]) is not None:
                clocks.offsets.append((sent_at, moment - sent_at))
        starts = [sent_at + clocks.offset(sent_at) - clocks.allowance for _, sent_at in creates]
    found = [Matches[P]([], [], clocks.are_known) for _ in creates]
    for prediction in listed.values():
        moment = _created_at(prediction)
        fitting = [
            number
            for number, start in enumerate(starts)
            if (moment is None or start <= moment)
            and is_version(creates[number].body["version"], prediction.model, prediction.version) is not False
        ]
        if fitting and prediction._lacks_input:
            prediction._update((yield from get(sender, prediction.id, until)))
        for number in fitting:
            if prediction.data_removed or _are_alike(prediction.input, creates[number].body["input"]):
                is_late = moment is not None and moment > starts[number] + duration + 2 * clocks.allowance
                (found[number].later if is_late else found[number].in_time).append(prediction)
    return [
        matches if reader.is_complete or oldest < start else None for matches, start in zip(found, starts, strict=True)
    ]


class _Clocks:
    """How far the service's clock is ahead of this machine's."""

    def __init__(self, reader: PageReader) -> None:
        self._reader = reader
        self.offsets: list[tuple[float, float]] = []
        """How far it was ahead, in seconds, when creates were sent: their times, in seconds since 1970, come first."""

    @property
    def are_known(self) -> bool:
        return bool(self.offsets) or self._reader.clock_offset is not None

    @property
    def allowance(self) -> float:
        return _CLOCK_ALLOWANCE if self.are_known else _UNKNOWN_CLOCK_ALLOWANCE

    def offset(self, sent_at: float) -> float:
        """Return how far it was ahead when a create was sent; a clock may have been set since then."""
        if self.offsets:
            return min(self.offsets, key=lambda one: abs(one[0] - sent_at))[1]
        return self._reader.clock_offset or 0.0


def _created_at(prediction: PredictionState) -> float | None:
    return None if prediction.created_at is None else prediction.created_at.timestamp()


def _are_alike(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two inputs are equal except for files, which the service may replace by its URLs, and for secrets."""
    absent = object()
    for name in one.keys() | other.keys():
        values = one.get(name, absent), other.get(name, absent)
        if values[0] != values[1] and not is_secret(name) and not any(map(_holds_file, values)):
            return False
    return True


def _holds_file(value: object) -> bool:
    """Whether a value is a file, as it is sent or as a journal identifies it, or holds one."""
    # Loaded here, because a program that only reads has no files.
    from .._disk.inputs import is_fingerprint

    # A loop, because a server may nest a value too deeply for recursion.
    rest = [value]
    while rest:
        inner = rest.pop()
        if is_fingerprint(inner) or (isinstance(inner, str) and inner[:5] == "data:"):
            return True
        if isinstance(inner, list):
            rest += inner
        elif isinstance(inner, Mapping):
            rest += inner.values()
    return False
