"""Schemas of models as Cog, which packages the service's models, writes them."""

from .model_schema import ModelSchema
from .version_file import ModelFileError, VersionFile, model_files, parse_model_option, read_version

__all__ = ["ModelFileError", "ModelSchema", "VersionFile", "model_files", "parse_model_option", "read_version"]
