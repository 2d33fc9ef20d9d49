"""Renders files that hold others: ZIP and tar archives, and safetensors."""

from __future__ import annotations

import io
import struct
import tarfile
import zipfile
from dataclasses import replace

from ..messages import encode
from . import picture, text
from .output_file import OutputFile

# The earliest that a ZIP archive can hold, so that its bytes do not depend on the time.
_DATE = (1980, 1, 1, 0, 0, 0)
_TENSOR = struct.pack("<4f", 0.25, 0.5, 0.75, 1.0)


def render(file: OutputFile) -> bytes:
    """The bytes of an archive with a text, a picture and a description, or of a tensor with the text as metadata."""
    match file.suffix.lower():
        case "zip":
            return _zip(_members(file))
        case "tar":
            return _tar(_members(file))
        case _:
            return _safetensors(file)


def _members(file: OutputFile) -> dict[str, bytes]:
    """The content of each file in an archive, by its name."""
    return {
        "text.txt": text.render(replace(file, suffix="txt", value=None)),
        "picture.png": picture.render(replace(file, suffix="png")),
        "output.json": text.render(replace(file, suffix="json")),
    }


def _zip(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    # Not compressed, because zlib's bytes depend on its version.
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name, member in members.items():
            entry = zipfile.ZipInfo(name, _DATE)
            # The system's own number otherwise, and no permission to read.
            entry.create_system, entry.external_attr = 3, 0o644 << 16
            archive.writestr(entry, member)
    return content.getvalue()


def _tar(members: dict[str, bytes]) -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for name, member in members.items():
            entry = tarfile.TarInfo(name)
            entry.size = len(member)
            archive.addfile(entry, io.BytesIO(member))
    return content.getvalue()


def _safetensors(file: OutputFile) -> bytes:
    """A file of the safetensors format: the length of the header, the header, the tensors."""
    header = encode(
        {
            "__metadata__": {"text": file.text, "seed": str(file.seed)},
            "mock": {"dtype": "F32", "shape": [4], "data_offsets": [0, len(_TENSOR)]},
        }
    )
    # The tensors begin at a multiple of eight bytes.
    header += b" " * (-len(header) % 8)
    return struct.pack("<Q", len(header)) + header + _TENSOR
