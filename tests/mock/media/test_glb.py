"""The 3D models of the mock: valid binary glTF 2.0 of a cube with a texture."""

from __future__ import annotations

import io
import json
import struct
from typing import Any

import pytest
from PIL import Image, ImageDraw

from helpers.output_files import output_file
from zeroscope_mock.media import formats

Vector = tuple[float, ...]
FORMATS = {(5126, "VEC3"): "3f", (5126, "VEC2"): "2f", (5123, "SCALAR"): "H"}


def read(content: bytes) -> tuple[dict[str, Any], bytes]:
    """The JSON and the binary chunk of a file."""
    magic, version, length = struct.unpack_from("<4sII", content)
    assert (magic, version, length) == (b"glTF", 2, len(content))
    chunks = []
    place = 12
    while place < length:
        size, kind = struct.unpack_from("<I4s", content, place)
        assert size % 4 == 0
        chunks.append((kind, content[place + 8 : place + 8 + size]))
        place += 8 + size
    (json_kind, document), (binary_kind, binary) = chunks
    assert (json_kind, binary_kind) == (b"JSON", b"BIN\0")
    return json.loads(document), binary


def view(document: dict[str, Any], binary: bytes, number: int) -> bytes:
    """The bytes of a view of the buffer."""
    found = document["bufferViews"][number]
    assert found["byteOffset"] % 4 == 0
    assert found["byteOffset"] + found["byteLength"] <= document["buffers"][0]["byteLength"] == len(binary)
    return binary[found["byteOffset"] : found["byteOffset"] + found["byteLength"]]


def elements(document: dict[str, Any], binary: bytes, number: int) -> list[Vector]:
    """The elements that an accessor leads to."""
    accessor = document["accessors"][number]
    content = view(document, binary, accessor["bufferView"])
    found = list(struct.iter_unpack("<" + FORMATS[accessor["componentType"], accessor["type"]], content))
    assert len(found) == accessor["count"]
    return found


def cross(one: Vector, other: Vector) -> Vector:
    """The cross product of two vectors."""
    return tuple(one[i - 2] * other[i - 1] - one[i - 1] * other[i - 2] for i in range(3))


def test_render__is_a_closed_cube() -> None:
    """All triangles lie on the sides of a cube, and show their fronts and their normals to the outside."""
    document, binary = read(formats.render(output_file("glb")))
    (primitive,) = document["meshes"][0]["primitives"]
    positions = elements(document, binary, primitive["attributes"]["POSITION"])
    normals = elements(document, binary, primitive["attributes"]["NORMAL"])
    places = elements(document, binary, primitive["attributes"]["TEXCOORD_0"])
    indices = [int(index) for (index,) in elements(document, binary, primitive["indices"])]

    assert document["accessors"][0]["min"] == [min(axis) for axis in zip(*positions, strict=True)]
    assert document["accessors"][0]["max"] == [max(axis) for axis in zip(*positions, strict=True)]
    assert len(positions) == len(normals) == len(places) == 24
    assert set(places) == {(0, 0), (0, 1), (1, 0), (1, 1)}
    assert len(set(normals)) == 6
    assert len(indices) == 36
    for a, b, c in zip(indices[::3], indices[1::3], indices[2::3], strict=True):
        edges = [tuple(y - x for x, y in zip(positions[a], positions[end], strict=True)) for end in (b, c)]
        assert cross(edges[0], edges[1]) == normals[a] == normals[b] == normals[c]
        assert sum(x * y for x, y in zip(positions[a], normals[a], strict=True)) == 0.5


@pytest.mark.parametrize(
    "text",
    ["A lighthouse", "", "\ud83d \x00\x1b[31m\u202e宇航员 🐎", "word " * 20_000],
    ids=["usual", "empty", "odd", "long"],
)
def test_render__has_the_text_as_extras(text: str) -> None:
    """The asset says which output this is."""
    document, _ = read(formats.render(output_file("glb", text, seed=5, index=1)))

    assert document["asset"]["version"] == "2.0"
    assert document["asset"]["extras"] == {"text": text[:10_000].replace("\ud83d", "?"), "seed": 5, "index": 1}


def test_render__shows_the_picture_of_the_input() -> None:
    """The texture is the input's picture, or else a scene."""
    blue = Image.new("RGB", (64, 64), "blue")
    ImageDraw.Draw(blue).rectangle((0, 0, 63, 5), "white")
    content = io.BytesIO()
    blue.save(content, "PNG")

    document, binary = read(formats.render(output_file("glb", picture=content.getvalue())))

    assert document["images"][0]["mimeType"] == "image/jpeg"
    with Image.open(io.BytesIO(view(document, binary, document["images"][0]["bufferView"]))) as texture:
        pixel = texture.convert("RGB").getpixel((256, 200))
        assert (texture.format, texture.size) == ("JPEG", (512, 512))
    assert isinstance(pixel, tuple)
    assert pixel[2] > 200 > 50 > max(pixel[:2])


def test_render__other_seeds_and_indices_are_other_models() -> None:
    """Whatever tells two outputs apart is to be seen."""
    textures = set()
    others: tuple[dict[str, Any], ...] = ({}, {"seed": 5}, {"index": 1})
    for other in others:
        document, binary = read(formats.render(output_file("glb", **other)))
        textures.add(view(document, binary, document["images"][0]["bufferView"]))

    assert len(textures) == 3
