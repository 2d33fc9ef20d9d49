"""The files in which the command saves videos."""

from __future__ import annotations

import tempfile
from pathlib import Path
from urllib.parse import quote

from .._disk.outputs import file_name, require_writable
from .._text import excerpt
from ..prediction import Prediction
from .errors import command


def targets(output: Path | None, name: str, count: int) -> list[Path]:
    """The file of each video: the output itself for one, else with -0, -1 and so on before the extension.

    Args:
        output: A file, an existing folder, or None for the current folder.
        name: The file name without extension, where the output names none.
        count: The number of videos.
    """
    if output is None or output.is_dir():
        # The service chooses the name, which may be a path.
        safe = file_name(quote(name, safe="", errors="replace"), 0)
        output = (output or Path()) / f"{safe.removesuffix('.mp4')}.mp4"
    if count == 1:
        return [output]
    return [output.with_name(f"{output.stem}-{number}{output.suffix}") for number in range(count)]


def expand(output: Path | None) -> Path | None:
    """Expand ``~`` to the home folder, as shells leave it alone within quotes."""
    return output.expanduser() if output else None


def check(output: Path | None, count: object, overwrite: bool) -> None:
    """Raise an OSError if a file exists and may not be overwritten, or the folder is missing or cannot be written."""
    folder = output or Path()
    if output is not None and not output.is_dir():
        folder = output.parent
        # The spec or the service refuses an absurd number of videos.
        number = count if isinstance(count, int) and 1 <= count <= 1000 else 1
        for target in targets(output, "", number):
            require_writable(target, overwrite)
    try:
        # The only reliable test for whether a file can be created is to create one.
        tempfile.TemporaryFile(dir=folder).close()
    except OSError as error:
        raise PermissionError(error.errno, "no file can be saved in this folder", str(folder)) from error


def save(prediction: Prediction, output: Path | None, overwrite: bool) -> list[Path]:
    """Save all videos of a prediction and return their files."""
    videos = prediction.videos
    paths = targets(output, prediction.id, len(videos))
    try:
        return [video.save(path, overwrite=overwrite) for video, path in zip(videos, paths, strict=True)]
    except BaseException as error:
        error.add_note(
            f"Prediction {excerpt(prediction.id)} succeeded; save its videos within the hour with: "
            f"{command('wait', prediction.id)} --output FILE"
        )
        raise
