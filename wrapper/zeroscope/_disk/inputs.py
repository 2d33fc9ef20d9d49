"""Files in an input, given as a path, bytes or an open file, and their content."""

from __future__ import annotations

import hashlib
import inspect
import io
import os
import re
import stat
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from .._service.invalid_fields import display, none_hint
from .._service.spec import spec
from ..errors import InvalidField, InvalidInputError
from .media_types import extension_for, guess_type

# A single letter is not a scheme but a Windows drive.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
# The schemes that the service fetches (the service's documentation).
_FETCHED = ("http", "https", "data")
_CHUNK = 1024 * 1024


def size_limits() -> dict[str, int]:
    """Return the largest sizes in bytes: ``data-uri-bytes`` of a file in an input, ``file-bytes`` of an upload."""
    limits: dict[str, int] = spec()["info"]["x-replicate"]
    return limits


def input_file(field: str, value: Any, index: int | None = None) -> InputFile | str | None:
    """Return the file that a value names or holds; None for a URL; for anything else, the reason why it is no file.

    Args:
        field: The name of the field.
        value: The value.
        index: The value's place in the field's list; None where the field takes one file.
    """
    if isinstance(value, str) and (scheme := _SCHEME.match(value)):
        if scheme[1].lower() in _FETCHED:
            return None
        if scheme[1].lower() == "file":
            return f"{display(value)} is a URL for this machine only, which the service cannot read; pass the path"
        return (
            f"{display(value)} has the scheme {scheme[1]}, but the service fetches only {', '.join(_FETCHED)}; "
            "to send a file of this name, write ./ before it"
        )
    if isinstance(value, str | os.PathLike):
        return _Path(field, value, index)
    if isinstance(value, bytes | bytearray | memoryview):
        return InputFile(field, value, index)
    if callable(read := getattr(value, "read", None)):
        if inspect.iscoroutinefunction(read):
            return f"this {type(value).__name__} object is read with await; pass the bytes that its read() returns"
        return _Stream(field, value, index)
    hint = none_hint(field) if value is None and index is None else ""
    return f"{display(value)} is not a URL, a path, bytes or an open binary file{hint}"


def is_fingerprint(value: object) -> bool:
    """Whether a value identifies the content of a file, as `InputFile.fingerprint` does."""
    return isinstance(value, Mapping) and value.keys() == {"sha256", "size"}


class FileContent(NamedTuple):
    """The content of a file, with the name and the media type to send it under."""

    path: str
    data: bytes
    name: str
    media_type: str


class InputFile:
    """A file in a field of an input; in this class the content itself, as bytes, a bytearray or a memoryview."""

    def __init__(self, field: str, value: Any, index: int | None = None) -> None:
        self.field = field
        self.value = value
        self.index = index

    def __str__(self) -> str:
        """Its name in messages; never its content."""
        return display(self.value)

    @property
    def path(self) -> str:
        """Its place in the input, such as `images.0`."""
        return self.field if self.index is None else f"{self.field}.{self.index}"

    @property
    def _name(self) -> str:
        """Its file name, or an empty string."""
        return ""

    def _size(self) -> int | None:
        """Its size in bytes; None if only reading it shows the size, or if it can be read only once."""
        view = memoryview(self.value)
        if not view.c_contiguous:
            raise _InvalidFileError(f"{self} is not contiguous in memory; pass its content as bytes(...)")
        return view.nbytes

    def _open(self) -> Any:
        """A context manager that returns a binary file."""
        return io.BytesIO(self.value)

    def validate(self) -> InvalidField | None:
        """Return the reason why the file cannot be sent, as far as it shows without reading it."""
        try:
            if (size := self._size()) is not None:
                self._check_size(size)
        except (OSError, ValueError) as error:
            return self._invalid(error)
        return None

    def read(self) -> FileContent:
        """Read the file; one that cannot be read, is empty or is too large raises an InvalidInputError."""
        try:
            with self._open() as file:
                data = self._read_up_to(size_limits()["file-bytes"] + 1, file)
            self._check_size(len(data), is_cut=True)
        except (OSError, ValueError) as error:
            raise InvalidInputError([self._invalid(error)]) from error
        media_type = guess_type(data, self._name)
        name = self._name or self.path + extension_for(media_type)
        # Linux allows names that are not valid Unicode, which cannot be sent.
        return FileContent(self.path, data, name.encode(errors="replace").decode(), media_type)

    def fingerprint(self) -> dict[str, Any]:
        """Return JSON values that identify the content; the file must be readable again to be sent."""
        try:
            if self._size() is None:
                raise _InvalidFileError(
                    f"{self} can be read only once, but a journal needs its content beforehand; pass it as bytes"
                )
        except (OSError, ValueError) as error:
            raise InvalidInputError([self._invalid(error)]) from error
        data = self.read().data
        return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def _read_up_to(self, limit: int, file: BinaryIO) -> bytes:
        content = io.BytesIO()
        while (left := limit - content.tell()) > 0:
            # In a loop, as unbuffered files and pipes return less than is asked for.
            chunk: object = file.read(min(left, _CHUNK))
            if isinstance(chunk, str):
                raise _InvalidFileError(f"{self} was opened as text; open it with mode 'rb'")
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise _InvalidFileError(f"{self} gave {chunk!r:.40} instead of bytes when it was read")
            if not chunk:
                break
            content.write(chunk)
        return content.getvalue()

    def _check_size(self, size: int, is_cut: bool = False) -> None:
        limit = size_limits()["file-bytes"]
        if size == 0:
            raise _InvalidFileError(f"{self} is empty")
        if size > limit:
            excess = f"more than the {limit} bytes" if is_cut else f"{size} bytes, more than the {limit}"
            raise _InvalidFileError(f"{self} has {excess} that can be uploaded; put it on the web and pass its URL")

    def _invalid(self, error: OSError | ValueError) -> InvalidField:
        if not isinstance(error, _InvalidFileError):
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            error = _InvalidFileError(f"{self} cannot be read: {reason}")
        return InvalidField("invalid_file", f"input.{self.path}", str(error))


class _Path(InputFile):
    """A file on disk, named by a string or an `os.PathLike`."""

    def __str__(self) -> str:
        # Longer than other values, as the end of a path distinguishes it.
        return display(os.fsdecode(self.value), 300)

    @property
    def _name(self) -> str:
        return os.path.basename(os.fsdecode(self.value))

    def _size(self) -> int | None:
        try:
            status = os.stat(self.value)
        except FileNotFoundError as error:
            hint = "; did you mean a URL, which begins with https://?" if isinstance(self.value, str) else ""
            raise _InvalidFileError(f"{self} cannot be read: there is no such file, check the path{hint}") from error
        if stat.S_ISDIR(status.st_mode):
            raise _InvalidFileError(f"{self} is a folder; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            return None
        # Opening it is the only check of permissions that works on every system; a pipe would be consumed by it.
        with self._open():
            return status.st_size

    def _open(self) -> Any:
        return open(self.value, "rb")


class _Stream(InputFile):
    """An open file, read from its current position; it stays open, and its position is restored if it can seek."""

    def __str__(self) -> str:
        return f"the open file {display(self._name)}" if self._name else f"this {type(self.value).__name__} object"

    @property
    def _name(self) -> str:
        # The name of a bare descriptor is a number, and that of standard input <stdin>.
        name = getattr(self.value, "name", None)
        text = os.fsdecode(name) if isinstance(name, str | bytes) else ""
        return "" if text.startswith("<") else os.path.basename(text)

    def _size(self) -> int | None:
        if hasattr(self.value, "encoding"):
            raise _InvalidFileError(f"{self} was opened as text; open it with mode 'rb'")
        if hasattr(self.value, "readable") and not self.value.readable():
            raise _InvalidFileError(f"{self} was opened for writing only; open it with mode 'rb'")
        start = self._position()
        if start is None:
            return None
        try:
            self.value.seek(0, os.SEEK_END)
            end: int = self.value.tell()
        except (OSError, ValueError):
            return None
        finally:
            self.value.seek(start)
        if end <= start:
            raise _InvalidFileError(
                f"{self} has nothing left to read; is it empty, or should it be rewound with seek(0)?"
            )
        return end - start

    @contextmanager
    def _open(self) -> Iterator[Any]:
        start = self._position()
        try:
            yield self.value
        finally:
            if start is not None:
                self.value.seek(start)

    def _position(self) -> int | None:
        if not hasattr(self.value, "seekable") or not self.value.seekable():
            return None
        position: int = self.value.tell()
        return position


class _InvalidFileError(ValueError):
    """An error whose message names the file and the remedy."""
