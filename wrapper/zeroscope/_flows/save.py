"""Saving all videos of a prediction, as a flow."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING

from .._disk import outputs as _targets
from .._steps import Flow, Work
from ..options import OnProgress
from ..video import about
from . import create as _flows
from . import wait as _waiting
from .request import Sender

if TYPE_CHECKING:
    from ..prediction import AsyncPrediction, Prediction


def save_all(
    sender: Sender,
    prediction: Prediction | AsyncPrediction,
    folder: str | PathLike[str],
    overwrite: bool,
    on_progress: OnProgress | None,
) -> Flow[list[Path]]:
    """Fetch all videos into a folder, one after another; all names are checked before the first is fetched."""
    # A list may leave the output out, which does not mean that there is none.
    if prediction._lacks_output:
        prediction._update((yield from _flows.get(sender, prediction.id)))
    _waiting.check(prediction)
    videos = prediction.videos
    with about(prediction):
        names = _targets.unique_file_names([(video.index, video.url) for video in videos])
    targets = [Path(folder) / name for name in names]
    yield Work(partial(_targets.make_folder, Path(folder)))
    for target in targets:
        yield Work(partial(_targets.require_writable, target, overwrite))
    saved: list[Path] = []
    try:
        for video, target in zip(videos, targets, strict=True):
            saved.append((yield from video._saving(target, overwrite, on_progress)))
    except BaseException as error:
        error.add_note(_tell(saved, targets))
        raise
    return saved


def _tell(saved: list[Path], targets: list[Path]) -> str:
    """What an error leaves behind."""
    if not saved:
        return "None of the videos is saved."
    done, left = (", ".join(map(str, some)) for some in (saved, targets[len(saved) :]))
    return f"Saved: {done}. Missing: {left}; save those with video.save(path), or all again with overwrite=True."
