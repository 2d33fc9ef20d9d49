"""Models, their versions, and deployments, as a server keeps them."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from ..cog import ModelSchema, VersionFile, version_file
from ..times import read_timestamp

PUBLISHED_AT = read_timestamp(version_file.PUBLISHED_AT)
"""The creation time of the document's model and its versions, in seconds since 1970."""

_VERSION = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model.

    Args:
        created: When it was created, in seconds since 1970.
        number: How many objects were created before it.
        file: What it takes and returns; None for a version of the document's model.
        guessed: Whether that is a guess, because the server does not know the model.
    """

    id: str
    created: float
    number: int
    file: VersionFile | None = None
    guessed: bool = False

    @property
    def schema(self) -> ModelSchema | None:
        """What it takes and returns; None if the document says that."""
        return None if self.file is None else self.file.schema


@dataclass(slots=True)
class Model:
    """A model.

    Args:
        tenant: The tenant that created it; None for the document's model and for loaded ones.
        number: How many objects were created before it.
        created: When it was created, in seconds since 1970.
        readme: Its README; None if it has none.
        versions: Its versions by id, without those that trainings have yet to add.
    """

    owner: str
    name: str
    tenant: str | None
    number: int
    created: float
    visibility: str = "public"
    hardware: str | None = None
    description: str | None = None
    github_url: str | None = None
    paper_url: str | None = None
    license_url: str | None = None
    weights_url: str | None = None
    cover_image_url: str | None = None
    readme: str | None = None
    versions: dict[str, Version] = field(default_factory=dict[str, Version])

    @property
    def full_name(self) -> str:
        """The owner and the name, as `owner/name`."""
        return f"{self.owner}/{self.name}"


@dataclass(slots=True)
class Deployment:
    """A deployment with its current release.

    Args:
        tenant: The tenant that created it.
        number: How many objects were created before it.
        created: When it was created, in seconds since 1970.
        model: The model's owner and name.
        version: The id of the version that runs.
        release: The number of the current release.
        released: When that was made, in seconds since 1970.
    """

    owner: str
    name: str
    tenant: str
    number: int
    created: float
    model: str
    version: str
    hardware: str
    min_instances: int
    max_instances: int
    release: int
    released: float

    @property
    def full_name(self) -> str:
        """The owner and the name, as `owner/name`."""
        return f"{self.owner}/{self.name}"


def is_version_id(text: str) -> bool:
    """Return whether a text has the form of a version's id."""
    return _VERSION.fullmatch(text) is not None


def trained_version(training_id: str) -> str:
    """The id of the version that a training makes."""
    return hashlib.sha256(f"version {training_id}".encode()).hexdigest()
