"""A cache of the videos of predictions, rendered when first fetched."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from ..lifecycle.model_input import ModelInput

CACHE_SIZE = 64 * 2**20
"""The number of bytes of videos kept; the least recently fetched go first, and are rendered again when needed."""

# Ids repeat after a reset, so the content is part of the key.
_Key = tuple[str, int, ModelInput, int]


class VideoCache:
    """The latest videos, by their prediction, their index and their input. Threads may share it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._videos: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._rendering: dict[_Key, threading.Lock] = {}
        # Each render takes a processor and, for large videos, hundreds of megabytes.
        self._processors = threading.Semaphore(os.cpu_count() or 1)

    def renderer(self, prediction_id: str, index: int, wanted: ModelInput, seed: int) -> Callable[[], bytes]:
        """A function that returns the bytes of one MP4, which may take seconds.

        Args:
            prediction_id: The id of its prediction.
            index: Its index among the prediction's videos, from 0.
            wanted: The prediction's input.
            seed: The seed that the prediction used.
        """
        key = (prediction_id, index, wanted, seed)

        def get() -> bytes:
            with self._lock:
                lock = self._rendering.setdefault(key, threading.Lock())
            # A second thread waits for the first one's video instead of rendering another.
            with lock:
                video = self._kept(key)
                if video is None:
                    with self._processors:
                        video = render_video()
                    self._keep(key, video)
            with self._lock:
                self._rendering.pop(key, None)
            return video

        def render_video() -> bytes:
            # Imports Pillow and PyAV, which are larger than all the rest together.
            from .video import render

            return render(
                wanted.prompt,
                width=wanted.width,
                height=wanted.height,
                fps=wanted.fps,
                num_frames=wanted.num_frames,
                seed=seed,
                index=index,
            )

        return get

    def clear(self) -> None:
        """Forget all videos."""
        with self._lock:
            self._videos.clear()
            self._size = 0

    def _kept(self, key: _Key) -> bytes | None:
        with self._lock:
            video = self._videos.get(key)
            if video is not None:
                self._videos.move_to_end(key)
            return video

    def _keep(self, key: _Key, video: bytes) -> None:
        with self._lock:
            if key not in self._videos:
                self._videos[key] = video
                self._size += len(video)
            while self._size > CACHE_SIZE:
                self._size -= len(self._videos.popitem(last=False)[1])
