"""The flow that saves all videos of a prediction in a folder."""

from __future__ import annotations

from functools import partial
from os import PathLike
from pathlib import Path

from .._disk import outputs
from .._steps import Flow, RunBlocking
from ..options import DownloadOptions
from ..state import PredictionState, output_videos
from ..video_state import VideoState
from . import download, read
from .context import attached
from .request import Sender


def save_all(
    sender: Sender,
    prediction: PredictionState,
    folder: str | PathLike[str],
    overwrite: bool,
    options: DownloadOptions,
) -> Flow[list[Path]]:
    """Download all videos into a folder, one after another; all names are checked before the first download."""
    # A list may omit the output, which does not mean that there is none.
    if prediction._lacks_output:
        prediction._update((yield from read.get(sender, prediction.id)))
    prediction.raise_for_status()
    sources = output_videos(prediction.output)
    with attached(prediction):
        targets = [Path(folder) / name for name in outputs.unique_file_names(sources)]
    yield RunBlocking(partial(outputs.make_folder, Path(folder)))
    for target in targets:
        yield RunBlocking(partial(outputs.require_writable, target, overwrite))
    saved: list[Path] = []
    try:
        for (index, url), target in zip(sources, targets, strict=True):
            video = VideoState(url, index, None, prediction, prediction._local_copy(url))
            saved.append((yield from download.save(sender, video, target, overwrite, options)))
    except BaseException as error:
        error.add_note(_summary(saved, targets))
        raise
    return saved


def _summary(saved: list[Path], targets: list[Path]) -> str:
    if not saved:
        return "None of the videos is saved."
    done, left = (", ".join(map(str, some)) for some in (saved, targets[len(saved) :]))
    return f"Saved: {done}. Missing: {left}; save those with video.save(path), or all again with overwrite=True."
