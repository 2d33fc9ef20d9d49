"""Reads JSON values from files and from Python objects."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import orjson

from ..documents.reading import yaml_problem

SUFFIXES = (".json", ".yaml", ".yml")

# Bodies of responses hold a version within this many other values.
_ENVELOPES = 4

# In bytes; the largest known schemas have some 100 KB.
_LARGEST_FILE = 50_000_000
_MOST_VALUES = 1_000_000

# The kinds of plain text that are not strings: the tag, the whole text, and its first characters.
_PLAIN_VALUES = (
    ("null", r"^(?:~|null|Null|NULL|)$", ["~", "n", "N", ""]),
    ("bool", r"^(?:true|True|TRUE|false|False|FALSE)$", list("tTfF")),
    ("int", r"^[-+]?(?:0|[1-9][0-9]*)$", list("-+0123456789")),
    ("float", r"^[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+|[0-9]+(?=[eE]))(?:[eE][-+]?[0-9]+)?$", list("-+.0123456789")),
    ("merge", r"^<<$", ["<"]),
)


class ModelFileError(ValueError):
    """A file or an option that holds no model; the message is one sentence that names what is missing."""


def read_values(path: Path) -> Any:
    """The values in a file: YAML if its name says so, else JSON.

    Raises:
        ModelFileError: For a file that cannot be read or is neither.
    """
    try:
        if path.exists() and not path.is_file() and not path.is_dir():
            # Reading a pipe or a device may never end.
            raise ModelFileError(f"{path} is not a regular file")
        if path.is_file() and (size := path.stat().st_size) > _LARGEST_FILE:
            raise ModelFileError(f"{path} has {size} bytes, but a model's file has at most {_LARGEST_FILE}")
        text = path.read_bytes()
    except OSError as error:
        raise ModelFileError(f"{path} cannot be read: {error.strerror or error}") from error
    except ModelFileError:
        raise
    except ValueError as error:
        raise ModelFileError(f"{path} cannot be read: {error}") from error
    # A JSON file that an editor on Windows saved may begin with a byte order mark.
    text = text.removeprefix(b"\xef\xbb\xbf")
    if path.suffix.lower() not in (".yaml", ".yml"):
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            raise ModelFileError(f"{path} is not JSON: {place}: {error.msg}") from error
    values = _read_yaml(text, path)
    if (size := _expanded_size(values, {})) > _MOST_VALUES:
        raise ModelFileError(f"{path} has aliases that expand to {size} values, but a model has at most {_MOST_VALUES}")
    return json_values(values, str(path))


def _expanded_size(value: Any, known: dict[int, int]) -> int:
    """The number of values that a value consists of if each alias is written out.

    Args:
        known: The sizes of lists and objects that were counted before; one that contains itself counts as 0.
    """
    if not isinstance(value, list | dict):
        return 1
    if id(value) not in known:
        known[id(value)] = 0
        inner = value if isinstance(value, list) else value.values()
        known[id(value)] = 1 + sum(_expanded_size(one, known) for one in inner)
    return known[id(value)]


def json_values(values: Any, name: str) -> Any:
    """A copy of values that JSON has.

    Raises:
        ModelFileError: For values that a response cannot hold.
    """
    return orjson.loads(json_text(values, name))


def json_text(values: Any, name: str, *, canonical: bool = False) -> bytes:
    """Values as JSON.

    Args:
        name: Names the values in the error.
        canonical: Whether keys are sorted.

    Raises:
        ModelFileError: For values that a response cannot hold.
    """
    enveloped = values
    for _ in range(_ENVELOPES):
        enveloped = [enveloped]
    try:
        text = orjson.dumps(enveloped, _plain, orjson.OPT_SORT_KEYS if canonical else None)
    except TypeError as error:
        raise ModelFileError(f"{name} cannot be written as JSON: {error}") from error
    return text[_ENVELOPES:-_ENVELOPES]


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return dict(value)
    raise TypeError


def _read_yaml(text: bytes, path: Path) -> Any:
    import yaml

    try:
        return yaml.load(text, yaml_loader())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ModelFileError(f"{path} is not YAML: {yaml_problem(error)}") from error


@cache
def yaml_loader() -> Any:
    """A loader that reads plain text as YAML 1.2 does.

    PyYAML follows YAML 1.1, in which an aspect ratio of 16:9 is the number 969, `no` is false, and a date is no text.
    """
    import yaml

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]  # PyYAML has it only with libyaml
        """Reads plain values."""

        yaml_implicit_resolvers: dict[str, Any] = {}  # noqa: RUF012 -- as PyYAML declares it

    for tag, pattern, first in _PLAIN_VALUES:
        Loader.add_implicit_resolver(f"tag:yaml.org,2002:{tag}", re.compile(pattern), first)
    return Loader
