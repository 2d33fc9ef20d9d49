"""The model's second step: a small draft becomes the source of a large video."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .._service.spec import spec
from .._service.validation import input_schema
from .._steps import Flow
from ..errors import ConfigurationError, InvalidField, InvalidInputError, OutputExpiredError
from ..state import PredictionState
from ..video import AsyncVideo, Video, sources
from . import create as _flows
from .request import Sender
from .wait import check

# What the weights' cards recommend for the second step, whose source is a draft by another model at a lower resolution.
_SECOND_STEP: Mapping[str, Any] = {"model": "xl", "width": 1024, "height": 576}
# The second step resamples the draft to what is asked for, so it asks for what the draft has.
_CARRIED = ("prompt", "num_frames", "fps")


def upscaling(
    sender: Sender, draft: PredictionState | Video | AsyncVideo, strength: float, input: Mapping[str, Any]
) -> Flow[dict[str, Any]]:
    """The input that makes a large video of a draft.

    Args:
        sender: Reads the draft, where a list has left parts of it out.
        draft: A prediction, of which the first video is taken, or one of its videos.
        strength: How much is made anew, from 0 to 1.
        input: Fields that are to be other than usual.
    """
    if isinstance(strength, bool) or not isinstance(strength, int | float) or not 0 <= strength <= 1:
        raise InvalidInputError([InvalidField("invalid_type", "strength", f"{strength!r} is not a number from 0 to 1")])
    prediction: Any = draft.prediction if isinstance(draft, Video | AsyncVideo) else draft
    if not isinstance(prediction, PredictionState):
        raise ConfigurationError(f"{draft!r:.120} is neither a prediction nor one of its videos, so it is no draft")
    if prediction._lacks_output or prediction._lacks_input:
        prediction._update((yield from _flows.get(sender, prediction.id)))
    check(prediction)
    _check_age(prediction, sender.clock.time())
    defaults = {name: field.get("default") for name, field in input_schema()["properties"].items()}
    carried = {name: prediction.input.get(name, defaults.get(name)) for name in _CARRIED if name in defaults}
    return {
        **_SECOND_STEP,
        **{name: value for name, value in carried.items() if value is not None},
        "init_video": draft.url if isinstance(draft, Video | AsyncVideo) else sources(prediction.output)[0][1],
        # Rounded, or 1 - 0.7 would be 0.30000000000000004.
        "init_weight": round(1 - strength, 9),
        **input,
    }


def _check_age(draft: PredictionState, now: float) -> None:
    """Refuse a draft whose videos are gone by now: the second step would be billed and fail."""
    retention = spec()["info"]["x-replicate"]["retention-seconds"]
    if draft.completed_at is not None and (age := now - draft.completed_at.timestamp()) >= retention:
        raise OutputExpiredError(
            draft,
            f"ended {age / 60:.0f} minutes ago, and the service keeps videos for {retention / 60:.0f}; create the "
            "draft anew, or pass a copy that you saved as init_video=",
        )
