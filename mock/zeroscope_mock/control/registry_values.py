"""The models and deployments of a server in a snapshot."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

from ..cog import ModelFileError, VersionFile, read_version
from ..documents.invalid_field import InvalidField
from ..registry import Deployment, LoadedModels, Model, Registry, Version
from ..store import Store
from .values import dataclass_values, make_dataclass

NO_REGISTRY: Mapping[str, Any] = {"created": 0, "models": [], "deployments": [], "trainings": []}
"""The values of a registry in which no tenant created anything, as in snapshots that have none."""

_NOT_SAVED = ("file", "guessed")


def registry_values(registry: Registry) -> dict[str, Any]:
    """The data of a registry, as JSON values for `load_registry`."""
    return {
        **own_values(registry),
        "loaded": [loaded_value(name, file) for name, file in registry.loaded.files()],
        "unknown": [unknown_value(name, id) for name, id in unknown_versions(registry)],
    }


def own_values(registry: Registry) -> dict[str, Any]:
    """What tenants created in a registry, as JSON values."""
    # This adds the versions of trainings that have ended. It is done once, first, since a running clock ends more of
    # them meanwhile, and each of their versions must be counted and belong either to its model or to its training.
    models = list(registry.own_models())
    return {
        "created": registry.created,
        "models": [
            {**dataclass_values(model), "versions": [_version_values(one) for one in model.versions.values()]}
            for model in models
        ],
        "deployments": [dataclass_values(deployment) for deployment in registry.deployments.values()],
        "trainings": [{"training": id, "model": model.full_name} for id, (_, model) in registry.trainings.items()],
    }


def loaded_value(name: str, file: VersionFile) -> dict[str, Any]:
    """A version of a loaded model, as JSON values."""
    return {"model": name, "values": dict(file.values)}


def unknown_value(name: str, version_id: str) -> dict[str, Any]:
    """A version of an unknown model, as JSON values."""
    return {"model": name, "version": version_id}


def unknown_versions(registry: Registry) -> list[tuple[str, str]]:
    """The models and ids of the versions of unknown models."""
    return [] if registry.unknown is None else registry.unknown.versions()


def registry_inconsistencies(values: Mapping[str, Any], trainings: Mapping[str, str]) -> Iterator[InvalidField]:
    """The errors in the values of a registry whose parts do not fit together.

    Args:
        trainings: The tenant of each training in the snapshot, by the training's id.
    """
    for kind, name in (("models", _full_name), ("deployments", lambda one: one["name"])):
        for (_, text), times in Counter((one["tenant"], name(one)) for one in values[kind]).items():
            if times > 1:
                yield InvalidField("not_unique", f"registry.{kind}", f"{text} is there {times} times")
    loaded = LoadedModels()
    for field, given, model, id in _files(values):
        try:
            file = read_version(given)
            if model is not None:
                loaded.add(model, file)
        except ModelFileError as error:
            yield InvalidField("invalid_model", field, str(error))
        else:
            if id is not None and file.id != id:
                yield InvalidField(
                    "invalid_model", f"{field}.id", f"The version has the id {id}, but these values {file.id}"
                )
    models = {(one["tenant"], _full_name(one)) for one in values["models"]}
    for place, one in enumerate(values["trainings"]):
        if one["training"] not in trainings:
            yield InvalidField("not_found", f"registry.trainings.{place}.training", "There is no training with this id")
        elif (trainings[one["training"]], one["model"]) not in models:
            yield InvalidField("not_found", f"registry.trainings.{place}.model", "The tenant has no such model")


def load_registry(registry: Registry, store: Store, values: Mapping[str, Any]) -> None:
    """Replace what tenants created in a registry by what `registry_values` returned.

    Args:
        store: The restored store, which has the trainings.
    """
    registry.clear()
    registry.created = int(values["created"])
    models: dict[tuple[str | None, str], Model] = {}
    for one in values["models"]:
        versions = [_version(version) for version in one["versions"]]
        model = make_dataclass(Model, {**one, "versions": {version.id: version for version in versions}})
        models[model.tenant, model.full_name] = model
        registry.add(model)
    # Older snapshots do not say which models were loaded.
    if (loaded := values.get("loaded")) is not None:
        registry.loaded.clear()
        for one in loaded:
            registry.loaded.add(one["model"], read_version(one["values"]))
    if registry.unknown is not None:
        for one in values.get("unknown", ()):
            registry.unknown.name(one["model"], one["version"])
    for one in values["deployments"]:
        deployment = make_dataclass(Deployment, one)
        registry.deployments[deployment.tenant, deployment.name] = deployment
    for one in values["trainings"]:
        training = store.prediction(one["training"])
        # A smaller server may have dropped it.
        if training is not None:
            registry.add_training(models[training.tenant, one["model"]], training)


def _version_values(version: Version) -> dict[str, Any]:
    values = {name: value for name, value in dataclass_values(version).items() if name not in _NOT_SAVED}
    return {**values, "values": None if version.file is None else dict(version.file.values)}


def _version(values: Mapping[str, Any]) -> Version:
    given = values.get("values")
    own = {name: value for name, value in values.items() if name != "values"}
    return make_dataclass(Version, {**own, "file": None if given is None else read_version(given)})


def _files(values: Mapping[str, Any]) -> Iterator[tuple[str, Mapping[str, Any], str | None, str | None]]:
    """The versions with schemas of their own: the field, the values, and either the model or the id they must have."""
    for place, one in enumerate(values.get("loaded", ())):
        yield f"registry.loaded.{place}.values", one["values"], one["model"], None
    for place, model in enumerate(values["models"]):
        for number, version in enumerate(model["versions"]):
            if version.get("values") is not None:
                field = f"registry.models.{place}.versions.{number}.values"
                yield field, version["values"], None, version["id"]


def _full_name(model: Mapping[str, Any]) -> str:
    return f"{model['owner']}/{model['name']}"
