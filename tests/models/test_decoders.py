"""Decoders of output files, which must notice what is wrong with a file."""

from __future__ import annotations

import struct
import wave
import zipfile

import pytest
from av.error import FFmpegError

from helpers.decoders import decode, output_urls
from helpers.output_files import output_file
from zeroscope_mock.media.formats import render

ERRORS = (
    AssertionError,
    EOFError,
    OSError,
    ValueError,
    FFmpegError,
    struct.error,
    wave.Error,
    zipfile.BadZipFile,
)
# Of these, a half is a shorter file.
CUT = {"gif", "mp3", "csv"}


@pytest.mark.parametrize(
    ("suffix", "described"),
    [
        ("png", "PNG 160x120"),
        ("webp", "WEBP 160x120"),
        ("jpg", "JPEG 160x120"),
        ("gif", "GIF 160x120, 4 frames"),
        ("mp4", "MP4 160x120, 4 frames at 8 fps"),
        ("wav", "WAV 1.5 s"),
        ("mp3", "MP3 1.5 s"),
        ("glb", "GLB 24 vertices"),
        ("zip", "ZIP 3 files"),
        ("json", "JSON dict"),
        ("csv", "CSV 2 rows"),
    ],
)
def test_decode__describes_whole_files_alone(suffix: str, described: str) -> None:
    """A whole file is described; the first half of it, or no byte at all, is an error."""
    content = render(output_file(suffix))

    assert decode(content, suffix) == described
    for broken in (b"", *([] if suffix in CUT else [content[: len(content) // 2]])):
        with pytest.raises(ERRORS):
            decode(broken, suffix)


def test_decode__refuses_another_content_type() -> None:
    """A file that is served as one of another format is an error."""
    content = render(output_file("png"))

    assert decode(content, "png", "image/png") == "PNG 160x120"
    with pytest.raises(AssertionError, match=r"a file \.png was served as image/webp"):
        decode(content, "png", "image/webp")


def test_output_urls__at_any_depth() -> None:
    """URLs of files are found in lists and objects, in order; other texts are not."""
    first, second = "https://h.test/outputs/a/output-0.png", "https://h.test/outputs/a/output-1.png"

    assert list(output_urls([{"file": first, "text": "https://h.test/"}, [[second]], None, 1])) == [first, second]
