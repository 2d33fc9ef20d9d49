"""The registry of models, their versions, and deployments."""

from .loaded_models import LoadedModels
from .model import PUBLISHED_AT, Deployment, Model, Version, is_version_id, trained_version
from .registry import Registry

__all__ = [
    "PUBLISHED_AT",
    "Deployment",
    "LoadedModels",
    "Model",
    "Registry",
    "Version",
    "is_version_id",
    "trained_version",
]
