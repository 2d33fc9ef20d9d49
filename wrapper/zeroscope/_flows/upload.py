"""Files in an input, which become URLs before it is sent.

The fields that take files are those with the format ``uri`` in the spec. A small file becomes a ``data:`` URI; a larger
one is uploaded first.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._disk.inputs import FileContent, InputFile, input_file, size_limits
from .._service import api as _api
from .._steps import Flow, RunBlocking
from ..errors import APIError, InvalidField, MalformedResponseError, TransportError
from .request import Request, Sender

# The value of a file's field while the rest of the input is validated.
_PLACEHOLDER = "data:,"


class SplitInput(NamedTuple):
    """An input and the files that were extracted from it."""

    rest: dict[str, Any]
    """The input, with a placeholder URL for each file."""
    files: list[InputFile]
    invalid: list[InvalidField]
    """The values that are neither a file nor a URL."""


def extract_files(input: Mapping[str, Any]) -> SplitInput:
    """Separate the files from an input, without reading them."""
    split = SplitInput(dict(input), [], [])
    for field, may_be_none in _api.file_fields().items():
        if field not in input or (may_be_none and input[field] is None):
            continue
        file = input_file(field, input[field])
        if file is None:
            continue
        split.rest[field] = _PLACEHOLDER
        if isinstance(file, InputFile):
            split.files.append(file)
        else:
            split.invalid.append(InvalidField("invalid_type", f"input.{field}", file))
    return split


def invalid_files(files: Sequence[InputFile]) -> list[InvalidField]:
    """Return the files that cannot be sent, as far as it shows without reading them. It accesses the disk."""
    return [invalid for file in files if (invalid := file.validate()) is not None]


def upload(sender: Sender, files: Sequence[InputFile], until: float | None) -> Flow[dict[str, str]]:
    """Read validated files, all of them before any is sent, and return a URL for each field.

    Uploads fail at a moment on the monotonic clock, if one is given.
    """
    contents: list[FileContent] = yield RunBlocking(lambda: [file.read() for file in files])
    urls: dict[str, str] = {}
    for content in contents:
        urls[content.field] = yield from _url(sender, content, until)
    return urls


def _url(sender: Sender, content: FileContent, until: float | None) -> Flow[str]:
    if len(content.data) <= size_limits()["data-uri-bytes"]:
        return f"data:{content.media_type};base64,{base64.b64encode(content.data).decode()}"
    call = _api.create_file_call(content.data, content.name, content.media_type)
    try:
        # Repeated like a read: an upload starts no run and costs nothing, and the service removes files after a while.
        return (yield from sender.send_repeatable(Request(call, sender.parser.file), until))
    except (APIError, TransportError, MalformedResponseError) as error:
        error.add_note(f"The file of input.{content.field} was not uploaded, so no prediction was created.")
        raise
