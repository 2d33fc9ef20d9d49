"""The model's second step, which makes a large video from a small draft."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .._constants import DRAFT_FIELDS
from .._numbers import conversion_hint, is_number
from .._service.spec import input_schema
from .._steps import Flow
from ..errors import ConfigurationError, OutputExpiredError, invalid_argument
from ..state import PredictionState, output_videos, retention_seconds
from ..video_state import VideoState
from . import read
from .request import Sender

# The weights' cards recommend this for the second step, after a draft by another model at a lower resolution.
_SECOND_STEP: Mapping[str, Any] = {"model": "xl", "width": 1024, "height": 576}
# The second step resamples the draft to these fields, so they keep the draft's values.
_CARRIED = ("prompt", "num_frames", "fps")
KNOWN_FIELDS = (*_SECOND_STEP, *_CARRIED)
"""The fields that the second step has without being given."""


def upscaling_input(
    sender: Sender,
    draft: PredictionState | VideoState | Sequence[VideoState],
    strength: float,
    input: Mapping[str, Any],
) -> Flow[dict[str, Any]]:
    """Return the input that makes a large video from a draft: a video, or the first of a list or a prediction."""
    if not is_number(strength, maximum=1):
        raise invalid_argument("strength", f"{strength!r} is not a number from 0 to 1{conversion_hint(strength)}")
    # Any sequence but a string, which may be a URL.
    if isinstance(draft, Sequence) and not isinstance(draft, str | bytes):
        draft = _first_video(draft)
    prediction = draft.prediction if isinstance(draft, VideoState) else draft
    if not isinstance(prediction, PredictionState):
        raise ConfigurationError(f"{draft!r:.120} is neither a prediction nor one of its videos, so it is not a draft")
    if prediction._lacks_output or prediction._lacks_input:
        prediction._update((yield from read.get(sender, prediction.id)))
    prediction.raise_for_status()
    _require_fresh(prediction, sender.clock.time())
    video = draft.url if isinstance(draft, VideoState) else output_videos(prediction.output)[0][1]
    return second_step(video, strength, prediction.input, input)


def _first_video(videos: Sequence[VideoState]) -> VideoState:
    """Return the first of the videos of one prediction: of several, it would not be clear which one is meant."""
    if not videos or not all(isinstance(video, VideoState) for video in videos):
        raise ConfigurationError(f"{videos!r:.120} is not a list of a prediction's videos, so it is not a draft")
    if len({None if video.prediction is None else video.prediction.id for video in videos}) > 1:
        raise ConfigurationError("the videos in the list are of several predictions; upscale them one by one")
    return videos[0]


def _require_fresh(draft: PredictionState, now: float) -> None:
    """Refuse a draft whose videos are removed by now: the second step would be billed and fail."""
    retention = retention_seconds()
    if draft.completed_at is not None and (age := now - draft.completed_at.timestamp()) >= retention:
        raise OutputExpiredError(
            draft,
            f"ended {age / 60:.0f} minutes ago, and the service keeps videos for {retention / 60:.0f}; create the "
            "draft again, or pass a copy that you saved as init_video=",
        )


def second_step(video: object, strength: float, draft: Mapping[str, Any], input: Mapping[str, Any]) -> dict[str, Any]:
    """Return the input that makes a large video.

    Args:
        video: The draft's file, in a form that the field takes.
        strength: The share that is regenerated, from 0 to 1.
        draft: The draft's input, as far as it is known; fields that are missing had their defaults.
        input: Further fields, which replace those above.
    """
    defaults = {name: field.get("default") for name, field in input_schema()["properties"].items()}
    carried = {name: draft.get(name, defaults.get(name)) for name in _CARRIED if name in defaults}
    # Rounded, or 1 - 0.7 would be 0.30000000000000004.
    from_draft = dict(zip(DRAFT_FIELDS, (video, round(1 - strength, 9)), strict=True))
    return {
        **_SECOND_STEP,
        **{name: value for name, value in carried.items() if value is not None},
        **from_draft,
        **input,
    }
