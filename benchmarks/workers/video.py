"""An MP4 of the mock server: drawn and encoded, or only encoded.

Usage: python -m benchmarks.workers.video
"""

from __future__ import annotations

import time
from collections.abc import Callable
from io import BytesIO
from typing import Any

import av

from zeroscope_mock.media import video
from zeroscope_mock.media.output_file import OutputFile

from .canned import INPUT
from .protocol import serve

_WANTED: Any = {name: value for name, value in INPUT.items() if name != "prompt"}
WANTED = OutputFile("mp4", str(INPUT["prompt"]), **_WANTED, duration=1.0, seed=38011, index=0)


class _Wrapper:
    """A wrapper of an object that replaces one of its methods."""

    def __init__(self, inner: Any, name: str, method: Callable[..., Any]) -> None:
        self.__dict__.update(_inner=inner, _name=name, _method=method)

    def __getattr__(self, name: str) -> Any:
        return self._method if name == self._name else getattr(self._inner, name)

    def __setattr__(self, name: str, value: object) -> None:
        setattr(self._inner, name, value)

    def __enter__(self) -> Any:
        self._inner.__enter__()
        return self

    def __exit__(self, *ended: object) -> None:
        self._inner.__exit__(*ended)


def _copy(frame: Any) -> Any:
    """Return a copy of a frame, whose memory the mock server uses again."""
    copy = av.VideoFrame(frame.width, frame.height, frame.format.name)
    for plane, original in zip(copy.planes, frame.planes, strict=True):
        plane.update(bytes(original))
    return copy


def record() -> tuple[bytes, list[Any]]:
    """Return the video and its frames."""
    frames: list[Any] = []
    original_open = av.open

    def open_recorded(*arguments: Any, **settings: Any) -> Any:
        container = original_open(*arguments, **settings)

        def add_stream(*arguments: Any, **settings: Any) -> Any:
            stream: Any = container.add_stream(*arguments, **settings)

            def encode(frame: Any = None) -> Any:
                frames.extend([] if frame is None else [_copy(frame)])
                return stream.encode(frame)

            return _Wrapper(stream, "encode", encode)

        return _Wrapper(container, "add_stream", add_stream)

    module: Any = av
    module.open = open_recorded
    try:
        return render(), frames
    finally:
        module.open = original_open


def render() -> bytes:
    """Return the video as the mock server makes it."""
    return video.render(WANTED)


def encode(frames: list[Any]) -> bytes:
    """Return the video encoded from its frames, with the mock server's settings of the encoder."""
    settings: Any = vars(video)
    file = BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", rate=WANTED.fps, options=settings["_ENCODER"])
        stream.width, stream.height, stream.pix_fmt = frames[0].width, frames[0].height, frames[0].format.name
        codec = stream.codec_context
        codec.thread_count = 1
        codec.color_range = settings["_LIMITED_RANGE"]
        codec.colorspace = codec.color_primaries = codec.color_trc = settings["_BT709"]
        for number, frame in enumerate(frames):
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return file.getvalue()


def milliseconds(make: Callable[[], bytes]) -> float:
    """Return the time to make one video."""
    start = time.perf_counter()
    make()
    return 1000 * (time.perf_counter() - start)


if __name__ == "__main__":
    whole, recorded = record()
    if encode(recorded) != whole:
        raise RuntimeError("the encoding of the frames differs from the video: the encoders have different settings")
    serve({"render": lambda: milliseconds(render), "encode": lambda: milliseconds(lambda: encode(recorded))})
