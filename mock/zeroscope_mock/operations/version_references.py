"""References to versions of models, in the three forms that a create takes."""

from __future__ import annotations

from dataclasses import dataclass

from ..cog import ModelSchema, is_model_name
from ..registry import Version, is_version_id
from ..state import State
from .calls import OperationCall


# Not frozen: one is made for every create, and frozen dataclasses take three times as long to make.
@dataclass(slots=True)
class VersionReference:
    """A version that exists.

    Args:
        model: The owner and name of its model, such as `owner/name`; None for a document that names no model.
        id: Its id.
        schema: What it takes and returns; None if the document says that.
        guessed: Whether the server does not know it, and guesses what it returns.
    """

    model: str | None
    id: str
    schema: ModelSchema | None = None
    guessed: bool = False


def find_version(state: State, tenant: str, reference: str) -> VersionReference | None:
    """The version that a reference names; None if there is none that the tenant may see.

    Args:
        state: The server's.
        tenant: The tenant that names it.
        reference: The id of a version, `owner/name:id`, or `owner/name` for the latest version of a model.
    """
    if not (state.dialect.current or is_version_id(reference)):
        # The published description knows ids alone.
        return None
    published = state.registry.published
    if reference == state.spec.version and state.registry.loaded.name_of(reference) is None:
        # Nearly all creates name the document's version, which needs no search.
        return VersionReference(None if published is None else published.full_name, reference)
    name, colon, version_id = reference.rpartition(":")
    if colon:
        return find_model_version(state, tenant, name, version_id)
    if "/" in reference:
        return find_model_version(state, tenant, reference)
    model = state.registry.model_of(reference, tenant)
    if model is not None:
        return _reference(model.full_name, state.registry.version(model, reference))
    return VersionReference(None, reference) if state.registry.is_nameless_version(reference) else None


def find_model_version(state: State, tenant: str, model: str, version_id: str | None = None) -> VersionReference | None:
    """A version of a model; None if there is none that the tenant may see.

    Args:
        state: The server's.
        tenant: The tenant that names it.
        model: The model's owner and name, such as `owner/name`.
        version_id: The version's id; None for the latest version.
    """
    found = state.registry.find(model, tenant)
    if found is None:
        return None
    registry = state.registry
    version = registry.latest(found) if version_id is None else registry.version(found, version_id)
    return _reference(model, version)


def note_unknown(state: State, call: OperationCall, model: str) -> None:
    """Note in the journal how the server gets to know a model, if it does not know it.

    Args:
        state: The server's.
        call: The call that is refused.
        model: The owner and name that it names, perhaps with the id of a version behind a colon.
    """
    name = model.partition(":")[0]
    if is_model_name(name) and state.registry.find(name, call.tenant) is None:
        call.notes.append(
            f"this server does not know the model {name}; load it with --model {name}=FILE or "
            f"MockServer(models={{{name!r}: FILE}}), or admit every model with --any-model or any_model=True"
        )


def _reference(model: str, version: Version | None) -> VersionReference | None:
    return None if version is None else VersionReference(model, version.id, version.schema, version.guessed)
