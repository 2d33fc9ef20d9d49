"""Schemas of models as Cog, which packages the service's models, writes them."""

from .model_schema import ModelSchema
from .version_file import ModelFileError, ModelSource, VersionFile, model_files, parse_model_option, read_version

__all__ = [
    "ModelFileError",
    "ModelSchema",
    "ModelSource",
    "VersionFile",
    "model_files",
    "parse_model_option",
    "read_version",
]
