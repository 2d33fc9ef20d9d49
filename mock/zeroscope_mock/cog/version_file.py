"""Versions of models, as files hold them."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from .model_schema import ModelSchema
from .reading import SUFFIXES, ModelFileError, json_text, json_values, read_values

PUBLISHED_AT = "2023-07-01T00:00:00.000000Z"
"""The creation time of a version that states none, and of the document's model, which was published in July 2023; the
day is the mock's own choice."""

COG_VERSION = "0.8.1"
"""The version of Cog of a version that states none: that of the document's model."""

ModelSource = str | Path | Mapping[str, Any]
"""A version of a model, or its `openapi_schema` alone: a JSON or YAML file, or its values."""

_ID = re.compile(r"[A-Za-z0-9._-]+")
_NAME = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]*")
_NO_NAME = re.compile(r"[^A-Za-z0-9._-]+")


@dataclass(frozen=True, slots=True)
class VersionFile:
    """A version of a model, as it was given.

    Args:
        id: Its id; that of a schema alone is the same for the same schema.
        created: When it was created, in seconds since 1970.
        values: What the service answers when it is asked for the version: all that was given, and what was missing.
        schema: What the model takes and returns.
    """

    id: str
    created: float
    values: Mapping[str, Any]
    schema: ModelSchema

    @property
    def warnings(self) -> list[str]:
        """What cannot be served as it was meant, in one sentence each. Compiles the schema."""
        created = self.values["created_at"]
        unreadable = [f"created_at is {created!r:.80}, which is no timestamp."] if _moment(created) is None else []
        return [*unreadable, *self.schema.warnings]


def read_version(source: ModelSource) -> VersionFile:
    """Read a version, or the `openapi_schema` of one alone.

    Args:
        source: A file, which is YAML if its name says so and else JSON; or its values, which are copied.

    Raises:
        ModelFileError: For a file that cannot be read, and for one that is neither.
    """
    if isinstance(source, Mapping):
        name = "the given object"
        values = json_values(source, name)
    else:
        name = str(source)
        values = read_values(Path(source))
    schema = _schema(values, name)
    given: Mapping[str, Any] = values if "openapi_schema" in values else {}
    text = json_text(schema, name, canonical="id" not in given)
    usual = {
        "id": hashlib.sha256(text).hexdigest(),
        "created_at": PUBLISHED_AT,
        "cog_version": COG_VERSION,
        "openapi_schema": schema,
    }
    # In the order in which it was given.
    completed = {**given, **{name: value for name, value in usual.items() if name not in given}}
    id = completed["id"]
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ModelFileError(
            f"{name} has the id {id!r:.80}, which is not made of letters, digits, dots, dashes and underscores"
        )
    created = _moment(completed["created_at"])
    return VersionFile(id, _PUBLISHED if created is None else created, completed, ModelSchema(schema))


def model_files(folder: Path) -> list[tuple[str, Path]]:
    """The JSON and YAML files in a folder, each with the model that its place names, as `owner/name`.

    A file is of the model `owner/name` as `owner/name.json`, `owner__name.json` or, for models with several versions,
    `owner/name/ANYTHING.json`. The owner of all others is `local`, and their name is that of the file.

    Raises:
        ModelFileError: For a folder that does not exist or has no such file.
    """
    if not folder.is_dir():
        raise ModelFileError(f"{folder} is not a folder")
    relative = (path.relative_to(folder) for path in folder.rglob("*") if path.suffix.lower() in SUFFIXES)
    visible = sorted(path for path in relative if not any(part.startswith(".") for part in path.parts))
    found = [(_model_of(path), folder / path) for path in visible if (folder / path).is_file()]
    if not found:
        raise ModelFileError(f"{folder} has no file that ends in {', '.join(SUFFIXES[:-1])} or {SUFFIXES[-1]}")
    return found


def parse_model_option(text: str) -> tuple[str, Path]:
    """The model, as `owner/name`, and the file of an option `owner/name=FILE`.

    Raises:
        ModelFileError: For an option in another form.
    """
    model, _, file = text.partition("=")
    if not is_model_name(model):
        raise ModelFileError(f"--model {text!r:.200} does not name a model: --model owner/name=FILE")
    if not file:
        raise ModelFileError(f"--model {model} needs a file: --model {model}=FILE")
    return model, Path(file)


def is_model_name(text: str) -> bool:
    """Return whether a text has the form of a model's owner and name, as `owner/name`."""
    owner, _, name = text.partition("/")
    return bool(_NAME.fullmatch(owner) and _NAME.fullmatch(name))


def _schema(values: Any, name: str) -> Mapping[str, Any]:
    """The `openapi_schema` of a version, or the values if they are one."""
    if not isinstance(values, dict):
        raise ModelFileError(f"{name} is neither a version nor a schema of a model: it is not an object")
    if "openapi_schema" in values:
        schema = values["openapi_schema"]
        if not isinstance(schema, dict):
            raise ModelFileError(f"{name} has an openapi_schema that is not an object")
        return schema
    components = values.get("components")
    if not isinstance(components, dict) or not isinstance(components.get("schemas"), dict):
        raise ModelFileError(
            f"{name} is neither a version nor a schema of a model: it has no openapi_schema and no components.schemas"
        )
    return values


def _model_of(path: Path) -> str:
    """The model of a file, by its path in the folder."""
    *folders, stem = path.with_suffix("").parts
    parts = [*folders, stem] if folders else stem.split("__", 1)
    model = "/".join(parts[:2])
    if len(parts) <= 3 and is_model_name(model):
        return model
    return f"local/{_NO_NAME.sub('-', stem).strip('.-') or 'model'}"


def _moment(text: Any) -> float | None:
    """The moment of a timestamp, in seconds since 1970; None for another value."""
    try:
        moment = datetime.fromisoformat(text)
        return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
    except (TypeError, ValueError):
        return None


_PUBLISHED = datetime.fromisoformat(PUBLISHED_AT).timestamp()
