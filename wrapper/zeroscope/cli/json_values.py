"""JSON values of options and cells: the text itself, or a file that has it."""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn
from weakref import WeakSet

STDIN = "-"
_FILE_MARK = "@"
# How values other than strings begin that have a beginning of their own, so that one with a mistake is no text.
_MARKS = ("{", "[", '"')

_read: WeakSet[Any] = WeakSet()


class RepeatedKeyError(ValueError):
    """An object has a key twice."""


def parse(text: str, *, allows_text: bool = False) -> Any:
    """Return the value of a JSON text.

    Args:
        text: The text.
        allows_text: Whether a text that is not JSON is a string, unless it begins as an object, an array or a string.

    Raises:
        RepeatedKeyError: If an object has a key twice.
        ValueError: If it is not JSON, with the place of the mistake.
    """
    try:
        return json.loads(text.rstrip(), object_pairs_hook=_object, parse_constant=_refuse_constant)
    except RepeatedKeyError:
        raise
    except (ValueError, RecursionError) as error:
        if allows_text and not text.lstrip().startswith(_MARKS):
            return text
        raise ValueError(f"this is not JSON: {_problem(error)}") from error


def parse_argument(argument: str, *, allows_text: bool = False) -> Any:
    """Return the value of an option: JSON, or ``@`` and the path of a file that has it, or ``@-`` for stdin.

    Raises:
        ValueError: If it is not JSON, or the file cannot be read.
    """
    if not argument.startswith(_FILE_MARK):
        return parse(argument, allows_text=allows_text)
    path = argument.removeprefix(_FILE_MARK)
    name = "the standard input" if path == STDIN else path
    try:
        return parse((read_stdin() if path == STDIN else Path(path).expanduser().read_bytes()).decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        raise ValueError(f"{name}: this is not UTF-8") from error
    except OSError as error:
        raise ValueError(f"{name}: {error.strerror or error}") from error
    except ValueError as error:
        raise ValueError(f"{name}: {error}") from error


def read_stdin() -> bytes:
    """Return all of the standard input.

    Raises:
        ValueError: If there is none, or it was read before, for another argument.
    """
    if sys.stdin is None:
        raise ValueError("there is none")
    if sys.stdin in _read:
        raise ValueError("another argument has read it")
    _read.add(sys.stdin)
    return sys.stdin.buffer.read()


def _object(pairs: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    names = [name for name, _ in pairs]
    if repeated := next((name for name in names if names.count(name) > 1), None):
        raise RepeatedKeyError(f"{repeated}: this field is given twice")
    return dict(pairs)


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number there")


def _problem(error: ValueError | RecursionError) -> str:
    if isinstance(error, json.JSONDecodeError):
        line = f"line {error.lineno}, " if "\n" in error.doc else ""
        return f"{error.msg.removesuffix(' at')} at {line}column {error.colno}"
    return "it is nested too deeply" if isinstance(error, RecursionError) else str(error)
