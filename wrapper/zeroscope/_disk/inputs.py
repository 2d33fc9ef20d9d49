"""One file in an input, in any of the forms in which it may be given, and how it is read."""

from __future__ import annotations

import hashlib
import io
import os
import re
import stat
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, BinaryIO, NamedTuple

from .._service import validation as _input
from .._service.spec import spec
from ..errors import InvalidField, InvalidInputError
from .media_types import extension_for, guess_type

# A single letter is no scheme but a drive of Windows.
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]+):")
_CHUNK = 1024 * 1024


def limits() -> dict[str, int]:
    """The sizes in bytes up to which a file goes into an input, ``data-uri-bytes``, or is uploaded, ``file-bytes``."""
    described: dict[str, int] = spec()["info"]["x-replicate"]
    return described


def source(field: str, given: Any) -> Source | str | None:
    """The file that a value stands for, or why it stands for none; None for a URL."""
    if isinstance(given, str) and (scheme := _SCHEME.match(given)):
        if scheme[1].lower() == "file":
            return f"{_input.show(given)} is a URL for this machine only, which the service cannot read; pass the path"
        return None
    if isinstance(given, str | os.PathLike):
        return _Path(field, given)
    if isinstance(given, bytes | bytearray | memoryview):
        return _Bytes(field, given)
    if callable(getattr(given, "read", None)):
        return _Stream(field, given)
    advice = _input.instead_of_none(field) if given is None else ""
    return f"{_input.show(given)} is not a URL, a path, bytes or an open binary file{advice}"


class Content(NamedTuple):
    """A file that was read."""

    field: str
    data: bytes
    name: str
    media_type: str


class Source(ABC):
    """A file that stands in a field of an input.

    Args:
        field: The field's name.
        given: What stands there.
    """

    def __init__(self, field: str, given: Any) -> None:
        self.field = field
        self.given = given

    @abstractmethod
    def __str__(self) -> str:
        """What messages call it; never its content."""

    @property
    @abstractmethod
    def _name(self) -> str:
        """Its file name, or nothing."""

    @abstractmethod
    def _size(self) -> int | None:
        """Its length in bytes; None where only reading it tells, and where it can be read but once."""

    @abstractmethod
    def _open(self) -> Any:
        """A context manager that gives something to read it from."""

    def check(self) -> InvalidField | None:
        """What is wrong with the file, as far as that shows without reading it."""
        try:
            size = self._size()
            if size is not None:
                self._check_size(size)
        except (OSError, ValueError) as error:
            return self._fault(error)
        return None

    def read(self) -> Content:
        """Read the file, up to the largest size that may be uploaded.

        Raises:
            InvalidInputError: If it cannot be read, is empty or too large.
        """
        try:
            with self._open() as file:
                data = self._take(file, limits()["file-bytes"] + 1)
            self._check_size(len(data), cut=True)
        except (OSError, ValueError) as error:
            raise InvalidInputError([self._fault(error)]) from error
        kind = guess_type(data, self._name)
        name = self._name or self.field + extension_for(kind)
        # A name that is no valid Unicode, as Linux allows, cannot be sent.
        return Content(self.field, data, name.encode(errors="replace").decode(), kind)

    def describe(self) -> dict[str, Any]:
        """What tells the file from others, as JSON values: its content, wherever that comes from.

        Raises:
            InvalidInputError: If it cannot be read, or not a second time to be sent.
        """
        try:
            if self._size() is None:
                raise _RefusedError(
                    f"{self} can be read only once, and a journal needs to know the content first; pass it as bytes"
                )
        except (OSError, ValueError) as error:
            raise InvalidInputError([self._fault(error)]) from error
        data = self.read().data
        return {"sha256": hashlib.sha256(data).hexdigest(), "size": len(data)}

    def _take(self, file: BinaryIO, most: int) -> bytes:
        taken = io.BytesIO()
        while (left := most - taken.tell()) > 0:
            # Not all at once: unbuffered files and pipes give less than asked for.
            chunk: object = file.read(min(left, _CHUNK))
            if isinstance(chunk, str):
                raise _RefusedError(f"{self} was opened as text; open it with mode 'rb'")
            if not isinstance(chunk, bytes | bytearray | memoryview):
                raise _RefusedError(f"{self} gave {chunk!r:.40} instead of bytes when it was read")
            if not chunk:
                break
            taken.write(chunk)
        return taken.getvalue()

    def _check_size(self, size: int, cut: bool = False) -> None:
        most = limits()["file-bytes"]
        if size == 0:
            raise _RefusedError(f"{self} is empty")
        if size > most:
            how_much = f"more than the {most} bytes" if cut else f"{size} bytes, more than the {most}"
            raise _RefusedError(f"{self} has {how_much} that can be uploaded; put it on the web and pass its URL")

    def _fault(self, error: OSError | ValueError) -> InvalidField:
        if not isinstance(error, _RefusedError):
            reason = (isinstance(error, OSError) and error.strerror) or str(error)
            error = _RefusedError(f"{self} cannot be read: {reason}")
        return InvalidField("invalid_file", f"input.{self.field}", str(error))


class _Path(Source):
    """A file on disk, by a text or an `os.PathLike`."""

    def __str__(self) -> str:
        # Not cut as other values are: the end of a path is what tells it from others.
        return _input.show(os.fsdecode(self.given), 300)

    @property
    def _name(self) -> str:
        return os.path.basename(os.fsdecode(self.given))

    def _size(self) -> int | None:
        try:
            status = os.stat(self.given)
        except FileNotFoundError as error:
            meant = "; did you mean a URL, which begins with https://?" if isinstance(self.given, str) else ""
            raise _RefusedError(f"{self} cannot be read: there is no such file, check the path{meant}") from error
        if stat.S_ISDIR(status.st_mode):
            raise _RefusedError(f"{self} is a folder; name a file in it")
        if not stat.S_ISREG(status.st_mode):
            return None
        # Only this tells on every system whether it may be read; a pipe would not stand it.
        with self._open():
            return status.st_size

    def _open(self) -> Any:
        return open(self.given, "rb")


class _Bytes(Source):
    """The content itself, as bytes, a bytearray or a memoryview."""

    def __str__(self) -> str:
        return _input.show(self.given)

    @property
    def _name(self) -> str:
        return ""

    def _size(self) -> int:
        return memoryview(self.given).nbytes

    def _open(self) -> Any:
        return io.BytesIO(self.given)


class _Stream(Source):
    """Something to read from, from where it stands. It is not closed, and put back there if it can be."""

    def __str__(self) -> str:
        return f"the open file {_input.show(self._name)}" if self._name else f"this {type(self.given).__name__} object"

    @property
    def _name(self) -> str:
        # Of a bare descriptor it is a number, and of standard input <stdin>.
        name = getattr(self.given, "name", None)
        text = os.fsdecode(name) if isinstance(name, str | bytes) else ""
        return "" if text.startswith("<") else os.path.basename(text)

    def _size(self) -> int | None:
        if hasattr(self.given, "encoding"):
            raise _RefusedError(f"{self} was opened as text; open it with mode 'rb'")
        if hasattr(self.given, "readable") and not self.given.readable():
            raise _RefusedError(f"{self} was opened for writing only; open it with mode 'rb'")
        start = self._position()
        if start is None:
            return None
        try:
            self.given.seek(0, os.SEEK_END)
            end: int = self.given.tell()
        except (OSError, ValueError):
            return None
        finally:
            self.given.seek(start)
        if end <= start:
            raise _RefusedError(f"{self} has nothing left to read; is it empty, or should it be rewound with seek(0)?")
        return end - start

    @contextmanager
    def _open(self) -> Iterator[Any]:
        start = self._position()
        try:
            yield self.given
        finally:
            if start is not None:
                self.given.seek(start)

    def _position(self) -> int | None:
        if not hasattr(self.given, "seekable") or not self.given.seekable():
            return None
        position: int = self.given.tell()
        return position


class _RefusedError(ValueError):
    """Says all that is to be said of a file."""
