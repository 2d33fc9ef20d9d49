"""The videos of predictions: rendered when first fetched, and the latest ones kept."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable

from ..courses.script import ModelInput

CACHE_SIZE = 64 * 2**20
"""How many bytes of videos are kept at most; those fetched longest ago go first, and are rendered again if need be."""


class Outputs:
    """The videos, by the id of their prediction and their place in it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._videos: OrderedDict[tuple[str, int], bytes] = OrderedDict()
        self._size = 0

    def video(self, prediction_id: str, index: int, wanted: ModelInput, seed: int) -> Callable[[], bytes]:
        """A function that returns the bytes of one MP4, which can take a while.

        Args:
            prediction_id: the prediction it belongs to.
            index: its place among the prediction's videos.
            wanted: what the prediction was asked for.
            seed: the seed that the prediction used.
        """

        def make() -> bytes:
            with self._lock:
                if video := self._videos.get((prediction_id, index)):
                    self._videos.move_to_end((prediction_id, index))
                    return video
            # Brings Pillow and PyAV, more than all the rest together.
            from .video import render

            video = render(
                wanted.prompt,
                width=wanted.width,
                height=wanted.height,
                fps=wanted.fps,
                num_frames=wanted.num_frames,
                seed=seed,
                index=index,
            )
            self._keep((prediction_id, index), video)
            return video

        return make

    def clear(self) -> None:
        """Forget all videos."""
        with self._lock:
            self._videos.clear()
            self._size = 0

    def _keep(self, key: tuple[str, int], video: bytes) -> None:
        with self._lock:
            if key not in self._videos:
                self._videos[key] = video
                self._size += len(video)
            while self._size > CACHE_SIZE:
                self._size -= len(self._videos.popitem(last=False)[1])
