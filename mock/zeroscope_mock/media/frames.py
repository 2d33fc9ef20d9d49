"""The frames of pictures and videos: a view, and a caption below it."""

from __future__ import annotations

from PIL import Image

from .caption import Caption
from .input_picture import InputPicture, decode
from .output_file import OutputFile
from .scene import Scene
from .sprite import Planes, to_rgb

SMALLEST_SIDE = 16
"""The least width and height of a scene, in pixels."""

_READABLE_SIDE = 96
# A moment when the meteor of every scene is to be seen.
_STILL_RATE, _STILL_FRAME = 2, 1


class Frames:
    """The frames of one file, in any order.

    Args:
        file: The file.
        width: In pixels, at least `SMALLEST_SIDE`.
        height: In pixels, at least `SMALLEST_SIDE`.
        fps: Frames per second, at least 1.
        count: The number of frames; None for a still, whose caption has the size in place of the frame's number.
        chroma_step: 2 for halved chroma, else 1.
    """

    def __init__(
        self, file: OutputFile, width: int, height: int, *, fps: int = 1, count: int | None = None, chroma_step: int = 1
    ) -> None:
        self._still = count is None
        self._size = width, height
        readable = min(width, height) >= _READABLE_SIDE
        self._caption = Caption(file.text, width, height) if readable else None
        view = height - self._caption.height if self._caption else height
        picture = decode(file.picture) if file.picture else None
        self._view: Scene | InputPicture
        if picture is None:
            self._view = Scene(
                width,
                view,
                fps=_STILL_RATE if self._still else fps,
                seed=file.seed,
                index=file.index,
                chroma_step=chroma_step,
                labelled=readable,
            )
        else:
            self._view = InputPicture(
                picture, width, view, frames=count or 1, chroma_step=chroma_step, labelled=readable
            )
        if self._caption:
            place = f"seed {file.seed}" + (f" · output-{file.index}" if file.index else "")
            left = f"{width}x{height} {file.suffix}" if count is None else count
            self._caption.draw(left, place, self._view.ink, self._view.glow, chroma_step)

    def draw(self, planes: Planes, number: int) -> None:
        """Draw one frame, counted from 0, into planes of its size."""
        self._view.draw(planes, number)
        if self._caption:
            # After the view, of which some may reach into it.
            self._caption.paste(planes, number, self._size[1] - self._caption.height)

    def rgb(self, number: int) -> Image.Image:
        """One frame, counted from 0, whose chroma is not halved."""
        planes = tuple(Image.new("L", self._size) for _ in range(3))
        self.draw(planes, number)
        return to_rgb(planes)

    def still(self) -> Image.Image:
        """The one frame of a still."""
        return self.rgb(_STILL_FRAME if isinstance(self._view, Scene) else 0)


def drawn_size(file: OutputFile) -> tuple[int, int]:
    """The size at which the file's frames are drawn: its own, except where a scene would be too small."""
    width, height = file.bounded_size
    return max(SMALLEST_SIDE, width), max(SMALLEST_SIDE, height)
