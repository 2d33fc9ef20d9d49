"""The videos of predictions: rendered when first fetched, and the latest ones kept."""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable

from ..lifecycle.script import ModelInput

CACHE_SIZE = 64 * 2**20
"""How many bytes of videos are kept at most; those fetched longest ago go first, and are rendered again if need be."""

# Ids come again after a reset, so what is to be seen is part of it.
_Key = tuple[str, int, ModelInput, int]


class Outputs:
    """The videos, by their prediction, their place in it and what it was asked for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._videos: OrderedDict[_Key, bytes] = OrderedDict()
        self._size = 0
        self._turns: dict[_Key, threading.Lock] = {}
        # Each render takes a processor and, for large videos, hundreds of megabytes.
        self._processors = threading.Semaphore(os.cpu_count() or 1)

    def video(self, prediction_id: str, index: int, wanted: ModelInput, seed: int) -> Callable[[], bytes]:
        """A function that returns the bytes of one MP4, which can take a while.

        Args:
            prediction_id: the prediction it belongs to.
            index: its place among the prediction's videos.
            wanted: what the prediction was asked for.
            seed: the seed that the prediction used.
        """
        key = (prediction_id, index, wanted, seed)

        def make() -> bytes:
            with self._lock:
                turn = self._turns.setdefault(key, threading.Lock())
            # Whoever comes second waits for the first one's video instead of making another.
            with turn:
                video = self._kept(key)
                if video is None:
                    with self._processors:
                        video = render_it()
                    self._keep(key, video)
            with self._lock:
                self._turns.pop(key, None)
            return video

        def render_it() -> bytes:
            # Brings Pillow and PyAV, more than all the rest together.
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

        return make

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
