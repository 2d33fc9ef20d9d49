"""The models that a server was given, each with the schema of its own versions."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from weakref import WeakSet

from ..cog import ModelFileError, ModelSchema, VersionFile, is_model_name
from .model import Model, Version, is_version_id


class LoadedModels:
    """The models loaded from files or values. Threads may share it.

    Attributes:
        revision: Changes whenever a model is added or removed.
    """

    def __init__(self) -> None:
        self.revision = 0
        self._models: dict[str, Model] = {}
        # Only ids in the form of a hash are unique; official models call theirs `hidden`.
        self._names: dict[str, str] = {}
        self._paths: dict[tuple[str, str], str] = {}
        self._reported = WeakSet[ModelSchema]()
        self._added = 0
        self._lock = threading.Lock()

    def add(self, full_name: str, file: VersionFile, path: str | None = None) -> None:
        """Add a version of a model.

        Args:
            full_name: The model's owner and name, as `owner/name`.
            file: The version.
            path: The path of the file; None if it was given as a value.

        Raises:
            ModelFileError: For a name in another form, and if the model has a version of this id.
        """
        if not is_model_name(full_name):
            raise ModelFileError(f"a model is named as owner/name, not as {full_name!r:.200}")
        with self._lock:
            model = self._models.get(full_name)
            if model is not None and file.id in model.versions:
                raise ModelFileError(self._duplicate(full_name, file.id, path))
            self._added += 1
            if model is None:
                owner, _, name = full_name.partition("/")
                # Below those of objects that tenants create, so that all are different.
                model = Model(owner, name, tenant=None, number=-1 - self._added, created=file.created)
            if path is not None:
                self._paths[full_name, file.id] = path
            model.versions[file.id] = Version(file.id, file.created, self._added, file)
            model.created = min(model.created, file.created)
            self._models[full_name] = model
            if is_version_id(file.id):
                self._names[file.id] = full_name
            self.revision += 1

    def remove(self, full_name: str) -> None:
        """Remove a model with all its versions.

        Raises:
            KeyError: If there is no such model.
        """
        with self._lock:
            model = self._models.pop(full_name)
            for version_id in model.versions:
                self._paths.pop((full_name, version_id), None)
                if self._names.get(version_id) == full_name:
                    del self._names[version_id]
                    # Another model may have a version of the same id.
                    self._names.update(
                        (version_id, name) for name, one in self._models.items() if version_id in one.versions
                    )
            self.revision += 1

    def clear(self) -> None:
        """Remove all models."""
        with self._lock:
            self._models.clear()
            self._names.clear()
            self._paths.clear()
            self._added = 0
            self.revision += 1

    def get(self, full_name: str) -> Model | None:
        """A model by its owner and name; None if there is none."""
        return self._models.get(full_name)

    def name_of(self, version_id: str) -> str | None:
        """The owner and name of the model that has a version; None if there is none."""
        return self._names.get(version_id)

    def files(self) -> list[tuple[str, VersionFile]]:
        """All versions, each with the owner and name of its model, in the order in which they were added."""
        with self._lock:
            found = [(name, version) for name, model in self._models.items() for version in model.versions.values()]
        found.sort(key=lambda one: one[1].number)
        return [(name, version.file) for name, version in found if version.file is not None]

    def is_first_report(self, schema: ModelSchema) -> bool:
        """Return whether the warnings about a schema are yet to be reported, which the caller does then."""
        with self._lock:
            first = schema not in self._reported
            self._reported.add(schema)
        return first

    def _duplicate(self, full_name: str, version_id: str, path: str | None) -> str:
        """The message about a second version with the same id."""
        first = self._paths.get((full_name, version_id))
        if first is None or path is None:
            return f"{full_name} has two versions with the id {version_id}; leave one of them out"
        return f"{first} and {path} both have the version {version_id} of {full_name}; leave one of them out"

    def __iter__(self) -> Iterator[Model]:
        return iter(list(self._models.values()))

    def __len__(self) -> int:
        return len(self._models)
