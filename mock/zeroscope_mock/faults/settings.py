"""Check the arguments of faults one by one, as Python values or as JSON."""

from __future__ import annotations

import base64
import json
import math
import re
from collections.abc import Callable, Collection, Iterable, Mapping
from functools import partial
from typing import Any

from ..documents.spec import METHODS
from ..messages import Headers

HANG = 60.0
"""How long a connection hangs if nothing else is said, in seconds."""

LONGEST = 3600.0
"""The longest delay and the longest hang, in seconds."""

_SLOWEST, _FASTEST = 0.001, 1e12
_MOST_NUMBERS = 1000
_HEADER_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_HEADER_VALUE = re.compile(r"[\t\x20-\x7e\x80-\xff]*")


class FaultError(ValueError):
    """A fault that cannot be set up.

    Args:
        field: the argument that is wrong; empty where it is not a single one.
        message: what is wrong with it, and what would do.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


def meant(word: str, known: Iterable[str]) -> str:
    """The end of a sentence about an unknown word: the known one that was likely meant, or all of them."""
    # Only mistakes need it.
    import difflib

    near = difflib.get_close_matches(str(word), known, n=1)
    return f"; did you mean {near[0]!r}?" if near else f"; there are {', '.join(sorted(known))}"


def check_number(name: str, value: Any, least: float, most: float, *, above: bool = False) -> float:
    """A number within bounds.

    Args:
        name: the argument.
        value: what was given for it.
        least: the least number that will do.
        most: the greatest number that will do.
        above: whether the number must be above the least.

    Raises:
        FaultError: if it is anything else.
    """
    in_bounds = isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most
    if not in_bounds or (above and value == least):
        bounds = f"above {least:g}" if above else f"from {least:g}"
        raise FaultError(name, f"{name} must be a number {bounds}{_up_to(most)}, not {_show(value)}")
    return float(value)


def check_integer(name: str, value: Any, least: int, most: float = math.inf) -> int:
    """An integer within bounds.

    Args:
        name: the argument.
        value: what was given for it.
        least: the least integer that will do.
        most: the greatest integer that will do.

    Raises:
        FaultError: if it is anything else.
    """
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        raise FaultError(name, f"{name} must be an integer from {least}{_up_to(most)}, not {_show(value)}")
    return value


def check_flag(name: str, value: Any) -> bool:
    """Either true or false.

    Raises:
        FaultError: if it is anything else.
    """
    if not isinstance(value, bool):
        raise FaultError(name, f"{name} must be true or false, not {_show(value)}")
    return value


def _up_to(most: float) -> str:
    return " up" if math.isinf(most) else f" to {most:g}"


def _show(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."


def _word(name: str, value: Any, known: Collection[str]) -> str:
    if not isinstance(value, str) or value not in known:
        raise FaultError(name, f"{name} must be {' or '.join(map(repr, known))}, not {_show(value)}")
    return value


def _words(name: str, value: Any) -> tuple[str, ...]:
    words = (value,) if isinstance(value, str) else value
    if not isinstance(words, Collection) or not words or not all(isinstance(word, str) and word for word in words):
        raise FaultError(name, f"{name} must be a name or several of them, not {_show(value)}")
    # A set has no order of its own, and descriptions must not differ from run to run.
    return tuple(sorted(words) if isinstance(words, set | frozenset) else dict.fromkeys(words))


def _methods(name: str, value: Any) -> tuple[str, ...]:
    methods = tuple(word.upper() for word in _words(name, value))
    known = [method.upper() for method in METHODS]
    for method in methods:
        if method not in known:
            raise FaultError(name, f"there is no method {method!r}{meant(method, known)}")
    return methods


def _pattern(name: str, value: Any) -> str:
    if not isinstance(value, str) or not value.startswith(("/", "*")):
        raise FaultError(name, f"{name} must be a pattern such as '/predictions/*', not {_show(value)}")
    return value


def _token(name: str, value: Any) -> str:
    # The value itself must not be shown.
    if not isinstance(value, str) or not value or len(value.split()) != 1:
        raise FaultError(name, "token must be the token alone, without 'Bearer' before it and without spaces")
    return value.strip()


def _numbers(name: str, value: Any) -> tuple[int, ...]:
    numbers = (value,) if isinstance(value, int) else value
    if not isinstance(numbers, Collection) or isinstance(numbers, str | bytes) or not 0 < len(numbers) <= _MOST_NUMBERS:
        raise FaultError(
            name, f"{name} must be an integer from 1 up, or 1 to {_MOST_NUMBERS} of them, not {_show(value)}"
        )
    return tuple(sorted({check_integer(name, number, 1) for number in numbers}))


def _body(name: str, value: Any) -> Any:
    if isinstance(value, str | bytes):
        return value
    try:
        return json.loads(json.dumps(value, allow_nan=False))
    except (RecursionError, TypeError, ValueError) as error:
        raise FaultError(name, f"{name} must be text, bytes or a value that JSON can carry: {error}") from error


def _base64(name: str, value: Any) -> bytes:
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError) as error:
        raise FaultError(name, f"{name} must be text in base64, not {_show(value)}: {error}") from error


def _headers(name: str, value: Any) -> Headers:
    if not isinstance(value, Mapping):
        raise FaultError(name, f"{name} must be names and values, such as {{'Retry-After': '5'}}, not {_show(value)}")
    return tuple((_header_name(name, key), _header_value(name, content)) for key, content in value.items())


def _header_name(name: str, value: Any) -> str:
    if not isinstance(value, str) or not _HEADER_NAME.fullmatch(value):
        raise FaultError(name, f"{_show(value)} cannot be the name of a header")
    if value.lower() in {"content-length", "transfer-encoding"}:
        raise FaultError(name, f"the server itself sends the header {value!r}; truncate makes it a lie")
    return value.lower()


def _header_value(name: str, value: Any) -> str:
    if not isinstance(value, str | int) or isinstance(value, bool) or not _HEADER_VALUE.fullmatch(str(value)):
        raise FaultError(name, f"{_show(value)} cannot be the value of a header")
    return str(value)


def _content_type(name: str, value: Any) -> str:
    if not isinstance(value, str):
        raise FaultError(name, f"{name} must be a content type such as 'text/plain', not {_show(value)}")
    return _header_value(name, value)


def _hang(name: str, value: Any) -> float | None:
    if isinstance(value, bool):
        return HANG if value else None
    return check_number(name, value, 0, LONGEST, above=True)


def _amount(name: str, value: Any) -> float:
    if isinstance(value, float) and 0 < value < 1:
        return value
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise FaultError(
            name, f"{name} must be bytes as an integer, or a share between 0 and 1 such as 0.5, not {_show(value)}"
        )
    return value


READERS: Mapping[str, Callable[[str, Any], Any]] = {
    "operation": _words,
    "method": _methods,
    "path": _pattern,
    "token": _token,
    "nth": _numbers,
    "skip": partial(check_integer, least=0),
    "times": partial(check_integer, least=1),
    "per": partial(_word, known=("resource",)),
    "probability": partial(check_number, least=0, most=1),
    "status": partial(check_integer, least=200, most=599),
    "retry_after": partial(check_integer, least=0),
    "body": _body,
    "body_base64": _base64,
    "headers": _headers,
    "content_type": _content_type,
    "carried_out": check_flag,
    "delay": partial(check_number, least=0, most=LONGEST),
    "hang": _hang,
    "reset": partial(_word, known=("before", "after")),
    "truncate": _amount,
    "malformed": check_flag,
    "html": check_flag,
    "bytes_per_second": partial(check_number, least=_SLOWEST, most=_FASTEST),
    "duplicate": check_flag,
}
"""What checks each argument, by the argument's name: given that and the value, it returns the value to keep."""
