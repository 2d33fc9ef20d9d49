"""A cache of the files of predictions, rendered when first fetched."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from .formats import render
from .output_file import OutputFile

CACHE_SIZE = 64 * 2**20
"""The number of bytes of contents kept; the least recently fetched go first, and are rendered again when needed."""

# Ids repeat after a reset, so the content is part of the key.
_Key = tuple[str, OutputFile]


class FileCache:
    """The latest contents, by their prediction, their index and their input. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._files: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._rendering: dict[_Key, threading.Lock] = {}
        # Each render takes a processor and, for large contents, hundreds of megabytes.
        self._processors = threading.Semaphore(os.cpu_count() or 1)

    def renderer(self, prediction_id: str, file: OutputFile) -> Callable[[], bytes]:
        """A function that returns the content of a file, which may take seconds.

        Args:
            prediction_id: The id of its prediction.
            file: The file.
        """
        key = (prediction_id, file)

        def get() -> bytes:
            with self._lock:
                lock = self._rendering.setdefault(key, threading.Lock())
            # A second thread waits for the first one's content instead of rendering another.
            with lock:
                content = self._kept(key)
                if content is None:
                    with self._processors:
                        content = render(file)
                    self._keep(key, content)
            with self._lock:
                self._rendering.pop(key, None)
            return content

        return get

    def clear(self) -> None:
        """Forget all contents."""
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
                self._size += len(content)
            while self._size > CACHE_SIZE:
                self._size -= len(self._files.popitem(last=False)[1])
