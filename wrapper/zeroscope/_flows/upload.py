"""Files in an input, which become URLs before it is sent.

The fields that take files are those with the format ``uri`` in the spec, and lists of these. A small file becomes a
``data:`` URI; a larger one is uploaded first.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from .._disk.inputs import FileContent, InputFile, input_file, size_limits
from .._service import api as _api
from .._service import input_types
from .._service.invalid_fields import display
from .._steps import Flow, RunBlocking
from ..errors import APIError, InvalidField, MalformedResponseError, TransportError
from .request import Request, Sender

# The URL of a file while the rest of the input is validated; in a list whose items must differ, its index follows.
_PLACEHOLDER = "data:,"


class SplitInput(NamedTuple):
    """An input and the files that were extracted from it."""

    rest: dict[str, Any]
    """The input, with a placeholder URL for each file."""
    files: list[InputFile]
    invalid: list[InvalidField]
    """The values that are neither a file nor a URL, nor a list of these."""


def extract_files(input: Mapping[str, Any]) -> SplitInput:
    """Separate the files from an input, without reading them."""
    split = SplitInput(dict(input), [], [])
    for field, may_be_none in input_types.file_fields().items():
        if field in input and not (may_be_none and input[field] is None):
            split.rest[field] = _extract(split, field, input[field])
    for field, may_be_none in input_types.file_list_fields().items():
        value = input.get(field)
        if isinstance(value, Sequence) and not isinstance(value, str | bytes | bytearray | memoryview):
            split.rest[field] = [
                item if may_be_none and item is None else _extract(split, field, item, index)
                for index, item in enumerate(value)
            ]
        elif value is not None:
            split.invalid.append(
                InvalidField("invalid_type", f"input.{field}", f"{display(value)} is not a list of files and URLs")
            )
    return split


def _extract(split: SplitInput, field: str, value: Any, index: int | None = None) -> Any:
    file = input_file(field, value, index)
    if file is None:
        return value
    if isinstance(file, InputFile):
        split.files.append(file)
    else:
        path = field if index is None else f"{field}.{index}"
        split.invalid.append(InvalidField("invalid_type", f"input.{path}", file))
    return _PLACEHOLDER if index is None else f"{_PLACEHOLDER}{index}"


def with_values(input: Mapping[str, Any], files: Sequence[InputFile], values: Iterable[Any]) -> dict[str, Any]:
    """Return an input with a value in the place of each file."""
    filled = {name: list(value) if isinstance(value, list) else value for name, value in input.items()}
    for file, value in zip(files, values, strict=True):
        if file.index is None:
            filled[file.field] = value
        else:
            filled[file.field][file.index] = value
    return filled


def invalid_files(files: Sequence[InputFile]) -> list[InvalidField]:
    """Return the files that cannot be sent, as far as it shows without reading them. It accesses the disk."""
    return [invalid for file in files if (invalid := file.validate()) is not None]


def upload(sender: Sender, files: Sequence[InputFile], until: float | None) -> Flow[list[str]]:
    """Read validated files, all of them before any is sent, and return the URL of each.

    Uploads fail at a moment on the monotonic clock, if one is given.
    """
    contents: list[FileContent] = yield RunBlocking(lambda: [file.read() for file in files])
    urls: list[str] = []
    for content in contents:
        urls.append((yield from _url(sender, content, until)))
    return urls


def _url(sender: Sender, content: FileContent, until: float | None) -> Flow[str]:
    if len(content.data) <= size_limits()["data-uri-bytes"]:
        return f"data:{content.media_type};base64,{base64.b64encode(content.data).decode()}"
    call = _api.create_file_call(content.data, content.name, content.media_type)
    try:
        # Repeated like a read: an upload starts no run and costs nothing, and the service removes files after a while.
        return (yield from sender.send_repeatable(Request(call, sender.parser.file), until))
    except (APIError, TransportError, MalformedResponseError) as error:
        error.add_note(f"The file of input.{content.path} was not uploaded, so no prediction was created.")
        raise
