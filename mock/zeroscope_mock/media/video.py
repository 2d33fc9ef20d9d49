"""Renders the MP4 files that stand for the model's videos.

PyAV and Pillow are large and needed only once a video is fetched, so they are imported by the first call. The picture
is a scene with a caption below it; the two meet only in the bytes of a frame.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from typing import Any

_SMALLEST_SIDE = 16
_READABLE_SIDE = 96
# For 24 frames at 576x320, superfast makes a third fewer bytes in twice the time, veryfast two thirds in three times.
_ENCODER = {"preset": "ultrafast", "crf": "23"}
# Numbers of the H.264 standard for how `sprite.to_planes` makes luma and chroma; older PyAV has no names for them.
_BT709 = _LIMITED_RANGE = 1


def render(prompt: str, *, width: int, height: int, fps: int, num_frames: int, seed: int, index: int = 0) -> bytes:
    """Render one MP4 of a moving scene with the prompt as its caption; equal arguments give equal bytes.

    Args:
        prompt: The caption, of any length; the end of a long one is replaced by an ellipsis.
        width: In pixels, at least 16.
        height: In pixels, at least 16.
        fps: Frames per second, at least 1.
        num_frames: Number of frames, at least 1.
        seed: Chooses the colours and details of the scene.
        index: The video's index among the outputs of one prediction, from 0; each one shows another scene.

    Raises:
        ValueError: For a size, rate or number of frames below its least value.
    """
    for name, value, least in (
        ("width", width, _SMALLEST_SIDE),
        ("height", height, _SMALLEST_SIDE),
        ("fps", fps, 1),
        ("num_frames", num_frames, 1),
    ):
        if value < least:
            raise ValueError(f"{name} must be at least {least}, but is {value}")

    import av

    from .caption import Caption
    from .scene import Scene

    # Browsers want halved chroma, which exists for even sides only.
    pixel_format, chroma_step = ("yuv444p", 1) if width % 2 or height % 2 else ("yuv420p", 2)
    caption = Caption(prompt, width, height) if min(width, height) >= _READABLE_SIDE else None
    view = height - caption.height if caption else height
    scene = Scene(width, view, fps=fps, seed=seed, index=index, chroma_step=chroma_step, labelled=caption is not None)
    if caption:
        place = f"seed {seed}" + (f" · output-{index}" if index else "")
        caption.draw(num_frames, place, scene.ink, scene.glow, chroma_step)

    file = BytesIO()
    with av.open(file, "w", format="mp4") as container, ThreadPoolExecutor(1) as thread:
        encoding = deque[Future[Any]]()
        stream = container.add_stream("libx264", rate=fps, options=_ENCODER)
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        encoder = stream.codec_context
        # The bytes depend on the number of threads, and so on the machine, unless it is fixed.
        encoder.thread_count = 1
        encoder.color_range = _LIMITED_RANGE
        encoder.colorspace = encoder.color_primaries = encoder.color_trc = _BT709
        # Otherwise the first packet would start it, while a frame is encoded in the other thread.
        container.start_encoding()
        for number in range(num_frames):
            frame = av.VideoFrame(width, height, pixel_format)
            parts = [scene.planes(number), *([caption.planes(number)] if caption else [])]
            for plane, *images in zip(frame.planes, *parts, strict=True):
                plane.update(b"".join(image.tobytes("raw", "L", plane.line_size) for image in images))
            frame.pts = number
            if len(encoding) > 1:
                container.mux(encoding.popleft().result())
            # The encoder lets other threads run, so the next frames are drawn while it works.
            encoding.append(thread.submit(stream.encode, frame))
        for packets in encoding:
            container.mux(packets.result())
        container.mux(stream.encode())
    return file.getvalue()
