"""The formats of output files: content types, videos, and the same bytes always."""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
from io import BytesIO
from typing import Any

import av
import pytest
from PIL import Image

from helpers.output_files import output_file
from zeroscope_mock.media import formats
from zeroscope_mock.media.output_file import OutputFile

PICTURE = BytesIO()
Image.linear_gradient("L").save(PICTURE, "PNG")

SAMPLE: dict[str, Any] = {
    "text": "宇航员 An astronaut \ud83d",
    "seed": 7,
    "index": 2,
    "picture": PICTURE.getvalue(),
    "value": [{"text": "a", "start": 0.5, "words": ["a", {"b": None}]}],
}


def sample(suffix: str) -> OutputFile:
    """A file of a format that uses all fields."""
    return output_file(suffix, **SAMPLE)


@pytest.mark.parametrize("hash_seed", ["0", "1"])
def test_render__same_bytes_in_another_process(hash_seed: str) -> None:
    """The bytes depend on the fields alone: not on the process, the time zone, the time or Python's hash seed."""
    code = (
        "import hashlib\nfrom zeroscope_mock.media.formats import SUFFIXES, render\n"
        "from zeroscope_mock.media.output_file import OutputFile\n"
        f"files = [{', '.join(repr(sample(suffix)) for suffix in formats.SUFFIXES)}]\n"
        "print(*[hashlib.sha256(render(file)).hexdigest() for file in files])"
    )
    env = {
        **os.environ,
        "PYTHONPATH": os.pathsep.join(sys.path),
        "PYTHONHASHSEED": hash_seed,
        "TZ": "Asia/Kathmandu",
        "LC_ALL": "C",
    }
    there = subprocess.run([sys.executable, "-c", code], env=env, check=True, capture_output=True, text=True).stdout
    here = [hashlib.sha256(formats.render(sample(suffix))).hexdigest() for suffix in formats.SUFFIXES]

    assert there.split() == here


@pytest.mark.parametrize("suffix", ["mp4", "mov", "mkv", "webm"])
@pytest.mark.parametrize("size", [(160, 120), (161, 121)])
@pytest.mark.parametrize("picture", [None, SAMPLE["picture"]], ids=["scene", "picture"])
def test_render__videos(suffix: str, size: tuple[int, int], picture: bytes | None) -> None:
    """FFmpeg decodes every container, in the size and with the frames that were asked for."""
    content = formats.render(output_file(suffix, width=size[0], height=size[1], picture=picture))
    with av.open(BytesIO(content), "r") as container:
        assert [(frame.width, frame.height) for frame in container.decode(video=0)] == [size] * 4


@pytest.mark.parametrize("suffix", formats.SUFFIXES)
def test_content_type__of_every_suffix(suffix: str) -> None:
    """Each suffix has a content type, in any case, and bytes that are not empty."""
    assert formats.content_type(suffix) == formats.content_type(suffix.upper()) != ""
    assert formats.render(output_file(suffix.upper(), picture=SAMPLE["picture"]))


@pytest.mark.parametrize("suffix", ["pt", "obj", "", "é", "..", "x" * 1000])
def test_render__other_suffixes(suffix: str) -> None:
    """A file of a format that the mock cannot make holds the text."""
    assert formats.content_type(suffix) == "application/octet-stream"
    assert formats.render(output_file(suffix, "The text")) == b"The text"
