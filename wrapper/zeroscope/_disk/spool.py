"""A spool: bytes that are held in memory, and on disk once they are many."""

from __future__ import annotations

import io
import tempfile
from typing import IO


class Spool:
    """Collects a file whose size is not known, and of which only a complete one is needed in memory.

    Args:
        in_memory: How many bytes are held in memory.
    """

    def __init__(self, in_memory: int) -> None:
        self._in_memory = in_memory
        self._file: IO[bytes] = io.BytesIO()
        self.size = 0

    def write(self, data: bytes) -> None:
        """Append bytes."""
        if self.size <= self._in_memory < self.size + len(data):
            self._move_to_disk()
        self._file.write(data)
        self.size += len(data)

    def restart(self) -> None:
        """Discard what was written so far."""
        self._file.seek(0)
        self._file.truncate()
        self.size = 0

    def content(self) -> bytes:
        """Return all bytes."""
        if isinstance(self._file, io.BytesIO):
            return self._file.getvalue()
        self._file.seek(0)
        return self._file.read()

    def discard(self) -> None:
        """Release the memory or the file."""
        self._file.close()

    def _move_to_disk(self) -> None:
        try:
            file = tempfile.TemporaryFile()  # noqa: SIM115 - see `discard`
        except OSError:
            # There may be no folder that can be written to.
            return
        file.write(self.content())
        self._file = file
