"""Reads documents, and words the errors of those that cannot be followed."""

from __future__ import annotations

import importlib.util
import json
import reprlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any


class SpecError(Exception):
    """The document cannot be read, or the server cannot follow it.

    Args:
        message: What is wrong with it.
        placed: Whether the message names the place.
    """

    def __init__(self, message: str, *, placed: bool = False) -> None:
        super().__init__(message)
        self.placed = placed


def text_of(value: Any, name: str) -> str:
    """A value that must be a string; `name` names it in the error."""
    if not isinstance(value, str):
        raise SpecError(f"{name} must be a string, not {reprlib.repr(value)}")
    return value


def object_of(value: Any) -> Mapping[str, Any]:
    """A value that must be an object."""
    if not isinstance(value, Mapping):
        raise TypeError(f"{reprlib.repr(value)} stands where an object must be")
    return value


def unescape(part: str) -> str:
    """A part of a JSON pointer without its escapes."""
    return part.replace("~1", "/").replace("~0", "~")


@contextmanager
def reading(where: str) -> Iterator[None]:
    """Turn any error in reading a part of the document into a `SpecError` that names the part."""
    try:
        yield
    except SpecError as error:
        # The innermost place is the most precise.
        if error.placed:
            raise
        raise SpecError(f"{error} (in {where})", placed=True) from error
    except KeyError as error:
        raise SpecError(f"{where} has no {error}", placed=True) from error
    except Exception as error:
        reason = (str(error) or type(error).__name__).splitlines()[0]
        raise SpecError(f"the document cannot be followed: {where}: {reason}", placed=True) from error


def packaged_document() -> Any:
    """The project's document as JSON, which reads many times faster than YAML."""
    # Found, not imported: importing the generated client would import httpx.
    found = importlib.util.find_spec("zeroscope_api")
    if found is None or found.origin is None:
        raise SpecError("the package zeroscope_api, which holds the document, is not installed")
    return json.loads(Path(found.origin).with_name("spec.json").read_bytes())


def read_document(path: Path) -> Any:
    """The values in a YAML or JSON file.

    Raises:
        SpecError: For a file that is not YAML or JSON.
        OSError: For a file that cannot be read.
    """
    text = path.read_bytes()
    if path.suffix == ".json":
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            raise SpecError(f"{path} is not JSON: {error}") from error
    import yaml

    try:
        return yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise SpecError(f"{path} is not YAML: {yaml_problem(error)}") from error


def yaml_problem(error: Exception) -> str:
    """What is wrong with a text that PyYAML cannot read, and where."""
    import yaml

    if not isinstance(error, yaml.MarkedYAMLError):
        return str(error).splitlines()[0]
    mark = error.problem_mark
    return f"line {mark.line + 1}, column {mark.column + 1}: {error.problem}" if mark else str(error.problem)


def merged(document: Mapping[str, Any], more: Mapping[str, Any]) -> dict[str, Any]:
    """A document with the operations and components of another one added where it has none of the same name."""
    theirs, ours = more.get("paths", {}), document["paths"]
    parts = {**more.get("components", {}), **document.get("components", {})}
    return {
        **document,
        "paths": {path: {**theirs.get(path, {}), **ours.get(path, {})} for path in {**ours, **theirs}},
        "components": {
            part: {**more.get("components", {}).get(part, {}), **document.get("components", {}).get(part, {})}
            for part in parts
        },
    }
