"""Server-sent events, parsed incrementally as the HTML standard specifies."""

from __future__ import annotations

import codecs
import io
from typing import NamedTuple

MAX_EVENT_LENGTH = 4 * 1024 * 1024
"""The longest event that is accepted, in characters."""
MAX_ID_LENGTH = 1024
"""The longest ID that is accepted, in characters; a longer one is ignored."""


class ServerSentEvent(NamedTuple):
    """One event."""

    name: str
    data: str
    id: str
    """The last ID that the stream sent, up to this event; empty before the first."""


class EventParser:
    """Parses events from chunks of a stream."""

    def __init__(self) -> None:
        # The reconnection time in milliseconds, if the server set one.
        self.retry: int | None = None
        # UTF-8, with an optional byte order mark; invalid bytes are replaced.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        # The start of a line, to which a server may add a byte at a time.
        self._rest = io.StringIO()
        self._ended_with_cr = False
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        self._id = ""

    def feed(self, chunk: bytes) -> list[ServerSentEvent]:
        """Parse the next chunk of the stream, and return the events that it completes.

        Raises:
            ValueError: If an event is longer than `MAX_EVENT_LENGTH`.
        """
        text = self._decoder.decode(chunk)
        if not text:
            return []
        if self._ended_with_cr and text[0] == "\n":
            text = text[1:]
        self._ended_with_cr = text[-1:] == "\r"
        lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
        if len(lines) > 1:
            lines[0] = self._rest.getvalue() + lines[0]
            self._rest = io.StringIO()
        self._rest.write(lines.pop())
        events: list[ServerSentEvent] = []
        data = self._data
        for line in lines:
            if line[:6] == "data: ":
                data.append(line[6:])
                self._size += len(line) + 1
            elif not line:
                if data:
                    events.append(ServerSentEvent(self._name or "message", "\n".join(data), self._id))
                    data.clear()
                    self._size = 0
                self._name = ""
            else:
                self._parse_field(line)
        if self._size + self._rest.tell() > MAX_EVENT_LENGTH:
            raise ValueError(f"an event of the stream is longer than {MAX_EVENT_LENGTH} characters")
        return events

    def _parse_field(self, line: str) -> None:
        # A line that begins with a colon is a comment: its field has no name.
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
                # An empty line takes memory as well.
                self._size += len(line) + 1
            case "event":
                self._name = value
            case "id" if len(value) <= MAX_ID_LENGTH and "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value[:9])
