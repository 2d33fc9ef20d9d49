"""The event stream of a prediction, and how far it is trusted.

A stream is never trusted: it adds lines to the log of a running prediction, and it decides when the prediction is read.
Whether that has ended, and with what, only the read decides. How much a stream spares of the polls, it has to earn:

- It is alive while it brings new lines. Once it has been silent for some times as long as ever before, polls go on as
  they do without a stream. A poll that shows no lines that the stream lacks proves that the model was silent that long.
- Polls are rarer than the longest pause only while it continues a progress bar that polls have shown.
- It is late once lines that a poll has shown took it a while to bring. Then it says too late that the end is near.
- It is left for good if it ends while the prediction goes on, if it breaks too often, and if a poll shows that it holds
  lines back or that its lines are those of another prediction.
"""

from __future__ import annotations

import re
from copy import copy
from math import inf
from typing import NamedTuple

import httpx

from .._constants import USER_AGENT
from .._service.api import PredictionModel, final_statuses, or_none
from .._steps import Close, Flow, Open, OpenAhead, Read, ReadAhead
from .._text import log
from ..errors import ConfigurationError, TransportError
from ..logs import Progress, parse_progress
from ..retry import is_transient_status
from ..state import PredictionState
from .request import Attempts, Failed, Sender
from .sse import EventParser, ServerSentEvent

MAX_CONNECTIONS = 20
"""The most connections over which one stream is followed."""

_MEDIA_TYPE = "text/event-stream"
_HEADERS = {
    "Accept": _MEDIA_TYPE,
    # A proxy may hold back the events of a compressed stream.
    "Accept-Encoding": "identity",
    "Cache-Control": "no-store",
    # It is shut down from another thread, when no other request may use it.
    "Connection": "close",
    "User-Agent": USER_AGENT,
}
# A stream that sends more over one connection, in bytes, is left for polling.
_MAX_LENGTH = 4 * 1024 * 1024
# How many times as long as the longest silence so far another one is trusted, and how long the first one, in seconds.
_GAPS, _FIRST_GAP = 3, 2.0
# How long it may take to bring the lines that a poll has shown, in seconds.
_MAX_LAG = 0.5
# The difference of moments that are the same, in seconds.
_TOLERANCE = 1e-6
# How many IDs are remembered, by which events that were sent before are recognized.
_MAX_IDS = 10_000
# The IDs that may stand in a header.
_SAFE_ID = re.compile(r"[!-~]([ -~]{0,200}[!-~])?")
_LINE_END = re.compile("\r\n|\r|\n")
_STARTING, _PROCESSING = "starting", "processing"
# Names of events (recorded traffic and the service's documentation).
_LOGS, _OUTPUT, _LAST = "logs", "output", frozenset({"done", "error"})


class Received(NamedTuple):
    """What has become of a stream with what it brought."""

    is_changed: bool
    """Whether the prediction has new lines."""
    is_over: bool = False
    """Whether the prediction may have ended, and should be read at once."""


NOTHING = Received(False)


class EventStream:
    """Follows the stream of one prediction, over as many connections as it takes.

    Args:
        until: The moment on the monotonic clock at which the wait ends.
    """

    def __init__(self, sender: Sender, prediction: PredictionState, until: float) -> None:
        self._clock = sender.clock
        self._prediction = prediction
        self._until = until
        self._attempts = Attempts(sender, until)
        self._connections = 0
        self.download: ReadAhead | None = None
        """The open connection."""
        self.reopen_at = inf
        """The moment on the monotonic clock at which a connection follows one that broke or was refused; it may have
        passed, and is infinite if none follows."""
        self.is_left = False
        """Whether it is of no more use."""
        self.is_late = False
        """Whether it has brought lines later than a poll."""
        # Those of the open connection.
        self._parser: EventParser | None = None
        self._received = 0
        self._previous_id = ""
        # The last ID, all of them, and the number of lines up to it.
        self._last_id = ""
        self._ids: set[str] = set()
        self._streamed = 0
        # The complete lines of the log, their number, and the last one that the stream has brought.
        self._text = ""
        self._known = 0
        self._last_line: tuple[int, str] | None = None
        # How many lines a poll has shown that the stream should bring up to the next one, and when.
        self._owed, self._owed_since = 0, -inf
        # The progress bar that polls have shown, and when the stream last continued it.
        self._bar: Progress | None = None
        self._advanced: float | None = None
        # When the last new line came, and the longest silence before a line or up to a poll that proved it.
        self._heard: float | None = None
        self._longest_gap = 0.0
        self._opened_at = 0.0
        self._count(prediction.logs)

    def silent_from(self, least: float, most: float, *, of_progress: bool = False) -> float:
        """Return the moment on the monotonic clock from which on its silence is no longer trusted.

        Args:
            least: The shortest silence that is, in seconds, once it has brought a line.
            most: The longest.
            of_progress: Whether only lines count that continue the progress bar that polls have shown.
        """
        if self._heard is None or self.download is None:
            return -inf
        heard = self._advanced if of_progress else self._heard
        return -inf if heard is None else heard + min(max(least, _FIRST_GAP, _GAPS * self._longest_gap), most)

    def open(self, until: float) -> Flow[None]:
        """Open a connection if there is none and one may be of use; another attempt follows one that is refused.

        Args:
            until: The moment of the next poll on the monotonic clock. A connection that is not opened in the background
                may take up to it, and one that is refused is tried again after it.
        """
        now = self._clock.monotonic()
        if self.is_left or self.download is not None or (self._connections and now < self.reopen_at - _TOLERANCE):
            return
        # If it cannot be opened now, what broke is not opened again.
        self.reopen_at = inf
        url = self._prediction.urls.get("stream")
        if not isinstance(url, str) or not url.startswith(("https://", "http://")):
            return
        headers = {**_HEADERS}
        if _SAFE_ID.fullmatch(self._last_id):
            headers["Last-Event-ID"] = self._last_id
        else:
            # It begins again with the first line.
            self._streamed = 0
        self.download = ReadAhead()
        if not (yield OpenAhead(self.download, Open(url, headers, until=self._until, is_patient=True), until)):
            self.download, self.reopen_at = None, until
            return
        self._connections += 1
        self._parser, self._previous_id, self._received, self._owed = None, "", 0, 0
        self._opened_at = now

    def close(self) -> Flow[None]:
        """Close the connection, if there is one."""
        download, self.download = self.download, None
        if download is not None:
            yield Close(download)

    def leave(self) -> Flow[None]:
        """Close it for good."""
        self.is_left, self.reopen_at = True, inf
        yield from self.close()

    def receive(self) -> Flow[Received]:
        """Take what the open connection has brought, and add new lines to the prediction's log."""
        download = self.download
        assert download is not None
        problem = "the server ended it"
        try:
            piece: bytes | None = yield Read(download, self._until)
            if self._parser is None and download.opened is not None:
                response = download.opened.response
                media_type = response.headers.get("content-type", "").partition(";")[0].strip()
                if response.status_code != 200:
                    return (yield from self._break(f"status {response.status_code}", response.status_code))
                if media_type != _MEDIA_TYPE or download.opened.is_encoded:
                    return (yield from self._break(f"no events, but {media_type or 'no media type'}", 0))
                self._parser = EventParser()
            if piece is not None and self._parser is not None:
                received = self._take(self._parser.feed(piece))
                self._received += len(piece)
                if received.is_over or self._received > _MAX_LENGTH:
                    yield from self.leave()
                return received._replace(is_over=self.is_left)
        except ConfigurationError:
            # The client was closed.
            raise
        # Whatever the server or a transport of the caller's does: the polls go on.
        except Exception as error:
            problem = str(error) or type(error).__name__
            if not _may_pass(error):
                return (yield from self._break(problem, 0))
        return (yield from self._break(problem, None))

    def compare(self, model: PredictionModel) -> Flow[None]:
        """Compare the stream with what a poll has shown; its log gets the lines that it lacks, if the two agree."""
        logs = or_none(model.logs)
        if self.is_left or model.status in final_statuses() or not isinstance(logs, str):
            return
        lines = _LINE_END.split(logs)
        count = len(lines) - 1
        is_behind = self._streamed < self._owed
        is_other = False
        if self._last_line is not None:
            number, line = self._last_line
            is_other = number <= count and line.split() != lines[number - 1].split()
        if self.download is not None and (is_behind or is_other):
            log.debug("the stream of %s %s", self._prediction.id, "is another's" if is_other else "holds lines back")
            yield from self.leave()
        if count >= self._known or is_other:
            self._count(logs)
        else:
            model.logs = self._text
        bar = parse_progress(logs)
        self._owed, self._owed_since = count, self._clock.monotonic()
        if bar is not None and (self._bar is None or bar.total != self._bar.total or bar.current > self._bar.current):
            self._bar = bar
        if self._heard is not None and count <= self._streamed:
            self._longest_gap = max(self._longest_gap, self._clock.monotonic() - self._heard)

    def _count(self, logs: str) -> None:
        """Take over a log, of which the last line may be incomplete."""
        *lines, rest = _LINE_END.split(logs)
        self._text = logs[: len(logs) - len(rest)]
        self._known = len(lines)

    def _take(self, events: list[ServerSentEvent]) -> Received:
        new: list[str] = []
        before = self._streamed
        is_over = False
        for event in events:
            is_over = event.name in _LAST
            if is_over:
                break
            # A server that ignores Last-Event-ID starts from the beginning.
            is_repeated = event.id != self._previous_id and event.id in self._ids
            self._previous_id = self._last_id = event.id
            if len(self._ids) < _MAX_IDS:
                self._ids.add(event.id)
            if event.name == _OUTPUT:
                # The end is near, so that polls should not be rare.
                self._heard = None
            elif event.name == _LOGS and not is_repeated:
                new += self._new_lines(event.data)
        now = self._clock.monotonic()
        if before < self._owed <= self._streamed and now - self._owed_since > _MAX_LAG:
            self.is_late = True
        if new:
            self._longest_gap = max(self._longest_gap, now - (self._heard or self._opened_at))
            self._heard = now
            bar, known = parse_progress("\n".join(new)), self._bar
            if bar is not None and known is not None and bar.total == known.total and bar.current > known.current:
                self._bar, self._advanced = bar, now
            self._attempts.restart()
            self._last_line = (self._known, new[-1])
            self._text += "".join([f"{line}\n" for line in new])
            self._prediction._update(_with_log(self._prediction._model, self._text))
        elif self._heard is None and before < self._streamed and self._known <= self._streamed:
            # It has caught up with the log.
            self._heard = now
        return Received(bool(new), is_over)

    def _new_lines(self, text: str) -> list[str]:
        """Return the new lines of an event, which has one or more, with or without the last line's end."""
        lines = _LINE_END.split(text)
        if len(lines) > 1 and not lines[-1]:
            lines.pop()
        before, self._streamed = self._streamed, self._streamed + len(lines)
        new = lines[max(self._known - before, 0) :]
        self._known += len(new)
        return new

    def _break(self, problem: str, status: int | None) -> Flow[Received]:
        """Decide what follows a connection that has ended: another one after a pause, or none.

        Args:
            status: The status of a response that is no stream, or 0 if no other one would be any; None if the
                connection broke.
        """
        log.debug("the stream of %s: %s", self._prediction.id, problem)
        yield from self.close()
        parser, self._parser = self._parser, None
        asked = None if parser is None or parser.retry is None else parser.retry / 1000
        pause = None
        if (status is None or is_transient_status(status)) and self._connections < MAX_CONNECTIONS:
            error = TransportError(f"the event stream of {self._prediction.id} broke off")
            pause = self._attempts.pause_after(Failed(error, asked))
        if pause is None:
            yield from self.leave()
        else:
            self.reopen_at = self._clock.monotonic() + pause
        return Received(False, is_over=parser is not None)


def _with_log(model: PredictionModel, logs: str) -> PredictionModel:
    """Return a prediction with a longer log, which only a model that runs can have printed."""
    newer = copy(model)
    newer.logs = logs
    if newer.status == _STARTING:
        newer.status = _PROCESSING
    return newer


def _may_pass(error: Exception) -> bool:
    """Whether another connection may fare better than one that ended with an error."""
    return isinstance(error, httpx.TransportError | httpx.StreamError) and not isinstance(
        error, httpx.UnsupportedProtocol
    )
