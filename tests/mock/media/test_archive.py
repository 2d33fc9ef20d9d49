"""The archives and the weights of the mock: text, picture and value in each."""

from __future__ import annotations

import io
import json
import struct
import tarfile
import zipfile
from typing import Any

import pytest
from PIL import Image

from helpers.output_files import output_file
from zeroscope_mock.media import formats

TEXTS = ["A lighthouse", "", "\ud83d \x00\x1b[31m\u202e宇航员 🐎", "word " * 20_000]


def members(suffix: str, **fields: Any) -> dict[str, bytes]:
    """The content of each file in an archive, by its name."""
    content = io.BytesIO(formats.render(output_file(suffix, **fields)))
    if suffix == "tar":
        with tarfile.open(fileobj=content) as tar:
            files = {entry.name: tar.extractfile(entry) for entry in tar}
            return {name: file.read() for name, file in files.items() if file is not None}
    with zipfile.ZipFile(content) as archive:
        assert archive.testzip() is None
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.mark.parametrize("suffix", ["zip", "tar"])
@pytest.mark.parametrize("text", TEXTS)
def test_archive__holds_text_picture_and_value(suffix: str, text: str) -> None:
    """All members can be read, and each is what its name says."""
    found = members(suffix, text=text, width=70, height=40, value={"a": [1]})

    assert list(found) == ["text.txt", "picture.png", "output.json"]
    assert found["text.txt"] == text.encode("utf-8", "replace")
    assert json.loads(found["output.json"]) == {"a": [1]}
    with Image.open(io.BytesIO(found["picture.png"])) as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (70, 40))


@pytest.mark.parametrize("suffix", ["zip", "tar"])
def test_archive__other_seeds_and_indices_are_other_archives(suffix: str) -> None:
    """Whatever tells two outputs apart is in them."""
    archives = [members(suffix, **other) for other in ({}, {"seed": 5}, {"index": 1})]

    assert len({one["picture.png"] for one in archives}) == 3
    assert len({one["output.json"] for one in archives}) == 3


@pytest.mark.parametrize("text", TEXTS)
def test_safetensors__has_a_header_and_a_tensor(text: str) -> None:
    """The header says where the tensor is, and holds the text as metadata."""
    content = formats.render(output_file("safetensors", text))
    (length,) = struct.unpack_from("<Q", content)
    header = json.loads(content[8 : 8 + length])

    assert (8 + length) % 8 == 0
    assert header.pop("__metadata__") == {"text": text.replace("\ud83d", "?"), "seed": "123"}
    assert header == {"mock": {"dtype": "F32", "shape": [4], "data_offsets": [0, 16]}}
    assert struct.unpack("<4f", content[8 + length :]) == (0.25, 0.5, 0.75, 1.0)
