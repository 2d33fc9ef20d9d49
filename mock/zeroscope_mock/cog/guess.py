"""Guesses the schema of a model that is not known, from its name."""

from __future__ import annotations

from functools import lru_cache

from .model_schema import ModelSchema


@lru_cache(maxsize=1000)
def guess_schema(full_name: str) -> ModelSchema:
    """The schema of an unknown model, which takes any object."""
    output = {"type": "array", "items": {"type": "string", "format": "uri"}}
    return ModelSchema({"components": {"schemas": {"Input": {"type": "object"}, "Output": output}}})
