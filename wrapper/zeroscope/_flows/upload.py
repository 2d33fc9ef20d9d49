"""Files in an input: what may stand in place of a URL, and how it becomes one.

The fields that take files are those to which the spec gives the format ``uri``. A small file goes into the input
itself, as a ``data:`` URI; a larger one is uploaded first.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from .._disk.inputs import Content, Source, limits, source
from .._service import api as _api
from .._steps import Flow, Work
from ..errors import APIError, InvalidField, MalformedResponseError, TransportError
from .request import Sender

# What stands in a field while the rest of the input is checked.
_STAND_IN = "data:,"


class Parted(NamedTuple):
    """An input without its files."""

    rest: dict[str, Any]
    """The input, with some URL in place of each file."""
    files: list[Source]
    faults: list[InvalidField]
    """What is neither a file nor a URL where one should be."""


def part(input: Mapping[str, Any]) -> Parted:
    """Take the files out of an input. Nothing is read."""
    parted = Parted(dict(input), [], [])
    for field, may_be_none in _api.file_fields().items():
        if field not in input or (may_be_none and input[field] is None):
            continue
        found = source(field, input[field])
        if isinstance(found, Source):
            parted.files.append(found)
        elif found is not None:
            parted.faults.append(InvalidField("invalid_type", f"input.{field}", found))
        if found is not None:
            parted.rest[field] = _STAND_IN
    return parted


def check(files: Sequence[Source]) -> list[InvalidField]:
    """What is wrong with files, as far as that shows without reading them. It looks at the disk, and may block."""
    return [fault for file in files if (fault := file.check()) is not None]


def describe(files: Sequence[Source]) -> dict[str, Any]:
    """What tells files from others, as JSON values by field. It reads them, and may block."""
    return {file.field: file.describe() for file in files}


def urls(sender: Sender, files: Sequence[Source]) -> Flow[dict[str, str]]:
    """Read files that were checked, and make a URL of each, by field.

    Raises:
        InvalidInputError: If one cannot be read after all; nothing was sent.
        APIError, TransportError, MalformedResponseError: If one could not be uploaded.
    """
    contents: list[Content] = []
    for file in files:
        contents.append((yield Work(file.read)))
    found: dict[str, str] = {}
    for content in contents:
        found[content.field] = yield from _url(sender, content)
    return found


def _url(sender: Sender, content: Content) -> Flow[str]:
    if len(content.data) <= limits()["data-uri-bytes"]:
        return f"data:{content.media_type};base64,{base64.b64encode(content.data).decode()}"
    call = _api.create_file_call(content.data, content.name, content.media_type)
    try:
        # Sent again like a read: an upload starts no run and costs nothing, and the service removes a copy too many.
        return (yield from sender.read(call, parse=sender.answers.file))
    except (APIError, TransportError, MalformedResponseError) as error:
        error.add_note(f"The file of input.{content.field} was not uploaded, so no prediction was created.")
        raise
