"""The stream that a command prints to: its colors and its width."""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TextIO

# The pause before a stream that is full is tried again, in seconds.
_RETRY = 0.05
# The width of a terminal that does not say it.
_WIDTH = 80


class Terminal:
    """A stream, which a thread can write to without a lock of Python's.

    Args:
        stream: The stream.
        environment: The variables of the environment.

    Attributes:
        interactive: Whether lines can be written again in place.
        colored: Whether colors are shown.
    """

    def __init__(self, stream: TextIO | None = None, environment: Mapping[str, str] = os.environ) -> None:
        self._stream = sys.stdout if stream is None else stream
        self.interactive = self._stream.isatty() and environment.get("TERM") != "dumb"
        forced = environment.get("FORCE_COLOR", "") not in ("", "0")
        self.colored = not environment.get("NO_COLOR") and (forced or self.interactive)

    @property
    def width(self) -> int | None:
        """The number of columns in a line; None for any number."""
        if not self.interactive:
            return None
        try:
            return os.get_terminal_size(self._stream.fileno()).columns or _WIDTH
        except (OSError, ValueError):
            return _WIDTH

    def write_lines(self, lines: Sequence[str], before: str = "") -> None:
        """Write lines at once, with something before the first; nothing without lines.

        Raises:
            OSError: If the reader has closed the stream.
        """
        if lines:
            self.write(before + "".join(f"{line}\n" for line in lines))

    def write(self, text: str) -> None:
        """Write a text at once.

        The stream's own methods are not used: they hold a lock while a reader is slow, and Python aborts the process
        at its end if a thread holds it then.

        Raises:
            OSError: If the reader has closed the stream.
        """
        raw = getattr(getattr(self._stream, "buffer", None), "raw", None)
        if raw is None:
            self._stream.write(text)
            return
        data = text.encode(self._stream.encoding or "utf-8", "backslashreplace")
        while data:
            written = raw.write(data)
            if written is None:
                # Another program has made the stream one that does not block, and it is full.
                time.sleep(_RETRY)
            else:
                data = data[written:]
