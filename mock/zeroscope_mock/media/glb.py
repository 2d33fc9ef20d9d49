"""Renders binary glTF 2.0: a cube that shows the picture on each side."""

from __future__ import annotations

import struct
from array import array
from dataclasses import replace
from typing import Any

from ..messages import encode
from .output_file import OutputFile
from .picture import render as render_picture

_TEXTURE_SIDE = 512
_LONGEST_TEXT = 10_000
# Numbers of the standard.
_MAGIC, _VERSION, _JSON, _BINARY = 0x46546C67, 2, 0x4E4F534A, 0x004E4942
_FLOAT, _UNSIGNED_SHORT, _ARRAY_BUFFER, _ELEMENT_BUFFER = 5126, 5123, 34962, 34963
# Across and up of each side, as seen from outside; the normal is their cross product.
_SIDES = (
    ((1, 0, 0), (0, 1, 0)),
    ((0, 0, -1), (0, 1, 0)),
    ((-1, 0, 0), (0, 1, 0)),
    ((0, 0, 1), (0, 1, 0)),
    ((1, 0, 0), (0, 0, -1)),
    ((1, 0, 0), (0, 0, 1)),
)


def render(file: OutputFile) -> bytes:
    """The bytes of a GLB file, whose asset has the text, the seed and the index as its extras."""
    positions, normals, places, corners = array("f"), array("f"), array("f"), array("H")
    for side, (across, up) in enumerate(_SIDES):
        normal = [across[i - 2] * up[i - 1] - across[i - 1] * up[i - 2] for i in range(3)]
        for right, down in ((0, 0), (1, 0), (1, 1), (0, 1)):
            positions.extend(
                n / 2 + (right - 0.5) * a + (0.5 - down) * u for n, a, u in zip(normal, across, up, strict=True)
            )
            normals.extend(normal)
            places.extend((right, down))
        corners.extend(4 * side + corner for corner in (0, 3, 2, 0, 2, 1))
    texture = render_picture(replace(file, suffix="jpg", width=_TEXTURE_SIDE, height=_TEXTURE_SIDE))

    views: list[dict[str, int]] = []
    binary = b""
    for part, target in (
        (_bytes(positions), _ARRAY_BUFFER),
        (_bytes(normals), _ARRAY_BUFFER),
        (_bytes(places), _ARRAY_BUFFER),
        (_bytes(corners), _ELEMENT_BUFFER),
        (texture, None),
    ):
        view = {"buffer": 0, "byteOffset": len(binary), "byteLength": len(part)}
        views.append(view if target is None else {**view, "target": target})
        binary += _padded(part, b"\0")
    vertices = len(positions) // 3
    document: dict[str, Any] = {
        "asset": {
            "version": "2.0",
            "generator": "zeroscope mock",
            "extras": {"text": file.text[:_LONGEST_TEXT], "seed": file.seed, "index": file.index},
        },
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0, "name": f"output-{file.index}"}],
        "meshes": [
            {"primitives": [{"attributes": {"POSITION": 0, "NORMAL": 1, "TEXCOORD_0": 2}, "indices": 3, "material": 0}]}
        ],
        "materials": [
            {
                "pbrMetallicRoughness": {
                    "baseColorTexture": {"index": 0},
                    "metallicFactor": 0.0,
                    "roughnessFactor": 0.8,
                }
            }
        ],
        "textures": [{"source": 0}],
        "images": [{"bufferView": 4, "mimeType": "image/jpeg"}],
        "accessors": [
            {**_accessor(0, _FLOAT, vertices, "VEC3"), "min": [-0.5] * 3, "max": [0.5] * 3},
            _accessor(1, _FLOAT, vertices, "VEC3"),
            _accessor(2, _FLOAT, vertices, "VEC2"),
            _accessor(3, _UNSIGNED_SHORT, len(corners), "SCALAR"),
        ],
        "bufferViews": views,
        "buffers": [{"byteLength": len(binary)}],
    }
    chunks = b"".join(
        struct.pack("<II", len(chunk), kind) + chunk
        for chunk, kind in ((_padded(encode(document), b" "), _JSON), (binary, _BINARY))
    )
    return struct.pack("<III", _MAGIC, _VERSION, 12 + len(chunks)) + chunks


def _accessor(view: int, component: int, count: int, kind: str) -> dict[str, Any]:
    return {"bufferView": view, "componentType": component, "count": count, "type": kind}


def _bytes(numbers: array[Any]) -> bytes:
    return struct.pack(f"<{len(numbers)}{numbers.typecode}", *numbers)


def _padded(content: bytes, filler: bytes) -> bytes:
    """The content, filled up to a multiple of four bytes."""
    return content + filler * (-len(content) % 4)
