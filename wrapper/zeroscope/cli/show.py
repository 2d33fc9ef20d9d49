"""The command's output on stdout: results and predictions, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .._text import escape, excerpt
from . import video_files

if TYPE_CHECKING:
    from ..prediction import Prediction
    from ..state import PredictionState


def result(prediction: Prediction, saved: Sequence[Path], *, as_json: bool) -> None:
    """Print a result: the prediction as JSON, else a line for each saved file, else the URLs of its videos."""
    if as_json:
        print(json.dumps(result_json(prediction, saved), indent=2))
        return
    seed = [] if prediction.seed is None else [f"seed {prediction.seed}"]
    for path in saved:
        print(f"{escape(str(path))}: {', '.join([*video_files.describe(path), *seed])}")
    if not saved:
        for video in prediction.videos:
            print(escape(video.url))


def result_json(prediction: PredictionState, saved: Sequence[Path]) -> dict[str, Any]:
    """Return a prediction as the service sent it, with one more key for the files of its videos, in their order."""
    return {**prediction.to_dict(), "saved_files": list(map(str, saved))}


def prediction(prediction: PredictionState, *, as_json: bool) -> None:
    """Print a prediction."""
    from ..state import output_videos

    if as_json:
        print(json.dumps(prediction.to_dict(), indent=2))
        return
    step = prediction.progress
    lines = {
        "id": prediction.id,
        "status": prediction.status,
        "progress": f"{step.current}/{step.total}" if step else None,
        "prompt": prediction.input.get("prompt"),
        "seed": prediction.seed,
        "created": prediction.created_at,
        "started": prediction.started_at,
        "completed": prediction.completed_at,
        "predict time": f"{seconds} s" if (seconds := prediction.metrics.get("predict_time")) is not None else None,
        "error": prediction.error,
    }
    for name, value in lines.items():
        if value is not None:
            print(f"{name + ':':<14}{excerpt(str(value), 1000)}")
    for _, url in output_videos(prediction.output):
        print(f"{'video:':<14}{escape(url)}")
