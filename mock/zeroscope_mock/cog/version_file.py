"""Reads the versions of models from files, folders and options."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from .model_schema import ModelSchema

PUBLISHED_AT = "2023-07-01T00:00:00.000000Z"
"""The creation time of a version that states none: that of the document's model."""

COG_VERSION = "0.8.1"
"""The version of Cog of a version that states none. The mock's own choice."""

SUFFIXES = (".json", ".yaml", ".yml")

_ID = re.compile(r"[A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9]([A-Za-z0-9._-]*[A-Za-z0-9])?")


class ModelFileError(ValueError):
    """A file or an option that holds no model; the message is one sentence that names what is missing."""


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A version of a model, as it was given.

    Args:
        id: Its id.
        created: When it was created, in seconds since 1970.
        values: What the service answers when it is asked for the version.
        schema: What the model takes and returns.
    """

    id: str
    created: float
    values: Mapping[str, Any]
    schema: ModelSchema


def read_version(source: str | Path | Mapping[str, Any]) -> VersionFile:
    """Read a version, or the `openapi_schema` of one alone.

    Args:
        source: A JSON or YAML file, or its values.

    Raises:
        ModelFileError: For a file that cannot be read or is neither.
    """
    if isinstance(source, Mapping):
        name, values = "the model", source
    else:
        name, values = str(source), _read(Path(source))
    if not isinstance(values, Mapping):
        raise ModelFileError(f"{name} is neither a version nor a schema of a model: it is no object")
    if "openapi_schema" in values:
        schema = values["openapi_schema"]
        if not isinstance(schema, Mapping):
            raise ModelFileError(f"the openapi_schema of {name} is no object")
        given = values
    else:
        components = values.get("components")
        if not isinstance(components, Mapping) or not isinstance(components.get("schemas"), Mapping):
            raise ModelFileError(
                f"{name} is neither a version nor a schema of a model: it has no openapi_schema and no components.schemas"
            )
        schema, given = values, {}
    completed = {
        "id": given["id"] if "id" in given else _digest(schema),
        "created_at": PUBLISHED_AT,
        "cog_version": COG_VERSION,
        "openapi_schema": schema,
    } | given
    id = completed["id"]
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ModelFileError(
            f"the id of {name} is {id!r:.80}, which is not of letters, digits, dots, dashes and underscores"
        )
    return VersionFile(id, _moment(completed["created_at"]), completed, ModelSchema(schema))


def _read(path: Path) -> Any:
    return orjson.loads(path.read_bytes())


def _digest(schema: Mapping[str, Any]) -> str:
    return hashlib.sha256(orjson.dumps(schema, option=orjson.OPT_SORT_KEYS)).hexdigest()


def _moment(text: Any) -> float:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        moment = datetime.fromisoformat(PUBLISHED_AT)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def model_files(folder: Path) -> list[tuple[str, Path]]:
    """The files of a folder with the models that their names say, as `owner/name`."""
    found = sorted(path for path in folder.rglob("*") if path.suffix in SUFFIXES and path.is_file())
    return [(_model_of(path.relative_to(folder)), path) for path in found]


def _model_of(path: Path) -> str:
    parts = path.with_suffix("").parts
    if len(parts) == 1:
        parts = tuple(parts[0].split("__", 1))
    names = parts[:2]
    if len(names) == 2 and len(parts) < 4 and all(_NAME.fullmatch(name) for name in names):
        return "/".join(names)
    valid = re.sub(r"[^A-Za-z0-9]+", "-", path.stem).strip("-")
    return f"local/{valid or 'model'}"


def parse_model_option(text: str) -> tuple[str, Path]:
    """The model and the file of an option `owner/name=FILE`.

    Raises:
        ModelFileError: For an option in another form.
    """
    model, equals, file = text.partition("=")
    owner, slash, name = model.partition("/")
    if not slash or not _NAME.fullmatch(owner) or not _NAME.fullmatch(name):
        raise ModelFileError(f"--model {text} must name a model as owner/name: --model meta/llama=FILE")
    if not equals or not file:
        raise ModelFileError(f"--model {model} needs a file: --model {model}=FILE")
    return model, Path(file)
