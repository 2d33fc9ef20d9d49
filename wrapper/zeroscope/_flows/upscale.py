"""The model's second step, which makes a large video from a small draft."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._numbers import conversion_hint, is_number
from .._service.validation import input_schema
from .._steps import Flow
from ..errors import ConfigurationError, OutputExpiredError, invalid_argument
from ..state import PredictionState, VideoState, output_videos, retention_seconds
from . import read
from .request import Sender

# The weights' cards recommend this for the second step, after a draft by another model at a lower resolution.
_SECOND_STEP: Mapping[str, Any] = {"model": "xl", "width": 1024, "height": 576}
# The second step resamples the draft to these fields, so they keep the draft's values.
_CARRIED = ("prompt", "num_frames", "fps")


def upscaling_input(
    sender: Sender, draft: PredictionState | VideoState, strength: float, input: Mapping[str, Any]
) -> Flow[dict[str, Any]]:
    """Return the input that makes a large video from a draft: a video, or the first video of a prediction."""
    if not is_number(strength, maximum=1):
        raise invalid_argument("strength", f"{strength!r} is not a number from 0 to 1{conversion_hint(strength)}")
    prediction = draft.prediction if isinstance(draft, VideoState) else draft
    if not isinstance(prediction, PredictionState):
        raise ConfigurationError(f"{draft!r:.120} is neither a prediction nor one of its videos, so it is not a draft")
    if prediction._lacks_output or prediction._lacks_input:
        prediction._update((yield from read.get(sender, prediction.id)))
    prediction.raise_for_status()
    _require_fresh(prediction, sender.clock.time())
    defaults = {name: field.get("default") for name, field in input_schema()["properties"].items()}
    carried = {name: prediction.input.get(name, defaults.get(name)) for name in _CARRIED if name in defaults}
    return {
        **_SECOND_STEP,
        **{name: value for name, value in carried.items() if value is not None},
        "init_video": draft.url if isinstance(draft, VideoState) else output_videos(prediction.output)[0][1],
        # Rounded, or 1 - 0.7 would be 0.30000000000000004.
        "init_weight": round(1 - strength, 9),
        **input,
    }


def _require_fresh(draft: PredictionState, now: float) -> None:
    """Refuse a draft whose videos are removed by now: the second step would be billed and fail."""
    retention = retention_seconds()
    if draft.completed_at is not None and (age := now - draft.completed_at.timestamp()) >= retention:
        raise OutputExpiredError(
            draft,
            f"ended {age / 60:.0f} minutes ago, and the service keeps videos for {retention / 60:.0f}; create the "
            "draft again, or pass a copy that you saved as init_video=",
        )
