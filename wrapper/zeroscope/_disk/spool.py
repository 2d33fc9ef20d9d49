"""A spool: bytes that are held in memory, and on disk once they are many."""

from __future__ import annotations

from tempfile import SpooledTemporaryFile

# How many bytes are held in memory.
_IN_MEMORY = 64 * 1024 * 1024


class Spool:
    """Collects the bytes of a file whose size is not known, of which only a complete one is needed in memory."""

    def __init__(self) -> None:
        self._file = SpooledTemporaryFile(max_size=_IN_MEMORY)  # noqa: SIM115 - see `discard`

    def write(self, data: bytes) -> None:
        """Append bytes."""
        self._file.write(data)

    def restart(self) -> None:
        """Discard what was written so far."""
        self._file.seek(0)
        self._file.truncate()

    def content(self) -> bytes:
        """Return all bytes."""
        self._file.seek(0)
        return self._file.read()

    def discard(self) -> None:
        """Release the memory or the file."""
        self._file.close()
