"""The flow that follows a prediction over its event stream, or by polling."""

from __future__ import annotations

import logging
import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import httpx

from .._constants import USER_AGENT
from .._steps import Close, Download, Emit, Open, Read, Sleep, Stream, StreamPart
from ..clock import Clock
from ..errors import CertificateError, TransportError
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
# A proxy may hold back the events of a compressed stream.
_HEADERS = {
    "Accept": _MEDIA_TYPE,
    "Accept-Encoding": "identity",
    "Cache-Control": "no-store",
    "User-Agent": USER_AGENT,
}
# A stream that sends more over one connection, in bytes, is left for polling.
_MAX_LENGTH = 64 * 1024 * 1024
# A stream that only keeps its connection alive for this long, in seconds, may have lost the prediction's end.
_SILENCE = 120.0
# How many IDs are remembered, by which events that were sent before are recognized.
_MAX_IDS = 10_000
# The IDs that may stand in a header.
_SAFE_ID = re.compile(r"[!-~]([ -~]{0,200}[!-~])?")
# Names of events (recorded traffic and the service's documentation).
_LOGS, _LAST = "logs", frozenset({"done", "error"})


def follow(sender: Sender, prediction: P, options: WaitOptions) -> Stream[Event[P]]:
    poller = Poller(sender, prediction, options)
    detector: ChangeDetector[P] = ChangeDetector()
    with attached(prediction):
        yield from poller.begin()
        yield from _emit(poller, detector.compare(prediction))
        url = str(prediction.urls.get("stream"))
        if not prediction.done and url.startswith(("https://", "http://")):
            attempts = Attempts(sender, poller.until)
            yield from _StreamReader(url, prediction, detector, poller, attempts, sender.clock).flow()
        while poller.going_on:
            yield from poller.poll()
            yield from _emit(poller, detector.compare(prediction))
    yield from poller.finish()


def _emit(poller: Poller, events: Iterable[Event[P]]) -> Stream[Event[P]]:
    """Emit events up to the timeout; those of a prediction that has ended are all emitted."""
    for event in events:
        yield Emit(event)
        if poller.is_late:
            return


@dataclass(slots=True)
class _StreamReader(Generic[P]):
    """Reads one event stream, over as many connections as it takes."""

    url: str
    prediction: P
    detector: ChangeDetector[P]
    poller: Poller
    attempts: Attempts
    clock: Clock
    parser: EventParser | None = None
    last_id: str = ""
    seen: set[str] = field(default_factory=set)

    def flow(self) -> Stream[Event[P]]:
        """Read the stream until the prediction has ended, or the stream has nothing more to offer."""
        while True:
            may_continue = yield from self._connect()
            # Whatever ended the connection: the prediction may have ended.
            yield from self.poller.read()
            yield from _emit(self.poller, self.detector.compare(self.prediction))
            if not may_continue or not self.poller.going_on:
                return
            asked = None if self.parser is None or self.parser.retry is None else self.parser.retry / 1000
            pause = self.attempts.pause_after(Failed(TransportError("the event stream broke off"), asked))
            if pause is None:
                return
            yield Sleep(pause)

    def _connect(self) -> StreamPart[Event[P], bool]:
        """Emit the events of one connection; the result is whether another connection may bring more."""
        headers = {**_HEADERS}
        if _SAFE_ID.fullmatch(self.last_id):
            headers["Last-Event-ID"] = self.last_id
        else:
            self.detector.restart_stream()
        try:
            download: Download = yield Open(self.url, headers, until=self.poller.until)
            try:
                status = download.response.status_code
                log.debug("the stream of %s got status %d", self.prediction.id, status)
                if status != 200:
                    return is_transient_status(status)
                media_type = download.response.headers.get("content-type", "").partition(";")[0].strip()
                if media_type != _MEDIA_TYPE or download.is_encoded:
                    return False
                return (yield from self._read(download))
            finally:
                yield Close(download)
        except (httpx.TransportError, httpx.StreamError) as error:
            log.debug("the stream of %s: %s", self.prediction.id, error)
            return not isinstance(error, httpx.UnsupportedProtocol)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, CertificateError) as error:
            log.debug("the stream of %s cannot be followed: %s", self.prediction.id, error)
            return False

    def _read(self, download: Download) -> StreamPart[Event[P], bool]:
        parser = self.parser = EventParser()
        clock = self.clock
        before = ""
        received = 0
        heard = clock.monotonic()
        while (chunk := (yield Read(download, self.poller.until))) is not None and self.poller.going_on:
            received += len(chunk)
            if received > _MAX_LENGTH:
                return False
            if clock.monotonic() - heard > _SILENCE:
                heard = clock.monotonic()
                yield from self.poller.read()
                yield from _emit(self.poller, self.detector.compare(self.prediction))
                if self.prediction.done:
                    return False
            for event in parser.feed(chunk):
                heard = clock.monotonic()
                self.attempts.restart()
                if event.name in _LAST:
                    return False
                # A server that ignores Last-Event-ID starts from the beginning.
                is_repeated = event.id != before and event.id in self.seen
                before = self.last_id = event.id
                if len(self.seen) < _MAX_IDS:
                    self.seen.add(event.id)
                if event.name == _LOGS and not is_repeated:
                    yield from _emit(self.poller, self.detector.stream_logs(event.data))
        return True
