"""The bodies of responses about models and their versions (recorded traffic)."""

from __future__ import annotations

from typing import Any

from ..cog.spec_model import openapi_schema
from ..cog.version_file import COG_VERSION
from ..documents.links import WEBSITE
from ..documents.spec import Spec
from ..registry import Model, Version, is_version_id
from ..state import State
from ..times import timestamp


def model_json(state: State, model: Model, tenant: str) -> dict[str, Any]:
    """A model with its latest version.

    Args:
        state: The server's.
        model: The model.
        tenant: The tenant whose predictions are counted.
    """
    latest = state.registry.latest(model)
    return {
        "url": f"{WEBSITE}/{model.full_name}",
        "owner": model.owner,
        "name": model.name,
        "description": model.description,
        "visibility": model.visibility,
        # Official models hide their versions under a name that is no id (the service's own document).
        "is_official": latest is not None and not is_version_id(latest.id),
        "github_url": model.github_url,
        "paper_url": model.paper_url,
        "license_url": model.license_url,
        "run_count": state.store.count(tenant, model.full_name),
        "cover_image_url": model.cover_image_url,
        "default_example": None,
        "latest_version": None if latest is None else version_json(state.spec, latest),
    }


def version_json(spec: Spec, version: Version) -> dict[str, Any]:
    """A version of a model: as it was given, or as the document describes it.

    Args:
        spec: The document.
        version: The version.
    """
    if version.file is not None:
        return dict(version.file.values)
    return {
        "id": version.id,
        "created_at": timestamp(version.created),
        "cog_version": COG_VERSION,
        "openapi_schema": openapi_schema(spec),
    }
