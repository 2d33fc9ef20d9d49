"""Decodes the picture of an input, and draws it as the frames of an output."""

from __future__ import annotations

from io import BytesIO

from PIL import ExifTags, Image, ImageFilter, ImageOps

from ..cog.sizes import SIDE_LIMIT
from .caption import draw_label
from .sprite import Colour, Planes, mix, paste_planes, to_planes

PIXEL_LIMIT = 2**26
"""The most pixels of a picture that is decoded; a larger one could fill the memory."""

_FORMATS = ("PNG", "JPEG", "WEBP", "GIF")
# The values of the orientation in EXIF data that turn a picture by a quarter.
_ON_ITS_SIDE = frozenset((5, 6, 7, 8))
_LARGEST_ZOOM = 1.15
_BACKDROP_SIDE = 48


def decode(encoded: bytes) -> Image.Image | None:
    """The picture in RGBA, upright and no larger than an output; None for one that is broken or too large."""
    try:
        with Image.open(BytesIO(encoded), formats=_FORMATS) as picture:
            if picture.width * picture.height > PIXEL_LIMIT:
                return None
            # Before anything copies it, because the largest fill 256 MB.
            picture.thumbnail((SIDE_LIMIT, SIDE_LIMIT))
            return ImageOps.exif_transpose(picture).convert("RGBA")
    except Exception:
        # Pillow's decoders raise nearly any class for bytes that are not as they should be.
        return None


def scaled_size(encoded: bytes, scale: float) -> tuple[int, int] | None:
    """Width and height of a picture times a scale, in pixels; None for one that is broken or too large.

    Only its head is read, so that is quick.
    """
    try:
        with Image.open(BytesIO(encoded), formats=_FORMATS) as picture:
            width, height = picture.size
            if picture.getexif().get(ExifTags.Base.Orientation) in _ON_ITS_SIDE:
                width, height = height, width
    except Exception:
        # As in `decode`.
        return None
    shrunk = min(1, SIDE_LIMIT / max(width, height)) * scale
    return None if width * height > PIXEL_LIMIT else (max(1, round(width * shrunk)), max(1, round(height * shrunk)))


class InputPicture:
    """A picture, whole and on a blurred backdrop of itself, that grows from frame to frame.

    Args:
        picture: In RGBA.
        width: Of the frames, in pixels.
        height: Of the frames, in pixels.
        frames: The number of frames.
        chroma_step: 2 for halved chroma, else 1.
        labelled: Whether to write MOCK in a corner.
    """

    def __init__(
        self, picture: Image.Image, width: int, height: int, *, frames: int, chroma_step: int, labelled: bool
    ) -> None:
        mean = picture.convert("RGB").resize((1, 1), Image.Resampling.BOX).getpixel((0, 0))
        assert isinstance(mean, tuple)
        red, green, blue = mean
        self.ink: Colour = mix((red, green, blue), (0, 0, 0), 0.75)
        self.glow: Colour = mix((red, green, blue), (255, 255, 255), 0.5)
        self._frames = frames

        view = _backdrop(picture, self.ink).resize((width, height), Image.Resampling.BICUBIC)
        scale = min(width / picture.width, height / picture.height)
        size = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
        fitted = picture.resize(size, Image.Resampling.BICUBIC)
        view.paste(fitted, ((width - size[0]) // 2, (height - size[1]) // 2), fitted)
        if labelled:
            draw_label(view, at_left=True, ground=self.ink, ink=self.glow)
        self._planes = to_planes(view, chroma_step)

    def draw(self, planes: Planes, number: int) -> None:
        """Draw one frame, counted from 0, into planes that may have more rows."""
        if number == 0:
            paste_planes(planes, self._planes)
            return
        zoom = 1 + (_LARGEST_ZOOM - 1) * number / max(1, self._frames - 1)
        # Each grows from the upper left corner, where the label is.
        grown = (
            plane.resize(plane.size, Image.Resampling.BILINEAR, (0, 0, plane.width / zoom, plane.height / zoom))
            for plane in self._planes
        )
        paste_planes(planes, tuple(grown))


def _backdrop(picture: Image.Image, ink: Colour) -> Image.Image:
    """The picture, small, blurred and dark, for what its proportions leave over."""
    small = Image.new("RGBA", (_BACKDROP_SIDE, _BACKDROP_SIDE), ink)
    small.alpha_composite(picture.resize(small.size, Image.Resampling.BOX))
    return Image.blend(small.convert("RGB").filter(ImageFilter.GaussianBlur(4)), Image.new("RGB", small.size, ink), 0.5)
