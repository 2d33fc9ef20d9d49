"""Renders videos of a scene or of the input's picture, with a caption."""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any

import av
from PIL import Image

from ..lifecycle.model_input import RATE_LIMIT
from .frames import SMALLEST_SIDE, Frames
from .output_file import FRAME_LIMIT, OutputFile

PIXEL_LIMIT = 2**30
"""The most pixels of all frames, which take seconds to draw; longer videos are cut."""

# For 24 frames at 576x320, superfast makes a third fewer bytes in twice the time, veryfast two thirds in three times.
_ENCODER = {"preset": "ultrafast", "crf": "23"}
_VP9 = {"deadline": "realtime", "cpu-used": "8", "crf": "30", "b": "0"}
# Otherwise Matroska files have a random number as their id.
_BITEXACT = {"fflags": "+bitexact"}
# The container and the codec of each suffix, each with its options.
_CODECS: dict[str, tuple[str, dict[str, str], str, dict[str, str]]] = {
    "mp4": ("mp4", {}, "libx264", _ENCODER),
    "mov": ("mov", {}, "libx264", _ENCODER),
    "mkv": ("matroska", _BITEXACT, "libx264", _ENCODER),
    "webm": ("webm", _BITEXACT, "libvpx-vp9", _VP9),
}
# Numbers of the H.264 standard for how `sprite.to_planes` makes luma and chroma; older PyAV has no names for them.
_BT709 = _LIMITED_RANGE = 1


def render(file: OutputFile) -> bytes:
    """The bytes of a video in H.264, or in VP9 for WebM."""
    width, height = (max(SMALLEST_SIDE, side) for side in file.bounded_size)
    fps = min(max(1, file.fps), RATE_LIMIT)
    count = min(max(1, file.num_frames), FRAME_LIMIT, PIXEL_LIMIT // (width * height))
    # Browsers want halved chroma, which exists for even sides only.
    pixel_format, chroma_step = ("yuv444p", 1) if width % 2 or height % 2 else ("yuv420p", 2)
    frames = Frames(file, width, height, fps=fps, count=count, chroma_step=chroma_step)

    container_format, container_options, codec, options = _CODECS[file.suffix.lower()]
    content = BytesIO()
    with (
        av.open(content, "w", format=container_format, container_options=container_options) as container,
        ThreadPoolExecutor(1) as thread,
    ):
        encoding = deque[Future[Any]]()
        stream: Any = container.add_stream(codec, rate=fps, options=options)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        encoder = stream.codec_context
        # The bytes depend on the number of threads, and so on the machine, unless it is fixed.
        encoder.thread_count = 1
        encoder.color_range = _LIMITED_RANGE
        encoder.colorspace = encoder.color_primaries = encoder.color_trc = _BT709
        # Otherwise the first packet would start it, while a frame is encoded in the other thread.
        container.start_encoding()
        # One is drawn while another is encoded and a third waits; new memory for each would take as long as drawing it.
        buffers = [av.VideoFrame(width, height, pixel_format) for _ in range(min(3, count))]
        planes = [tuple(map(_image, frame.planes)) for frame in buffers]
        for number in range(count):
            frame = buffers[number % len(buffers)]
            frames.draw(planes[number % len(buffers)], number)
            frame.pts = number
            if len(encoding) > 1:
                container.mux(encoding.popleft().result())
            # The encoder lets other threads run, so the next frames are drawn while it works.
            encoding.append(thread.submit(stream.encode, frame))
        for packets in encoding:
            container.mux(packets.result())
        container.mux(stream.encode())
    return content.getvalue()


def _image(plane: Any) -> Image.Image:
    """A picture in the memory of a plane, which is drawn there because to copy it takes as long as to draw it."""
    image = Image.frombuffer("L", (plane.width, plane.height), plane, "raw", "L", plane.line_size, 1)
    # Otherwise, the first change would make it a copy.
    image.readonly = 0
    return image
