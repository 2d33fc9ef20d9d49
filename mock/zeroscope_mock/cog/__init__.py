"""Schemas of models as Cog, which packages the service's models, writes them."""

from .model_schema import ModelSchema
from .reading import ModelFileError
from .version_file import ModelSource, VersionFile, is_model_name, model_files, parse_model_option, read_version

__all__ = [
    "ModelFileError",
    "ModelSchema",
    "ModelSource",
    "VersionFile",
    "is_model_name",
    "model_files",
    "parse_model_option",
    "read_version",
]
