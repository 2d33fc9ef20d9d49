"""The flow that follows a prediction: over its event stream if it has one, otherwise by polling."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from typing import Generic, TypeVar

import httpx

from .._constants import USER_AGENT
from .._steps import Close, Download, Emit, Open, Read, Sleep, Stream, StreamPart
from ..errors import TransportError
from ..events import Event
from ..retry import is_transient_status
from ..state import PredictionState
from .changes import ChangeDetector
from .context import attached
from .request import Attempts, Failed, Sender
from .sse import EventParser
from .wait import Poller, WaitOptions

P = TypeVar("P", bound=PredictionState)

log = logging.getLogger("zeroscope")

_MEDIA_TYPE = "text/event-stream"
# The IDs that may stand in a header.
_SAFE_ID = re.compile(r"[!-~]([ -~]{0,200}[!-~])?")
# Names of events (recorded traffic and the service's documentation).
_LOGS, _LAST = "logs", frozenset({"done", "error"})


def follow(sender: Sender, prediction: P, options: WaitOptions) -> Stream[Event[P]]:
    """Emit the events of a prediction until it has ended or the time is up."""
    poller = Poller(sender, prediction, options)
    detector: ChangeDetector[P] = ChangeDetector()
    with attached(prediction):
        yield from poller.begin()
        yield from _emit(detector.compare(prediction))
        if not prediction.done and _is_usable(url := prediction.urls.get("stream")):
            yield from _StreamReader(sender, prediction, detector, str(url), poller).flow()
        while poller.going_on:
            yield from poller.poll()
            yield from _emit(detector.compare(prediction))
    yield from poller.finish()


class _StreamReader(Generic[P]):
    """Reads one event stream, over as many connections as it takes.

    Args:
        detector: Turns the stream into events.
        poller: Reads the prediction after each connection.
    """

    def __init__(self, sender: Sender, prediction: P, detector: ChangeDetector[P], url: str, poller: Poller) -> None:
        self._prediction = prediction
        self._detector = detector
        self._url = url
        self._poller = poller
        self._parser: EventParser | None = None
        self._last_id = ""
        self._seen: set[str] = set()
        self._attempts = Attempts(sender, poller.until)

    def flow(self) -> Stream[Event[P]]:
        """Read the stream until the prediction has ended, or the stream has nothing more to offer."""
        while True:
            may_continue = yield from self._connect()
            # Whatever ended the connection: the prediction may have ended.
            yield from self._poller.read()
            yield from _emit(self._detector.compare(self._prediction))
            if not may_continue or not self._poller.going_on:
                return
            asked = None if self._parser is None or self._parser.retry is None else self._parser.retry / 1000
            pause = self._attempts.pause_after(Failed(TransportError("the event stream broke off"), asked))
            if pause is None:
                return
            yield Sleep(pause)

    def _connect(self) -> StreamPart[Event[P], bool]:
        """Emit the events of one connection; the result is whether another connection may bring more."""
        headers = {"Accept": _MEDIA_TYPE, "Cache-Control": "no-store", "User-Agent": USER_AGENT}
        if _SAFE_ID.fullmatch(self._last_id):
            headers["Last-Event-ID"] = self._last_id
        else:
            self._detector.restart_stream()
        try:
            download: Download = yield Open(self._url, headers)
            try:
                status = download.response.status_code
                log.debug("the stream of %s got status %d", self._prediction.id, status)
                if status != 200:
                    return is_transient_status(status)
                if download.response.headers.get("content-type", "").partition(";")[0].strip() != _MEDIA_TYPE:
                    return False
                return (yield from self._read(download))
            finally:
                yield Close(download)
        except (httpx.TransportError, httpx.StreamError) as error:
            log.debug("the stream of %s: %s", self._prediction.id, error)
            return not isinstance(error, httpx.UnsupportedProtocol)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            log.debug("the stream of %s cannot be followed: %s", self._prediction.id, error)
            return False

    def _read(self, download: Download) -> StreamPart[Event[P], bool]:
        parser = self._parser = EventParser()
        before = ""
        while (chunk := (yield Read(download))) is not None and self._poller.going_on:
            for event in parser.feed(chunk):
                self._attempts.restart()
                if event.name in _LAST:
                    return False
                # A server that ignores Last-Event-ID starts from the beginning.
                is_repeated = event.id != before and event.id in self._seen
                before = self._last_id = event.id
                self._seen.add(event.id)
                if event.name == _LOGS and not is_repeated:
                    yield from _emit(self._detector.stream_logs(event.data))
        return True


def _emit(events: Iterator[Event[P]]) -> Stream[Event[P]]:
    for event in events:
        yield Emit(event)


def _is_usable(url: object) -> bool:
    return isinstance(url, str) and url.startswith(("https://", "http://"))
