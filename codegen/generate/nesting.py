"""Names the field of a schema that is nested too deeply, or requires itself."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ..document.references import dereference
from ..document.values import depth
from .client import SCHEMAS
from .errors import GenerationError


def sample_of(document: Mapping[str, Any], name: str) -> Any:
    """Return a sample of a schema.

    Raises:
        GenerationError: If it has none; the reason names the field.
    """
    from zeroscope_mock.documents.sample import sample

    def resolve(part: Any) -> Any:
        return dereference(document, part)

    schema = document["components"]["schemas"][name]
    try:
        return sample(schema, resolve)
    except RecursionError as error:
        for field, part in schema.get("properties", {}).items():
            try:
                sample(part, resolve)
            except RecursionError:
                raise _too_deep(name, field) from error
        raise too_deep(document, name) from error


def too_deep(document: Mapping[str, Any], name: str) -> GenerationError:
    """Return the error about a schema, of which the field that is nested most deeply is at fault."""
    fields = document["components"]["schemas"][name].get("properties", {})
    return _too_deep(name, max(fields, key=lambda field: depth(fields[field]), default=""))


def schema_of(document: Mapping[str, Any], file: str) -> str | None:
    """Return the name of the schema that a generated module is of; None if it is of none."""
    stem = _plain(Path(file).stem)
    return next((name for name in document["components"]["schemas"] if _plain(name) == stem), None)


def _too_deep(name: str, field: str) -> GenerationError:
    what = f"the field {name}.{field}" if field else f"the schema {name}"
    place = (*SCHEMAS, name, *(("properties", field) if field else ()))
    return GenerationError(f"{what} is nested too deeply, or requires itself; flatten it", place)


def _plain(name: str) -> str:
    return re.sub(r"[\W_]", "", name).lower()
