"""Versions as creates name them, compared with those of predictions."""

from __future__ import annotations

from .spec import spec


def is_version(named: str, model: object, version: object) -> bool | None:
    """Whether a prediction is of the version that a create named; None if the prediction does not tell.

    Args:
        named: The version of the create: an ID, `owner/name:id`, or `owner/name`, of which any version may be the
            latest.
        model: The owner and name of the prediction's model, as the service sent them.
        version: The prediction's version, as the service sent it.
    """
    name, colon, id = named.rpartition(":")
    if not colon and "/" in named:
        name, id = named, ""
    if name and isinstance(model, str) and name.lower() != model.lower():
        return False
    if not id:
        return True if isinstance(model, str) else None
    hidden = spec()["components"]["schemas"]["Prediction"]["properties"]["version"]["x-hidden"]
    return version == id if isinstance(version, str) and version != hidden else None
