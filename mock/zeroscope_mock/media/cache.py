"""A cache of the output files of predictions, rendered when first fetched."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from . import formats
from .output_file import OutputFile

CACHE_SIZE = 64 * 2**20
"""The number of bytes kept; the least recently fetched files go first, and are rendered again when needed."""

# Ids repeat after a reset, so the content is part of the key.
_Key = tuple[str, OutputFile]


class FileCache:
    """The latest files, by their prediction and what they show. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._rendering: dict[_Key, threading.Lock] = {}
        # Each render takes a processor and, for large videos, hundreds of megabytes.
        self._processors = threading.Semaphore(os.cpu_count() or 1)

    def renderer(self, prediction_id: str, file: OutputFile) -> Callable[[], bytes]:
        """A function that returns the bytes of a file, which may take seconds.

        Args:
            prediction_id: The id of its prediction.
            file: What it shows.
        """
        key = (prediction_id, file)

        def get() -> bytes:
            with self._lock:
                lock = self._rendering.setdefault(key, threading.Lock())
            try:
                # A second thread waits for the first one's file instead of rendering another.
                with lock:
                    content = self._kept(key)
                    if content is None:
                        with self._processors:
                            content = formats.render(file)
                        self._keep(key, content)
            finally:
                with self._lock:
                    self._rendering.pop(key, None)
            return content

        return get

    def clear(self) -> None:
        """Forget all files."""
        with self._lock:
            self._files.clear()
            self._size = 0

    def _kept(self, key: _Key) -> bytes | None:
        with self._lock:
            content = self._files.get(key)
            if content is not None:
                self._files.move_to_end(key)
            return content

    def _keep(self, key: _Key, content: bytes) -> None:
        with self._lock:
            if key not in self._files:
                self._files[key] = content
                self._size += _size(key, content)
            while self._size > CACHE_SIZE:
                self._size -= _size(*self._files.popitem(last=False))


def _size(key: _Key, content: bytes) -> int:
    # The key keeps the input's picture in memory.
    return len(content) + len(key[1].picture or b"")
