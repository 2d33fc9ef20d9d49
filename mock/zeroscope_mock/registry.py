"""The registry of models, their versions, and deployments."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from math import inf

from .documents.spec import Spec
from .lifecycle.record import Record
from .lifecycle.timeline import state_at, timeline_of

PUBLISHED_AT = 1688169600.0
"""The creation time of the document's model and its versions, in seconds since 1970: the model was published in July
2023; the day is the mock's own choice."""

_VERSION = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Version:
    """A version of a model.

    Args:
        created: When it was created, in seconds since 1970.
        number: How many objects were created before it.
    """

    id: str
    created: float
    number: int


@dataclass(slots=True)
class Model:
    """A model.

    Args:
        tenant: The tenant that created it; None for the document's model.
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


class Registry:
    """The models, with the document's one, and the deployments. Callers that change it hold the server's lock.

    Every id in the form of a version's is a version of the document's model, since programs may name older ones than
    the document does.

    Args:
        spec: The document.
        time: Returns the time of day, in seconds since 1970.

    Attributes:
        published: The document's model; None if it names none.
        created: How many models, versions and deployments were ever created.
        deployments: The deployments, by tenant and name.
        trainings: The trainings that may add a version to a model, and the model, by the training's id.
    """

    def __init__(self, spec: Spec, time: Callable[[], float]) -> None:
        self._time = time
        self._models: dict[tuple[str, str], Model] = {}
        self.created = 0
        self.deployments: dict[tuple[str, str], Deployment] = {}
        self.trainings: dict[str, tuple[Record, Model]] = {}
        # No training ends in success before; most requests need not look at each.
        self._due = inf
        self.published: Model | None = None
        self.use(spec)

    def use(self, spec: Spec) -> None:
        """Take the document's model from another document."""
        owner, slash, name = (spec.model or "").partition("/")
        if not slash:
            self.published = None
            return
        description = spec.document.get("info", {}).get("description")
        self.published = Model(
            owner,
            name,
            tenant=None,
            number=-1,
            created=PUBLISHED_AT,
            description=description,
            readme=f"# {name}\n\n{description}\n" if description else None,
            versions={} if spec.version is None else {spec.version: Version(spec.version, PUBLISHED_AT, 0)},
        )

    def models(self, tenant: str | None = None) -> list[Model]:
        """The public models and those of a tenant, in the order of their creation."""
        self._add_trained()
        created = [model for model in self._models.values() if model.visibility == "public" or model.tenant == tenant]
        return [*([] if self.published is None else [self.published]), *created]

    def own_models(self) -> Iterator[Model]:
        """The models that tenants created, in the order of their creation."""
        self._add_trained()
        return iter(self._models.values())

    def find(self, full_name: str, tenant: str) -> Model | None:
        """A model that a tenant may see, its own before others' of the same name; None if there is none."""
        if (own := self._models.get((tenant, full_name))) is not None:
            self._add_trained()
            return own
        return next((model for model in self.models(tenant) if model.full_name == full_name), None)

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
        if found is None and model is self.published and self._may_be_published(version_id):
            return Version(version_id, PUBLISHED_AT, 0)
        return found

    def model_of(self, version_id: str, tenant: str) -> Model | None:
        """The model of a version that a tenant may see; None if there is none."""
        found = next((model for model in self.models(tenant)[::-1] if version_id in model.versions), None)
        return self.published if found is None and self._may_be_published(version_id) else found

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
        for kept in (self._models, self.deployments):
            for key in [key for key in kept if tenant in (None, key[0])]:
                del kept[key]
        for id in [id for id, (training, _) in self.trainings.items() if tenant in (None, training.tenant)]:
            del self.trainings[id]

    def _may_be_published(self, version_id: str) -> bool:
        """Return whether an id has the form of a version's, and no other model has it."""
        if not is_version_id(version_id):
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
                model.versions[version] = Version(version, state.ended, self.next_number())
        self._due = min((_earliest_end(training) for training, _ in self.trainings.values()), default=inf)


def _earliest_end(training: Record) -> float:
    """The moment before which a training cannot succeed, in seconds since 1970."""
    return -inf if training.script.reads else timeline_of(training).end


def is_version_id(text: str) -> bool:
    """Return whether a text has the form of a version's id."""
    return _VERSION.fullmatch(text) is not None


def trained_version(training_id: str) -> str:
    """The id of the version that a training makes."""
    return hashlib.sha256(f"version {training_id}".encode()).hexdigest()
