"""Decodes the files that a model makes, whatever their format."""

from __future__ import annotations

import csv
import io
import json
import struct
import wave
import zipfile
from collections.abc import Callable, Iterator
from typing import Any

TYPES = {
    "mp4": "video/mp4",
    "webm": "video/webm",
    "png": "image/png",
    "webp": "image/webp",
    "jpg": "image/jpeg",
    "jpeg": "image/jpeg",
    "gif": "image/gif",
    "mp3": "audio/mpeg",
    "wav": "audio/wav",
    "glb": "model/gltf-binary",
    "zip": "application/zip",
    "json": "application/json",
    "txt": "text/plain",
    "csv": "text/csv",
    "vtt": "text/vtt",
}
"""The content type of each suffix that has one."""


def output_urls(output: Any) -> Iterator[str]:
    """Yield the URLs of the files in an output, at any depth."""
    if isinstance(output, str) and "/outputs/" in output:
        yield output
    for part in output if isinstance(output, list) else output.values() if isinstance(output, dict) else ():
        yield from output_urls(part)


def decode(content: bytes, suffix: str, content_type: str | None = None) -> str:
    """Decode a whole file, and describe it in a few words.

    Args:
        suffix: The suffix of its name, without the dot.
        content_type: The content type that it was served with, if that is known.
    """
    if content_type is not None:
        served = content_type.partition(";")[0]
        assert served == TYPES.get(suffix, served), f"a file .{suffix} was served as {content_type}"
    return _DECODERS[suffix](content)


def _picture(content: bytes) -> str:
    from PIL import Image

    with Image.open(io.BytesIO(content)) as picture:
        frames = getattr(picture, "n_frames", 1)
        for frame in range(frames):
            picture.seek(frame)
            picture.load()
        size = f"{picture.width}x{picture.height}"
        return f"{picture.format} {size}, {frames} frames" if frames > 1 else f"{picture.format} {size}"


def _video(content: bytes) -> str:
    import av

    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.video[0]
        frames = sum(1 for _ in container.decode(stream))
        assert frames > 0 and stream.average_rate is not None
        return f"MP4 {stream.width}x{stream.height}, {frames} frames at {float(stream.average_rate):g} fps"


def _sound(content: bytes) -> str:
    import av

    with av.open(io.BytesIO(content), "r") as container:
        stream = container.streams.audio[0]
        seconds = sum(frame.samples for frame in container.decode(stream)) / stream.rate
        assert seconds > 0
        return f"{container.format.name.upper()} {seconds:.1f} s"


def _wave(content: bytes) -> str:
    with wave.open(io.BytesIO(content)) as file:
        samples = len(file.readframes(file.getnframes())) / file.getsampwidth() / file.getnchannels()
        assert samples == file.getnframes() > 0
        return f"WAV {samples / file.getframerate():.1f} s"


def _mesh(content: bytes) -> str:
    magic, version, length, size, kind = struct.unpack_from("<4sII I4s", content)
    assert (magic, version, length, kind) == (b"glTF", 2, len(content), b"JSON")
    document = json.loads(content[20 : 20 + size])
    primitives = [primitive for mesh in document["meshes"] for primitive in mesh["primitives"]]
    vertices = sum(document["accessors"][primitive["attributes"]["POSITION"]]["count"] for primitive in primitives)
    assert vertices > 0
    return f"GLB {vertices} vertices"


def _archive(content: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.testzip() is None and archive.namelist()
        return f"ZIP {len(archive.namelist())} files"


def _json(content: bytes) -> str:
    return f"JSON {type(json.loads(content)).__name__}"


def _table(content: bytes) -> str:
    rows = list(csv.reader(io.StringIO(content.decode(), newline=""), strict=True))
    assert rows
    return f"CSV {len(rows)} rows"


def _text(content: bytes) -> str:
    assert content
    return f"text {len(content.decode())} characters"


_DECODERS: dict[str, Callable[[bytes], str]] = {
    **dict.fromkeys(("png", "webp", "jpg", "jpeg", "gif"), _picture),
    **dict.fromkeys(("mp4", "webm"), _video),
    **dict.fromkeys(("mp3", "ogg", "flac", "m4a"), _sound),
    **dict.fromkeys(("txt", "md", "srt", "vtt"), _text),
    "wav": _wave,
    "glb": _mesh,
    "zip": _archive,
    "json": _json,
    "csv": _table,
}
