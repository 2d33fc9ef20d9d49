"""Sample files: the smallest picture, sound or video that a model can take."""

from __future__ import annotations

import base64
import io
import re
import wave
from functools import cache
from typing import Any

MISSING_FILE = "https://zeroscope.invalid/nothing.mp4"
"""A URL that no server serves: fields that take a URL exist in the documents of other models, too."""

_WORDS = {
    "audio": r"audio|music|song|sound|speaker|speech|voice|\bmp3\b|\bwav\b",
    "video": r"animation|movie|video|\bmp4\b",
}
_SIDE = 64
_FRAMES = 8
_RATE = 8000
# In the middle: gray, and in a sound of 8 bits silence.
_GRAY = 128


def sample_file(description: str) -> str:
    """Return a `data:` URI of the kind of file that a field takes, which is a picture where nothing else is said.

    Args:
        description: The title and the description of the field.
    """
    found = {kind: re.search(words, description.lower()) for kind, words in _WORDS.items()}
    # The kind that comes first: `Video to add a sound to` is about a video.
    kinds = sorted((match.start(), kind) for kind, match in found.items() if match is not None)
    return _data_uri(kinds[0][1] if kinds else "image")


@cache
def _data_uri(kind: str) -> str:
    match kind:
        case "audio":
            media_type, content = "audio/wav", _sound()
        case "video":
            media_type, content = "video/mp4", _frames("mp4", "mpeg4", "yuv420p", _FRAMES)
        case _:
            media_type, content = "image/png", _frames("image2pipe", "png", "rgb24", 1)
    return f"data:{media_type};base64,{base64.b64encode(content).decode()}"


def _sound() -> bytes:
    """Return a tenth of a second of silence as WAV."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(_RATE)
        sound.writeframes(bytes([_GRAY]) * (_RATE // 10))
    return file.getvalue()


def _frames(container: str, codec: str, pixels: str, count: int) -> bytes:
    """Return a gray picture, or several of them as a video."""
    # It takes long to load, and the command checks its options first.
    import av

    file = io.BytesIO()
    with av.open(file, "w", format=container) as output:
        stream: Any = output.add_stream(codec, rate=_FRAMES)
        stream.width = stream.height = _SIDE
        stream.pix_fmt = pixels
        for _ in range(count):
            frame = av.VideoFrame(_SIDE, _SIDE, pixels)
            for plane in frame.planes:
                plane.update(bytes([_GRAY]) * plane.buffer_size)
            output.mux(stream.encode(frame))
        output.mux(stream.encode())
    return file.getvalue()
