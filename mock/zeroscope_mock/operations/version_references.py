"""References to versions of models, in the three forms that a create takes."""

from __future__ import annotations

from dataclasses import dataclass

from ..state import State
from .models import is_model, is_version, latest_version


@dataclass(frozen=True, slots=True)
class VersionReference:
    """A version that exists.

    Args:
        model: The owner and name of its model, such as `owner/name`; None for a document that names no model.
        id: Its id.
    """

    model: str | None
    id: str


def find_version(state: State, reference: str) -> VersionReference | None:
    """The version that a reference names; None if there is none.

    Args:
        state: The server's.
        reference: The id of a version, `owner/name:id`, or `owner/name` for the latest version of a model.
    """
    model, colon, version_id = reference.rpartition(":")
    if colon:
        return find_model_version(state, model, version_id)
    if "/" in reference:
        return find_model_version(state, reference)
    return VersionReference(state.spec.model, reference) if is_version(reference) else None


def find_model_version(state: State, model: str, version_id: str | None = None) -> VersionReference | None:
    """A version of a model; None if there is none.

    Args:
        state: The server's.
        model: The model's owner and name, such as `owner/name`.
        version_id: The version's id; None for the latest version.
    """
    owner, _, name = model.partition("/")
    if not is_model(state.spec, owner, name):
        return None
    if version_id is None:
        version_id = latest_version(state.spec)
    return None if version_id is None or not is_version(version_id) else VersionReference(model, version_id)
