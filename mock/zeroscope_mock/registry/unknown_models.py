"""The models that a server does not know, but admits."""

from __future__ import annotations

import hashlib
from collections import OrderedDict
from collections.abc import Iterator

from ..cog import VersionFile, is_model_name
from ..cog.guess import guess_schema
from ..cog.version_file import COG_VERSION
from ..times import timestamp
from .model import PUBLISHED_AT, Model, Version

NAMELESS = "unknown/unknown"
"""The model of a version that no request has named together with its model."""

_LIMIT = 10_000
_LONGEST_NAME = 200


class UnknownModels:
    """Models under every name, whose inputs are not checked and whose outputs are guessed from the name.

    A model is made when it is first named. The latest 10,000 are kept, with the versions that were named with them.

    Attributes:
        revision: Changes whenever a model or a version is named first, or all are forgotten.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._models = OrderedDict[str, Model]()
        self._names = OrderedDict[str, str]()

    def get(self, full_name: str) -> Model | None:
        """The model of a name; None for a text that is no `owner/name`."""
        model = self._models.get(full_name)
        if model is not None:
            self._models.move_to_end(full_name)
        elif len(full_name) > _LONGEST_NAME or not is_model_name(full_name):
            return None
        else:
            owner, _, name = full_name.partition("/")
            model = Model(owner, name, tenant=None, number=0, created=PUBLISHED_AT)
            self._models[full_name] = model
            latest = self.version(model, hashlib.sha256(full_name.encode("utf-8", "replace")).hexdigest())
            model.versions[latest.id] = latest
            if len(self._models) > _LIMIT:
                self._models.popitem(last=False)
        return model

    def has(self, model: Model) -> bool:
        """Return whether a model is one of these."""
        return self._models.get(model.full_name) is model

    def version(self, model: Model, version_id: str) -> Version:
        """A version of a model, which has one of every id."""
        if (version := model.versions.get(version_id)) is not None:
            return version
        schema = guess_schema(model.full_name, {})
        values = {
            "id": version_id,
            "created_at": timestamp(PUBLISHED_AT),
            "cog_version": COG_VERSION,
            "openapi_schema": schema.document,
        }
        self._names[version_id] = model.full_name
        self.revision += 1
        if len(self._names) > _LIMIT:
            self._names.popitem(last=False)
        return Version(version_id, PUBLISHED_AT, 0, VersionFile(version_id, PUBLISHED_AT, values, schema), guessed=True)

    def of_version(self, version_id: str) -> Model | None:
        """The model with which a version was named; the model `NAMELESS` if it was named with none."""
        return self.get(self._names.get(version_id, NAMELESS))

    def versions(self) -> list[tuple[str, str]]:
        """The models and the ids of the versions that were named, in the order in which they were named first."""
        return [(model, id) for id, model in self._names.items()]

    def name(self, full_name: str, version_id: str) -> None:
        """Name a version together with its model, as `versions` returns them; what is no `owner/name` is ignored."""
        if (model := self.get(full_name)) is not None:
            self.version(model, version_id)

    def clear(self) -> None:
        """Forget all names."""
        self._models.clear()
        self._names.clear()
        self.revision += 1

    def __iter__(self) -> Iterator[Model]:
        return iter(list(self._models.values()))
