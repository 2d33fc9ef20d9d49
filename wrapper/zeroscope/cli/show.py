"""The command's output on stdout: results and predictions, as text or JSON."""

from __future__ import annotations

import json
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path

from .._text import escape, excerpt
from ..prediction import Prediction
from ..state import PredictionState, output_videos


def result(prediction: Prediction, saved: Sequence[Path], *, as_json: bool) -> None:
    """Print a result: the prediction as JSON, else a line for each saved file, else the URLs of its videos."""
    if as_json:
        print(json.dumps(prediction.to_dict(), indent=2))
        return
    seed = [] if prediction.seed is None else [f"seed {prediction.seed}"]
    for path in saved:
        print(f"{escape(str(path))}: {', '.join([*_properties(path), *seed])}")
    if not saved:
        for video in prediction.videos:
            print(escape(video.url))


def prediction(prediction: PredictionState, *, as_json: bool) -> None:
    """Print a prediction."""
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


def predictions(listed: Sequence[Prediction], *, as_json: bool) -> None:
    """Print predictions, one per line."""
    if as_json:
        print(json.dumps([prediction.to_dict() for prediction in listed], indent=2))
        return
    for prediction in listed:
        created = f"{prediction.created_at:%Y-%m-%d %H:%M:%S}" if prediction.created_at else "-"
        prompt = str(prediction.input.get("prompt", ""))
        parts = [excerpt(prediction.id), f"{excerpt(prediction.status):<10}", created]
        print("  ".join([*parts, excerpt(prompt, 60) if prompt else ""]).rstrip())


def _properties(path: Path) -> list[str]:
    """The properties of a file: its size and, where PyAV is installed, picture size, length and frame rate."""
    size = f"{path.stat().st_size / 1024:.0f} KiB"
    try:
        import av
        import av.error
    except ModuleNotFoundError:
        return [size]
    try:
        with av.open(str(path)) as container:
            stream = container.streams.video[0]
            frames = stream.frames or sum(1 for _ in container.decode(stream))
            rate = stream.average_rate or Fraction(0)
            return [f"{stream.width}x{stream.height}", f"{frames} frames at {float(rate):g} fps", size]
    except (av.error.FFmpegError, IndexError):
        return [size, "not a video that can be read"]
