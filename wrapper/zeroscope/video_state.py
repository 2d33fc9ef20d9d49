"""The state of a video: its URL, and what is known of it."""

from __future__ import annotations

from copy import deepcopy
from dataclasses import dataclass, field, replace
from typing import Any, Self

from . import errors
from ._disk import outputs
from ._disk.local_copy import LocalCopy
from ._text import escape
from .state import PredictionState


@dataclass(frozen=True)
class VideoState:
    """A video of a prediction's output: its URL and its place among the videos."""

    url: str
    """The video's URL; the service removes it after an hour."""
    index: int
    """The video's number among the prediction's videos, from 0."""
    _driver: Any = field(default=None, repr=False, compare=False)
    prediction: PredictionState | None = field(default=None, repr=False, compare=False)
    """The prediction that made the video; None if the object was made by hand."""
    _copy: LocalCopy = field(default_factory=LocalCopy, repr=False, compare=False)

    @property
    def name(self) -> str:
        """The file name in the URL, made safe for every folder and system, such as ``output-0.mp4``."""
        return outputs.file_name(self.url, self.index)

    def __repr__(self) -> str:
        url = self.url if len(self.url) <= 120 else self.url[:119] + "…"
        return f"<{type(self).__name__} {self.index} {escape(url)}>"

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return replace(self, prediction=deepcopy(self.prediction, memo))

    def __getstate__(self) -> dict[str, Any]:
        known = {"url": self.url, "index": self.index, "prediction": self.prediction}
        return {**known, "_driver": None, "_copy": LocalCopy()}

    def _require_driver(self) -> Any:
        if self._driver is None:
            raise errors.ConfigurationError(
                f"{self!r} has no client; get its prediction with client.predictions.get(id)"
            )
        return self._driver
