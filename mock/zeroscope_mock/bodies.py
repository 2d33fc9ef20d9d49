"""Reads the bodies of requests: JSON, text and multipart forms."""

from __future__ import annotations

import json
import logging
import math
from codecs import BOM_UTF8
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NoReturn

MAX_DEPTH = 100
"""The maximum nesting depth of a JSON body."""

# python-multipart logs a warning for each malformed form; the response says it already.
logging.getLogger("python_multipart").addHandler(logging.NullHandler())


class MalformedBodyError(Exception):
    """The body cannot be read; the message says why."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file in a form."""

    filename: str | None
    content_type: str | None
    content: bytes


def media_type(content_type: str) -> str:
    """The type of a `Content-Type` header without its parameters, in lower case."""
    return content_type.partition(";")[0].strip().lower()


def read_json(body: bytes) -> Any:
    """The value of a JSON body.

    Raises:
        MalformedBodyError: For a body that is not JSON or not UTF-8, is nested too deeply, or holds values that cannot
            be sent back.
    """
    try:
        value = _decode(body.removeprefix(BOM_UTF8).decode())
        if b"\\u" in body:
            # Half a surrogate pair is valid JSON, but cannot be encoded to be sent back.
            json.dumps(value, ensure_ascii=False).encode()
    except UnicodeDecodeError as error:
        raise MalformedBodyError("The request body is not UTF-8.") from error
    except UnicodeEncodeError as error:
        raise MalformedBodyError("The request body holds half a surrogate pair.") from error
    except json.JSONDecodeError as error:
        raise MalformedBodyError(f"The request body is not JSON: {error}.") from error
    except ValueError as error:
        # Python refuses integers of more than 4300 digits.
        raise MalformedBodyError("The request body holds a number that is too large.") from error
    except RecursionError as error:
        raise MalformedBodyError("The request body is nested too deeply.") from error
    # Recursive functions must be able to walk the value later; counting brackets first is fast.
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise MalformedBodyError("The request body is nested too deeply.")
    return value


def read_text(body: bytes) -> str:
    """The value of a body of text.

    Raises:
        MalformedBodyError: For a body that is not UTF-8.
    """
    try:
        return body.decode()
    except UnicodeDecodeError as error:
        raise MalformedBodyError("The request body is not UTF-8.") from error


def _refuse(constant: str) -> NoReturn:
    raise MalformedBodyError(f"The request body is not JSON: {constant} is no value.")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise MalformedBodyError("The request body holds a number that is too large.")
    return number


# Made once, because json.loads makes a decoder for every call.
_decode = json.JSONDecoder(parse_constant=_refuse, parse_float=_finite).decode


def _depth(value: Any) -> int:
    """The nesting depth of a value."""
    levels, inside = 0, [value]
    while inside := [part for part in inside if isinstance(part, dict | list)]:
        levels += 1
        inside = [part for outer in inside for part in (outer.values() if isinstance(outer, dict) else outer)]
    return levels


def read_form(body: bytes, content_type: str, schema: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a multipart form by name; a field of the format `binary` is an `Upload`.

    A field that is sent more than once is a list.

    Args:
        body: The form.
        content_type: The whole header, with the boundary.
        schema: The schema of the form; fields that are not strings are read as JSON.

    Raises:
        MalformedBodyError: For a body that is not a complete form.
    """
    # Imported here because only uploads need it.
    from email.message import Message

    message = Message()
    message["content-type"] = content_type.encode("utf-8", "replace").decode()
    boundary = message.get_boundary()
    if not boundary:
        raise MalformedBodyError("The content type names no boundary.")
    parts = _Parts(boundary)
    parts.read(body)
    fields: dict[str, list[Any]] = {}
    for headers, content in parts.found:
        disposition = Message()
        disposition["content-disposition"] = headers.get("content-disposition", "")
        name = disposition.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise MalformedBodyError("A part of the form has no name.")
        described = schema.get("properties", {}).get(name, {})
        if described.get("format") == "binary":
            value: Any = Upload(disposition.get_filename(), headers.get("content-type"), content)
        else:
            value = _value(content, text=described.get("type") == "string")
        fields.setdefault(name, []).append(value)
    return {name: values[0] if len(values) == 1 else values for name, values in fields.items()}


def _value(content: bytes, *, text: bool) -> Any:
    try:
        return content.decode() if text else read_json(content)
    except UnicodeDecodeError as error:
        raise MalformedBodyError("A field of the form is not UTF-8.") from error
    except MalformedBodyError:
        return content.decode("utf-8", "replace")


class _Parts:
    """The parser of a form, which collects its parts."""

    def __init__(self, boundary: str) -> None:
        self.found: list[tuple[dict[str, str], bytes]] = []
        self._boundary = boundary
        self._headers: dict[str, str] = {}
        self._name = bytearray()
        self._value = bytearray()
        self._content = bytearray()
        self._ended = False

    def read(self, body: bytes) -> None:
        # Imported here because only uploads need it.
        from python_multipart.exceptions import FormParserError
        from python_multipart.multipart import MultipartParser

        try:
            parser = MultipartParser(
                self._boundary.encode("latin-1"),
                {
                    "on_part_begin": self._begin,
                    "on_header_field": lambda data, start, end: self._name.extend(data[start:end]),
                    "on_header_value": lambda data, start, end: self._value.extend(data[start:end]),
                    "on_header_end": self._end_header,
                    "on_part_data": lambda data, start, end: self._content.extend(data[start:end]),
                    "on_part_end": lambda: self.found.append((self._headers, bytes(self._content))),
                    "on_end": self._end,
                },
            )
            parser.write(body)
            parser.finalize()
        except (FormParserError, ValueError) as error:
            raise MalformedBodyError(f"The request body is not a form: {error}.") from error
        if not self._ended:
            raise MalformedBodyError("The request body ends within the form.")

    def _begin(self) -> None:
        self._headers, self._content = {}, bytearray()

    def _end_header(self) -> None:
        self._headers[self._name.decode("latin-1").lower()] = self._value.decode("utf-8", "replace")
        self._name, self._value = bytearray(), bytearray()

    def _end(self) -> None:
        self._ended = True
