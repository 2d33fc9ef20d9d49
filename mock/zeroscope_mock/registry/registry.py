"""The registry of models, their versions, and deployments."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from math import inf
from typing import TYPE_CHECKING

from ..cog import ModelSchema, VersionFile
from ..documents.spec import Spec
from ..lifecycle.record import Record
from ..lifecycle.timeline import state_at, timeline_of
from ..times import timestamp
from .loaded_models import LoadedModels
from .model import PUBLISHED_AT, Deployment, Model, Version, is_version_id, trained_version

if TYPE_CHECKING:
    from .unknown_models import UnknownModels


class Registry:
    """The models, with the document's one, and the deployments. Callers that change it hold the server's lock.

    Every id in the form of a version's that no other model has is a version of the document's model, since programs may
    name older ones than the document does.

    Args:
        spec: The document.
        time: Returns the time of day, in seconds since 1970.
        any_model: Whether every other name is that of a model, too, of which the server knows nothing.

    Attributes:
        published: The document's model; None if it names none.
        created: How many models, versions and deployments were ever created.
        deployments: The deployments, by tenant and name.
        loaded: The models that the server was given.
        trainings: The trainings that may add a version to a model, and the model, by the training's id.
        unknown: The models under all other names; None if the server admits none.
    """

    def __init__(self, spec: Spec, time: Callable[[], float], *, any_model: bool = False) -> None:
        self._time = time
        self.loaded = LoadedModels()
        self.unknown: UnknownModels | None = None
        if any_model:
            # Most servers start faster without it.
            from .unknown_models import UnknownModels

            self.unknown = UnknownModels()
        self._models: dict[tuple[str, str], Model] = {}
        self.created = 0
        self.deployments: dict[tuple[str, str], Deployment] = {}
        self.trainings: dict[str, tuple[Record, Model]] = {}
        # No training ends in success before; most requests need not look at each.
        self._due = inf
        self._document: Model | None = None
        self._published: tuple[int, Model | None] = -1, None
        self.use(spec)

    def use(self, spec: Spec) -> None:
        """Take the document's model from another document."""
        owner, slash, name = (spec.model or "").partition("/")
        self._document, self._published = None, (-1, None)
        if not slash:
            return
        description = spec.document.get("info", {}).get("description")
        self._document = Model(
            owner,
            name,
            tenant=None,
            number=-1,
            created=PUBLISHED_AT,
            description=description,
            readme=f"# {name}\n\n{description}\n" if description else None,
            versions={} if spec.version is None else {spec.version: Version(spec.version, PUBLISHED_AT, 0)},
        )

    @property
    def published(self) -> Model | None:
        """The document's model, with the versions that were loaded for it; None if the document names none."""
        revision, model = self._published
        if revision != self.loaded.revision:
            revision, model = self.loaded.revision, self._document
            if model is not None and (more := self.loaded.get(model.full_name)) is not None:
                model = replace(model, versions={**model.versions, **more.versions})
            self._published = revision, model
        return model

    def models(self, tenant: str | None = None) -> list[Model]:
        """The public models and those of a tenant, in the order of their creation."""
        self._add_trained()
        created = [model for model in self._models.values() if model.visibility == "public" or model.tenant == tenant]
        published = self.published
        name = None if published is None else published.full_name
        loaded = [model for model in self.loaded if model.full_name != name]
        return [*([] if published is None else [published]), *loaded, *created]

    def own_models(self) -> Iterator[Model]:
        """The models that tenants created, in the order of their creation."""
        self._add_trained()
        return iter(self._models.values())

    def find(self, full_name: str, tenant: str) -> Model | None:
        """A model that a tenant may see, its own before others' of the same name; None if there is none."""
        if (own := self._models.get((tenant, full_name))) is not None:
            self._add_trained()
            return own
        published = self.published
        if published is not None and published.full_name == full_name:
            return published
        if (loaded := self.loaded.get(full_name)) is not None:
            return loaded
        found = next((model for model in self.models(tenant) if model.full_name == full_name), None)
        return self.unknown.get(full_name) if found is None and self.unknown is not None else found

    def add(self, model: Model) -> None:
        """Add a model whose name its tenant does not use yet."""
        assert model.tenant is not None
        self._models[model.tenant, model.full_name] = model

    def remove(self, model: Model) -> None:
        """Remove a model that a tenant created, which is the destination of no training."""
        assert model.tenant is not None
        del self._models[model.tenant, model.full_name]
        # Those that were canceled are still there.
        for id in [id for id, (_, destination) in self.trainings.items() if destination is model]:
            del self.trainings[id]

    def deployment(self, tenant: str, owner: str, name: str) -> Deployment | None:
        """A deployment of a tenant; None if there is none."""
        found = self.deployments.get((tenant, name))
        return found if found is not None and found.owner == owner else None

    def next_number(self) -> int:
        """The number of a new model, version or deployment."""
        self.created += 1
        return self.created - 1

    def is_taken(self, model: Model) -> bool:
        """Return whether the tenant of a model has another one of the same name."""
        assert model.tenant is not None
        return (model.tenant, model.full_name) in self._models

    def versions(self, model: Model) -> list[Version]:
        """The versions of a model, in any order."""
        self._add_trained()
        return list(model.versions.values())

    def latest(self, model: Model) -> Version | None:
        """The newest version of a model; None if it has none."""
        return max(self.versions(model), key=lambda version: (version.created, version.number), default=None)

    def version(self, model: Model, version_id: str) -> Version | None:
        """A version of a model; None if it has none of this id."""
        self._add_trained()
        found = model.versions.get(version_id)
        if found is not None:
            return found
        if self.unknown is not None and self.unknown.has(model):
            return self.unknown.version(model, version_id)
        if model is self.published and self._may_be_published(version_id):
            return Version(version_id, PUBLISHED_AT, 0)
        return None

    def model_of(self, version_id: str, tenant: str) -> Model | None:
        """The model of a version that a tenant may see; None if there is none."""
        if (name := self.loaded.name_of(version_id)) is not None:
            # Not `find`: the tenant may have a model of this name, which is another one.
            published = self.published
            return published if published is not None and published.full_name == name else self.loaded.get(name)
        self._add_trained()
        visible = (model for model in self._models.values() if model.visibility == "public" or model.tenant == tenant)
        found = next((model for model in visible if version_id in model.versions), None)
        published = self.published
        if found is not None or not self._may_be_published(version_id):
            return found
        if self.unknown is not None and (published is None or version_id not in published.versions):
            return self.unknown.of_version(version_id)
        return published

    def schema(self, full_name: str | None, version_id: str, tenant: str) -> ModelSchema | None:
        """What a version takes and returns; None if the document says that, or there is no such version."""
        model = None if full_name is None or not self.has_schemas else self.find(full_name, tenant)
        version = None if model is None else self.version(model, version_id)
        return None if version is None else version.schema

    @property
    def has_schemas(self) -> bool:
        """Whether there may be a version that the document does not describe."""
        # Versions that were trained from loaded ones may outlive these.
        return self.unknown is not None or self.loaded.revision > 0

    def is_nameless_version(self, version_id: str) -> bool:
        """Return whether an id could be that of a version of the document's model, which has no name."""
        self._add_trained()
        return self.published is None and self._may_be_published(version_id)

    def add_training(self, model: Model, training: Record) -> None:
        """Add a training, which adds a version to a model if it succeeds."""
        self.trainings[training.id] = training, model
        self._due = min(self._due, _earliest_end(training))

    def drop_training(self, training_id: str) -> None:
        """Forget a training, which adds no version unless it has succeeded by now; other ids are ignored."""
        if training_id in self.trainings:
            self._add_trained()
            self.trainings.pop(training_id, None)

    def is_destination(self, model: Model) -> bool:
        """Return whether a training that has not ended may add a version to a model."""
        now = self._time()
        return any(
            destination is model and state_at(training, now).ended is None
            for training, destination in self.trainings.values()
        )

    def clear(self, tenant: str | None = None) -> None:
        """Remove what tenants created, or what one tenant did."""
        if tenant is None:
            self.created = 0
            if self.unknown is not None:
                self.unknown.clear()
        for kept in (self._models, self.deployments):
            for key in [key for key in kept if tenant in (None, key[0])]:
                del kept[key]
        for id in [id for id, (training, _) in self.trainings.items() if tenant in (None, training.tenant)]:
            del self.trainings[id]

    def _may_be_published(self, version_id: str) -> bool:
        """Return whether an id has the form of a version's, and no other model has it."""
        if not is_version_id(version_id):
            return False
        if self.loaded.name_of(version_id) is not None:
            return False
        return not any(version_id in model.versions for model in self._models.values())

    def _add_trained(self) -> None:
        """Add the versions of the trainings that have succeeded by now."""
        now = self._time()
        if now < self._due:
            return
        for id, (training, model) in list(self.trainings.items()):
            state = state_at(training, now)
            if state.ended is None:
                continue
            del self.trainings[id]
            if state.status == "succeeded":
                version = trained_version(id)
                file = self._trained_file(training, version, state.ended)
                model.versions[version] = Version(version, state.ended, self.next_number(), file)
        self._due = min((_earliest_end(training) for training, _ in self.trainings.values()), default=inf)

    def _trained_file(self, training: Record, version_id: str, created: float) -> VersionFile | None:
        """What a trained version takes and returns: the same as the version that it was trained from."""
        name = training.model or ""
        base = self._models.get((training.tenant, name)) or self.loaded.get(name)
        version = None if base is None else base.versions.get(training.version)
        if base is None and self.unknown is not None and training.schema is not None:
            base = self.unknown.get(name)
            version = None if base is None else self.unknown.version(base, training.version)
        if version is None or version.file is None:
            return None
        values = {**version.file.values, "id": version_id, "created_at": timestamp(created)}
        return replace(version.file, id=version_id, created=created, values=values)


def _earliest_end(training: Record) -> float:
    """The moment before which a training cannot succeed, in seconds since 1970."""
    return -inf if training.script.reads else timeline_of(training).end
