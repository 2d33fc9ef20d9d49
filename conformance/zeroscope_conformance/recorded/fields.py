"""Fields of recordings, which may be missing or of another type."""

from __future__ import annotations

from collections.abc import Mapping
from math import isfinite
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

_MAX_DIGITS = 20


class RecordingError(Exception):
    """A recording cannot be read; its text is one sentence that names the file and the place in it."""


class Fields:
    """The fields of an object in a recording.

    Args:
        value: The value that should be an object.
        place: The file and the number of the exchange.
        name: The path of the object.

    Raises:
        RecordingError: If the value is no object.
    """

    def __init__(self, value: Any, place: str, name: str = "") -> None:
        if not isinstance(value, Mapping):
            raise RecordingError(f"{place}: {name or 'the exchange'} is {kind_of(value)}, not an object")
        self.raw: Mapping[str, Any] = value
        self._place = place
        self._name = name

    def object(self, name: str) -> Fields:
        """Return an object, which is empty if it is missing or null."""
        return Fields(self.raw.get(name) or {}, self._place, self._path(name))

    def text(self, name: str, default: str | None = None) -> str:
        """Return a text.

        Args:
            name: The name of the field.
            default: The text if it is missing or null; by default, it may not be.

        Raises:
            RecordingError: If there is no text.
        """
        value = self.raw.get(name)
        if value is None and default is not None:
            return default
        if not isinstance(value, str):
            seen = "missing" if value is None else f"{kind_of(value)}, not text"
            raise RecordingError(f"{self._place}: {self._path(name)} is {seen}")
        return value

    def url(self, name: str) -> str:
        """Return a URL.

        Raises:
            RecordingError: If there is none.
        """
        text = self.text(name)
        try:
            urlsplit(text)
        except ValueError as error:
            raise RecordingError(f"{self._place}: {self._path(name)} is no URL: {error}") from error
        return text

    def number(self, name: str, default: float | None = None) -> float:
        """Return a number.

        Args:
            name: The name of the field.
            default: The number if there is none; by default, there has to be one.

        Raises:
            RecordingError: If there is no number.
        """
        value = self.raw.get(name)
        if isinstance(value, str) and value.isdecimal() and len(value) < _MAX_DIGITS:
            value = int(value)
        if isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value):
            return value
        if default is None:
            seen = "missing" if value is None else f"{kind_of(value)}, not a number"
            raise RecordingError(f"{self._place}: {self._path(name)} is {seen}")
        return default

    def headers(self, name: str = "headers") -> dict[str, str]:
        """Return headers, names in lower case: of a list of names and values, or of an object.

        Those that occur several times are joined; pseudo headers of HTTP/2 are left out.
        """
        value = self.raw.get(name) or []
        pairs: list[tuple[Any, Any]]
        if isinstance(value, Mapping):
            pairs = [(key, one) for key, many in value.items() for one in (many if isinstance(many, list) else [many])]
        elif isinstance(value, list) and all(isinstance(one, Mapping) for one in value):
            pairs = [(one.get("name"), one.get("value")) for one in value]
        else:
            raise RecordingError(f"{self._place}: {self._path(name)} is no list of names and values")
        found: dict[str, str] = {}
        for key, one in pairs:
            if isinstance(key, str) and key and not key.startswith(":") and one is not None:
                text = one.decode("latin-1") if isinstance(one, bytes) else str(one)
                known = found.get(key.lower())
                found[key.lower()] = text if known is None else f"{known}, {text}"
        return found

    def _path(self, name: str) -> str:
        return f"{self._name}.{name}" if self._name else name


def kind_of(value: Any) -> str:
    """Return what a value is, in words."""
    words = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", type(None): "null"}
    return words.get(type(value), "an object" if isinstance(value, Mapping) else type(value).__name__)


def items(value: Any, path: Path, name: str) -> list[Any]:
    """Return a list of exchanges.

    Raises:
        RecordingError: If it is none.
    """
    if not isinstance(value, list):
        raise RecordingError(f"{path}: {name} is {kind_of(value)}, not a list")
    return value
