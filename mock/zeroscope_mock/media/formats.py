"""The formats of output files: their content types and what renders them."""

from __future__ import annotations

from importlib import import_module

from .output_file import OutputFile

_OTHER = ("application/octet-stream", "text")

SUFFIXES = {
    "mp4": ("video/mp4", "video"),
    "mov": ("video/quicktime", "video"),
    "mkv": ("video/x-matroska", "video"),
    "webm": ("video/webm", "video"),
    "gif": ("image/gif", "animation"),
    "png": ("image/png", "picture"),
    "jpg": ("image/jpeg", "picture"),
    "jpeg": ("image/jpeg", "picture"),
    "webp": ("image/webp", "picture"),
    "bmp": ("image/bmp", "picture"),
    "tif": ("image/tiff", "picture"),
    "tiff": ("image/tiff", "picture"),
    "svg": ("image/svg+xml", "text"),
    "wav": ("audio/wav", "sound"),
    "mp3": ("audio/mpeg", "sound"),
    "ogg": ("audio/ogg", "sound"),
    "opus": ("audio/ogg", "sound"),
    "flac": ("audio/flac", "sound"),
    "m4a": ("audio/mp4", "sound"),
    "aac": ("audio/aac", "sound"),
    "glb": ("model/gltf-binary", "glb"),
    "zip": ("application/zip", "archive"),
    "tar": ("application/x-tar", "archive"),
    "safetensors": ("application/octet-stream", "archive"),
    "txt": ("text/plain; charset=utf-8", "text"),
    "md": ("text/markdown; charset=utf-8", "text"),
    "html": ("text/html; charset=utf-8", "text"),
    "json": ("application/json", "text"),
    "jsonl": ("application/jsonl", "text"),
    "csv": ("text/csv; charset=utf-8", "text"),
    "srt": ("application/x-subrip", "text"),
    "vtt": ("text/vtt; charset=utf-8", "text"),
}
"""The content type of each suffix and the module here that renders it; files of other suffixes hold plain text."""


def content_type(suffix: str) -> str:
    """The content type of files with a suffix, in any case and without the dot."""
    return SUFFIXES.get(suffix.lower(), _OTHER)[0]


def render(file: OutputFile) -> bytes:
    """The bytes of a file, which may take seconds; equal files have equal bytes."""
    # Pillow and PyAV are larger than all the rest together, and needed only once a file is fetched.
    module = import_module(f".{SUFFIXES.get(file.suffix.lower(), _OTHER)[1]}", __package__)
    content: bytes = module.render(file)
    return content
