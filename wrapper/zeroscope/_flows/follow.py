"""Following a prediction, as a flow: by its stream of events where it has one, and by looking where it has none."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import httpx

from .._steps import Close, Download, Emit, Flow, Open, Read, Sleep, Stream, StreamPart
from .._version import USER_AGENT
from ..errors import ZeroscopeError
from ..events import Event
from ..polling import Pace
from ..retry import DEFAULT_RETRY
from . import create as _flows
from .changes import ChangeDetector
from .request import Sender
from .sse import EventParser
from .wait import Waiting, kept, overdue

if TYPE_CHECKING:
    from ..state import PredictionState

log = logging.getLogger("zeroscope")

_MEDIA_TYPE = "text/event-stream"
# What may stand in a header.
_SAFE_ID = re.compile(r"[!-~]([ -~]{0,200}[!-~])?")
# Names of events (recorded traffic and the service's documentation).
_LOGS, _LAST = "logs", frozenset({"done", "error"})


def events(sender: Sender, prediction: PredictionState, waiting: Waiting) -> Stream[Event]:
    """Tell what happens to a prediction until it has ended or the time is up."""
    start = sender.clock.monotonic()
    until = start + waiting.limit
    story = ChangeDetector()
    pace = Pace(waiting.polling, start)
    with kept(prediction):
        if prediction.done and prediction._lacks_output:
            yield from _read(sender, prediction, until)
        yield from _emit(story.compare(prediction))
        if not prediction.done and _is_usable(url := prediction.urls.get("stream")):
            yield from _Following(sender, prediction, story, str(url), until).flow()
        while not prediction.done and (now := sender.clock.monotonic()) < until:
            yield Sleep(min(pace.pause(now, prediction.progress, spread=sender.random()), until - now))
            yield from _read(sender, prediction, until)
            yield from _emit(story.compare(prediction))
    if not prediction.done:
        raise (yield from overdue(sender, prediction, waiting, start))


@dataclass(slots=True)
class _Following:
    """The following of one stream, over as many connections as it takes.

    Args:
        sender: Sends the requests.
        prediction: The prediction.
        story: What has been told so far.
        url: Where the stream is.
        until: The end of the wait, on the monotonic clock.
    """

    sender: Sender
    prediction: PredictionState
    story: ChangeDetector
    url: str
    until: float
    last_id: str = ""
    seen: set[str] = field(default_factory=set)
    parser: EventParser | None = None
    # Attempts since the last that brought something.
    failures: int = 0

    def flow(self) -> Stream[Event]:
        """Follow the stream until the prediction has ended, or there is nothing more to be had from it."""
        going_on = True
        while going_on and not self.prediction.done and self.sender.clock.monotonic() < self.until:
            self.failures += 1
            going_on = yield from self._connect()
            # Whatever ended the connection: it may be that the prediction has ended.
            yield from _read(self.sender, self.prediction, self.until)
            yield from _emit(self.story.compare(self.prediction))
            if self.prediction.done or not going_on or self.failures >= self.sender.most:
                return
            yield Sleep(min(self._pause(), max(self.until - self.sender.clock.monotonic(), 0.0)))

    def _connect(self) -> StreamPart[Event, bool]:
        """Tell what one connection brings; the result is whether another one may bring more."""
        headers = {"Accept": _MEDIA_TYPE, "Cache-Control": "no-store", "User-Agent": USER_AGENT}
        if _SAFE_ID.fullmatch(self.last_id):
            headers["Last-Event-ID"] = self.last_id
        else:
            self.story.restart_stream()
        try:
            download: Download = yield Open(self.url, headers)
            try:
                status = download.response.status_code
                log.debug("the stream of %s was answered with %d", self.prediction.id, status)
                if status != 200:
                    return status in {408, 429} or status >= 500
                if download.response.headers.get("content-type", "").partition(";")[0].strip() != _MEDIA_TYPE:
                    return False
                return (yield from self._listen(download))
            finally:
                yield Close(download)
        except (httpx.TransportError, httpx.StreamError) as error:
            log.debug("the stream of %s: %s", self.prediction.id, error)
            return not isinstance(error, httpx.UnsupportedProtocol)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.debug("the stream of %s cannot be followed: %s", self.prediction.id, error)
            return False

    def _listen(self, download: Download) -> StreamPart[Event, bool]:
        parser = self.parser = EventParser()
        before = ""
        while (piece := (yield Read(download))) is not None and self.sender.clock.monotonic() < self.until:
            for event in parser.feed(piece):
                self.failures = 0
                if event.name in _LAST:
                    return False
                # A server that does not heed Last-Event-ID begins anew.
                is_old = event.id != before and event.id in self.seen
                before = self.last_id = event.id
                self.seen.add(event.id)
                if event.name == _LOGS and not is_old:
                    yield from _emit(self.story.stream_logs(event.data))
        return True

    def _pause(self) -> float:
        asked = None if self.parser is None or self.parser.retry is None else self.parser.retry / 1000
        # Without retries as well: a stream that breaks off after every event would be opened without a pause.
        retry = self.sender.retry or DEFAULT_RETRY
        return retry.pause(max(self.failures, 1), spread=self.sender.random(), asked=asked)


def _read(sender: Sender, prediction: PredictionState, until: float) -> Flow[None]:
    try:
        prediction._update((yield from _flows.get(sender, prediction.id, until)))
    except ZeroscopeError:
        # When the time is up, that is the news.
        if sender.clock.monotonic() < until:
            raise


def _emit(events: Iterator[Event]) -> Stream[Event]:
    for event in events:
        yield Emit(event)


def _is_usable(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))
