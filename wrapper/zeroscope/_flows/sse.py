"""Server-sent events, read from bytes that come in pieces (the HTML standard, «Server-sent events»)."""

from __future__ import annotations

import codecs
from typing import NamedTuple

LONGEST = 16 * 1024 * 1024
"""The longest event that is read, in characters; what goes on beyond that is no event."""


class ServerSentEvent(NamedTuple):
    """One event."""

    name: str
    data: str
    id: str
    """The ID of the last event that had one, this one included; empty before the first."""


class Parser:
    """Reads events from pieces of a stream, wherever it was cut.

    Attributes:
        retry: The pause before a new connection that the server asked for, in milliseconds, if it did.
    """

    def __init__(self) -> None:
        self.retry: int | None = None
        # Of UTF-8 with an optional mark at the beginning; what is none is replaced.
        self._decoder = codecs.getincrementaldecoder("utf-8-sig")("replace")
        self._rest = ""
        self._ended_with_cr = False
        self._name = ""
        self._data: list[str] = []
        self._size = 0
        self._id = ""

    def feed(self, piece: bytes) -> list[ServerSentEvent]:
        """The events that end with a piece.

        Args:
            piece: The next bytes of the stream.

        Raises:
            ValueError: If an event is longer than any that makes sense.
        """
        text = self._decoder.decode(piece)
        if not text:
            return []
        if self._ended_with_cr and text[0] == "\n":
            text = text[1:]
        self._ended_with_cr = text[-1:] == "\r"
        if "\r" in text:
            text = text.replace("\r\n", "\n").replace("\r", "\n")
        lines = (self._rest + text).split("\n")
        self._rest = lines.pop()
        events: list[ServerSentEvent] = []
        data = self._data
        for line in lines:
            if line[:6] == "data: ":
                data.append(line[6:])
                self._size += len(line)
            elif not line:
                if data:
                    events.append(ServerSentEvent(self._name or "message", "\n".join(data), self._id))
                    data.clear()
                    self._size = 0
                self._name = ""
            else:
                self._take(line)
        if self._size + len(self._rest) > LONGEST:
            raise ValueError(f"an event of the stream is longer than {LONGEST} characters")
        return events

    def _take(self, line: str) -> None:
        """Take in a field; a line that begins with a colon is a comment and none."""
        field, _, value = line.partition(":")
        value = value.removeprefix(" ")
        match field:
            case "data":
                self._data.append(value)
                self._size += len(value)
            case "event":
                self._name = value
            case "id" if "\0" not in value:
                self._id = value
            case "retry" if value.isascii() and value.isdigit():
                self.retry = int(value[:9])
