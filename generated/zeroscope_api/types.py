"""Types shared by all models and endpoints."""

from collections.abc import Mapping, MutableMapping
from typing import IO, BinaryIO, Generic, Literal, TypeVar
from urllib.parse import quote

from attrs import define

from .errors import InvalidPathSegmentError


class Unset:
    """The type of UNSET, which stands for a value that was not given and is not sent."""

    def __bool__(self) -> Literal[False]:
        return False

    def __repr__(self) -> str:
        return "UNSET"

    def __reduce__(self) -> str:
        return "UNSET"


UNSET: Unset = Unset()

FileContent = IO[bytes] | bytes | str
FileTypes = tuple[str | None, FileContent, str | None] | tuple[str | None, FileContent, str | None, Mapping[str, str]]
RequestFiles = list[tuple[str, FileTypes]]


@define
class File:
    """A file to upload."""

    payload: BinaryIO
    file_name: str | None = None
    mime_type: str | None = None

    def to_tuple(self) -> FileTypes:
        """The file as httpx takes it for multipart/form-data."""
        return self.file_name, self.payload, self.mime_type


T = TypeVar("T")


@define
class Response(Generic[T]):
    """An answer: `parsed` is None where the body is not what the document says, and `error` then says why."""

    status_code: int
    content: bytes
    headers: MutableMapping[str, str]
    parsed: T | None
    error: Exception | None = None


def path_segment(name: str, value: object) -> str:
    """Quote a path parameter, refusing the values that HTTP clients fold away: nothing, one dot and two dots."""
    text = str(value)
    try:
        if text not in {"", ".", ".."}:
            return quote(text, safe="")
    except UnicodeEncodeError:
        pass
    raise InvalidPathSegmentError(f"{name}: {text!r} cannot be part of a URL's path")


__all__ = ["UNSET", "File", "FileTypes", "RequestFiles", "Response", "Unset", "path_segment"]
